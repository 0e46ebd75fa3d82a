// A Prometheus that says what the case tells it to say, on a loopback port of its own, and keeps what it was
// sent. Runs in a worker thread: the plugin's calls block the thread that they are made in. Knows HTTP alone.

import { once } from 'node:events';
import { createServer } from 'node:http';
import { setImmediate as yieldOnce, setTimeout as sleep } from 'node:timers/promises';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';

import { bytes } from './bodies.js';
import { asSent } from './sent.js';

/** Before an answer breaks off: milliseconds for what was sent so far to arrive. */
const BEFORE_THE_END = 30;

/** Serves one script after the other. */
export class ScriptedPrometheus {
  #worker = new Worker(new URL(import.meta.url));

  /** Starts a script; gives the `host:port`. The `n`th request gets the `n`th answer, further ones the last. */
  start(answers) {
    return this.#ask({ start: answers });
  }

  /** Ends the script; gives the requests that came, in order. */
  stop() {
    return this.#ask({ stop: true });
  }

  async end() {
    await this.#worker.terminate();
  }

  async #ask(message) {
    const reply = once(this.#worker, 'message');
    this.#worker.postMessage(message);
    const [{ error, value }] = await reply;
    if (error) throw error;
    return value;
  }
}

if (!isMainThread) {
  let running;
  parentPort.on('message', async ({ start, stop }) => {
    try {
      if (start) {
        running = await serve(start);
        parentPort.postMessage({ value: running.authority });
      }
      if (stop) parentPort.postMessage({ value: running.end() });
    } catch (error) {
      parentPort.postMessage({ error });
    }
  });
}

async function serve(answers) {
  const sent = [];
  const giveUp = new AbortController();
  const server = createServer(async (request, response) => {
    const answer = answers[Math.min(sent.length, answers.length - 1)] ?? { status: 418 };
    const place = sent.push(undefined) - 1;
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    sent[place] = asSent({
      method: request.method.toLowerCase(),
      authority: request.headers.host ?? null,
      pathWithQuery: request.url,
      headers: request.headers,
      body,
    });
    // A caller that hangs up, or the end of the script, ends the answer too.
    await respond(response, answer, giveUp.signal).catch(() => response.socket?.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const authority = `127.0.0.1:${server.address().port}`;
  if (answers[0]?.fault === 'refuse') {
    server.close();
    await once(server, 'close');
  }
  return {
    authority,
    end() {
      giveUp.abort();
      server.close();
      server.closeAllConnections();
      return sent;
    },
  };
}

async function respond(response, answer, signal) {
  const { socket } = response;
  socket.setNoDelay(true);
  if (answer.fault === 'close') return void socket.destroy();
  if (answer.fault === 'stall') return;
  if (answer.raw !== undefined) return void socket.end(bytes(answer.raw));

  const body = Buffer.from(bytes(answer.body ?? ''));
  const end = answer['cut-after'] ?? answer['stall-after'] ?? body.length;
  const inOnePiece = !answer['split-inside']?.length && !answer['chunk-size'] && !answer.chunked;
  response.sendDate = false;
  response.statusCode = answer.status ?? 200;
  response.setHeader('connection', 'close');
  // The whole length, also when less is sent: that is what "cut off" means.
  if (inOnePiece) response.setHeader('content-length', body.length);
  for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, value);
  response.flushHeaders();
  for (const chunk of chunks(body.subarray(0, end), answer)) {
    response.write(chunk);
    await (answer['pause-ms'] ? sleep(answer['pause-ms'], undefined, { signal }) : yieldOnce());
    signal.throwIfAborted();
  }
  if (answer['stall-after'] !== undefined) return;
  if (answer['cut-after'] === undefined) return void response.end();
  await sleep(BEFORE_THE_END, undefined, { signal });
  socket.destroy();
}

function* chunks(body, answer) {
  const ends = new Set([body.length]);
  // One byte into the first occurrence of each text, which may lie in the middle of a character.
  for (const text of answer['split-inside'] ?? []) {
    const at = body.indexOf(text, 0, 'utf8');
    if (at >= 0) ends.add(at + 1);
  }
  for (let at = answer['chunk-size']; at < body.length; at += answer['chunk-size']) ends.add(at);
  let start = 0;
  for (const end of [...ends].sort((a, b) => a - b)) {
    if (end > start) yield body.subarray(start, end);
    start = end;
  }
}
