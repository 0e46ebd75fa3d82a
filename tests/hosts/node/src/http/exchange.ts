// One request and its response over `fetch`: what both components send with. The body is counted while it comes, so
// that a server cannot fill the memory.

import { Fault, toFault } from './fault.js';

/** A request to send. */
export interface Request {
  url: string;
  method: string;
  headers: [string, string][];
  /** None for GET. */
  body: string | Uint8Array<ArrayBuffer> | undefined;
}

/** The means and limits of sending. */
export interface Sending {
  fetch: typeof globalThis.fetch;
  /** Closes the connection. */
  signal: AbortSignal;
  /** The most bytes of the body. */
  maxBytes: number;
}

/** The head of a response, and the body as it comes. */
export interface Reply {
  status: number;
  headers: Headers;
  /** Throws a `Fault`. */
  body: AsyncGenerator<Uint8Array, void>;
  /** Closes the connection of a body that nobody begins to read. */
  cancel(): void;
}

/** Sends a request. Rejects with a `Fault`, or with the signal's reason. */
export async function exchange(request: Request, sending: Sending): Promise<Reply> {
  const { url, method, headers, body } = request;
  try {
    const response = await sending.fetch(url, {
      method,
      headers,
      // Prometheus does not redirect; a login page does, and its text would be no answer.
      redirect: 'manual',
      ...(body !== undefined && { body }),
      signal: sending.signal,
    });
    if (response.type === 'opaqueredirect') throw new Fault('incomplete', 'the server redirects elsewhere');
    return { status: response.status, headers: response.headers, body: pieces(response, sending), cancel: () => void response.body?.cancel().catch(() => {}) };
  } catch (thrown) {
    sending.signal.throwIfAborted();
    throw toFault(thrown, false);
  }
}

/** As `exchange`; sent once more where a pooled connection was closed in the meantime. Queries change nothing. */
export async function exchangeAgain(request: Request, sending: Sending): Promise<Reply> {
  try {
    return await exchange(request, sending);
  } catch (thrown) {
    if (!(thrown instanceof Fault && thrown.kind === 'terminated')) throw thrown;
    return exchange(request, sending);
  }
}

async function* pieces(response: Response, { signal, maxBytes }: Sending): AsyncGenerator<Uint8Array, void> {
  const tooLarge = (bytes: number) => new Fault('body-too-large', `a body of ${bytes} bytes or more, at most ${maxBytes}`);
  const reader = response.body?.getReader();
  if (!reader) return;
  let received = 0;
  try {
    const announced = Number(response.headers.get('content-length') ?? 0);
    if (announced > maxBytes) throw tooLarge(announced);
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      received += next.value.byteLength;
      if (received > maxBytes) throw tooLarge(received);
      yield next.value;
    }
  } catch (thrown) {
    signal.throwIfAborted();
    throw toFault(thrown, true);
  } finally {
    // Closes the connection of a body that is not read to its end.
    reader.cancel().catch(() => {});
  }
}
