// The browser's side of the conformance tests, bundled with the codec and put into an empty page: the same doors
// and the same judgement as in Node, on the codec as Chromium runs it.

import { MetricClient } from '../../../node/src/browser.ts';
import { codec } from '../../../node/src/codec.ts';
import { differences } from '../../../node/test/conformance/expectation.js';
import { asking, json, typed, verbatim } from '../../../node/test/conformance/door-kinds.js';
import { playAt } from '../../../node/test/conformance/runner.js';

const component = await (await codec()).call((exports) => exports);
const PURE = [typed('codec', component.codec), json('json-codec', component.jsonCodec)];
const TEXTS = [verbatim('json-codec', component.jsonCodec)];
const FETCH = asking('codec, through fetch', (config) => new MetricClient(config));

/** Plays a case without I/O; gives the problems. */
globalThis.judge = async (one) => {
  const problems = [];
  for (const door of one.call === 'json-codec' ? TEXTS : PURE) problems.push(...(await playAt(door, one)).problems.map((problem) => `${door.name}: ${problem}`));
  return problems;
};

/** Plays a case with I/O; the scripted Prometheus stands outside of the page. */
globalThis.judgeFetch = async (one) => {
  const outside = { start: (answers) => globalThis.startPrometheus(answers), stop: () => globalThis.stopPrometheus() };
  return (await playAt(FETCH, one, outside)).problems;
};

/** An answer that is wrong has to be found out here too. */
globalThis.findsOut = (expect, answer) => differences(expect, answer).length > 0;
