// The form in which dead letters are corrected: one, with what is in it, or many at once.

import { make } from './dom.js';

const ways = { Keep: 'stays as it is', Set: 'gets a new value', Clear: 'is emptied at HubSpot', Remove: 'is not sent' };
let serial = 0;

/**
 * @param command The type of the command.
 * @param parts Its names: { map: "properties" or "tokens", entries: [{ name, value, isWrong, isMasked }], email, workflow, eventType };
 *   what is undefined is not offered.
 */
export function correctionForm(command, parts) {
  const rows = make('div', { class: 'properties' });
  const noun = parts.map === 'tokens' ? 'token' : 'property';
  for (const entry of parts.entries) rows.append(propertyRow(entry, parts.map));
  const fields = ['email', 'workflow', 'eventType'].filter(name => parts[name] !== undefined).map(name => plainField(name, parts[name], parts.isMasked));
  const trueNow = make('input', { type: 'checkbox' });
  const element = make('div', { class: 'correction stack' },
    ...fields.map(field => field.element),
    rows,
    make('p', {}, make('button', { type: 'button', class: 'link', text: `Add a ${noun}`, onclick: () => {
      const row = propertyRow({ name: '' }, parts.map);
      rows.append(row);
      row.querySelector('input').focus();
    } })),
    make('label', { class: 'check' }, trueNow, make('span', {}, 'It is true now ',
      make('small', { class: 'soft', text: 'Otherwise it stays true since it was published, and what HubSpot has of later is not overwritten.' }))));

  return {
    element,
    /** What was changed; null if nothing was. */
    read() {
      const correction = {};
      for (const field of fields) if (field.changed()) correction[field.name] = field.value();
      const values = {}, remove = [];
      for (const row of rows.children) {
        const { name, way, value } = row.read();
        if (!name || way === 'Keep') continue;
        if (way === 'Remove') remove.push(name);
        else values[name] = way === 'Clear' ? null : value;
      }
      if (Object.keys(values).length > 0) correction[parts.map] = values;
      if (remove.length > 0) correction.remove = remove;
      if (trueNow.checked) correction.trueNow = true;
      return Object.keys(correction).length > 0 ? correction : null;
    },
  };
}

function propertyRow({ name, value, isWrong, isMasked }, map) {
  const id = `property-${++serial}`;
  const isNew = name === '';
  const what = name || 'the new one';
  const title = isNew
    ? make('input', { class: 'property-name', 'aria-label': 'Name', placeholder: 'name', autocomplete: 'off', spellcheck: 'false' })
    : make('label', { for: id, class: 'property-name' }, name, isWrong ? make('em', { text: 'refused' }) : null);
  const offered = isNew ? ['Set', 'Clear'] : Object.keys(ways);
  const way = make('select', { 'aria-label': `What becomes of ${what}` },
    ...offered.filter(each => map !== 'tokens' || each !== 'Clear').map(each => make('option', { value: each, text: ways[each] })));
  const input = make('input', { id, 'aria-label': isNew ? 'Value' : null, autocomplete: 'off', spellcheck: 'false', placeholder: isMasked ? 'masked' : value === null ? 'empty' : '' });
  if (!isMasked && typeof value === 'string') input.value = value;
  const original = input.value;
  input.addEventListener('input', () => { way.value = input.value === original && !isNew ? 'Keep' : 'Set'; });
  way.addEventListener('change', () => {
    input.disabled = way.value === 'Clear' || way.value === 'Remove';
    if (way.value === 'Set') input.focus();
  });
  const row = make('div', { class: isWrong ? 'property wrong' : 'property' }, title, input, way);
  row.read = () => ({ name: isNew ? title.value.trim() : name, way: way.value, value: input.value });
  return row;
}

function plainField(name, value, isMasked) {
  const labels = { email: 'E-mail address', workflow: 'Workflow', eventType: 'Event type' };
  const isHidden = name === 'email' && isMasked;
  const input = make('input', { autocomplete: 'off', spellcheck: 'false', placeholder: isHidden ? value || 'unchanged' : 'unchanged' });
  input.value = isHidden ? '' : value ?? '';
  const original = input.value;
  return {
    name,
    element: make('label', { text: labels[name] }, input),
    changed: () => input.value.trim() !== original,
    value: () => input.value.trim(),
  };
}
