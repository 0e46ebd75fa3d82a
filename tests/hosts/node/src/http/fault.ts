// The faults of a request on its way, told apart by what the platform's `fetch` throws. Knows Node's codes; a
// browser tells nothing but a text.

/** The kinds of fault between the call and the server. */
export type FaultKind =
  | 'refused'
  | 'unresolved'
  /** The connection was closed before an answer. */
  | 'terminated'
  /** The answer stops half-way. */
  | 'incomplete'
  /** The server does not speak HTTP. */
  | 'protocol'
  | 'head-too-large'
  | 'body-too-large'
  | 'timed-out'
  | 'other';

/** A request failed. */
export class Fault extends Error {
  constructor(readonly kind: FaultKind, message: string, options?: { cause?: unknown }) {
    super(message, options);
  }
}

const KINDS: Record<string, FaultKind> = {
  ECONNREFUSED: 'refused',
  ENOTFOUND: 'unresolved',
  EAI_AGAIN: 'unresolved',
  ECONNRESET: 'terminated',
  EPIPE: 'terminated',
  UND_ERR_SOCKET: 'terminated',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'protocol',
  UND_ERR_HEADERS_OVERFLOW: 'head-too-large',
  UND_ERR_CONNECT_TIMEOUT: 'timed-out',
  UND_ERR_HEADERS_TIMEOUT: 'timed-out',
  UND_ERR_BODY_TIMEOUT: 'timed-out',
};

/** Reads what `fetch` or its body threw. */
export function toFault(thrown: unknown, answered: boolean): Fault {
  if (thrown instanceof Fault) return thrown;
  const { code = '', message } = innermost(thrown);
  let kind = code.startsWith('HPE_') || message === 'bad upgrade' ? 'protocol' : (KINDS[code] ?? 'other');
  if (answered && (kind === 'terminated' || kind === 'other')) kind = 'incomplete';
  return new Fault(kind, message, { cause: thrown });
}

/** Node's `fetch` says only "fetch failed", and the rest in the cause, which is sometimes empty. */
function innermost(thrown: unknown): { code?: string; message: string } {
  if (!(thrown instanceof Error)) return { message: String(thrown) };
  const inner = thrown instanceof AggregateError ? thrown.errors[0] : thrown.cause;
  if (inner instanceof Error) {
    const { code, message } = innermost(inner);
    return { ...(code && { code }), message: message || `${thrown.message}, without a reason (Node hides an answer with the status 407 so)` };
  }
  return { message: thrown.message, ...('code' in thrown && { code: String(thrown.code) }) };
}
