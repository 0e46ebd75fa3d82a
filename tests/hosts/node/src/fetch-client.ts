// The plugin's verbs over the platform's own `fetch`, in Node or in a browser: the codec says what to send and
// reads what came. Knows the codec's interface, and not which component stands behind it.

import type * as generated from '../generated/interfaces/backendai-metric-codec.js';
import { call, MetricError } from './metric-error.js';
import { atThisTime, toConfig, toQuery, type Config, type MetadataResult, type MetricQuery, type MetricResult, type MetricType, type ValueType } from './query.js';

/** The verbs without I/O, as a transpiled component exports them. */
export type Codec = typeof generated;

/** How requests are sent. */
export interface FetchOptions {
  /** Instead of the platform's `fetch`: to add credentials, say, or in a test. */
  fetch?: typeof globalThis.fetch;
  /** Gives a call up before its deadline. */
  signal?: AbortSignal;
}

/** As the contract's `config.timeout`, in milliseconds. */
const DEFAULT_TIMEOUT = 30_000;

/** The longest that a timer waits, in milliseconds: a longer one would go off at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** Asks one Prometheus. Each call is one request: nothing is sent again. */
export class FetchClient {
  readonly #codec: Codec;
  readonly #config;
  readonly #fetch: typeof globalThis.fetch;

  constructor(codec: Codec, config: Config, options: Pick<FetchOptions, 'fetch'> = {}) {
    this.#codec = codec;
    this.#config = toConfig(config);
    // Called on its own: a browser's `fetch` refuses another `this`.
    this.#fetch = options.fetch ?? ((...request) => globalThis.fetch(...request));
  }

  /** The metrics that Prometheus holds, by name; `partial` says whether some may be missing. Rejects with a `MetricError`. */
  async queryMetadata(options: Pick<FetchOptions, 'signal'> = {}): Promise<MetadataResult> {
    const config = atThisTime(this.#config);
    const request = call(() => this.#codec.metadataRequest(config));
    const { status, body } = await this.#send(request, options.signal);
    return call(() => this.#codec.metadataResponse(config, status, body));
  }

  /** Asks Prometheus, and returns the series in columns. Rejects with a `MetricError`. */
  async queryMetric(query: MetricQuery, options: Pick<FetchOptions, 'signal'> = {}): Promise<MetricResult> {
    const record = toQuery(query);
    // One instant for both halves, so that they lay the same points.
    const config = atThisTime(this.#config);
    const request = call(() => this.#codec.metricRequest(config, record));
    const { status, body } = await this.#send(request, options.signal);
    return call(() => this.#codec.metricResponse(config, record, status, body));
  }

  /** The PromQL that `queryMetric` would send. Nothing is sent. @throws {MetricError} */
  buildPromql(query: MetricQuery): string {
    return call(() => this.#codec.buildPromql(this.#config, toQuery(query)));
  }

  /** How a metric is read. */
  detectMetricType(metricName: string, valueType?: ValueType): MetricType {
    return this.#codec.detectMetricType(metricName, valueType);
  }

  async #send(request: generated.HttpRequest, signal?: AbortSignal): Promise<{ status: number; body: string }> {
    const timeout = this.#config.timeout ?? DEFAULT_TIMEOUT;
    const deadline = AbortSignal.timeout(Math.min(timeout, LONGEST_TIMER));
    let answered = false;
    try {
      const response = await this.#fetch(`${request.scheme}://${request.authority}${request.pathWithQuery}`, {
        method: request.method.toUpperCase(),
        headers: request.headers,
        // Prometheus does not redirect; a login page does, and its text would be no answer.
        redirect: 'manual',
        ...(request.method === 'post' && { body: request.body }),
        signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
      });
      answered = true;
      if (response.type === 'opaqueredirect') throw new Error('the server redirects elsewhere');
      if (response.status >= 300 && response.status < 400) throw new MetricError(redirected(response));
      return { status: response.status, body: decode(await response.arrayBuffer(), response.ok) };
    } catch (cause) {
      if (cause instanceof MetricError) throw cause;
      // Who gave the call up knows why; it is no failure of Prometheus's.
      if (signal?.aborted) throw cause;
      if (deadline.aborted) throw new MetricError({ tag: 'timed-out', val: `no whole answer within ${timeout} ms` }, { cause });
      const { code, message } = innermost(cause);
      // Node's parser: what answered does not speak HTTP.
      const spoke = answered || code?.startsWith('HPE_');
      const tag = spoke ? 'malformed-response' : 'connection-failed';
      throw new MetricError({ tag, val: `${spoke ? 'no readable answer' : 'no answer'} from ${request.authority}: ${message}` }, { cause });
    }
  }
}

/** Only who sends knows where to: the codec is not told of headers. */
function redirected({ status, headers }: Response): MetricError['reason'] {
  const to = headers.get('location');
  const message = `redirected ${to ? `to ${to}` : 'elsewhere'}; redirects are not followed: configure the address that answers`;
  return { tag: 'failed-to-get-metric', val: { status, message } };
}

/** An answer has to be UTF-8; of an error page as much is shown as can be read. */
function decode(bytes: ArrayBuffer, strictly: boolean): string {
  return new TextDecoder('utf-8', { fatal: strictly, ignoreBOM: true }).decode(bytes);
}

/** Node's `fetch` says only "fetch failed", and the rest in the cause. */
function innermost(thrown: unknown): { code?: string; message: string } {
  if (!(thrown instanceof Error)) return { message: String(thrown) };
  if (thrown.cause instanceof Error) return innermost(thrown.cause);
  return { message: thrown.message, ...('code' in thrown && { code: String(thrown.code) }) };
}
