// The dead letters: what is wrong and how often, a page of them, and what is done with those that are chosen.

import { get } from './api.js';
import { correctionForm } from './correction.js';
import { show } from './conversation.js';
import { correct, discard, outcome, replay } from './deeds.js';
import { busy, byId, make, reconcile, write } from './dom.js';
import { openLetter } from './letter.js';
import { commandOf, commandsOf, count, number, plain, tellTime } from './words.js';

const pageSize = 25, groupsShown = 100, quietTime = 2_000;

let groups = [], group = null;
let newest = null, seen = 0; // Of the first page: what fails after that is not chosen with all.
let page = { items: [], next: null, total: 0 };
let earlier = [], after = null; // The places at which the pages before, and this one, begin.
let isRevealed = false;
let chosen = new Set(), all = false; // All: whatever the group has, not only what the page shows.
let known = null, asked = 0, timer = null, loads = 0;

export function initDeadLetters() {
  byId('groups-search').addEventListener('input', showGroups);
  byId('choose-page').addEventListener('change', event => {
    all = false;
    for (const { id } of page.items) if (event.target.checked) chosen.add(id); else chosen.delete(id);
    showChoice();
  });
  byId('choose-all').addEventListener('click', () => {
    if (all || chosen.size > 0) unchoose(); else all = true;
    showChoice();
  });
  byId('older').addEventListener('click', event => busy(event.currentTarget, () => turn(() => { earlier.push(after); after = page.next; })));
  byId('newer').addEventListener('click', event => busy(event.currentTarget, () => turn(() => { after = earlier.pop() ?? null; })));
  byId('renew').addEventListener('click', () => renew().then(() => byId('list-title').focus()));
  byId('reveal-list').addEventListener('click', event => busy(event.currentTarget, () => attempt(async () => {
    isRevealed = !isRevealed;
    try { await loadPage(); } catch (refusal) { isRevealed = !isRevealed; throw refusal; }
  })));
  byId('replay').addEventListener('click', () => act(tell => replay(selection(), tell), 'sent again'));
  byId('discard').addEventListener('click', () => act(tell => discard(selection(), chosenCount(), tell), 'thrown away'));
  byId('correct').addEventListener('click', () => act(correctMany, 'corrected and sent again'));
}

/** Follows the number of dead letters: what it has changed to is fetched, but never under somebody's hands. */
export function followDeadLetters(status) {
  byId('dead-letters').hidden = false;
  byId('unread').hidden = status.readsDeadLetters || (status.deadLetters === 0 && !status.connection.portalId);
  showWhetherAny(status.deadLetters > 0);
  write(byId('letters-note'), status.deadLetters === 0 ? '' : count(status.deadLetters, 'command') + (status.deadLetters === 1 ? ' that cannot be delivered as it is' : ' that cannot be delivered as they are'));
  const has = `${status.deadLetters}`;
  if (has === known || timer) return;
  timer = setTimeout(async () => {
    timer = null;
    asked = Date.now();
    await attempt(async () => {
      await loadGroups();
      if (isBeingUsed()) byId('changed').hidden = false;
      else await loadPage();
      known = has; // Else the next status tries it again.
    });
  }, Math.max(0, quietTime - (Date.now() - asked)));
}

function showWhetherAny(any) {
  const hadFocus = byId('desk').contains(document.activeElement);
  byId('no-letters').hidden = any;
  byId('desk').hidden = !any;
  if (!any && hadFocus) byId('letters-title').focus();
}

function isBeingUsed() {
  const list = document.querySelector('.list');
  return page.items.length > 0 && (isRevealed || chosen.size > 0 || all || after !== null || list.matches(':hover') || list.contains(document.activeElement)
    || byId('letter').open || byId('question').open);
}

async function loadGroups() {
  groups = (await get('dead-letters/groups')).sort((one, other) => other.count - one.count);
  if (group && !groups.some(each => each.id === group.id)) group = { ...group, count: 0 };
  showGroups();
}

async function loadPage() {
  const query = new URLSearchParams({ limit: pageSize });
  if (group) query.set('group', group.id);
  if (after) query.set('after', after);
  if (isRevealed) query.set('reveal', 'true');
  const load = ++loads, loaded = await get(`dead-letters?${query}`);
  if (load !== loads) return; // Something else has been asked for meanwhile.
  page = loaded;
  if (!after) [newest, seen] = [page.items[0]?.id, page.total];
  if (page.items.length === 0 && group && !after) return choose(null); // The last of its group is gone.
  byId('changed').hidden = true;
  if (page.total === 0) showWhetherAny(false);
  showPage();
}

async function renew() {
  unchoose();
  [earlier, after] = [[], null];
  await attempt(async () => { await loadGroups(); await loadPage(); });
}

async function choose(next) {
  group = next;
  unchoose();
  [earlier, after] = [[], null];
  showGroups();
  await loadPage();
}

const turn = move => attempt(async () => {
  if (!all) unchoose();
  move();
  await loadPage();
  byId('list-title').focus({ preventScroll: true });
  byId('list-title').scrollIntoView({ block: 'nearest' });
});

function showGroups() {
  const sought = byId('groups-search').value.trim().toLowerCase();
  const found = groups.filter(each => !sought || `${title(each)} ${each.category} ${each.command}`.toLowerCase().includes(sought));
  byId('search').hidden = groups.length < 8;
  const everything = { id: '', count: groups.reduce((sum, each) => sum + each.count, 0) };
  const shown = [...(groups.length > 1 ? [everything] : []), ...found.slice(0, groupsShown)];
  reconcile(byId('groups'), shown, each => each.id, each => make('li', {}, make('button', { class: 'group', onclick: event => {
    const wanted = groups.find(candidate => candidate.id === each.id) ?? null;
    busy(event.currentTarget, () => attempt(() => choose(wanted)));
  } }, make('strong'), make('span', { class: 'badge' }), make('span', { class: 'soft' }))), (item, each) => {
    const [name, badge, about] = item.firstElementChild.children;
    write(name, each.id ? title(each) : 'All');
    write(badge, number(each.count));
    write(about, each.id ? [each.category ?? 'No category', commandsOf(each.command)].filter(word => word !== title(each)).join(' · ') : '');
    item.firstElementChild.setAttribute('aria-pressed', String((group?.id ?? '') === each.id || groups.length === 1));
  });
  byId('more-groups').hidden = found.length <= groupsShown;
  write(byId('more-groups'), `${count(found.length - groupsShown, 'more group')}: find them by name.`);
}

/** What those of a group have in common, the most telling first. */
function title(each) {
  if (each.properties.length > 0) return each.properties.join(', ');
  if (each.workflow) return `Workflow ${each.workflow}`;
  return each.category ?? `Unreadable ${commandOf(each.command)}`;
}

function showPage() {
  write(byId('list-title'), group ? title(group) : groups.length === 1 ? title(groups[0]) : 'All');
  reconcile(byId('letters').tBodies[0], page.items, letter => letter.id, letterRow, (row, letter) => {
    const [, contact, reason, failed] = row.cells;
    write(contact.querySelector('button'), letter.contact ?? letter.key ?? 'Unknown');
    write(contact.querySelector('small'), commandOf(letter.command));
    const words = plain(letter.message) ?? 'Nothing tells why.';
    write(reason.firstElementChild, words);
    write(reason.lastElementChild, [...(letter.properties ?? []), letter.workflow].filter(name => name && !words.includes(name)).join(', '));
    if (letter.failedAt) tellTime(failed.firstElementChild, letter.failedAt);
  });
  const begin = earlier.length * pageSize;
  write(byId('range'), `${number(begin + 1)}–${number(begin + page.items.length)} of ${number(page.total)}`);
  byId('newer').disabled = earlier.length === 0;
  byId('older').disabled = !page.next;
  write(byId('reveal-list'), isRevealed ? 'Mask personal data' : 'Show personal data');
  showChoice();
}

const letterRow = ({ id }) => make('tr', {},
  make('td', { class: 'pick' }, make('input', { type: 'checkbox', 'aria-label': 'Choose this one', onchange: event => {
    if (all) { all = false; chosen = new Set(page.items.map(letter => letter.id)); }
    if (event.target.checked) chosen.add(id); else chosen.delete(id);
    showChoice();
  } })),
  make('td', { class: 'who' }, make('button', { class: 'link open', 'aria-haspopup': 'dialog', onclick: event => open(id, event.currentTarget) }), make('small', { class: 'soft' })),
  make('td', { class: 'why' }, make('span', { class: 'words' }), make('small', { class: 'soft' })),
  make('td', { class: 'when' }, make('time')));

function showChoice() {
  const many = chosenCount();
  for (const [index, row] of [...byId('letters').tBodies[0].rows].entries()) {
    const box = row.querySelector('input');
    box.checked = all || chosen.has(page.items[index].id);
    box.setAttribute('aria-label', `Choose ${row.querySelector('button').textContent}`);
    row.classList.toggle('chosen', box.checked);
  }
  const onPage = page.items.filter(({ id }) => all || chosen.has(id)).length;
  byId('choose-page').checked = onPage > 0 && onPage === page.items.length;
  byId('choose-page').indeterminate = onPage > 0 && onPage < page.items.length;
  write(byId('chosen'), many === 0 ? 'None chosen' : all ? `All ${number(many)} chosen` : `${number(many)} chosen`);
  write(byId('choose-all'), many > 0 ? 'Choose none' : `Choose all ${number(seen)}`);
  for (const id of ['replay', 'correct', 'discard']) byId(id).disabled = many === 0;
}

async function open(id, opener) {
  const isDone = await openLetter(id, isRevealed);
  if (isDone) await renew();
  if (opener.isConnected) opener.focus();
  else focusList();
}

async function act(deed, what) {
  const buttons = ['replay', 'correct', 'discard', 'choose-all'].map(byId);
  let result = null;
  await busy(buttons, async () => {
    try {
      result = await deed(words => show(words));
    } catch (refusal) { show(refusal.message, true); }
  });
  if (!result) return;
  show(outcome(result, what), result.failed > 0);
  await renew();
  focusList();
}

const focusList = () => (byId('desk').hidden ? byId('letters-title') : byId('list-title')).focus();

/** The same change to all that are chosen. */
async function correctMany(tell) {
  const of = group ?? (groups.length === 1 ? groups[0] : null);
  const types = new Set(of ? [of.command] : all ? groups.map(each => each.command) : page.items.filter(({ id }) => chosen.has(id)).map(letter => letter.command));
  if (types.size > 1) throw new Error('These are commands of different kinds: choose a group first.');
  const [command] = types;
  const wanted = selection(), many = chosenCount();
  const form = correctionForm(command, {
    map: command === 'PostTimelineEvent' ? 'tokens' : 'properties',
    entries: (of?.properties ?? []).filter(name => !name.startsWith('(')).map(name => ({ name, isWrong: true, isMasked: true })),
    workflow: command === 'EnrollInWorkflow' ? '' : undefined,
    eventType: command === 'PostTimelineEvent' ? '' : undefined,
  });
  const correction = await readCorrection(form, many);
  return correction && await correct(wanted, correction, tell);
}

function readCorrection(form, many) {
  const dialog = byId('letter');
  const status = make('p', { class: 'status', role: 'status' });
  let correction = null;
  dialog.replaceChildren(
    make('header', { class: 'dialog-title' },
      make('h2', { id: 'letter-title', tabindex: -1, text: `Correct ${count(many, 'dead letter')}` }),
      make('button', { class: 'quiet', text: 'Close', onclick: () => dialog.close() })),
    make('div', { class: 'dialog-body' }, make('p', { class: 'soft', text: 'The same change is made to each of them; everything else stays. Then they are sent again.' }), form.element),
    make('footer', { class: 'dialog-actions' }, status, make('div', { class: 'actions' },
      make('button', { class: 'primary', text: `Correct and replay ${number(many)}`, onclick: () => {
        correction = form.read();
        if (correction) dialog.close();
        else { write(status, 'Nothing is changed yet.'); status.dataset.state = 'bad'; }
      } }))));
  dialog.showModal();
  return new Promise(resolve => dialog.addEventListener('close', () => { dialog.replaceChildren(); resolve(correction); }, { once: true }));
}

const chosenCount = () => all ? seen : chosen.size;

const selection = () => !all ? { ids: [...chosen] } : { upTo: newest, ...(group ? { filter: { group: group.id } } : { all: true }) };

function unchoose() {
  all = false;
  chosen = new Set();
}

async function attempt(work) {
  try {
    await work();
  } catch (refusal) { show(refusal.message, true); }
}
