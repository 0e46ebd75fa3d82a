// The world `metric-codec` of the contract in `wit/`: its verbs, put together from the parts beside this file.

import './byte-order-mark.js';

import { readNames, readRange } from './answer.js';
import { describe, detectMetricType } from './catalogue.js';
import { readConfig } from './config.js';
import { complete } from './complete.js';
import { METRIC_FAMILY, METRIC_NAME_LABEL } from './expression.js';
import { planQuery } from './plan.js';

const ACCEPT = ['accept', 'application/json'];
const FORM = ['content-type', 'application/x-www-form-urlencoded'];

export const types = {};

export const codec = {
  buildPromql: (config, query) => planQuery(readConfig(config), query).promql,

  detectMetricType,

  metadataRequest(config) {
    const { scheme, authority, prefix, parameters } = readConfig(config);
    // In the body of a GET Prometheus would not see the matcher.
    const query = new URLSearchParams([['match[]', METRIC_FAMILY], ...parameters]);
    const pathWithQuery = `${prefix}/api/v1/label/${METRIC_NAME_LABEL}/values?${query}`;
    return { method: 'get', scheme, authority, pathWithQuery, headers: [ACCEPT], body: '' };
  },

  metadataResponse(config, status, body) {
    const read = readConfig(config);
    const { names, ...rest } = readNames(read, status, body);
    return { metrics: names.map((name) => describe(name, read.schema)), ...rest };
  },

  metricRequest(config, query) {
    const read = readConfig(config);
    const { promql, asked } = planQuery(read, query);
    const { scheme, authority, prefix, method, parameters } = read;
    const form = [['query', promql], ['start', asked.start], ['end', asked.end], ['step', asked.step], ...parameters];
    const body = new URLSearchParams(form).toString();
    const path = `${prefix}/api/v1/query_range`;
    if (method === 'get') return { method, scheme, authority, pathWithQuery: `${path}?${body}`, headers: [ACCEPT], body: '' };
    return { method, scheme, authority, pathWithQuery: path, headers: [ACCEPT, FORM], body };
  },

  metricResponse(config, query, status, body) {
    const read = readConfig(config);
    const plan = planQuery(read, query);
    const { promql, metricType, unit, grid } = plan;
    const answer = readRange(read, status, body, plan.asked);
    const { series, warnings } = complete(plan, answer.series);
    return {
      promql,
      metricType,
      unit,
      step: grid.step,
      start: BigInt(grid.start) * 1000n,
      end: BigInt(grid.end) * 1000n,
      series,
      warnings: [...plan.warnings, ...warnings, ...answer.warnings],
      infos: [...plan.infos, ...answer.infos],
      partial: answer.partial,
    };
  },
};
