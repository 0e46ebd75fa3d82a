// The world `metric-codec` of the contract in `wit/`: its verbs, put together from the parts beside this file.

import './byte-order-mark.js';

import { readNames, readRange } from './answer.js';
import { describe, detectMetricType } from './catalogue.js';
import { readConfig } from './config.js';
import { METRIC_FAMILY, METRIC_NAME_LABEL, planQuery } from './plan.js';

const ACCEPT = ['accept', 'application/json'];
const FORM = ['content-type', 'application/x-www-form-urlencoded'];

export const types = {};

export const codec = {
  buildPromql: (config, query) => planQuery(readConfig(config), query).promql,

  detectMetricType,

  metadataRequest(config) {
    const { scheme, authority, prefix } = readConfig(config);
    // In the body of a GET Prometheus would not see the matcher.
    const query = new URLSearchParams({ 'match[]': METRIC_FAMILY });
    const pathWithQuery = `${prefix}/api/v1/label/${METRIC_NAME_LABEL}/values?${query}`;
    return { method: 'get', scheme, authority, pathWithQuery, headers: [ACCEPT], body: '' };
  },

  metadataResponse(config, status, body) {
    const read = readConfig(config);
    return readNames(read, status, body).map((name) => describe(name, read.schema));
  },

  metricRequest(config, query) {
    const read = readConfig(config);
    const { promql, grid } = planQuery(read, query);
    const body = new URLSearchParams({ query: promql, start: grid.start, end: grid.end, step: grid.step }).toString();
    const { scheme, authority, prefix } = read;
    return { method: 'post', scheme, authority, pathWithQuery: `${prefix}/api/v1/query_range`, headers: [ACCEPT, FORM], body };
  },

  metricResponse(config, query, status, body) {
    const read = readConfig(config);
    const { promql, metricType, unit, grid, warnings } = planQuery(read, query);
    const answer = readRange(read, status, body);
    return {
      promql,
      metricType,
      unit,
      step: grid.step,
      start: BigInt(grid.start) * 1000n,
      end: BigInt(grid.end) * 1000n,
      series: answer.series,
      warnings: [...warnings, ...answer.warnings],
      infos: answer.infos,
    };
  },
};
