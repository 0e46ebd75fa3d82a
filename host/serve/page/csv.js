// Series as CSV in long form, as the command line writes it: one line a value, one column a label, times in UTC.

/** The first characters of a formula, in a spreadsheet of any locale (OWASP, "CSV Injection"). */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;

/** Text in quotes, with an apostrophe before what a spreadsheet would run. */
const cell = (text) => `"${(FORMULA.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;

/** The values of a JSON answer that are no numbers are texts there already. */
const exact = (value) => (Number.isFinite(value) ? String(value) : value > 0 ? '+Inf' : value < 0 ? '-Inf' : 'NaN');

/** `timestamp`, the labels in the order in which they occur, `value`. */
export function csv(series) {
  const labels = [...new Set(series.flatMap((one) => Object.keys(one.labels)))];
  const rows = [['timestamp', ...labels, 'value'].map(cell).join()];
  for (const one of series) {
    const found = labels.map((name) => cell(one.labels[name] ?? ''));
    one.timestamps.forEach((time, at) => {
      rows.push([new Date(time).toISOString().replace('.000Z', 'Z'), ...found, exact(one.values[at])].join());
    });
  }
  return `${rows.join('\r\n')}\r\n`;
}
