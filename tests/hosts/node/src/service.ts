// The plugin in Node: `metric_service.wasm` in threads of its own, all verbs. Its requests go out through `fetch`.

import type * as discovery from '../generated/interfaces/backendai-metric-discovery.js';
import type * as insight from '../generated/interfaces/backendai-metric-insight.js';
import type * as live from '../generated/interfaces/backendai-metric-live-stats.js';
import type { DerivedAnswer } from '../generated/interfaces/backendai-metric-family-service.js';
import type { Outline } from '../generated/interfaces/backendai-metric-preset.js';
import type * as decided from '../generated/interfaces/backendai-metric-preset-service.js';
import type * as range from '../generated/interfaces/backendai-metric-range-service.js';
import type * as wit from '../generated/interfaces/backendai-metric-types.js';
import { toCallOptions, toClientOptions, type CallOptions, type ClientOptions } from './arguments/call.js';
import { toConfig, type CheckedConfig, type Config } from './arguments/config.js';
import { toArguments, toBy, toIds, toLiveOptions, toMetricQuestion, toMoment, toPreset, toQuestion, toRange, toRuns, type LiveOptions, type MetricQuestion, type Moment, type Preset, type PresetArguments, type PresetRange, type Question, type Run } from './arguments/decisions.js';
import { toDerived, toFamilies, toFamilyQueries, toFamilyQuery, type DerivedQuery, type Family, type FamilyQuery } from './arguments/families.js';
import { toDetection, toFilter, toMember, toQuantiles, toRanking, toSource, toTolerance, type Detection, type Ranking, type Tolerance, type ValueFilter } from './arguments/insight.js';
import { toCursor, toMetric, toQueries, toQuery, type MetricQuery } from './arguments/query.js';
import { toOptions, type RangeOptions } from './arguments/range.js';
import { atThisTime } from './client.js';
import { Deadline } from './deadline.js';
import { fromDocument, toDocument, type Request } from './document.js';
import { MetricError, toError } from './metric-error.js';
import type { Job } from './thread/job.js';
import { ownThread, withThread } from './thread/pool.js';

/** Milliseconds that a call may compute beyond its deadline, which the plugin keeps itself while it waits. */
const COMPUTE = 10_000;

/** Asks one Prometheus, through the plugin: refused and interrupted requests are sent again, long ranges go in chunks. */
export class MetricService {
  readonly #config: CheckedConfig;
  readonly #options: ReturnType<typeof toClientOptions>;

  /** @throws {MetricError} `invalid-argument` */
  constructor(config: Config, options: ClientOptions = {}) {
    this.#config = toConfig(config);
    this.#options = toClientOptions(options);
  }

  /** The metrics that Prometheus holds, by name; `partial` says whether some may be missing. Rejects with a `MetricError`. */
  async queryMetadata(options: CallOptions = {}): Promise<wit.MetadataResult> {
    return this.#run(options, (config) => job('metricService', 'queryMetadata', config));
  }

  /** Asks Prometheus, and returns the series in columns. Rejects with a `MetricError`. */
  async queryMetric(query: MetricQuery, options: CallOptions = {}): Promise<wit.MetricResult> {
    const record = toQuery(query);
    return this.#run(options, (config) => job('metricService', 'queryMetric', config, record));
  }

  /** What `queryRange` would do. Nothing is sent. Rejects with a `MetricError`. */
  async plan(query: MetricQuery, range: RangeOptions = {}, options: CallOptions = {}): Promise<range.RangePlan> {
    const asked = [toQuery(query), toOptions(range)];
    return this.#run(options, (config) => job('rangeService', 'plan', config, ...asked));
  }

  /** Asks for a long range in chunks, side by side. Rejects with a `MetricError` whose `chunk` says which failed. */
  async queryRange(query: MetricQuery, range: RangeOptions = {}, options: CallOptions = {}): Promise<range.RangeAnswer> {
    const asked = [toQuery(query), toOptions(range)];
    return this.#run(options, (config) => job('rangeService', 'queryRange', config, ...asked));
  }

  /** Many queries side by side; the answers in their order, an error in the place of one that failed. Rejects with a `MetricError`. */
  async queryBatch(queries: readonly MetricQuery[], range: RangeOptions = {}, options: CallOptions = {}): Promise<(range.RangeAnswer | MetricError)[]> {
    const asked = [toQueries(queries), toOptions(range)];
    return outcomes(await this.#run<Outcome<range.RangeAnswer>[]>(options, (config) => job('rangeService', 'queryBatch', config, ...asked)));
  }

  /** One chunk of a range, and the cursor of the next in `next`. Rejects with a `MetricError`. */
  async queryPage(query: MetricQuery, range: RangeOptions = {}, cursor?: string, options: CallOptions = {}): Promise<range.Page> {
    const asked = [toQuery(query), toOptions(range), toCursor(cursor)];
    return this.#run(options, (config) => job('rangeService', 'queryPage', config, ...asked));
  }

  /**
   * A range in bounded pieces, chunk after chunk, for answers that are larger than memory: `for await (const piece of
   * service.stream(query))`. The timeout is that of one piece. Each stream has a thread of its own until its loop ends.
   */
  async *stream(query: MetricQuery, range: RangeOptions = {}, options: CallOptions = {}): AsyncGenerator<range.Piece, void, void> {
    const asked = [toQuery(query), toOptions(range)];
    const { signal, timeout } = toCallOptions(options);
    const config = atThisTime(this.#config, timeout);
    const thread = await ownThread();
    const ask = async <T>(one: Job): Promise<T> => {
      const deadline = new Deadline(config.timeout, signal, COMPUTE);
      try {
        return await thread.call<T>(one, this.#sending(deadline));
      } finally {
        deadline.end();
      }
    };
    // Between two pieces nobody else hears of it.
    const giveUp = () => thread.end();
    signal?.addEventListener('abort', giveUp);
    try {
      await ask(job('stream', 'open', config, ...asked));
      for (let piece = await ask<range.Piece | undefined>(job('stream', 'next')); piece; piece = await ask(job('stream', 'next'))) yield piece;
    } finally {
      signal?.removeEventListener('abort', giveUp);
      thread.end();
    }
  }

  /**
   * Sums up each group over the whole range. `quantiles` are parts from 0 to 1, at most 16; the median and the 95th
   * percentile unless given. Rejects with a `MetricError`.
   */
  async summarize(query: MetricQuery, quantiles?: readonly number[], range: RangeOptions = {}, options: CallOptions = {}): Promise<insight.SummaryAnswer> {
    const asked = [toQuery(query), toQuantiles(quantiles), toOptions(range)];
    return this.#run(options, (config) => job('insight', 'summarize', config, ...asked));
  }

  /** Ranks the groups over the whole range, each once, and gives the best of them. Rejects with a `MetricError`. */
  async rank(query: MetricQuery, ranking: Ranking, range: RangeOptions = {}, options: CallOptions = {}): Promise<insight.Ranked> {
    const asked = [toQuery(query), toRanking(ranking), toOptions(range)];
    return this.#run(options, (config) => job('insight', 'rank', config, ...asked));
  }

  /** Finds what is out of the ordinary for each series by itself. Rejects with a `MetricError`. */
  async findAnomalies(query: MetricQuery, detection: Detection = {}, range: RangeOptions = {}, options: CallOptions = {}): Promise<insight.WatchAnswer> {
    const asked = [toQuery(query), toDetection(detection), toOptions(range)];
    return this.#run(options, (config) => job('insight', 'findAnomalies', config, ...asked));
  }

  /** Finds members that are unlike the others of their group at the same time. Rejects with a `MetricError`. */
  async findOutliers(query: MetricQuery, member: wit.Dimension, tolerance: Tolerance = {}, range: RangeOptions = {}, options: CallOptions = {}): Promise<insight.WatchAnswer> {
    const asked = [toQuery(query), toMember(member), toTolerance(tolerance), toOptions(range)];
    return this.#run(options, (config) => job('insight', 'findOutliers', config, ...asked));
  }

  /** The values of a dimension or of a label, for menus. Rejects with a `MetricError`. */
  async values(source: discovery.ValueSource, filter: ValueFilter = {}, options: CallOptions = {}): Promise<discovery.ValueAnswer> {
    const asked = [toSource(source), toFilter(filter)];
    return this.#run(options, (config) => job('discovery', 'values', config, ...asked));
  }

  /** What subjects use at the moment, and used within a short window. Rejects with a `MetricError`. */
  async queryLiveStats(by: wit.Dimension, ids: readonly string[], live: LiveOptions = {}, options: CallOptions = {}): Promise<live.LiveAnswer> {
    const asked = [toBy(by), toIds(ids), toLiveOptions(live)];
    return this.#run(options, (config) => job('liveStats', 'queryLiveStats', config, ...asked));
  }

  /** Checks a preset. What is refused is an `invalid-argument`, which says which placeholder stands where. */
  async checkPreset(preset: Preset, options: CallOptions = {}): Promise<Outline> {
    const record = toPreset(preset);
    return this.#run(options, () => job('preset', 'check', record));
  }

  /** The PromQL that a call of a preset would send. Nothing is sent. Rejects with a `MetricError`. */
  async renderPreset(preset: Preset, args: PresetArguments = {}, options: CallOptions = {}): Promise<string> {
    const asked = [toPreset(preset), toArguments(args)];
    return this.#run(options, (config) => job('preset', 'render', config, ...asked));
  }

  /** Asks a preset at an instant, the present unless given. Rejects with a `MetricError`. */
  async executePreset(preset: Preset, args: PresetArguments = {}, at?: Moment, options: CallOptions = {}): Promise<decided.InstantAnswer> {
    const asked = [toPreset(preset), toArguments(args), toMoment(at)];
    return this.#run(options, (config) => job('presetService', 'execute', config, ...asked));
  }

  /** Asks a preset over a range, in chunks as `queryRange`. Rejects with a `MetricError` whose `chunk` says which failed. */
  async executePresetRange(preset: Preset, args: PresetArguments, span: PresetRange, range: RangeOptions = {}, options: CallOptions = {}): Promise<range.RangeAnswer> {
    const asked = [toPreset(preset), toArguments(args), toRange(span), toOptions(range)];
    return this.#run(options, (config) => job('presetService', 'executeRange', config, ...asked));
  }

  /** A verdict on each of many subjects, and a decision where it bears one. Rejects with a `MetricError`. */
  async evaluate(preset: Preset, question: Question, options: CallOptions = {}): Promise<decided.Judgement[]> {
    const asked = [toPreset(preset), toQuestion(question)];
    return this.#run(options, (config) => job('presetService', 'evaluate', config, ...asked));
  }

  /**
   * Many presets side by side; the answers in their order, an error in the place of one that failed. Requests that are
   * the same are sent once. Rejects with a `MetricError`.
   */
  async executePresetBatch(runs: readonly Run[], range: RangeOptions = {}, options: CallOptions = {}): Promise<(decided.RunAnswer | MetricError)[]> {
    const asked = [toRuns(runs), toOptions(range)];
    return outcomes(await this.#run<Outcome<decided.RunAnswer>[]>(options, (config) => job('presetService', 'executeBatch', config, ...asked)));
  }

  /** As `evaluate`, by a metric of the containers instead of a preset. Rejects with a `MetricError`. */
  async evaluateMetric(question: MetricQuestion, options: CallOptions = {}): Promise<decided.Judgement[]> {
    const record = toMetricQuestion(question);
    return this.#run(options, (config) => job('presetService', 'evaluateMetric', config, record));
  }

  /** Checks descriptions of families, such as those of a file: at most 1000, each name once. Rejects with a `MetricError`. */
  async checkFamilies(families: readonly Family[], options: CallOptions = {}): Promise<void> {
    const records = toFamilies(families);
    return this.#run(options, () => job('family', 'check', records));
  }

  /** The PromQL that `queryFamily` would send. Nothing is sent. Rejects with a `MetricError`. */
  async buildFamilyPromql(query: FamilyQuery, options: CallOptions = {}): Promise<string> {
    const record = toFamilyQuery(query);
    return this.#run(options, (config) => job('family', 'buildPromql', config, record));
  }

  /** Asks for a range of a family, in chunks as `queryRange`. Rejects with a `MetricError` whose `chunk` says which failed. */
  async queryFamily(query: FamilyQuery, range: RangeOptions = {}, options: CallOptions = {}): Promise<range.RangeAnswer> {
    const asked = [toFamilyQuery(query), toOptions(range)];
    return this.#run(options, (config) => job('familyService', 'queryFamily', config, ...asked));
  }

  /** Many families side by side; the answers in their order, an error in the place of one that failed. Rejects with a `MetricError`. */
  async queryFamilies(queries: readonly FamilyQuery[], range: RangeOptions = {}, options: CallOptions = {}): Promise<(range.RangeAnswer | MetricError)[]> {
    const asked = [toFamilyQueries(queries), toOptions(range)];
    return outcomes(await this.#run<Outcome<range.RangeAnswer>[]>(options, (config) => job('familyService', 'queryFamilies', config, ...asked)));
  }

  /** Asks for what is derived of two queries, on the same points. Gaps are counted. Rejects with a `MetricError`. */
  async queryDerived(query: DerivedQuery, range: RangeOptions = {}, options: CallOptions = {}): Promise<DerivedAnswer> {
    const asked = [toDerived(query), toOptions(range)];
    return this.#run(options, (config) => job('familyService', 'queryDerived', config, ...asked));
  }

  /** The PromQL that `queryMetric` would send. Nothing is sent. Rejects with a `MetricError`. */
  async buildPromql(query: MetricQuery, options: CallOptions = {}): Promise<string> {
    const record = toQuery(query);
    return this.#run(options, (config) => job('metricService', 'buildPromql', config, record));
  }

  /** How a metric is read. Rejects with a `MetricError`. */
  async detectMetricType(metricName: string, valueType?: wit.ValueType): Promise<wit.MetricType> {
    const asked = toMetric(metricName, valueType);
    return this.#run({}, () => job('metricService', 'detectMetricType', ...asked));
  }

  /** Calls a verb by its name, through the JSON interface; gives its result, with the schema's names. Rejects with a `MetricError`. */
  async call<T = unknown>(verb: string, request: Request = {}, options: CallOptions = {}): Promise<T> {
    const text = await this.#run<string>(options, (config) => job('json', 'call', verb, toDocument(verb, verb === 'detect-metric-type' ? undefined : config, request)));
    return fromDocument(text) as T;
  }

  /** The JSON interface as it is, a text in and a text out, for whoever passes it on: nothing is added, errors are answers. */
  async callText(verb: string, request: string, options: CallOptions = {}): Promise<string> {
    return this.#run(options, () => job('json', 'call', verb, request));
  }

  async #run<T>(options: CallOptions, work: (config: CheckedConfig) => Job): Promise<T> {
    const { signal, timeout } = toCallOptions(options);
    const deadline = new Deadline(timeout ?? this.#config.timeout, signal, COMPUTE);
    try {
      return await withThread(deadline.signal, (thread) => {
        // What is left after the wait for a thread.
        const left = deadline.left();
        if (left < 1) throw deadline.passed();
        return thread.call<T>(work(atThisTime(this.#config, left)), this.#sending(deadline));
      });
    } catch (thrown) {
      // The plugin was told another time than the caller.
      throw thrown instanceof MetricError && thrown.kind === 'timed-out' && deadline.left() < 1 ? deadline.passed(thrown) : thrown;
    } finally {
      deadline.end();
    }
  }

  #sending({ signal }: Deadline) {
    return { fetch: this.#options.fetch, maxBytes: this.#options.maxResponseBytes, signal };
  }
}

/** One of a batch, as the typed interface gives it. */
type Outcome<T> = { tag: 'ok'; val: T } | { tag: 'err'; val: range.RangeError };

/** The answers of a batch, an error in the place of one that failed. */
function outcomes<T>(answers: Outcome<T>[]): (T | MetricError)[] {
  return answers.map((answer) => (answer.tag === 'ok' ? answer.val : toError({ reason: answer.val.error, chunk: answer.val.chunk }) as MetricError));
}

function job(name: string, verb: string, ...args: unknown[]): Job {
  return { interface: name, verb, args };
}
