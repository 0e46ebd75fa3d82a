// A range that is drawn with a finger or a pen: uPlot itself knows the mouse alone. Up and down stay the page's own.

/** Has a chart take a range from a finger that goes across it, and show the point under one that rests. */
export function touch(chart) {
  const { over } = chart;
  let begin = null;

  const place = ({ clientX, clientY }) => {
    const { left, top, width } = over.getBoundingClientRect();
    return { left: Math.min(Math.max(clientX - left, 0), width), top: clientY - top };
  };
  const selected = (end) => ({ left: Math.min(begin, end), width: Math.abs(end - begin), top: 0, height: over.clientHeight });
  const isOurs = ({ pointerType, isPrimary }) => pointerType !== 'mouse' && isPrimary;

  over.addEventListener('pointerdown', (event) => {
    if (!isOurs(event)) return;
    over.setPointerCapture(event.pointerId);
    const at = place(event);
    begin = at.left;
    chart.setCursor(at);
  });
  over.addEventListener('pointermove', (event) => {
    if (begin === null || !isOurs(event)) return;
    const at = place(event);
    chart.setCursor(at);
    chart.setSelect(selected(at.left), false);
  });
  over.addEventListener('pointerup', (event) => {
    if (begin === null || !isOurs(event)) return;
    chart.setSelect(selected(place(event).left));
    begin = null;
  });
  // The browser has taken it for a movement of the page.
  over.addEventListener('pointercancel', () => {
    begin = null;
    chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  });
}
