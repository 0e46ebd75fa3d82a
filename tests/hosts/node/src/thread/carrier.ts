// The sender of the plugin's requests: obeys the orders of its thread, and passes the responses on.

import type { MessagePort } from 'node:worker_threads';

import type { ErrorCode } from '../../generated/interfaces/wasi-http-types.js';
import { exchange, type Request, type Sending } from '../http/exchange.js';
import { Fault } from '../http/fault.js';
import { WINDOW, type News, type Order } from './messages.js';

/** One request that is under way. */
interface UnderWay {
  close: AbortController;
  /** Pieces that may still be passed on. */
  room: number;
  /** Called when there is room again. */
  wake: () => void;
}

/** The requests of one thread. */
export class Carrier {
  readonly #underWay = new Map<number, UnderWay>();
  readonly #news: News[] = [];
  #sending: Omit<Sending, 'signal'> | undefined;

  /** @param arrived Counts what was passed on; the plugin's thread sleeps on it. */
  constructor(readonly port: MessagePort, readonly arrived: Int32Array) {
    port.on('message', (order: Order) => this.#obey(order));
    port.unref();
  }

  /** Sets how requests are sent from now on. */
  begin(sending: Omit<Sending, 'signal'>): void {
    this.#sending = sending;
  }

  /** Closes every request. */
  closeAll(): void {
    for (const { close } of this.#underWay.values()) close.abort();
    this.#underWay.clear();
  }

  #obey(order: Order): void {
    if ('open' in order) return void this.#carry(order.open, order.request);
    const underWay = this.#underWay.get('more' in order ? order.more : order.close);
    if (!underWay) return;
    if ('close' in order) return underWay.close.abort();
    underWay.room += 1;
    underWay.wake();
  }

  async #carry(of: number, request: Request): Promise<void> {
    const underWay: UnderWay = { close: new AbortController(), room: WINDOW, wake: () => {} };
    this.#underWay.set(of, underWay);
    const { signal } = underWay.close;
    signal.addEventListener('abort', () => underWay.wake());
    const sending = this.#sending ?? { fetch: globalThis.fetch, maxBytes: 0 };
    try {
      const { status, headers, body } = await exchange(request, { ...sending, signal });
      this.#tell({ of, head: { status, headers: [...headers] } });
      for await (const piece of body) {
        this.#tell({ of, piece });
        underWay.room -= 1;
        while (underWay.room === 0 && !signal.aborted) await new Promise<void>((wake) => (underWay.wake = wake));
        signal.throwIfAborted();
      }
      this.#tell({ of, over: true });
    } catch (thrown) {
      if (!signal.aborted) this.#tell({ of, fault: code(thrown, sending.maxBytes) });
    } finally {
      this.#underWay.delete(of);
    }
  }

  /** What comes in one turn of the event loop goes in one message: a small answer wakes the thread once. */
  #tell(news: News): void {
    if (this.#news.push(news) > 1) return;
    setImmediate(() => {
      this.port.postMessage(this.#news.splice(0));
      Atomics.add(this.arrived, 0, 1);
      Atomics.notify(this.arrived, 0);
    });
  }
}

/** A fault as `wasi:http` names it. */
function code(thrown: unknown, maxBytes: number): ErrorCode {
  const { kind, message } = thrown instanceof Fault ? thrown : new Fault('other', String(thrown));
  switch (kind) {
    case 'refused': return { tag: 'connection-refused' };
    case 'unresolved': return { tag: 'DNS-error', val: {} };
    case 'terminated': return { tag: 'connection-terminated' };
    case 'incomplete': return { tag: 'HTTP-response-incomplete' };
    case 'protocol': return { tag: 'HTTP-protocol-error' };
    case 'head-too-large': return { tag: 'HTTP-response-header-section-size', val: undefined };
    case 'body-too-large': return { tag: 'HTTP-response-body-size', val: BigInt(maxBytes) };
    case 'timed-out': return { tag: 'HTTP-response-timeout' };
    case 'other': return { tag: 'internal-error', val: message };
  }
}
