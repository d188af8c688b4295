// What the page says to a person, and asks.

import { byId, make, write } from './dom.js';

/** Tells what came of something. It stays until it is closed or something newer is told. */
export function show(words, isTrouble = false) {
  const result = byId('result');
  result.hidden = false;
  result.dataset.state = isTrouble ? 'bad' : 'good';
  write(byId('result-words'), ''); // The same words twice are news as well.
  requestAnimationFrame(() => write(byId('result-words'), words));
}

/**
 * Asks before something is done. Answers null when it is not to be done, else what was entered (true without a field); with
 * another way to go, "other".
 */
export function ask({ title, words = [], details = null, field = null, yes, other = null, danger = false }) {
  const dialog = byId('question');
  const input = field && make('input', { id: 'question-field', maxlength: field.longest ?? 500, required: true, autocomplete: 'off' });
  const form = make('form', { method: 'dialog', class: 'stack' },
    make('h2', { id: 'question-title', text: title }),
    ...words.map(text => make('p', { text })),
    details,
    field && make('label', { text: `${field.label} ` }, input),
    make('div', { class: 'actions' },
      make('button', { value: 'yes', class: danger ? 'danger' : 'primary', text: yes }),
      other && make('button', { value: 'other', text: other }),
      make('button', { value: 'no', class: 'quiet', text: 'Cancel', formnovalidate: true })));
  dialog.replaceChildren(form);
  dialog.returnValue = 'no';
  dialog.showModal();
  return new Promise(resolve => dialog.addEventListener('close', () => {
    const answer = dialog.returnValue;
    resolve(answer === 'other' ? 'other' : answer !== 'yes' ? null : input ? input.value.trim() || null : true);
  }, { once: true }));
}

export function initConversation() {
  byId('result-close').addEventListener('click', () => { byId('result').hidden = true; byId('headline').focus(); });
}
