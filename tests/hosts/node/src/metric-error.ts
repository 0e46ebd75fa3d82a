// The contract's error as an `Error` that can be thrown, caught and told apart. Knows the generated types, and
// how a transpiled component throws what a call answers with.

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
    options?: ErrorOptions,
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

/** Makes a call into a component; what it throws as the contract's error comes out as a `MetricError`. */
export function call<T>(verb: () => T): T {
  try {
    return verb();
  } catch (thrown) {
    if (thrown instanceof Error && 'payload' in thrown) {
      const { payload } = thrown;
      if (isReason(payload)) throw new MetricError(payload, { cause: thrown });
      if (isRangeError(payload)) throw toMetricError(payload, { cause: thrown });
    }
    // A trap, or a fault of the host's: not the contract's to explain.
    throw thrown;
  }
}

/** What a range verb answers with. */
interface RangeError { error: wit.Error; chunk?: Span }

/** A range's error, with the chunk that it belongs to. */
export function toMetricError({ error, chunk }: RangeError, options?: ErrorOptions): MetricError {
  return new MetricError(error, options, chunk);
}

function isRangeError(payload: unknown): payload is RangeError {
  return typeof payload === 'object' && payload !== null && 'error' in payload && isReason(payload.error);
}

function isReason(payload: unknown): payload is wit.Error {
  return typeof payload === 'object' && payload !== null && 'tag' in payload && 'val' in payload;
}
