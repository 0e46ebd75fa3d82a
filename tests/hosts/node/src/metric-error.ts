// The contract's error as an `Error` that can be thrown, caught and told apart, and the plugin's own failure.

import type { Span } from '../generated/interfaces/backendai-metric-range-service.js';
import type * as wit from '../generated/interfaces/backendai-metric-types.js';

/** Which case of the contract's error. */
export type MetricErrorKind = wit.Error['tag'];

/** A call failed, and says why. `switch (error.reason.tag)` narrows `error.reason.val`. */
export class MetricError extends Error {
  override readonly name = 'MetricError';

  constructor(
    /** The contract's error: its case in `tag`, what belongs to it in `val`. */
    readonly reason: wit.Error,
    options?: { cause?: unknown },
    /** Of a range: the chunk whose request it was. */
    readonly chunk?: Span,
  ) {
    super(message(reason), options);
  }

  /** The case, e.g. `invalid-argument` or `connection-failed`. */
  get kind(): MetricErrorKind {
    return this.reason.tag;
  }
}

/** The plugin broke in the middle of a call. No fault of the caller's; the next call gets a new instance. */
export class PluginTrapped extends Error {
  override readonly name = 'PluginTrapped';

  constructor(
    /** The message of WebAssembly. */
    readonly detail: string,
  ) {
    super(`the plugin broke: ${detail}`);
  }
}

function message(reason: wit.Error): string {
  switch (reason.tag) {
    case 'invalid-time-range':
      return `${reason.val.reason}; accepted: ${reason.val.accepted}`;
    case 'invalid-argument':
      return `${reason.val.field}: ${reason.val.reason}`;
    case 'failed-to-get-metric': {
      const { status, errorType, message } = reason.val;
      return `Prometheus refused with ${status}${errorType ? ` (${errorType})` : ''}: ${message}`;
    }
    case 'limit-exceeded': {
      const { limit, maximum, requested, message } = reason.val;
      const most = maximum === undefined ? '' : `, at most ${maximum}`;
      return `more than ${limit} allows: ${requested ?? 'too much'}${most}${message === undefined ? '' : `: ${message}`}`;
    }
    default:
      return reason.val;
  }
}

/** The failure of a call into a component, as data that can go to another thread. */
export type Failure = { reason: wit.Error; chunk?: Span | undefined } | { trap: string };

/** Reads what a transpiled component threw: the contract's error, a range's, or anything else, which is a trap. */
export function toFailure(thrown: unknown): Failure {
  if (thrown instanceof Error && 'payload' in thrown) {
    const { payload } = thrown;
    if (isReason(payload)) return { reason: payload };
    if (isRangeError(payload)) return { reason: payload.error, chunk: payload.chunk };
  }
  return { trap: thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown) };
}

/** The error to throw for a failure. */
export function toError(failure: Failure): MetricError | PluginTrapped {
  if ('trap' in failure) return new PluginTrapped(failure.trap);
  return new MetricError(failure.reason, undefined, failure.chunk);
}

function isRangeError(payload: unknown): payload is { error: wit.Error; chunk?: Span } {
  return typeof payload === 'object' && payload !== null && 'error' in payload && isReason(payload.error);
}

function isReason(payload: unknown): payload is wit.Error {
  return typeof payload === 'object' && payload !== null && 'tag' in payload && 'val' in payload;
}
