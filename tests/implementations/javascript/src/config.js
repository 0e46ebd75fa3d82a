// The configuration, checked, with every default filled in.

import { parseDuration } from './duration.js';
import { head, invalidArgument } from './failure.js';

/** The path where the address has none, and what goes along. What is not here needs neither. */
const BACKENDS = {
  thanos: { parameters: (partial) => [['partial_response', String(partial)], ['dedup', 'true'], ['max_source_resolution', '0s']] },
  mimir: { prefix: '/prometheus' },
  'victoria-cluster': { prefix: '/select/0/prometheus', parameters: (partial) => (partial ? [] : [['deny_partial_response', '1']]) },
};

/** Reads a `config`. */
export function readConfig(config) {
  const { prefix, ...address } = readAddress(config.address);
  const backend = BACKENDS[config.backend] ?? {};
  return {
    ...address,
    prefix: prefix || (backend.prefix ?? ''),
    parameters: backend.parameters?.(config.partial) ?? [],
    method: config.method === 'get' ? 'get' : 'post',
    partial: config.partial,
    now: config.now == null ? null : Number(config.now),
    schema: config.labelSchema,
    timewindow: readWindow(config.timewindow),
    sampleInterval: atLeastOne('sample-interval', config.sampleInterval, 15),
    maxRange: atLeastOne('max-range', config.maxRange, 7 * 24 * 3600),
    maxPoints: atLeastOne('max-points', config.maxPoints, 11001),
    maxResultBytes: Number(atLeastOne('max-result-bytes', config.maxResultBytes, 100000000n)),
    timeout: atLeastOne('timeout', config.timeout, 30000),
  };
}

function atLeastOne(name, given, otherwise) {
  const value = given ?? otherwise;
  if (value < 1) throw invalidArgument(`config.${name}`, '0; accepted is at least 1, or none for the default');
  return value;
}

function readWindow(text) {
  if (text == null) return null;
  try {
    return parseDuration(text);
  } catch (reason) {
    throw invalidArgument('config.timewindow', `"${head(text)}": ${reason}`);
  }
}

const HOST = /^[A-Za-z0-9._-]+$/;
const IPV6 = /^\[[0-9A-Fa-f:.]+\]$/;
const SEGMENT = /^[A-Za-z0-9._~:@=+,-]+$/;

/** `host:port`, or `http(s)://host[:port][/prefix]`. What is refused is not repeated: it may hold a password. */
function readAddress(text) {
  const refuse = (fault) =>
    invalidArgument('config.address', `${fault}; accepted is host:port, or http(s)://host[:port][/prefix]`);
  const [, scheme, rest] = /^(?:([^:/?#]*):\/\/)?(.*)$/s.exec(text.trim());
  if (scheme !== undefined && !/^https?$/i.test(scheme)) throw refuse('another scheme');
  if (/[?#]/.test(rest)) throw refuse('a query or a fragment');
  const slash = rest.indexOf('/');
  const authority = slash < 0 ? rest : rest.slice(0, slash);
  const path = slash < 0 ? '' : rest.slice(slash);
  if (authority.includes('@')) throw refuse('user and password, which the host adds');
  const [, host, port] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/s.exec(authority) ?? [];
  if (!(host && (HOST.test(host) || IPV6.test(host)))) throw refuse('no host');
  if (port !== undefined && !(/^[0-9]{1,5}$/.test(port) && port >= 1 && port <= 65535)) throw refuse('no port from 1 to 65535');
  if (scheme === undefined && (port === undefined || path.length > 1)) throw refuse('no scheme');
  const prefix = path.replace(/\/$/, '');
  const plain = (segment) => SEGMENT.test(segment) && segment !== '.' && segment !== '..';
  if (prefix !== '' && !prefix.slice(1).split('/').every(plain)) throw refuse('a prefix that is no plain path');
  return { scheme: (scheme ?? 'http').toLowerCase(), authority: authority.toLowerCase(), prefix };
}
