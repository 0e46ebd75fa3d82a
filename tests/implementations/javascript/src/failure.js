// The contract's `variant error`, as things to throw: the bindings hand `payload` over as the error of the call.

class Failure extends Error {
  constructor(tag, val) {
    super(tag);
    this.payload = { tag, val };
  }
}

export const invalidTimeRange = (reason) => new Failure('invalid-time-range', { reason, accepted: ACCEPTED_TIMES });
export const invalidArgument = (field, reason) => new Failure('invalid-argument', { field, reason });
export const failedToGetMetric = (status, errorType, message) =>
  new Failure('failed-to-get-metric', { status, errorType, message });
export const timedOut = (message) => new Failure('timed-out', message);
export const malformedResponse = (message) => new Failure('malformed-response', message);
export const partialAnswer = (said) =>
  new Failure('partial-answer', `the server did not see all data: ${said}; \`partial\` in the configuration accepts such answers`);
export const limitExceeded = (limit, maximum, requested) =>
  new Failure('limit-exceeded', {
    limit,
    maximum: BigInt(maximum),
    requested: requested === undefined ? undefined : BigInt(requested),
    message: undefined,
  });
/** A limit of the server's own, in its words. */
export const limitedByServer = (message) =>
  new Failure('limit-exceeded', { limit: 'server', maximum: undefined, requested: undefined, message });

const ACCEPTED_TIMES =
  'RFC 3339 (2026-01-31T09:30:00+09:00, …Z), ISO 8601 without an offset (read as UTC), a date (2026-01-31), ' +
  'or Unix seconds (1769851800, 1769851800.5), years 1 to 9999; end not before start';

/** The head of a text from outside, short enough for a message, and cut between characters. */
export function head(text, longest = 80) {
  const characters = Array.from(text.slice(0, 2 * longest + 2));
  return characters.length > longest ? `${characters.slice(0, longest).join('')}…` : text;
}
