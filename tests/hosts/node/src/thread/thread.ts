// A thread that runs the plugin. The plugin's calls wait for Prometheus, and only another thread can wait; its requests
// are sent from this one. A call that is given up costs the thread: that is the one way to end a computation.

import { MessageChannel, Worker } from 'node:worker_threads';

import source from 'worker:plugin-worker';
import { orAborted } from '../deadline.js';
import type { Sending } from '../http/exchange.js';
import { PluginTrapped } from '../metric-error.js';
import { Carrier } from './carrier.js';
import { settled, type Job, type Outcome } from './job.js';

/** The data that the thread is started with. */
export interface Start {
  modules: Record<string, WebAssembly.Module>;
  port: MessageChannel['port2'];
  arrived: Int32Array;
}

/** One thread. Makes one call at a time. */
export class Thread {
  readonly #worker: Worker;
  readonly #carrier: Carrier;
  #settle: ((outcome: Outcome) => void) | undefined;
  #isOver = false;

  constructor(modules: Record<string, WebAssembly.Module>) {
    const { port1, port2 } = new MessageChannel();
    const arrived = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    this.#carrier = new Carrier(port1, arrived);
    const workerData: Start = { modules, port: port2, arrived };
    // Nothing of the program's own: no loaders, no environment.
    this.#worker = new Worker(source, { eval: true, workerData, transferList: [port2], execArgv: [], env: {} });
    this.#worker.unref();
    this.#worker.on('message', (outcome: Outcome) => this.#settle?.(outcome));
    this.#worker.on('error', ({ message }) => this.#die(message));
    this.#worker.on('exit', () => this.#die('its thread ended'));
  }

  /** Whether it cannot make another call. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Makes a call. When the signal is aborted it rejects at once, its requests are closed, and the thread is over. */
  async call<T>(job: Job, { signal, ...sending }: Sending): Promise<T> {
    this.#carrier.begin(sending);
    this.#worker.ref();
    try {
      const answered = new Promise<Outcome>((settle) => (this.#settle = settle));
      this.#worker.postMessage(job, job.body ? [job.body.bytes.buffer] : []);
      return settled<T>(await orAborted(answered, signal));
    } catch (thrown) {
      if (signal.aborted || thrown instanceof PluginTrapped) this.end();
      throw thrown;
    } finally {
      this.#settle = undefined;
      this.#worker.unref();
    }
  }

  /** Ends the thread, and closes its requests. */
  end(): void {
    this.#isOver = true;
    this.#carrier.closeAll();
    this.#carrier.port.close();
    void this.#worker.terminate();
  }

  #die(why: string): void {
    this.#isOver = true;
    this.#carrier.closeAll();
    this.#settle?.({ failure: { trap: why } });
  }
}
