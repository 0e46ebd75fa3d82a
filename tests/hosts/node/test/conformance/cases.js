// The shared cases of tests/conformance/, with their defaults filled in, and their bodies written out.
// Knows the format of that folder's README, and nothing of who is judged.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { bytes } from './bodies.js';

const folder = fileURLToPath(new URL('../../../../conformance/', import.meta.url));

/** What a query is unless its case says otherwise. */
const QUERY = { 'metric-name': 'mem', start: '2026-01-01T00:00:00Z', end: '2026-01-01T01:00:00Z', labels: {}, 'group-by': [] };

/** Every case, by file. */
export function files() {
  return readdirSync(folder, { recursive: true })
    .filter((path) => path.endsWith('.json'))
    .sort()
    .map((path) => ({ topic: path.replace(/\.json$/, ''), cases: JSON.parse(readFileSync(join(folder, path), 'utf8')).map(complete) }));
}

function complete(raw) {
  return {
    status: 200,
    ...raw,
    config: { 'label-schema': 'documented', ...raw.config },
    query: { ...QUERY, ...raw.query },
    // The codec takes text; the scripted Prometheus sends bytes.
    ...(raw.body !== undefined && { body: new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes(raw.body)) }),
  };
}
