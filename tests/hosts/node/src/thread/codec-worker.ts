// The codec's thread in a browser: decodes answers that would hold the page up.

import { instantiate, type ImportObject, type Root } from '../../generated/metric_codec.js';
import { Component, type Instantiate } from '../component.js';
import { columns, run, type Job } from './job.js';

let component: Component<ImportObject, Root> | undefined;

addEventListener('message', async ({ data }: MessageEvent<{ modules: Record<string, WebAssembly.Module>; job: Job }>) => {
  component ??= new Component(instantiate as Instantiate<ImportObject, Root>, data.modules, {});
  const outcome = await run(component, data.job);
  postMessage(outcome, { transfer: columns(outcome) });
});

// Before, nothing is moved here: a page may let no worker start.
postMessage('ready');
