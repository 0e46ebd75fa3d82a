// The threads of this process, shared by all services: started when they are needed, kept for the next call.

import core2 from '../../generated/metric_service.core2.wasm';
import core3 from '../../generated/metric_service.core3.wasm';
import core from '../../generated/metric_service.core.wasm';
import { compileAll } from '../component.js';
import { orAborted } from '../deadline.js';
import { Thread } from './thread.js';

/** Calls that run at once; further ones wait their turn. A range sends as many requests at once by itself. */
const MOST_THREADS = 8;

/** Milliseconds after which a thread that nobody needed is ended. */
const IDLE = 30_000;

let modules: ReturnType<typeof compileAll> | undefined;

/** A thread that belongs to nobody else, outside of the count: for a stream, which keeps it between its calls. */
export async function ownThread(): Promise<Thread> {
  modules ??= compileAll({ 'metric_service.core.wasm': core, 'metric_service.core2.wasm': core2, 'metric_service.core3.wasm': core3 });
  return new Thread(await modules);
}

const idle: { thread: Thread; since: number }[] = [];
const waiting: (() => void)[] = [];
let taken = 0;
let sweeper: ReturnType<typeof setInterval> | undefined;

/** Runs work with a thread of the pool. */
export async function withThread<T>(signal: AbortSignal, work: (thread: Thread) => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  while (taken >= MOST_THREADS) {
    const turn = new Promise<void>((come) => waiting.push(come));
    // A turn that comes too late goes to the next.
    await orAborted(turn, signal).catch((reason: unknown) => {
      void turn.then(next);
      throw reason;
    });
  }
  taken += 1;
  let thread: Thread | undefined;
  try {
    thread = idleThread() ?? (await ownThread());
    return await work(thread);
  } finally {
    taken -= 1;
    if (thread && !thread.isOver) keep(thread);
    next();
  }
}

function idleThread(): Thread | undefined {
  let found = idle.pop();
  // One may have died on its own.
  while (found?.thread.isOver) found = idle.pop();
  return found?.thread;
}

function next(): void {
  waiting.shift()?.();
}

function keep(thread: Thread): void {
  idle.push({ thread, since: performance.now() });
  sweeper ??= setInterval(sweep, IDLE).unref();
}

/** The longest idle stand first. */
function sweep(): void {
  while (idle[0] && performance.now() - idle[0].since >= IDLE) idle.shift()?.thread.end();
  if (idle.length > 0) return;
  clearInterval(sweeper);
  sweeper = undefined;
}
