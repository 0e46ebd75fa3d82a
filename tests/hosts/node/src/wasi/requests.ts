// The plugin's requests as its own thread sees them: another thread sends them, and tells what becomes of them. This
// one sleeps until there is news.

import { receiveMessageOnPort, type MessagePort } from 'node:worker_threads';

import type { ErrorCode } from '../../generated/interfaces/wasi-http-types.js';
import type { Request } from '../http/exchange.js';
import type { News, Order } from '../thread/messages.js';

/** One request, and what is known of its response. */
export class Pending {
  head: { status: number; headers: [string, string][] } | undefined;
  fault: ErrorCode | undefined;
  readonly pieces: Uint8Array[] = [];
  isOver = false;

  constructor(readonly id: number, readonly requests: Requests) {}

  /** Up to so many bytes of the body; none: none has come so far. */
  take(most: number): Uint8Array {
    const piece = this.pieces.shift();
    if (!piece) return new Uint8Array();
    if (piece.length > most) this.pieces.unshift(piece.subarray(most));
    else this.requests.order({ more: this.id });
    return piece.subarray(0, most);
  }

  /** The response is no longer wanted. */
  close(): void {
    if (!this.isOver) this.requests.close(this.id);
  }
}

/** All requests of this thread. */
export class Requests {
  readonly #pending = new Map<number, Pending>();
  #last = 0;

  constructor(readonly port: MessagePort, readonly arrived: Int32Array) {}

  /** Has a request sent. */
  open(request: Request): Pending {
    const pending = new Pending((this.#last += 1), this);
    this.#pending.set(pending.id, pending);
    this.order({ open: pending.id, request });
    return pending;
  }

  order(order: Order): void {
    this.port.postMessage(order);
  }

  close(id: number): void {
    if (this.#pending.delete(id)) this.order({ close: id });
  }

  /** Waits until `look` sees something, looking again at all news and after at most so many milliseconds. */
  wait<T>(look: () => T | undefined, millisecondsLeft: () => number): T {
    for (;;) {
      // Read before the news: what comes after it changes it, and the sleep is none.
      const seen = Atomics.load(this.arrived, 0);
      this.#read();
      const found = look();
      if (found !== undefined) return found;
      Atomics.wait(this.arrived, 0, seen, millisecondsLeft());
    }
  }

  #read(): void {
    for (let received = receiveMessageOnPort(this.port); received; received = receiveMessageOnPort(this.port)) {
      for (const news of received.message as News[]) this.#learn(news);
    }
  }

  #learn(news: News): void {
    const pending = this.#pending.get(news.of);
    if (!pending) return;
    if ('head' in news) pending.head = news.head;
    if ('piece' in news) pending.pieces.push(news.piece);
    if ('fault' in news) pending.fault = news.fault;
    pending.isOver = 'fault' in news || 'over' in news;
    if (pending.isOver) this.#pending.delete(news.of);
  }
}
