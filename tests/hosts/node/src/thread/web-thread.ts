// Large answers are decoded beside the page. A page whose policy lets no worker start decodes them itself.

import source from 'worker:codec-worker';
import { orAborted } from '../deadline.js';
import { toError } from '../metric-error.js';
import type { Job, Outcome } from './job.js';

/** Does one job in a worker of its own; gives `undefined` where no worker can be started. */
export async function aside(modules: Record<string, WebAssembly.Module>, job: Job, signal: AbortSignal): Promise<{ result: unknown } | undefined> {
  const address = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  let worker: Worker | undefined;
  try {
    const started = (worker = new Worker(address));
    const settled = new Promise<Outcome | undefined>((settle) => {
      started.onmessage = ({ data }) => settle(data);
      started.onerror = () => settle(undefined);
    });
    // Copied, not moved: without a worker it is still needed.
    started.postMessage({ modules, job });
    const outcome = await orAborted(settled, signal);
    if (outcome && 'failure' in outcome) throw toError(outcome.failure);
    return outcome;
  } catch (thrown) {
    if (worker) throw thrown;
    return undefined;
  } finally {
    worker?.terminate();
    URL.revokeObjectURL(address);
  }
}
