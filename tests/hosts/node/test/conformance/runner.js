// Plays a case at a door, with a scripted Prometheus where it needs one. Knows nothing of how a door is opened.

import { differences } from './expectation.js';

/** The verbs that ask a Prometheus. */
export const WITH_SERVICE = new Set(['query-metadata', 'query-metric', 'json']);

/** Where calls without I/O are told that Prometheus is: they do not go there. */
const NOWHERE = '127.0.0.1:9090';

/** Why a case cannot be played here: its `host` asks for policies and limits, which JavaScript's hosts do not have. */
export const hostile = ({ host }) => host !== undefined && 'asks for the policies and limits of a host that has them';

/** Why `fetch` cannot play a case: it sends nothing again. */
export const sentAgain = ({ exchanges = [] }) => exchanges.length > 1 && 'the codec with fetch makes one request a call';

/** Plays a case at a door: what was answered, and the problems with it, each a line; none when all is well. */
export async function playAt(door, one, prometheus) {
  const isScripted = WITH_SERVICE.has(one.call);
  const authority = isScripted ? await prometheus.start(one.exchanges.map(({ answer }) => answer)) : NOWHERE;
  const address = (one.config.address ?? '{prometheus}').replaceAll('{prometheus}', authority);
  const started = performance.now();
  const answer = await door.answer(one.call, { ...one, config: { ...one.config, address } });
  const took = performance.now() - started;
  const problems = differences(one.expect, answer);
  if (took > (one['within-ms'] ?? Infinity)) problems.push(`took ${took} ms`);
  if (isScripted) problems.push(...wrongRequests(one, await prometheus.stop()));
  return { answer, problems };
}

function wrongRequests(one, sent) {
  const { exchanges, 'may-retry': mayRetry = false } = one;
  if (exchanges.some(({ answer }) => answer.fault === 'refuse')) return [];
  const problems = sent.flatMap((request, index) => {
    const exchange = exchanges[index] ?? exchanges.at(-1);
    return exchange ? differences(exchange.request, request, `request[${index}]`) : [];
  });
  if (sent.length < exchanges.length || (sent.length > exchanges.length && !mayRetry)) {
    problems.push(`${sent.length} requests instead of ${exchanges.length}`);
  }
  return problems;
}

/** For comparison between doors: the typed ones give 64-bit integers where JSON gives numbers. Doubles keep their bits. */
export function asNumbers(value) {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(asNumbers);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, asNumbers(inner)]));
}
