// Large answers are decoded beside the page. A page whose policy lets no worker start decodes them itself.

import source from 'worker:codec-worker';
import { orAborted } from '../deadline.js';
import { settled, type Body, type Job, type Outcome } from './job.js';

/** Does one job in a worker of its own; gives `undefined` where no worker can be started. */
export async function aside(modules: Record<string, WebAssembly.Module>, job: Job & { body: Body }, signal: AbortSignal): Promise<{ result: unknown } | undefined> {
  const worker = await orAborted(start(), signal);
  if (!worker) return undefined;
  try {
    worker.postMessage({ modules, job }, [job.body.bytes.buffer]);
    return { result: settled(await orAborted(answer(worker), signal)) };
  } finally {
    worker.terminate();
  }
}

async function start(): Promise<Worker | undefined> {
  const address = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  try {
    const worker = new Worker(address);
    // A policy's refusal is an event, and no exception.
    return await new Promise((settle) => {
      worker.onmessage = () => settle(worker);
      worker.onerror = () => settle(undefined);
    });
  } catch {
    return undefined;
  } finally {
    URL.revokeObjectURL(address);
  }
}

function answer(worker: Worker): Promise<Outcome> {
  return new Promise((settle) => {
    worker.onmessage = ({ data }) => settle(data);
    worker.onerror = ({ message }) => settle({ failure: { trap: message } });
  });
}
