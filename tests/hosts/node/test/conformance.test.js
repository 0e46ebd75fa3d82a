// The shared conformance cases: those without I/O at every door of both components, those with I/O through
// `fetch`: the service in its thread, typed and JSON, and the codec. Where there is a result, all give the same.

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';

import { files } from './conformance/cases.js';
import { doorsOf } from './conformance/doors.js';
import { differences } from './conformance/expectation.js';
import { asNumbers, hostile, playAt, sentAgain } from './conformance/runner.js';
import { ScriptedPrometheus } from './conformance/scripted-prometheus.js';

/** Cases that cannot be played here, and why. */
const OUT_OF_REACH = {
  'a-chunked-body-without-its-last-chunk-is-malformed': "Node's fetch takes such a body for whole, and tells nobody",
};

const prometheus = new ScriptedPrometheus();
after(() => prometheus.end());

for (const { topic, cases } of files()) {
  describe(topic, () => {
    for (const one of cases) test(one.name, { skip: hostile(one) || OUT_OF_REACH[one.name] }, () => play(one));
  });
}

test('an answer that is wrong meets no expectation', () => {
  const wrong = [null, {}, { result: null }, { result: '' }, { result: {} }, { broken: 'trap' }, { error: { denied: 'no' } }];
  for (const { cases } of files()) {
    for (const { name, expect } of cases.filter((one) => !hostile(one))) {
      for (const answer of wrong) assert.notEqual(differences(expect, answer).length, 0, `${name} accepts ${JSON.stringify(answer)}`);
    }
  }
});

async function play(one) {
  const results = [];
  for (const door of doorsOf(one.call)) {
    if (door.name === 'codec, through fetch' && sentAgain(one)) continue;
    const { answer, problems } = await playAt(door, one, prometheus);
    assert.deepEqual(problems, [], `${door.name}: ${one.about}`);
    if ('result' in answer) results.push(asNumbers(answer.result));
  }
  for (const result of results.slice(1)) assert.deepStrictEqual(result, results[0], 'two doors give different results');
}
