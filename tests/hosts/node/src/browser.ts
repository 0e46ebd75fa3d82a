// The package in a browser: the codec with `fetch`.

import type { ClientOptions } from './arguments/call.js';
import type { Config } from './arguments/config.js';
import { FetchClient } from './client.js';
import { codec } from './codec.js';
import { aside } from './thread/web-thread.js';

export * from './common.js';

/** Asks one Prometheus. Large answers are decoded in a worker. */
export class MetricClient extends FetchClient {
  /** @throws {MetricError} `invalid-argument` */
  constructor(config: Config, options: ClientOptions = {}) {
    const component = codec();
    super(component, async (job, signal) => aside((await component).modules, job, signal), config, options);
  }
}

/** There is none here: a page's threads may not wait. */
export class MetricService {
  constructor() {
    throw new Error('MetricService runs in Node alone; MetricClient runs in browsers too');
  }
}
