// The codec's verbs over the platform's own `fetch`, in Node or in a browser: the codec says what to send and reads
// what came. Knows the codec's interfaces, and not where large answers are decoded.

import type { HttpRequest } from '../generated/interfaces/backendai-metric-codec.js';
import type * as discovery from '../generated/interfaces/backendai-metric-discovery.js';
import type { DerivedAnswer } from '../generated/interfaces/backendai-metric-family-service.js';
import type * as insight from '../generated/interfaces/backendai-metric-insight.js';
import type * as live from '../generated/interfaces/backendai-metric-live-stats.js';
import type { Outline } from '../generated/interfaces/backendai-metric-preset.js';
import type { InstantAnswer, Judgement, RunAnswer } from '../generated/interfaces/backendai-metric-preset-service.js';
import type { RangeAnswer } from '../generated/interfaces/backendai-metric-range-service.js';
import type * as wit from '../generated/interfaces/backendai-metric-types.js';
import type { ImportObject, Root } from '../generated/metric_codec.js';
import { toCallOptions, toClientOptions, type CallOptions, type ClientOptions } from './arguments/call.js';
import { toConfig, type CheckedConfig, type Config } from './arguments/config.js';
import { toArguments, toBatch, toBy, toIds, toLiveOptions, toMetricQuestion, toMoment, toPreset, toQuestion, toRange, toRuns, type BatchOptions, type LiveOptions, type MetricQuestion, type Moment, type Preset, type PresetArguments, type PresetRange, type Question, type Run } from './arguments/decisions.js';
import { toDerived, toFamilies, toFamilyQuery, type DerivedQuery, type Family, type FamilyQuery } from './arguments/families.js';
import { toDetection, toFilter, toMember, toQuantiles, toRanking, toSource, toTolerance, type Detection, type Ranking, type Tolerance, type ValueFilter } from './arguments/insight.js';
import { toMetric, toQuery, type MetricQuery } from './arguments/query.js';
import { toOptions, type RangeOptions } from './arguments/range.js';
import { joined } from './bytes.js';
import type { Component } from './component.js';
import { Deadline } from './deadline.js';
import { fromDocument, fromRecords, toDocument, toOutcomes, toRecord, type Request } from './document.js';
import { exchangeAgain, type Reply } from './http/exchange.js';
import { Fault } from './http/fault.js';
import { MetricError } from './metric-error.js';
import { sideBySide } from './side-by-side.js';
import { decoded, run, settled, type Body, type Job } from './thread/job.js';
import { toDerivedAnswer, toRangeAnswer, toRanked, toSummary, toWatched } from './whole-ranges.js';

/** A body larger than this takes longer to decode than an event loop should stand still, some 10 ms. */
const LARGE = 2 ** 20;

/** Requests of one call under way at once, as a range has them unless it says otherwise. */
const CONCURRENCY = 8;

/** A response as the codec's JSON interface takes it. */
interface Response {
  status: number;
  body: string;
}

/** Does a job in another thread; gives `undefined` where there is none. */
export type Aside = (job: Job & { body: Body }, signal: AbortSignal) => Promise<{ result: unknown } | undefined>;

/** Asks one Prometheus. Each request is sent once more where a kept connection turns out to be closed. */
export class FetchClient {
  readonly #codec: Promise<Component<ImportObject, Root>>;
  readonly #aside: Aside;
  readonly #config: CheckedConfig;
  readonly #options: ReturnType<typeof toClientOptions>;

  /** @throws {MetricError} `invalid-argument` */
  constructor(codec: Promise<Component<ImportObject, Root>>, aside: Aside, config: Config, options: ClientOptions) {
    this.#config = toConfig(config);
    this.#options = toClientOptions(options);
    this.#codec = codec;
    this.#aside = aside;
  }

  /** The metrics that Prometheus holds, by name; `partial` says whether some may be missing. Rejects with a `MetricError`. */
  async queryMetadata(options: CallOptions = {}): Promise<wit.MetadataResult> {
    const config = this.#now(options);
    const request = await (await this.#codec).call(({ codec }) => codec.metadataRequest(config));
    return this.#ask(config, options, request, (status) => ({ interface: 'codec', verb: 'metadataResponse', args: [config, status] }));
  }

  /** Asks Prometheus, and returns the series in columns. Rejects with a `MetricError`. */
  async queryMetric(query: MetricQuery, options: CallOptions = {}): Promise<wit.MetricResult> {
    const record = toQuery(query);
    // One instant for both halves, so that they lay the same points.
    const config = this.#now(options);
    const request = await (await this.#codec).call(({ codec }) => codec.metricRequest(config, record));
    return this.#ask(config, options, request, (status) => ({ interface: 'codec', verb: 'metricResponse', args: [config, record, status] }));
  }

  /** The PromQL that `queryMetric` would send. Nothing is sent. Rejects with a `MetricError`. */
  async buildPromql(query: MetricQuery): Promise<string> {
    const record = toQuery(query);
    return (await this.#codec).call(({ codec }) => codec.buildPromql(this.#config, record));
  }

  /** How a metric is read. Rejects with a `MetricError`. */
  async detectMetricType(metricName: string, valueType?: wit.ValueType): Promise<wit.MetricType> {
    const asked = toMetric(metricName, valueType);
    return (await this.#codec).call(({ codec }) => codec.detectMetricType(...asked));
  }

  /** What subjects use at the moment, and used within a short window; a request for each 100. Rejects with a `MetricError`. */
  async queryLiveStats(by: wit.Dimension, ids: readonly string[], live: LiveOptions = {}, options: CallOptions = {}): Promise<live.LiveAnswer> {
    return this.#askAll('query-live-stats', { by: toBy(by), ids: toIds(ids), options: toLiveOptions(live) }, options);
  }

  /** Checks a preset. What is refused is an `invalid-argument`, which says which placeholder stands where. */
  async checkPreset(preset: Preset): Promise<Outline> {
    const record = toPreset(preset);
    return (await this.#codec).call((codec) => codec.preset.check(record));
  }

  /** The PromQL that a call of a preset would send. Nothing is sent. Rejects with a `MetricError`. */
  async renderPreset(preset: Preset, args: PresetArguments = {}): Promise<string> {
    const asked = [toPreset(preset), toArguments(args)] as const;
    return (await this.#codec).call((codec) => codec.preset.render(this.#config, ...asked));
  }

  /** Asks a preset at an instant, the present unless given, or over a range, in one request. Rejects with a `MetricError`. */
  async executePreset(preset: Preset, args: PresetArguments = {}, when?: Moment | PresetRange, options: CallOptions = {}): Promise<InstantAnswer> {
    const isRange = typeof when === 'object' && when !== null && !(when instanceof Date);
    const asked = { preset: toPreset(preset), arguments: toArguments(args), ...(isRange ? { range: toRange(when) } : { at: toMoment(when) }) };
    return this.#askAll('preset-execute', asked, options);
  }

  /** A verdict on each of many subjects, a decision where it bears one; a request for each 100. Rejects with a `MetricError`. */
  async evaluate(preset: Preset, question: Question, options: CallOptions = {}): Promise<Judgement[]> {
    return this.#askAll('evaluate', { preset: toPreset(preset), question: toQuestion(question) }, options);
  }

  /**
   * Many presets side by side, each in one request, over a range as well; the answers in their order, an error in the
   * place of one that failed. Requests that are the same are sent once. Rejects with a `MetricError`.
   */
  async executePresetBatch(runs: readonly Run[], batch: BatchOptions = {}, options: CallOptions = {}): Promise<(RunAnswer | MetricError)[]> {
    const asked = { runs: toRuns(runs), options: toBatch(batch) };
    const answers = await this.#askAll('preset-execute-batch', asked, options, toOutcomes<{ instant: InstantAnswer }>);
    return answers.map((answer) => (answer instanceof MetricError ? answer : { tag: 'instant', val: answer.instant }));
  }

  /** As `evaluate`, by a metric of the containers instead of a preset; a request for each 100. Rejects with a `MetricError`. */
  async evaluateMetric(question: MetricQuestion, options: CallOptions = {}): Promise<Judgement[]> {
    const record = toMetricQuestion(question);
    // The same field names a label in the question of a preset, which is left as it is.
    return this.#askAll('evaluate-metric', { question: { ...record, subject: record.subject.replaceAll('-', '_') } }, options);
  }

  /** Checks descriptions of families, such as those of a file: at most 1000, each name once. Rejects with a `MetricError`. */
  async checkFamilies(families: readonly Family[]): Promise<void> {
    const records = toFamilies(families);
    return (await this.#codec).call((codec) => codec.family.check(records));
  }

  /** The PromQL that `queryFamily` would send. Nothing is sent. Rejects with a `MetricError`. */
  async buildFamilyPromql(query: FamilyQuery): Promise<string> {
    const record = toFamilyQuery(query);
    return (await this.#codec).call((codec) => codec.family.buildPromql(this.#config, record));
  }

  /** Asks for a range of a family, in one request. Rejects with a `MetricError`. */
  async queryFamily(query: FamilyQuery, options: CallOptions = {}): Promise<wit.MetricResult> {
    const record = toFamilyQuery(query);
    const config = this.#now(options);
    const request = toRecord<HttpRequest>(await this.#json('family-request', fromRecords({ config, query: record })));
    const response = (status: number) => ({ interface: 'jsonCodec', verb: 'call', args: ['family-response', fromRecords({ config, query: record, status })] });
    return toRecord(fromDocument(await this.#ask(config, options, request, response)));
  }

  /** A long range in chunks, side by side; each of them is sent once. Rejects with a `MetricError`. */
  async queryRange(query: MetricQuery, range: RangeOptions = {}, options: CallOptions = {}): Promise<RangeAnswer> {
    return toRangeAnswer(await this.#askOver('query-range', { query: toQuery(query) }, range, options));
  }

  /** What becomes of two queries, point by point, such as a ratio; gaps are counted. Rejects with a `MetricError`. */
  async queryDerived(query: DerivedQuery, range: RangeOptions = {}, options: CallOptions = {}): Promise<DerivedAnswer> {
    return toDerivedAnswer(await this.#askOver('query-derived', { derived: toDerived(query) }, range, options));
  }

  /**
   * Sums up each group over the whole range. `quantiles` are parts from 0 to 1, at most 16; the median and the 95th
   * percentile unless given. Rejects with a `MetricError`.
   */
  async summarize(query: MetricQuery, quantiles?: readonly number[], range: RangeOptions = {}, options: CallOptions = {}): Promise<insight.SummaryAnswer> {
    const parts = [...toQuantiles(quantiles)];
    return toSummary(await this.#askOver('summarize', { query: toQuery(query), quantiles: parts }, range, options), parts);
  }

  /** Ranks the groups over the whole range, each once, and gives the best of them. Rejects with a `MetricError`. */
  async rank(query: MetricQuery, ranking: Ranking, range: RangeOptions = {}, options: CallOptions = {}): Promise<insight.Ranked> {
    return toRanked(await this.#askOver('rank', { query: toQuery(query), ranking: toRanking(ranking) }, range, options));
  }

  /** Finds what is out of the ordinary for each series by itself. Rejects with a `MetricError`. */
  async findAnomalies(query: MetricQuery, detection: Detection = {}, range: RangeOptions = {}, options: CallOptions = {}): Promise<insight.WatchAnswer> {
    return toWatched(await this.#askOver('find-anomalies', { query: toQuery(query), detection: toDetection(detection) }, range, options));
  }

  /** Finds members that are unlike the others of their group at the same time. Rejects with a `MetricError`. */
  async findOutliers(query: MetricQuery, member: wit.Dimension, tolerance: Tolerance = {}, range: RangeOptions = {}, options: CallOptions = {}): Promise<insight.WatchAnswer> {
    const asked = { query: toQuery(query), member: toMember(member), tolerance: toTolerance(tolerance) };
    return toWatched(await this.#askOver('find-outliers', asked, range, options));
  }

  /** The values of a dimension or of a label, for menus. Rejects with a `MetricError`. */
  async values(source: discovery.ValueSource, filter: ValueFilter = {}, options: CallOptions = {}): Promise<discovery.ValueAnswer> {
    const asked = { source: toSource(source), filter: toFilter(filter) };
    const config = this.#now(options);
    const request = toRecord<HttpRequest>(await this.#json('values-request', fromRecords({ config, ...asked })));
    const response = (status: number) => ({ interface: 'jsonCodec', verb: 'call', args: ['values-response', fromRecords({ config, ...asked, status })] });
    // Texts and flags alone, under the same names.
    return fromDocument(await this.#ask(config, options, request, response)) as discovery.ValueAnswer;
  }

  /** Calls a verb of the codec by its name, through its JSON interface: `metric-response`, say, with a body that came another way. Rejects with a `MetricError`. */
  async call<T = unknown>(verb: string, request: Request = {}, body = ''): Promise<T> {
    const config = verb === 'detect-metric-type' ? undefined : this.#now({});
    const text = toDocument(verb, config, request);
    return (await this.#json(verb, text, body)) as T;
  }

  /** A verb of the JSON interface, from text to result. */
  async #json(verb: string, text: string, body = ''): Promise<unknown> {
    return fromDocument(await (await this.#codec).call(({ jsonCodec }) => jsonCodec.call(verb, text, body)));
  }

  #now(options: CallOptions): CheckedConfig {
    return atThisTime(this.#config, toCallOptions(options).timeout);
  }

  /** Sends the one request of a verb, and has its response read. */
  async #ask<T>(config: CheckedConfig, { signal }: CallOptions, request: HttpRequest, response: (status: number) => Job): Promise<T> {
    const deadline = new Deadline(config.timeout, signal);
    const { status, body } = await this.#send(request, deadline).finally(() => deadline.end());
    return this.#read(await this.#codec, { ...response(status), body }, signal);
  }

  /** A verb of the JSON interface in its two halves, and its requests between them, side by side. */
  async #askAll<T>(verb: string, asked: Record<string, unknown>, options: CallOptions, read: (document: unknown) => T = toRecord<T>): Promise<T> {
    const config = this.#now(options);
    const text = fromRecords({ config, ...asked });
    const requests = toRecord<HttpRequest[]>(await this.#json(`${verb}-requests`, text));
    return this.#within(config, options, async (deadline) => {
      const responses = await this.#sendAll(requests, CONCURRENCY, deadline);
      return read(await this.#half(`${verb}-response`, text, responses, options));
    });
  }

  /** A verb over whole ranges, whose requests follow from the responses so far. */
  async #askOver(verb: string, asked: Record<string, unknown>, range: RangeOptions, options: CallOptions): Promise<unknown> {
    const ranged = toOptions(range);
    const config = this.#now(options);
    const text = fromRecords({ config, ...asked, options: ranged });
    return this.#within(config, options, async (deadline) => {
      const responses: Response[] = [];
      for (;;) {
        const next = toRecord<HttpRequest[]>(await this.#half(`${verb}-requests`, text, responses, options));
        if (next.length === 0) return this.#half(`${verb}-response`, text, responses, options);
        responses.push(...(await this.#sendAll(next, ranged.concurrency ?? CONCURRENCY, deadline)));
      }
    });
  }

  /** Work that has its deadline. Once it has failed, nothing of it goes on. */
  async #within<T>(config: CheckedConfig, { signal }: CallOptions, work: (deadline: Deadline) => Promise<T>): Promise<T> {
    const deadline = new Deadline(config.timeout, signal);
    try {
      return await work(deadline);
    } catch (thrown) {
      deadline.giveUp(thrown);
      throw thrown;
    } finally {
      deadline.end();
    }
  }

  async #sendAll(requests: readonly HttpRequest[], atOnce: number, deadline: Deadline): Promise<Response[]> {
    const replies = await sideBySide(requests, atOnce, (request) => this.#send(request, deadline));
    return replies.map(({ status, body }) => ({ status, body: decoded(body) }));
  }

  /** A half of a verb, with the responses that it reads. */
  async #half(verb: string, text: string, responses: readonly Response[], { signal }: CallOptions): Promise<unknown> {
    const body = { bytes: new TextEncoder().encode(JSON.stringify(responses)), strict: true };
    return fromDocument(await this.#read(await this.#codec, { interface: 'jsonCodec', verb: 'call', args: [verb, text], body }, signal));
  }

  /** Has the codec read an answer. The deadline is for the answer to come; what has come is decoded. */
  async #read<T>(codec: Component<ImportObject, Root>, job: Job & { body: Body }, signal: AbortSignal | undefined): Promise<T> {
    const aside = job.body.bytes.byteLength > LARGE && (await this.#aside(job, signal ?? new AbortController().signal));
    return settled(aside || (await run(codec, job)));
  }

  async #send({ scheme, authority, pathWithQuery, method, headers, body }: HttpRequest, { signal, timeout }: Deadline): Promise<{ status: number; body: Body }> {
    const { fetch, maxResponseBytes: maxBytes } = this.#options;
    const request = { url: `${scheme}://${authority}${pathWithQuery}`, method: method.toUpperCase(), headers, body: method === 'post' ? body : undefined };
    let answered = false;
    try {
      signal.throwIfAborted();
      const response = await exchangeAgain(request, { fetch, signal, maxBytes });
      answered = true;
      if (response.status >= 300 && response.status < 400) {
        response.cancel();
        throw redirected(response);
      }
      const isOk = response.status >= 200 && response.status < 300;
      return { status: response.status, body: { bytes: await whole(response), strict: isOk } };
    } catch (thrown) {
      if (!(thrown instanceof Fault)) throw thrown;
      throw new MetricError(reasonOf(thrown, authority, answered, maxBytes, timeout), { cause: thrown });
    }
  }
}

/** The configuration of a call that begins now: a component has no clock of its own. */
export function atThisTime(config: CheckedConfig, timeout: number = config.timeout): CheckedConfig {
  return { ...config, timeout, now: config.now ?? BigInt(Date.now()) };
}

async function whole({ body }: Reply): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece);
  return joined(pieces);
}

function reasonOf({ kind, message }: Fault, authority: string, answered: boolean, maxBytes: number, timeout: number): wit.Error {
  switch (kind) {
    case 'body-too-large':
      return { tag: 'limit-exceeded', val: { limit: 'response-bytes', maximum: BigInt(maxBytes) } };
    case 'timed-out':
      return { tag: 'timed-out', val: `no complete answer from ${authority} within ${timeout} ms: ${message}` };
    case 'protocol':
    case 'head-too-large':
    case 'incomplete':
      return { tag: 'malformed-response', val: `no readable answer from ${authority}: ${message}` };
    default:
      return { tag: answered ? 'malformed-response' : 'connection-failed', val: `no answer from ${authority}: ${message}` };
  }
}

/** Only who sends knows where to: the codec is not told of headers. */
function redirected({ status, headers }: Reply): MetricError {
  const to = headers.get('location');
  const message = `redirected ${to ? `to ${to}` : 'elsewhere'}; redirects are not followed: configure the address that answers`;
  return new MetricError({ tag: 'failed-to-get-metric', val: { status, message } });
}
