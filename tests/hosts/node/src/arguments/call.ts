// The options of a call that are not the contract's: its signal, its timeout, and how it is sent.

import { integer, optional, record, refused, withDefault, type Check } from './check.js';
import { milliseconds } from './config.js';

/** The early ends of a call. */
export interface CallOptions {
  /** Gives the call up: it rejects with the signal's reason, and its requests are closed. */
  signal?: AbortSignal | undefined;
  /** Milliseconds until the call gives up, instead of `config.timeout`. */
  timeout?: number | undefined;
}

/** The sending of requests. */
export interface ClientOptions {
  /** Instead of the platform's `fetch`: to add credentials, say, or in a test. */
  fetch?: typeof globalThis.fetch | undefined;
  /** The most bytes of one response's body; 256 MiB unless given. More is `limit-exceeded`, limit `response-bytes`. */
  maxResponseBytes?: number | undefined;
}

/** As other hosts of the plugin have it: several times what `config.max-result-bytes` lets through, and far less than a process. */
const MAX_RESPONSE_BYTES = 256 * 2 ** 20;

const signal: Check<AbortSignal> = (value, field) => {
  // Not `instanceof`: a test's environment may have brought its own.
  if (typeof value !== 'object' || !value || !('aborted' in value)) throw refused(field, 'not an AbortSignal');
  return value as AbortSignal;
};

const fetching: Check<typeof globalThis.fetch> = (value, field) => {
  if (typeof value !== 'function') throw refused(field, 'not a function');
  return value as typeof globalThis.fetch;
};

const call = record<CallOptions>({ signal: optional(signal), timeout: optional(milliseconds) });

const client = record<{ fetch: typeof globalThis.fetch; maxResponseBytes: number }>({
  // Called on its own: a browser's `fetch` refuses another `this`. Looked up at each call, so that a test can replace it.
  fetch: withDefault(fetching, (...request) => globalThis.fetch(...request)),
  maxResponseBytes: withDefault(integer(0, Number.MAX_SAFE_INTEGER), MAX_RESPONSE_BYTES),
});

/** @throws {MetricError} */
export const toCallOptions = (given: CallOptions) => call(given, 'options');

/** @throws {MetricError} */
export const toClientOptions = (given: ClientOptions) => client(given, 'options');
