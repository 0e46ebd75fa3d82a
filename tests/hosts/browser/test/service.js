// `metric-host serve` beside the tests, and a Prometheus that answers as a test says. METRIC_HOST names the program, else
// this repository's build is taken.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const built = fileURLToPath(new URL('../../../../target/debug/', import.meta.url));
const program = process.env.METRIC_HOST ?? `${built}metric-host`;
const plugin = process.env.METRIC_PLUGIN ?? `${built}metric_service.wasm`;

async function listening(server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server.address().port;
}

/** A port that nobody listens on. */
export async function freePort() {
  const server = createServer();
  const port = await listening(server);
  server.close();
  await once(server, 'close');
  return port;
}

/** Starts the server for a Prometheus. @returns {Promise<{origin: string, stop(): Promise<void>}>} */
export async function startService(address, more = []) {
  const child = spawn(program, ['serve', '--listen', '127.0.0.1:0', '--address', address, '--plugin', plugin, ...more], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  const line = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line').then(([text]) => text),
    exit.then(([code]) => Promise.reject(new Error(`metric-host serve ended with ${code} before it listened`))),
  ]);
  return {
    origin: line.replace('listening at ', ''),
    async stop() {
      child.kill('SIGTERM');
      await exit;
    },
  };
}

/**
 * A Prometheus that answers with what `answer(path, form)` gives: `{status, body}`, the body as an object.
 * @returns {Promise<{address: string, stop(): void}>}
 */
export async function fakePrometheus(answer) {
  const server = createServer(async (request, response) => {
    let sent = '';
    for await (const piece of request) sent += piece;
    const { pathname, searchParams } = new URL(request.url, 'http://localhost');
    const { status = 200, body } = answer(pathname, request.method === 'POST' ? new URLSearchParams(sent) : searchParams);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  });
  const port = await listening(server);
  return {
    address: `127.0.0.1:${port}`,
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}
