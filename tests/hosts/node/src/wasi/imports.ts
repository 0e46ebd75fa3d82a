// As much of WASI 0.2 as the plugin imports: HTTP requests, streams, polling and a clock. Everything else is refused
// when the component is instantiated, because it is not here.

import type { ErrorCode, Method, Scheme } from '../../generated/interfaces/wasi-http-types.js';
import type { ImportObject } from '../../generated/metric_service.js';
import { joined } from '../bytes.js';
import type { Pending, Requests } from './requests.js';

const symbolDispose: typeof Symbol.dispose = Symbol.dispose ?? Symbol.for('dispose');

/** Says to hosts whether an answer may be kept; not for Prometheus. */
const CACHE_HEADER = 'x-metric-cache';

/** Headers that `fetch` sets by itself, and the one that is not for it. */
const OWN_HEADERS = new Set([CACHE_HEADER, 'content-length', 'host', 'connection']);

/** Bytes of a request's body that are taken at once. */
const ROOM = 2n ** 20n;

const NANOS = 1_000_000n;
const now = (): bigint => BigInt(Math.round(performance.now() * 1e6));

/** `wasi:io/poll.pollable`. */
class Pollable {
  constructor(readonly isReady: () => boolean, readonly at?: bigint) {}
}

/** `wasi:io/error.error`. */
class IoError {
  constructor(readonly code: ErrorCode) {}
}

/** `wasi:http/types.fields`. */
class Fields {
  constructor(readonly entries: [string, string][] = []) {}
  static fromList(entries: [string, Uint8Array][]): Fields {
    return new Fields(entries.map(([name, value]) => [name.toLowerCase(), new TextDecoder().decode(value)]));
  }
  get(name: string): Uint8Array[] {
    return this.entries.filter(([one]) => one === name.toLowerCase()).map(([, value]) => new TextEncoder().encode(value));
  }
}

/** `wasi:io/streams.output-stream`: a request's body, kept until the request is sent. */
class OutputStream {
  constructor(readonly body: OutgoingBody) {}
  checkWrite(): bigint {
    return ROOM;
  }
  write(contents: Uint8Array): void {
    this.body.pieces.push(contents.slice());
  }
  subscribe(): Pollable {
    return new Pollable(() => true);
  }
}

/** `wasi:http/types.outgoing-body`. */
class OutgoingBody {
  readonly pieces: Uint8Array[] = [];
  /** Sends the request. */
  finished = () => {};
  write(): OutputStream {
    return new OutputStream(this);
  }
  static finish(body: OutgoingBody): void {
    body.finished();
  }
}

/** `wasi:http/types.outgoing-request`. */
class OutgoingRequest {
  method = 'get';
  scheme = 'https';
  authority = '';
  pathWithQuery = '/';
  outgoing: OutgoingBody | undefined;

  constructor(readonly headers: Fields) {}
  body(): OutgoingBody {
    return (this.outgoing = new OutgoingBody());
  }
  setMethod(method: Method): void {
    this.method = 'val' in method ? method.val : method.tag;
  }
  setScheme(scheme?: Scheme): void {
    this.scheme = scheme?.tag === 'HTTP' ? 'http' : 'https';
  }
  setAuthority(authority?: string): void {
    // A result without an error's value.
    if (!URL.canParse(`http://${authority}/`)) throw undefined;
    this.authority = authority ?? '';
  }
  setPathWithQuery(path?: string): void {
    this.pathWithQuery = path ?? '/';
  }
}

/** `wasi:io/streams.input-stream`: a response's body. */
class InputStream {
  constructor(readonly pending: Pending) {}
  read(most: bigint): Uint8Array {
    const piece = this.pending.take(Number(most));
    if (piece.length > 0 || !this.pending.isOver) return piece;
    throw this.pending.fault ? { tag: 'last-operation-failed', val: new IoError(this.pending.fault) } : { tag: 'closed' };
  }
  subscribe(): Pollable {
    return new Pollable(() => this.pending.pieces.length > 0 || this.pending.isOver);
  }
  [symbolDispose](): void {
    this.pending.close();
  }
}

/** `wasi:http/types.incoming-body`. */
class IncomingBody {
  constructor(readonly pending: Pending) {}
  stream(): InputStream {
    return new InputStream(this.pending);
  }
}

/** `wasi:http/types.incoming-response`. */
class IncomingResponse {
  constructor(readonly pending: Pending, readonly head: NonNullable<Pending['head']>) {}
  status(): number {
    return this.head.status;
  }
  headers(): Fields {
    return new Fields(this.head.headers);
  }
  consume(): IncomingBody {
    return new IncomingBody(this.pending);
  }
  [symbolDispose](): void {
    this.pending.close();
  }
}

/** `wasi:http/types.future-incoming-response`. */
class FutureIncomingResponse {
  pending: Pending | undefined;
  #isTaken = false;

  get() {
    const { head, fault } = this.pending ?? {};
    if (this.#isTaken) return { tag: 'err', val: undefined };
    if (this.pending && head) {
      this.#isTaken = true;
      return { tag: 'ok', val: { tag: 'ok', val: new IncomingResponse(this.pending, head) } };
    }
    return fault && { tag: 'ok', val: { tag: 'err', val: fault } };
  }
  subscribe(): Pollable {
    return new Pollable(() => this.pending?.head !== undefined || this.pending?.isOver === true);
  }
  [symbolDispose](): void {
    // Once it is taken the response decides.
    if (!this.#isTaken) this.pending?.close();
  }
}

/** `wasi:http/types.request-options`: the plugin keeps the time itself. */
class RequestOptions {}

/** The plugin's imports, on top of the requests of its thread. */
export function imports(requests: Requests): ImportObject {
  const timer = (at: bigint) => new Pollable(() => now() >= at, at);
  const millisecondsUntil = (at: bigint | undefined) => (at === undefined ? Infinity : Math.max(Number((at - now()) / NANOS), 0) + 1);
  const interfaces = {
    'wasi:clocks/monotonic-clock': {
      now,
      subscribeInstant: timer,
      subscribeDuration: (nanoseconds: bigint) => timer(now() + nanoseconds),
    },
    'wasi:io/error': { Error: IoError },
    'wasi:io/poll': {
      Pollable,
      poll(pollables: Pollable[]): Uint32Array {
        const ready = () => {
          const places = pollables.flatMap(({ isReady }, place) => (isReady() ? [place] : []));
          return places.length > 0 ? Uint32Array.from(places) : undefined;
        };
        return requests.wait(ready, () => Math.min(...pollables.map(({ at }) => millisecondsUntil(at))));
      },
    },
    'wasi:io/streams': { InputStream, OutputStream },
    'wasi:http/outgoing-handler': {
      handle(request: OutgoingRequest): FutureIncomingResponse {
        const response = new FutureIncomingResponse();
        const { outgoing, headers } = request;
        const send = () => {
          response.pending = requests.open({
            url: `${request.scheme}://${request.authority}${request.pathWithQuery}`,
            method: request.method.toUpperCase(),
            headers: headers.entries.filter(([name]) => !OWN_HEADERS.has(name)),
            body: outgoing && joined(outgoing.pieces),
          });
        };
        if (outgoing) outgoing.finished = send;
        else send();
        return response;
      },
    },
    'wasi:http/types': {
      Fields, FutureIncomingResponse, IncomingBody, IncomingResponse, OutgoingBody, OutgoingRequest, RequestOptions,
      httpErrorCode: ({ code }: IoError): ErrorCode => code,
    },
  };
  // The generated classes have private constructors, which these cannot match.
  return interfaces as unknown as ImportObject;
}
