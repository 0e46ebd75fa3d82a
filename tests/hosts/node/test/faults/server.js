// A server that misbehaves, in a thread of its own: the first part of the path says how. Counts the requests that
// somebody still waits for.

import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

const OK = JSON.stringify({ status: 'success', data: { resultType: 'matrix', result: [{ metric: { value_type: 'current' }, values: [[1767571200, '1'], [1767571260, '2']] }] } });
const MIB = 2 ** 20;

/** Starts it. `waitedFor()` tells how many requests have no whole answer, and a caller that is still there. */
export async function startServer(host = '127.0.0.1') {
  const worker = new Worker(new URL(import.meta.url), { workerData: host });
  const [port] = await once(worker, 'message');
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return {
    authority,
    at: (kind) => `http://${authority}/${kind}`,
    async waitedFor() {
      worker.postMessage('how many?');
      const [many] = await once(worker, 'message');
      return many;
    },
    end: () => worker.terminate(),
  };
}

const head = (status, headers = {}, body = '') => `HTTP/1.1 ${status}\r\n${Object.entries({ 'content-length': body.length, ...headers }).map(([name, value]) => (value === undefined ? '' : `${name}: ${value}\r\n`)).join('')}\r\n${body}`;
const chunk = (text) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;

/** Waits until there is room again, or nobody to write to. */
async function write(socket, text) {
  if (socket.write(text) || socket.destroyed) return;
  await new Promise((go) => {
    const on = () => {
      socket.off('drain', on).off('close', on);
      go();
    };
    socket.on('drain', on).on('close', on);
  });
}

/** @type {Record<string, (socket: import('node:net').Socket, amount: number) => unknown>} */
const KINDS = {
  ok: (socket) => socket.write(head('200 OK', {}, OK)),
  stall: () => {},
  stallbody: (socket) => socket.write(head('200 OK', {}, OK).slice(0, -20)),
  async delay(socket, milliseconds) {
    await sleep(milliseconds);
    socket.write(head('200 OK', {}, OK));
  },
  /** Answers, and closes a connection that was promised to be kept. */
  async keepclose(socket) {
    socket.write(head('200 OK', { connection: 'keep-alive' }, OK));
    await sleep(30);
    socket.destroy();
  },
  /** Closes without an answer. */
  close: (socket) => socket.destroy(),
  /** Breaks off inside the body. */
  async half(socket) {
    socket.write(head('200 OK', {}, OK).slice(0, -20));
    await sleep(30);
    socket.resetAndDestroy();
  },
  announced: (socket, mib) => socket.write(head('200 OK', { 'content-length': mib * MIB })),
  /** So many MiB of white space before an answer. */
  async spaces(socket, mib) {
    socket.write(head('200 OK', { 'content-length': undefined, 'transfer-encoding': 'chunked' }));
    const block = chunk(' '.repeat(MIB));
    for (let sent = 0; sent < mib && !socket.destroyed; sent += 1) await write(socket, block);
    socket.write(`${chunk(OK)}0\r\n\r\n`);
  },
  /** An answer of about so many MiB: 10,000 points a series. */
  async big(socket, mib) {
    socket.write(head('200 OK', { 'content-length': undefined, 'transfer-encoding': 'chunked' }));
    await write(socket, chunk('{"status":"success","data":{"resultType":"matrix","result":['));
    const series = (of) => JSON.stringify({ metric: { kernel_id: `k${of}` }, values: Array.from({ length: 10_000 }, (_, at) => [1767571200 + 60 * at, '1234.5678901234567']) });
    for (let sent = 0, of = 0; sent < mib * MIB && !socket.destroyed; of += 1) {
      const text = (of ? ',' : '') + series(of);
      sent += text.length;
      await write(socket, chunk(text));
    }
    socket.write(`${chunk(']}}')}0\r\n\r\n`);
  },
  header: (socket, bytes) => socket.write(head('200 OK', { 'x-long': 'a'.repeat(bytes) }, OK)),
  upgrade: (socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n'),
  proxy: (socket) => socket.write(head('407 Proxy Authentication Required', { 'proxy-authenticate': 'Basic' })),
  ssh: (socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'),
};

/** Kinds that never end. */
const ENDLESS = new Set(['stall', 'stallbody']);

if (!isMainThread) {
  const waiting = new Set();
  const server = createServer((socket) => {
    socket.on('close', () => waiting.delete(socket)).on('error', () => {});
    let received = '';
    socket.setEncoding('latin1').on('data', async (text) => {
      received += text;
      for (let end = received.indexOf('\r\n\r\n'); end >= 0; end = received.indexOf('\r\n\r\n')) {
        const length = Number(/content-length: (\d+)/i.exec(received.slice(0, end))?.[1] ?? 0);
        if (received.length < end + 4 + length) return;
        const [, kind, amount] = /^\w+ \/([a-z]+)(\d*)/.exec(received) ?? [];
        received = received.slice(end + 4 + length);
        waiting.add(socket);
        await KINDS[kind]?.(socket, Number(amount));
        if (!ENDLESS.has(kind)) waiting.delete(socket);
      }
    });
  });
  server.listen(0, workerData, () => parentPort.postMessage(server.address().port));
  parentPort.on('message', () => parentPort.postMessage(waiting.size));
}
