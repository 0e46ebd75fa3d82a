// What is known of the metrics that Backend.AI's agents export.

const PER_SECOND = { bytes: 'bytes/s', milliseconds: 'millicores', percent: 'percent/s', watts: 'watts/s' };

const INTRINSIC = {
  cpu_util: ['cpu', 'milliseconds', { cumulative: true, hasCapacity: true }, 'CPU time used, read per second as cores in use.'],
  cpu_used: ['cpu', 'milliseconds', { cumulative: true }, 'CPU time used since the kernel started.'],
  mem: ['memory', 'bytes', { hasCapacity: true }, 'Main memory in use.'],
  net_rx: ['network', 'bytes', { cumulative: true }, 'Network traffic received.'],
  net_tx: ['network', 'bytes', { cumulative: true }, 'Network traffic sent.'],
  io_read: ['disk', 'bytes', { cumulative: true }, 'Bytes read from disk since the kernel started.'],
  io_write: ['disk', 'bytes', { cumulative: true }, 'Bytes written to disk since the kernel started.'],
  io_scratch_size: ['disk', 'bytes', { hasCapacity: true }, 'Scratch space in use on disk.'],
};

const QUANTITIES = {
  mem: ['bytes', 'Memory in use on the'],
  util: ['percent', 'Utilization of the'],
  power: ['watts', 'Power drawn by the'],
};

const DEVICES = {
  cuda: 'CUDA GPU',
  rocm: 'ROCm GPU',
  ipu: 'Graphcore IPU',
  rngd: 'FuriosaAI RNGD NPU',
  habana: 'Habana Gaudi accelerator',
  rebellions: 'Rebellions NPU',
  tenstorrent: 'Tenstorrent accelerator',
};

const own = (table, key) => (Object.hasOwn(table, key) ? table[key] : undefined);

/** What is known of a metric; undefined where nothing is. */
export function catalogued(metricName) {
  const [category, unit, { cumulative = false, hasCapacity = false } = {}, description] =
    own(INTRINSIC, metricName) ?? accelerator(metricName) ?? [];
  return category && { category, unit, rateUnit: PER_SECOND[unit], cumulative, hasCapacity, description };
}

function accelerator(metricName) {
  const [, family, kind] = /^(.+)_([^_]+)$/.exec(metricName) ?? [];
  const device = own(DEVICES, family);
  const quantity = own(QUANTITIES, kind);
  if (!device || !quantity) return undefined;
  return ['accelerator', quantity[0], { hasCapacity: true }, `${quantity[1]} ${device}.`];
}

/** The `metric-metadata` of one name. */
export function describe(name, schema) {
  const known = catalogued(name);
  const { hasCapacity, ...entry } = known ?? {};
  const valueTypes = [...(schema === 'documented' ? ['usage'] : []), 'current', ...(hasCapacity ? ['capacity', 'pct'] : [])];
  return { name, metricType: detectMetricType(name, 'current'), catalogue: known && { ...entry, valueTypes } };
}

/** How a metric is read when the query does not say. */
export function detectMetricType(metricName, valueType) {
  if (metricName === 'cpu_util' && valueType === 'current') return 'diff';
  return metricName === 'net_rx' || metricName === 'net_tx' ? 'rate' : 'gauge';
}
