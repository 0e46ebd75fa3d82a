// The plugin's thread in Node: waits for jobs, and does them with `metric_service.wasm`.

import { parentPort, workerData } from 'node:worker_threads';

import { instantiate, type ImportObject, type Root } from '../../generated/metric_service.js';
import { Component, type Instantiate } from '../component.js';
import { imports } from '../wasi/imports.js';
import { Requests } from '../wasi/requests.js';
import { columns, run, type Job } from './job.js';
import type { Start } from './thread.js';

const { modules, port, arrived } = workerData as Start;

/** The component's interfaces, and the one stream that a thread can hold. */
const withStream: Instantiate<ImportObject, object> = async (...given) => {
  const exports = await (instantiate as Instantiate<ImportObject, Root>)(...given);
  const { RangeStream } = exports.rangeService;
  let stream: ReturnType<typeof RangeStream.open> | undefined;
  const verbs = {
    open(...args: Parameters<typeof RangeStream.open>): void {
      stream = RangeStream.open(...args);
    },
    next: () => stream?.next(),
  };
  return { ...exports, stream: verbs };
};

const component = new Component(withStream, modules, imports(new Requests(port, arrived)));

parentPort?.on('message', async (job: Job) => {
  const outcome = await run(component, job);
  parentPort?.postMessage(outcome, columns(outcome));
});
