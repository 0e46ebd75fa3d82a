// What the JSON interface answers of whole ranges, as the records of the typed one.

import type * as family from '../generated/interfaces/backendai-metric-family-service.js';
import type * as insight from '../generated/interfaces/backendai-metric-insight.js';
import type { MissingChunk, RangeAnswer } from '../generated/interfaces/backendai-metric-range-service.js';
import type * as wit from '../generated/interfaces/backendai-metric-types.js';
import { toMetricError, toRecord, type ErrorDocument } from './document.js';

/** What every answer says, beside what is its own. */
interface Common extends Omit<wit.MetricResult, 'series'> {
  missing: { span: MissingChunk['span']; error: ErrorDocument }[];
}

function common<Own>(document: unknown): [answer: Omit<wit.MetricResult, 'series'>, missing: MissingChunk[], own: Own] {
  const { promql, metricType, unit, step, start, end, warnings, infos, partial, missing, ...own } = toRecord<Common & Own>(document);
  const failed = missing.map(({ span, error }) => ({ span, error: toMetricError(error).reason }));
  return [given({ promql, metricType, unit, step, start, end, warnings, infos, partial }), failed, own as Own];
}

/** A record whose optional fields may have no value, as those of the typed interface have. */
const given = <Record>(record: { [Field in keyof Record]: Record[Field] | undefined }) => record as Record;

/** `parts` are the quantiles that were asked for; none: those of the answer, in their order. */
export function toSummary(document: unknown, parts: readonly number[]): insight.SummaryAnswer {
  type Summary = Omit<insight.Summary, 'quantiles'> & { quantiles: Record<string, number> };
  const [answer, missing, { totalUnit, summaries }] = common<{ totalUnit?: string; summaries: Summary[] }>(document);
  const summary = (one: Summary): insight.Summary => {
    const values = new Map(Object.entries(one.quantiles).map(([part, value]) => [Number(part), value]));
    return { ...one, quantiles: Float64Array.from(parts.length > 0 ? parts : values.keys(), (part) => values.get(part) ?? NaN) };
  };
  return given({ answer: { ...answer, series: [] }, totalUnit, summaries: summaries.map(summary), missing });
}

export function toRanked(document: unknown): insight.Ranked {
  const [answer, missing, { series, scores, scoreUnit, groups, others }] = common<Omit<insight.Ranked, 'answer'> & { series: wit.Series[] }>(document);
  return given({ answer: { answer: { ...answer, series }, missing }, scores, scoreUnit, groups, others });
}

export function toWatched(document: unknown): insight.WatchAnswer {
  const [answer, missing, { watched }] = common<Pick<insight.WatchAnswer, 'watched'>>(document);
  return { answer: { ...answer, series: [] }, watched, missing };
}

interface RangeDocument {
  answer: unknown;
  missing: Common['missing'];
}

export function toRangeAnswer(document: unknown): RangeAnswer {
  const { answer, missing } = document as RangeDocument;
  return { answer: toRecord(answer), missing: missing.map(({ span, error }) => ({ span: toRecord(span), error: toMetricError(error).reason })) };
}

export function toDerivedAnswer(document: unknown): family.DerivedAnswer {
  const { missing_sides: missingSides, zero_divisors: zeroDivisors } = document as { missing_sides: number; zero_divisors: number };
  return { answer: toRangeAnswer(document), missingSides: BigInt(missingSides), zeroDivisors: BigInt(zeroDivisors) };
}
