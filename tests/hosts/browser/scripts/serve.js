// Serves dist/ on the loopback, for looking at the page and for its tests. Knows file types, and nothing else.

import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const TYPES = {
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.map': 'application/json',
  '.wasm': 'application/wasm',
};

/** Serves a folder. @returns {Promise<import('node:http').Server & {origin: string}>} */
export async function serve(folder, port = 0) {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    const file = normalize(join(folder, pathname === '/' ? 'index.html' : decodeURIComponent(pathname)));
    const bytes = file.startsWith(folder + sep) ? await readFile(file).catch(() => null) : null;
    response.writeHead(bytes ? 200 : 404, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' });
    response.end(bytes ?? 'not found');
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return Object.assign(server, { origin: `http://127.0.0.1:${server.address().port}` });
}

export const dist = fileURLToPath(new URL('../dist', import.meta.url));

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { origin } = await serve(dist, Number(process.env.PORT ?? 8080));
  console.log(`${origin}/`);
}
