// How lines are told apart: six colours that stay apart for the colour-blind, and four kinds of dashes, so that 24 lines
// differ. A test holds the colours to their distances and their contrast.

export const COLOURS = {
  light: ['#0a4da3', '#e0560b', '#0c8f74', '#d63a9a', '#5f4300', '#3f95de'],
  dark: ['#5b9dff', '#ff8a3d', '#2fbf8f', '#ff8fd0', '#f2e26b', '#b9ecff'],
};

/** Lengths of strokes and of the spaces between them, in pixels; the first is a whole line. */
const DASHES = [[], [7, 4], [2, 3], [10, 3, 2, 3]];

const DARK = globalThis.matchMedia?.('(prefers-color-scheme: dark)');

/** Calls back whenever the system turns dark or light. */
export const onScheme = (work) => DARK.addEventListener('change', work);

/** The colour and the dashes of the line at this place. */
export function style(at) {
  const colours = DARK?.matches ? COLOURS.dark : COLOURS.light;
  return { stroke: colours[at % colours.length], dash: DASHES[Math.floor(at / colours.length) % DASHES.length] };
}

/** A piece of that line, for a legend. */
export function swatch(at) {
  const { stroke, dash } = style(at);
  const svg = (name, attributes) => {
    const node = document.createElementNS('http://www.w3.org/2000/svg', name);
    for (const [attribute, value] of Object.entries(attributes)) node.setAttribute(attribute, value);
    return node;
  };
  const picture = svg('svg', { width: 26, height: 10, 'aria-hidden': true });
  picture.append(svg('line', { x1: 0, x2: 26, y1: 5, y2: 5, stroke, 'stroke-width': 2.5, 'stroke-dasharray': dash.join(' ') }));
  return picture;
}
