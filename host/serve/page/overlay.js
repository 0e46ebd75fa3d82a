// What is drawn under and over the lines: the part of the range that is not known, the band of what was expected, and
// what is out of the ordinary. Knows uPlot's canvas, and no document.

/** Where a time or a value is on the canvas. */
const x = (chart, milliseconds) => chart.valToPos(milliseconds / 1000, 'x', true);
const y = (chart, value) => chart.valToPos(value, 'y', true);

/** Draws within the plotting area. */
function within(chart, work) {
  const { ctx, bbox } = chart;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  work(ctx, bbox);
  ctx.restore();
}

/** Hatches spans of which nothing is known: `{start, end}`, Unix milliseconds. A span reaches half a step each way. */
export function hatch(chart, spans, step, ink) {
  within(chart, (ctx, { top, height }) => {
    for (const { start, end } of spans) {
      const [left, right] = [x(chart, start - 500 * step), x(chart, end + 500 * step)];
      ctx.fillStyle = ink;
      ctx.globalAlpha = 0.08;
      ctx.fillRect(left, top, right - left, height);
      ctx.globalAlpha = 0.45;
      ctx.strokeStyle = ink;
      ctx.lineWidth = 1;
      ctx.save();
      ctx.beginPath();
      ctx.rect(left, top, right - left, height);
      ctx.clip();
      ctx.beginPath();
      for (let at = left - height; at < right; at += 12) {
        ctx.moveTo(at, top + height);
        ctx.lineTo(at + height, top);
      }
      ctx.stroke();
      ctx.restore();
    }
  });
}

/** Fills the band of a series that was watched, where there was a verdict. `step` in seconds. */
export function band(chart, { timestamps, lower, upper }, step, ink) {
  const isKnown = (at) => Number.isFinite(lower[at]) && Number.isFinite(upper[at]);
  within(chart, (ctx) => {
    ctx.fillStyle = ink;
    ctx.globalAlpha = 0.16;
    for (let from = 0; from < timestamps.length; from += 1) {
      if (!isKnown(from)) continue;
      let to = from;
      while (isKnown(to + 1) && timestamps[to + 1] - timestamps[to] <= 1500 * step) to += 1;
      ctx.beginPath();
      for (let at = from; at <= to; at += 1) ctx.lineTo(x(chart, timestamps[at]), y(chart, upper[at]));
      for (let at = to; at >= from; at -= 1) ctx.lineTo(x(chart, timestamps[at]), y(chart, lower[at]));
      ctx.fill();
      from = to;
    }
  });
}

/** Shades the times of anomalies. */
export function shade(chart, anomalies, ink) {
  within(chart, (ctx, { top, height }) => {
    ctx.fillStyle = ink;
    ctx.globalAlpha = 0.12;
    for (const { start, end } of anomalies) ctx.fillRect(x(chart, start), top, Math.max(x(chart, end) - x(chart, start), 2), height);
  });
}

/** Marks anomalies: a triangle at the peak, which points to the side that it is on. */
export function marks(chart, anomalies, ink) {
  const size = 6 * devicePixelRatio;
  within(chart, (ctx) => {
    ctx.fillStyle = ink;
    for (const { above, peak_at: peakAt, peak } of anomalies) {
      const [at, tip, away] = [x(chart, peakAt), y(chart, peak), above ? -size : size];
      ctx.beginPath();
      ctx.moveTo(at, tip + 2 * away);
      ctx.lineTo(at - size, tip + away / 2);
      ctx.lineTo(at + size, tip + away / 2);
      ctx.fill();
    }
  });
}

/** The least and the most value that a band and its anomalies reach. */
export function reach({ lower, upper, anomalies }) {
  const values = [...lower, ...upper, ...anomalies.map(({ peak }) => peak)].filter(Number.isFinite);
  return values.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
}
