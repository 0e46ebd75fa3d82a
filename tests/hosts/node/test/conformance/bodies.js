// Bodies: written out in a case, or made by a small rule where they are too large or not text. Knows the shape
// of a Prometheus matrix, and runs in a browser too.

/** The bytes of a body: a text, a rule, or a list of both. */
export function bytes(body) {
  if (typeof body === 'string') return new TextEncoder().encode(body);
  if (Array.isArray(body)) return joined(body.map(bytes));
  if (body.repeat !== undefined) return bytes(body.repeat.repeat(body.times));
  if (body.hex !== undefined) return Uint8Array.from(body.hex.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
  if (body.matrix !== undefined) return bytes(matrix(body.matrix));
  throw new Error(`not a body: ${JSON.stringify(body)}`);
}

function joined(parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function matrix(rule) {
  const result = generated(rule).map(({ labels, timestamps, values }) => ({
    metric: labels,
    values: timestamps.map((timestamp, point) => [timestamp / 1000, values[point].toFixed(1)]),
  }));
  return JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } });
}

/** The series of a generated matrix, as an answer has them. */
export function generated({ series, points, start, step }) {
  return Array.from({ length: series }, (_, s) => ({
    labels: { kernel_id: `kernel-${String(s).padStart(5, '0')}`, value_type: 'current' },
    timestamps: Array.from({ length: points }, (_, p) => (start + p * step) * 1000),
    values: Array.from({ length: points }, (_, p) => 1000 * s + p + 0.5),
  }));
}
