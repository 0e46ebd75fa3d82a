// Elements made of text. Nothing of what others wrote is ever read as HTML.

/** An element with properties and children; a child that is a text stays one. */
export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

/** A screen on which the chart would stand below everything else. */
const NARROW = matchMedia('(max-width: 60rem)');

/** Keeps a `<details>` open where there is room for it, and folded where there is not. */
export function unfolded(details) {
  const fit = () => (details.open = !NARROW.matches);
  NARROW.addEventListener('change', fit);
  fit();
}

/** Folds it away after use, where there is no room. */
export function fold(details) {
  if (NARROW.matches) details.open = false;
}
