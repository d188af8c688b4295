// What became of the commands of the last hour, a bar a minute; and the same as a table, for who cannot see or wants to read it.

import { make, makeSvg, reconcile, write } from './dom.js';
import { count, number, timeOfDay } from './words.js';

const height = 120, step = 10, gap = 2, least = 2.5;
const kinds = [['succeeded', 'Done'], ['superseded', 'Superseded'], ['rejected', 'Rejected']];

export function drawOutcomes(figure, minutes) {
  if (figure.childElementCount === 0) furnish(figure);
  const [legend, plot, table] = figure.children;
  const totals = Object.fromEntries(kinds.map(([kind]) => [kind, minutes.reduce((sum, minute) => sum + minute[kind], 0)]));
  const top = round(Math.max(...minutes.map(total)));
  for (const [index, [kind]] of kinds.entries()) write(legend.children[index].querySelector('b'), number(totals[kind]));

  const [scale, drawing, axis] = plot.children;
  write(scale, `${number(top)} a minute`);
  drawing.setAttribute('viewBox', `0 0 ${minutes.length * step} ${height}`);
  drawing.setAttribute('aria-label', `The last hour: ${count(totals.succeeded, 'command')} done, ${number(totals.superseded)} superseded, ${number(totals.rejected)} rejected.`);
  reconcile(drawing, minutes.map((minute, index) => ({ ...minute, index })), minute => minute.minute, bar, (group, minute) => drawBar(group, minute, top));
  write(axis.firstElementChild, timeOfDay(minutes[0].minute));
  reconcile(table.querySelector('tbody'), minutes.filter(minute => total(minute) > 0).reverse(), minute => minute.minute,
    minute => make('tr', {}, make('th', { scope: 'row', text: timeOfDay(minute.minute) }), ...kinds.map(() => make('td'))),
    (row, minute) => kinds.forEach(([kind], index) => write(row.cells[index + 1], number(minute[kind]))));
}

function furnish(figure) {
  figure.append(
    make('figcaption', { class: 'legend' }, ...kinds.map(([kind, name]) => make('span', { class: kind }, make('b'), ` ${name}`))),
    make('div', { class: 'plot' },
      make('p', { class: 'soft scale' }),
      makeSvg('svg', { role: 'img', preserveAspectRatio: 'none' }),
      make('p', { class: 'soft axis' }, make('span'), make('span', { text: 'now' }))),
    make('details', {}, make('summary', { text: 'As a table' }), make('div', { class: 'scroller tall', tabindex: 0, role: 'region', 'aria-label': 'Outcomes by minute, as a table' },
      make('table', {},
        make('thead', {}, make('tr', {}, make('th', { scope: 'col', text: 'Minute' }), ...kinds.map(([, name]) => make('th', { scope: 'col', text: name })))),
        make('tbody')))));
}

const bar = () => makeSvg('g', {}, makeSvg('title'), makeSvg('rect', { class: 'hover' }), ...kinds.map(([kind]) => makeSvg('rect', { class: kind })));

function drawBar(group, minute, top) {
  const [title, hover, ...parts] = group.children;
  const x = minute.index * step;
  write(title, `${timeOfDay(minute.minute)}: ${number(minute.succeeded)} done, ${number(minute.superseded)} superseded, ${number(minute.rejected)} rejected`);
  place(hover, x, 0, step, height);
  let y = height;
  for (const [index, [kind]] of kinds.entries()) {
    const part = minute[kind] === 0 ? 0 : Math.max(least, height * minute[kind] / top); // One of a thousand is to be seen as well.
    y = Math.max(0, y - part);
    place(parts[index], x + gap / 2, y, step - gap, part);
  }
}

function place(rectangle, x, y, width, tall) {
  for (const [name, value] of Object.entries({ x, y, width, height: tall })) rectangle.setAttribute(name, value);
}

const total = minute => minute.succeeded + minute.superseded + minute.rejected;

/** The next number that is easy to read. */
function round(value) {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, value)));
  return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].map(factor => factor * power).find(candidate => candidate >= value && Number.isInteger(candidate)) ?? 1;
}
