// One dead letter, opened: why it is one, what is in it, and what can be done.

import { get } from './api.js';
import { correctionForm } from './correction.js';
import { show } from './conversation.js';
import { correct, discard, outcome, replay } from './deeds.js';
import { busy, byId, make, write } from './dom.js';
import { commandOf, plain, queueName, tellTime } from './words.js';

const origins = {
  Unreadable: 'The service could not read it as a command.',
  Broker: 'The broker put it here, not the service.',
  Other: 'Somebody else put it here, not the service.',
};

/** Opens it; resolves when it is closed, with whether anything was done with it. */
export async function openLetter(id, reveal = false) {
  let view;
  try {
    view = await get(`dead-letters/${id}${reveal ? '?reveal=true' : ''}`);
  } catch (refusal) {
    show(refusal.status === 404 ? 'It is no dead letter any more.' : refusal.message, refusal.status !== 404);
    return refusal.status === 404;
  }

  const dialog = byId('letter');
  let isDone = false;
  fill(dialog, view, reveal, words => { isDone = true; dialog.close(); show(words); });
  dialog.showModal();
  dialog.scrollTop = 0;
  await new Promise(resolve => dialog.addEventListener('close', resolve, { once: true }));
  dialog.replaceChildren(); // Personal data does not stay in a page that nobody looks at.
  return isDone;
}

function fill(dialog, view, isRevealed, done) {
  const { letter } = view;
  const body = parse(view.body);
  const selection = { ids: [letter.id] };
  const status = make('p', { class: 'status', role: 'status' });
  const form = letter.origin === 'Unreadable' || !body ? bodyForm(view, isRevealed) : commandForm(letter, body, isRevealed);
  const revealing = make('button', { class: 'quiet', text: isRevealed ? 'Personal data is shown' : 'Show personal data', disabled: isRevealed, onclick: () => act(async () => {
    fill(dialog, await get(`dead-letters/${letter.id}?reveal=true`), true, done);
    dialog.querySelector('h2').focus();
  }) });
  const buttons = [
    make('button', { class: 'primary', text: 'Correct and replay', onclick: () => act(async () => {
      const correction = form.read();
      if (!correction) return tell('Nothing is changed yet. Change something, or replay it as it is.', true);
      finish(await correct(selection, correction, tell), 'corrected and sent again');
    }) }),
    make('button', { text: 'Replay as it is', onclick: () => act(async () => finish(await replay(selection, tell), 'sent again')) }),
    make('button', { class: 'danger', text: 'Discard', onclick: () => act(async () => finish(await discard(selection, 1, tell), 'thrown away')) }),
  ];

  dialog.replaceChildren(
    make('header', { class: 'dialog-title' },
      make('h2', { id: 'letter-title', tabindex: -1 }, `A ${commandOf(letter.command)}`, letter.contact ? make('span', { class: 'soft', text: ` of ${letter.contact}` }) : null),
      make('button', { class: 'quiet', 'aria-label': 'Close', text: 'Close', onclick: () => dialog.close() })),
    make('div', { class: 'dialog-body' },
      make('section', { 'aria-labelledby': 'why-title' },
        make('h3', { id: 'why-title', text: letter.origin === 'Rejected' ? 'Why HubSpot, or the service, refused it' : 'Why it is here' }),
        make('blockquote', { text: plain(letter.message) ?? origins[letter.origin] ?? 'Nothing tells.' }),
        facts(letter),
        plain(letter.message) === (letter.message ?? null) ? null : code('Word for word', letter.message)),
      make('section', { 'aria-labelledby': 'correct-title' },
        make('h3', { id: 'correct-title', text: 'Correct it' }), form.element),
      make('section', { 'aria-labelledby': 'content-title' },
        make('div', { class: 'title' }, make('h3', { id: 'content-title', text: 'What is in it' }), revealing),
        code('Body', body ? JSON.stringify(body, null, 2) : view.body),
        code('Headers', lines(view.headers)),
        code('Message', lines(view.messageProperties)))),
    make('footer', { class: 'dialog-actions' }, status, make('div', { class: 'actions' }, ...buttons)));

  function tell(words, isTrouble = false) {
    write(status, words);
    status.dataset.state = isTrouble ? 'bad' : 'good';
  }

  function finish(result, what) {
    if (!result) return;
    const words = outcome(result, what);
    if (result.failed > 0) tell(words, true);
    else done(words);
  }

  const act = work => busy([...buttons, revealing], async () => {
    tell('');
    try {
      await work();
    } catch (refusal) { tell(refusal.message, true); }
  });
}

function facts(letter) {
  const rows = [
    ['Category', letter.category], ['Correlation id', letter.correlationId, 'for HubSpot\'s support'], ['Idempotency key', letter.key],
    ['Queue', queueName(letter.queue), letter.queue], ['Workflow', letter.workflow],
  ];
  return make('dl', { class: 'facts' },
    letter.failedAt ? make('div', {}, make('dt', { text: 'Failed' }), make('dd', {}, tellTime(make('time'), letter.failedAt))) : null,
    ...rows.filter(([, value]) => value).map(([name, value, note]) =>
      make('div', {}, make('dt', { text: name }), make('dd', {}, value, note && note !== value ? make('small', { class: 'soft', text: ` ${note}` }) : null))));
}

/** What a command has that can be corrected. Those that something is wrong with come first. */
function commandForm(letter, body, isRevealed) {
  const command = insensitive(body, 'message') && insensitive(body, 'messageType') ? insensitive(body, 'message') : body;
  const map = letter.command === 'PostTimelineEvent' ? 'tokens' : 'properties';
  const values = insensitive(command, map) ?? {};
  const wrong = new Set(letter.properties ?? []);
  const entries = Object.entries(values)
    .map(([name, value]) => ({ name, value: typeof value === 'object' ? null : String(value), isWrong: wrong.has(name), isMasked: !isRevealed && value !== null && value !== '' }))
    .sort((one, other) => other.isWrong - one.isWrong);
  return correctionForm(letter.command, {
    map, entries, isMasked: !isRevealed,
    email: insensitive(command, 'email') ?? '',
    workflow: letter.command === 'EnrollInWorkflow' ? insensitive(command, 'workflow') ?? '' : undefined,
    eventType: letter.command === 'PostTimelineEvent' ? insensitive(command, 'eventType') ?? '' : undefined,
  });
}

/** For what cannot be read: a whole new body. */
function bodyForm(view, isRevealed) {
  const area = make('textarea', { rows: 8, spellcheck: 'false', placeholder: isRevealed ? '' : 'Show personal data to see what is there, or write a whole new command.' });
  if (isRevealed) area.value = view.body;
  const original = area.value;
  return {
    element: make('label', { text: 'A whole new body, as JSON' }, area),
    read: () => area.value !== original && area.value.trim() ? { body: area.value } : null,
  };
}

const code = (title, text) => make('details', { class: 'content' }, make('summary', { text: title }),
  make('pre', { tabindex: 0, text: text || 'nothing' }));

const lines = map => Object.entries(map ?? {}).map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`).join('\n');

/** Consumers do not care about upper and lower case in names, so nor does the form. */
const insensitive = (object, name) => Object.entries(object).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];

function parse(text) {
  try {
    const value = JSON.parse(text);
    return value !== null && typeof value === 'object' && !Array.isArray(value) ? value : null;
  } catch { return null; }
}
