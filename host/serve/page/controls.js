// The form that says what is looked at: it shows a state, and makes another of what is changed.

import { combobox } from './combobox.js';
import { element, unfolded } from './dom.js';
import { chosen, DIMENSIONS, span } from './state.js';
import { localTime } from './units.js';

const VALUE_TITLES = { '': 'all', usage: 'usage', current: 'current', capacity: 'capacity', pct: 'percent' };

/**
 * Makes the form's fields. `state()` gives what is shown, `onChange(state)` is called with what it becomes,
 * `load(dimension, signal)` gives the values of a dimension.
 * @returns {{show(state: object, valueTypes: string[], now: number): void}}
 */
export function controls(form, { state, onChange, load }) {
  const fields = form.elements;
  const filters = new Map();

  unfolded(form.querySelector('#more'));
  for (const name of DIMENSIONS.keys()) {
    form.querySelector('#by').append(chip('checkbox', 'by', name, name));
    const over = (kind, text) => fields.over.append(new Option(text, `${kind}:${name}`));
    over('members', `its ${name}s, at that time`);
    over('both', `its ${name}s, since the last point`);
    filters.set(name, filter(name));
  }

  function filter(name) {
    const root = document.querySelector('template#combobox').content.cloneNode(true).firstElementChild;
    const [label, input, menu] = ['label', 'input', '[role=listbox]'].map((selector) => root.querySelector(selector));
    Object.assign(label, { textContent: name, htmlFor: `filter-${name}` });
    input.id = `filter-${name}`;
    menu.id = `filter-${name}-menu`;
    menu.setAttribute('aria-label', `${name}s`);
    input.setAttribute('aria-controls', menu.id);
    form.querySelector('#filters').append(root);
    return combobox(root, {
      name,
      load: (signal) => load(name, signal),
      onChange: (values) => change({ filters: { ...state().filters, [name]: values } }),
    });
  }

  const change = (changed) => onChange({ ...state(), hidden: [], ...changed });
  const between = (from, to) => onChange(chosen(state(), from, to));

  form.addEventListener('change', ({ target: { name, value } }) => {
    const [from, to] = [fields.from, fields.to].map((field) => new Date(field.value).getTime());
    const changes = {
      range: () => change({ range: value }),
      from: () => from < to && between(from, to),
      to: () => from < to && between(from, to),
      value: () => change({ value }),
      by: () => change({ by: [...form.querySelectorAll('[name=by]:checked')].map((box) => box.value) }),
      statistic: () => change({ statistic: value }),
      over: () => change({ over: value }),
      step: () => change({ step: Number(value) }),
    };
    changes[name]?.();
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    onChange(state());
  });

  /** Moves the range by parts of its length. */
  function move(before, after) {
    const { from, to } = span(state());
    between(from + before * (to - from), to + after * (to - from));
  }
  form.querySelector('#earlier').addEventListener('click', () => move(-0.5, -0.5));
  form.querySelector('#later').addEventListener('click', () => move(0.5, 0.5));
  form.querySelector('#wider').addEventListener('click', () => move(-0.5, 0.5));

  return {
    show(state, valueTypes, now) {
      form.hidden = false;
      offer(form.querySelector('#values'), valueTypes);
      for (const name of ['value', 'range']) for (const radio of fields[name]) radio.checked = radio.value === state[name];
      const shown = span(state, now);
      for (const end of ['from', 'to']) fields[end].value = localTime(shown[end]).replace(' ', 'T');
      for (const box of form.querySelectorAll('[name=by]')) box.checked = state.by.includes(box.value);
      select(fields.statistic, state.statistic, `${state.statistic.slice(1)}th percentile`);
      select(fields.over, state.over);
      select(fields.step, String(state.step), `${state.step} s`);
      fields.over.disabled = state.statistic === '';
      for (const [name, field] of filters) field.set(state.filters[name]);
    },
  };
}

/** Makes the chips of the value types; those that are there already keep the focus. */
function offer(root, valueTypes) {
  if (root.dataset.offered === String(valueTypes)) return;
  root.dataset.offered = String(valueTypes);
  const chips = [...valueTypes, ''].map((value) => chip('radio', 'value', value, VALUE_TITLES[value]));
  root.replaceChildren(root.firstElementChild, ...chips);
}

function chip(type, name, value, text) {
  return element('label', {}, element('input', { type, name, value }), element('span', {}, text));
}

/** Selects a value, also one that an address named and the list lacks. */
function select(field, value, text) {
  if (![...field.options].some((option) => option.value === value)) field.append(new Option(text, value));
  field.value = value;
}
