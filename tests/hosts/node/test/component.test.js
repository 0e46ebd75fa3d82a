// An instance is kept as long as it can be: a trap, or much memory, costs it, and the next call does not notice.

import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';

import { build } from 'esbuild';

/** Internal to the package, so built for this test. */
const { outputFiles } = await build({ entryPoints: [fileURLToPath(new URL('../src/component.ts', import.meta.url))], bundle: true, format: 'esm', write: false });
const { Component } = await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);

/** `(module (memory (export "memory") 1) (func (export "grow") (param i32) (drop (memory.grow (local.get 0)))) (func (export "trap") unreachable))` */
const MODULE = new WebAssembly.Module(Buffer.from('0061736d0100000001080260017f0060000003030200010503010001071803066d656d6f727902000467726f770000047472617000010a0d020700200040001a0b0300000b', 'hex'));

function counted() {
  let instances = 0;
  const component = new Component(async (module, _, instantiate) => {
    instances += 1;
    return (await instantiate(module('m'), {})).exports;
  }, { m: MODULE }, {});
  return { component, instances: () => instances };
}

test('an instance is kept from call to call', async () => {
  const { component, instances } = counted();
  await Promise.all([1, 2, 3].map(() => component.call(({ grow }) => grow(1))));
  await component.call(({ grow }) => grow(1));
  assert.equal(instances(), 1);
});

test('after a trap the next call gets a new one', async () => {
  const { component, instances } = counted();
  await assert.rejects(component.call(({ trap }) => trap()), (error) => error.name === 'PluginTrapped' && error.message.includes('unreachable'));
  assert.equal(await component.call(({ memory }) => memory.buffer.byteLength), 65_536);
  assert.equal(instances(), 2);
});

test('an error of the contract costs nothing', async () => {
  const { component, instances } = counted();
  const thrown = Object.assign(new Error('[object Object]'), { payload: { tag: 'denied', val: 'no' } });
  const failing = () => {
    throw thrown;
  };
  await assert.rejects(component.call(failing), (error) => error.name === 'MetricError' && error.message === 'no');
  await component.call(() => {});
  assert.equal(instances(), 1);
});

test('memory that a large answer took is given back', async () => {
  const { component, instances } = counted();
  await component.call(({ grow }) => grow(2_000));
  assert.equal(await component.call(({ memory }) => memory.buffer.byteLength), 65_536);
  assert.equal(instances(), 2);
});
