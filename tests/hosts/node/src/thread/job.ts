// Calls into a component as data that can go to another thread, and their outcomes. Runs in Node and in a browser.

import type { Component } from '../component.js';
import { MetricError, PluginTrapped, toError, type Failure } from '../metric-error.js';

/** A call into a component: a function of one of its interfaces. */
export interface Job {
  interface: string;
  verb: string;
  args: unknown[];
  /** Goes behind `args` as a text: it is decoded in the thread. */
  body?: Body | undefined;
}

/** A response's body. */
export interface Body {
  bytes: Uint8Array<ArrayBuffer>;
  /** Whether it has to be UTF-8: an answer has to; of an error page as much is shown as can be read. */
  strict: boolean;
}

/** The end of a job. */
export type Outcome = { result: unknown } | { failure: Failure };

/** The result. @throws {MetricError} or what else the job failed with */
export function settled<T>(outcome: Outcome): T {
  if ('failure' in outcome) throw toError(outcome.failure);
  return outcome.result as T;
}

type Functions = Record<string, Record<string, (...args: unknown[]) => unknown> | undefined>;

/** Does a job. */
export async function run<Exports>(component: Pick<Component<never, Exports>, 'call'>, job: Job): Promise<Outcome> {
  try {
    const args = job.body ? [...job.args, decoded(job.body)] : job.args;
    return { result: await component.call((exports) => verb(exports as Functions, job)(...args)) };
  } catch (thrown) {
    if (thrown instanceof MetricError) return { failure: { reason: thrown.reason, chunk: thrown.chunk } };
    return { failure: { trap: thrown instanceof PluginTrapped ? thrown.detail : String(thrown) } };
  }
}

function verb(exports: Functions, { interface: name, verb }: Job): (...args: unknown[]) => unknown {
  const found = exports[name]?.[verb];
  if (!found) throw new Error(`the component has no ${name}.${verb}`);
  return found;
}

/** A body as a text. @throws {MetricError} `malformed-response` */
export function decoded({ bytes, strict }: Body): string {
  try {
    return new TextDecoder('utf-8', { fatal: strict, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new MetricError({ tag: 'malformed-response', val: 'the answer is not UTF-8' }, { cause });
  }
}

/** The columns of an answer, which go to the other thread without being copied. */
export function columns(value: unknown): ArrayBuffer[] {
  if (ArrayBuffer.isView(value)) return [value.buffer as ArrayBuffer];
  if (typeof value !== 'object' || value === null) return [];
  return [...new Set(Object.values(value).flatMap(columns))];
}
