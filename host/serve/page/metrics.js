// The list of metrics, by category, each with its unit and what it measures. Knows the navigation's part of the page.

import { element, fold, unfolded } from './dom.js';
import { printable } from './labels.js';

/**
 * Makes the list. `onChoose(name)` is called when a metric is chosen.
 * @returns {{list(answer: {metrics: object[], partial: boolean, warnings: string[]}): void, choose(name: string): void}}
 */
export function metricList(root, { onChoose }) {
  const [form, find, title, remark] = ['form', '#find', 'summary b', '.remark'].map((selector) => root.querySelector(selector));

  function entry({ name, unit, rate_unit: rateUnit, description, metric_type: type }) {
    const input = element('input', { type: 'radio', name: 'metric', value: name });
    const measured = type === 'gauge' ? unit : rateUnit;
    const label = element('label', {}, input, element('span', {}, element('b', {}, printable(name)), ' ', element('i', {}, measured ?? ''), element('small', {}, description ?? '')));
    label.dataset.text = `${name} ${description ?? ''} ${measured ?? ''}`.toLowerCase();
    return label;
  }

  form.addEventListener('change', ({ target }) => {
    onChoose(target.value);
    fold(root);
  });
  form.addEventListener('submit', (event) => event.preventDefault());
  find.addEventListener('input', () => {
    const words = find.value.toLowerCase().split(/\s+/);
    for (const label of form.querySelectorAll('label')) label.hidden = !words.every((word) => label.dataset.text.includes(word));
    for (const category of form.querySelectorAll('fieldset')) category.hidden = !category.querySelector('label:not([hidden])');
  });
  unfolded(root);

  return {
    list({ metrics, partial, warnings }) {
      const categories = Map.groupBy(metrics, ({ category }) => category ?? 'other');
      form.replaceChildren(...[...categories].map(([name, all]) => element('fieldset', {}, element('legend', {}, name), ...all.map(entry))));
      remark.textContent = metrics.length === 0 ? 'There are no series of Backend.AI that you may see.' : partial ? `The list may lack some. ${warnings.join(' ')}` : '';
      remark.hidden = remark.textContent === '';
    },
    choose(name) {
      title.textContent = printable(name);
      if (!name) root.open = true;
      for (const input of form.querySelectorAll('input')) input.checked = input.value === name;
    },
  };
}
