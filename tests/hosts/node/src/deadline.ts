// The end of one call: its time, or its caller's signal, whichever comes first.

import { MetricError } from './metric-error.js';

/** The longest that a timer waits, in milliseconds: a longer one would go off at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** Begins with the call. `end` has to follow, or the timer and a listener stay behind. */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #begin = performance.now();
  readonly #timer: ReturnType<typeof setTimeout>;
  readonly #caller: AbortSignal | undefined;
  readonly #abort = () => this.#controller.abort(this.#caller?.reason);

  /** @param grace Milliseconds beyond `timeout` for whoever keeps the time himself. */
  constructor(readonly timeout: number, caller?: AbortSignal, grace = 0) {
    this.#caller = caller;
    // `AbortSignal.any` would leave something behind at a signal that outlives many calls.
    caller?.addEventListener('abort', this.#abort);
    this.#timer = setTimeout(() => this.#controller.abort(this.passed()), Math.min(timeout + grace, LONGEST_TIMER));
    if (caller?.aborted) this.#abort();
  }

  /** Aborted at the end, with what the call rejects with. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Milliseconds that are left of the timeout; 0 or less: it is over. */
  left(): number {
    return Math.ceil(this.timeout - (performance.now() - this.#begin));
  }

  /** The error of a deadline that has passed. */
  passed(cause?: MetricError): MetricError {
    return new MetricError({ tag: 'timed-out', val: `no complete answer within ${this.timeout} ms` }, { cause }, cause?.chunk);
  }

  /** Ends what is under way: nobody waits for it any more. */
  giveUp(reason: unknown): void {
    this.#controller.abort(reason);
  }

  /** Takes the timer and the listener away. */
  end(): void {
    clearTimeout(this.#timer);
    this.#caller?.removeEventListener('abort', this.#abort);
  }
}

/** The promise's outcome, or the signal's reason as soon as that is aborted. */
export async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let abort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort);
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
