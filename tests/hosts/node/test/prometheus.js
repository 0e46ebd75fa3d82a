// A real Prometheus with the fixed data set of the tests: the one at METRIC_ADDRESS, else the repository's own,
// started here and ended with the tests. Knows from when to when the data is.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('../../../../', import.meta.url));
const built = `${repository}target/debug/testbed-prometheus`;

/** The data set: a sample every 30 s, of `cpu_util`, `mem`, `net_rx` and others. */
export const START = '2026-01-05T00:00:00Z';
export const END = '2026-01-05T04:00:00Z';

/** @returns {Promise<{address: string, stop(): Promise<void>}>} */
export async function startPrometheus() {
  if (process.env.METRIC_ADDRESS) return { address: process.env.METRIC_ADDRESS, stop: async () => {} };
  const [command, ...rest] = existsSync(built) ? [built] : ['cargo', 'run', '--quiet', '--package', 'metric-testbed', '--bin', 'testbed-prometheus'];
  // It runs until its standard input is closed, also where this process dies.
  const child = spawn(command, rest, { cwd: repository, stdio: ['pipe', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  const line = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line').then(([text]) => text),
    exit.then(([code]) => Promise.reject(new Error(`testbed-prometheus ended with ${code} before it was ready`))),
  ]);
  return {
    address: JSON.parse(line).address,
    async stop() {
      child.stdin.end();
      await exit;
    },
  };
}
