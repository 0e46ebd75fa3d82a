// A field for several values with a menu of those that there are, by the pattern "combobox with list box" of the ARIA
// Authoring Practices. What is typed narrows the menu, and counts as a value of its own: the menu may not have all.

import { printable } from './labels.js';

/** More entries than this nobody scrolls through: typing narrows them. */
const MOST_SHOWN = 100;

/**
 * Makes a field of a `.combobox` of the page.
 * `load(signal)` gives `{values, more}`; `onChange(values)` is called with what was chosen.
 * @returns {{set(values: string[]): void}}
 */
export function combobox(root, { name, load, onChange }) {
  const [chosen, input, menu] = ['.chosen', 'input', '[role=listbox]'].map((selector) => root.querySelector(selector));
  let values = [];
  let offered = { values: [], more: false };
  let loading;
  let active = -1;

  const options = () => [...menu.querySelectorAll('[role=option]')];

  function change(next) {
    values = next;
    showChosen();
    showMenu();
    onChange(values);
  }

  const toggle = (value) => change(values.includes(value) ? values.filter((one) => one !== value) : [...values, value]);

  function showChosen() {
    chosen.replaceChildren(...values.map((value) => {
      const [item, text, button] = ['li', 'bdi', 'button'].map((tag) => document.createElement(tag));
      text.textContent = item.title = printable(value);
      button.type = 'button';
      button.textContent = '×';
      button.setAttribute('aria-label', `Remove ${name} ${printable(value)}`);
      button.addEventListener('click', () => {
        toggle(value);
        input.focus();
      });
      item.append(text, button);
      return item;
    }));
  }

  function showMenu() {
    const typed = input.value.trim().toLowerCase();
    const fitting = offered.values.filter((value) => value.toLowerCase().includes(typed));
    const items = fitting.slice(0, MOST_SHOWN).map((value, at) => {
      const item = Object.assign(document.createElement('li'), { id: `${menu.id}-${at}`, role: 'option', textContent: printable(value) });
      item.dataset.value = value;
      item.setAttribute('aria-selected', values.includes(value));
      return item;
    });
    menu.replaceChildren(...items, ...remark(fitting.length));
    activate(Math.min(active, items.length - 1));
  }

  /** Why the menu is not the whole list. */
  function remark(fitting) {
    const text = loading ? 'Asking…'
      : offered.problem ? offered.problem
        : fitting === 0 ? (input.value.trim() ? 'None in this list; Enter takes what is typed.' : 'None in this range.')
          : fitting > MOST_SHOWN || offered.more ? 'There are more: type a part of the value, or all of it.' : '';
    return text ? [Object.assign(document.createElement('li'), { className: 'remark', role: 'presentation', textContent: text })] : [];
  }

  function activate(at) {
    active = at;
    options().forEach((option, index) => option.classList.toggle('active', index === at));
    const option = options()[at];
    option?.scrollIntoView({ block: 'nearest' });
    if (option) input.setAttribute('aria-activedescendant', option.id);
    else input.removeAttribute('aria-activedescendant');
  }

  async function open() {
    if (!menu.hidden) return;
    menu.hidden = false;
    input.setAttribute('aria-expanded', 'true');
    const mine = (loading = new AbortController());
    offered = { values: [], more: false };
    active = -1;
    showMenu();
    const found = await load(mine.signal).catch((error) => ({ values: [], problem: error.message }));
    if (mine !== loading) return;
    loading = undefined;
    offered = found;
    showMenu();
  }

  function close() {
    loading?.abort();
    loading = undefined;
    menu.hidden = true;
    input.value = '';
    input.setAttribute('aria-expanded', 'false');
    activate(-1);
  }

  const keys = {
    ArrowDown: () => (menu.hidden ? open() : activate(Math.min(active + 1, options().length - 1))),
    ArrowUp: () => activate(Math.max(active - 1, -1)),
    Escape: close,
    Enter() {
      const value = options()[active]?.dataset.value ?? input.value.trim();
      if (menu.hidden) open();
      else if (value) {
        input.value = '';
        toggle(value);
      }
    },
  };

  input.addEventListener('click', open);
  input.addEventListener('input', () => {
    open();
    active = -1;
    showMenu();
  });
  input.addEventListener('keydown', (event) => {
    if (event.key === 'Backspace' && input.value === '' && values.length > 0) return change(values.slice(0, -1));
    if (!Object.hasOwn(keys, event.key)) return;
    event.preventDefault();
    keys[event.key]();
  });
  // The field keeps the focus while the menu is clicked.
  menu.addEventListener('pointerdown', (event) => event.preventDefault());
  menu.addEventListener('click', (event) => {
    const option = event.target.closest('[role=option]');
    if (option) toggle(option.dataset.value);
  });
  root.addEventListener('focusout', ({ relatedTarget }) => {
    if (!root.contains(relatedTarget)) close();
  });

  return {
    set(next) {
      if (JSON.stringify(next) === JSON.stringify(values)) return;
      values = next;
      showChosen();
    },
  };
}
