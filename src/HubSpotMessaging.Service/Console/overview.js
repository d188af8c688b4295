// How things stand: the headline, and the cards below it. Everything is brought up to date in place.

import { drawOutcomes } from './chart.js';
import { ask, show } from './conversation.js';
import { post } from './api.js';
import { busy, byId, make, reconcile, write } from './dom.js';
import { capital, commandsOf, count, number, queueName, reasonOf, span, tellTime, timeOfDay } from './words.js';

const marks = { good: 'm7.5 12.5 3 3 6-6.5', busy: 'M12 7v5l3 2', paused: 'M9.5 8.5v7m5-7v7', bad: 'M12 7v6m0 3.5v.1' };
const operatorsOwn = new Set(['operator', 'rejections']);

let announced = null;

export function showOverview(status) {
  byId('overview').hidden = false;
  const waiting = sum(status.queues, queue => queue.waiting);
  showSummary(status, waiting);
  showLine(status);
  showQueues(status.queues);
  showQuota(status.quota);
  showConnection(status.connection);
  const outcomes = status.outcomes ?? [];
  const any = outcomes.some(minute => minute.succeeded + minute.superseded + minute.rejected > 0);
  byId('no-outcomes').hidden = any;
  byId('outcomes').hidden = !any;
  if (any) drawOutcomes(byId('outcomes'), outcomes);
}

function showSummary(status, waiting) {
  const { state, headline, lead } = summarize(status, waiting);
  byId('summary').dataset.state = state;
  byId('mark').setAttribute('d', marks[state]);
  write(byId('headline'), headline);
  write(byId('lead'), lead);
  document.title = `${headline} - HubSpotMessaging`;

  byId('figures').hidden = false;
  write(byId('waiting'), number(waiting));
  write(byId('oldest'), most(status.queues, 'oldestSeconds'));
  write(byId('drain'), most(status.queues, 'drainSeconds'));
  write(byId('dead'), number(status.deadLetters));
  byId('dead').classList.toggle('alarming', status.deadLetters > 0);

  // Numbers change each second; whoever hears the page is told when the state does.
  const news = `${state} ${status.connection.state} ${status.reasons.map(reason => reason.reason + reason.scope)}`;
  if (announced !== null && announced !== news) write(byId('announcement'), headline);
  announced = news;
}

/** One sentence that says how things are, and one that says what comes of it. */
function summarize({ connection, reachesBroker, reasons, queues, deadLetters, readsDeadLetters }, waiting) {
  const wait = waiting === 0 ? 'nothing waits' : waiting === 1 ? '1 command waits' : `${number(waiting)} commands wait`;
  const letters = deadLetters === 0 ? '' : ` ${count(deadLetters, 'dead letter')} ${deadLetters === 1 ? 'wants' : 'want'} a decision.`;
  const others = reasons.filter(reason => reason.reason !== 'Authorization');
  if (!reachesBroker)
    return { state: 'bad', headline: 'RabbitMQ cannot be reached', lead: 'This replica delivers nothing, and cannot tell what waits. It goes on by itself as soon as it can; nothing is lost meanwhile.' + letters };

  if (connection.state !== 'Connected')
    return { state: 'bad', headline: `${connection.title}: ${wait}`, lead: connection.sentence + letters };

  if (others.length > 0) {
    const worst = others.find(reason => reason.owner !== 'operator') ?? others[0];
    const alike = others.filter(reason => reason.reason === worst.reason), rest = others.filter(reason => !alike.some(other => !other.scope || other.scope === reason.scope));
    const also = rest.length > 0 ? ` ${capital(`${scopes(rest)} ${rest.some(reason => !reason.scope) ? 'is' : 'are'} paused as well: ${reasonOf(rest[0])}.`)}` : '';
    return {
      state: worst.owner === 'operator' ? 'paused' : 'bad',
      headline: `${alike.some(reason => !reason.scope) ? 'Paused' : capital(`${scopes(alike)} paused`)}: ${reasonOf(worst)}, ${wait}`,
      lead: ending(worst) + also + letters,
    };
  }

  if (waiting > 0) {
    const drain = Math.max(...queues.map(queue => queue.drainSeconds ?? 0));
    const lead = drain > 0 ? `At the present quota all of it is done in about ${span(drain)}.` : 'They are on their way.';
    return { state: 'busy', headline: `Delivering: ${wait}`, lead: lead + letters };
  }

  if (queues.length === 0 || !readsDeadLetters)
    return { state: 'paused', headline: 'Nobody can tell what waits', lead: 'No replica looks at the queues at the moment: DeadLetters:Read may be off everywhere.' + letters };

  return deadLetters === 0
    ? { state: 'good', headline: 'Everything is delivered', lead: 'Nothing waits, and nothing was refused.' }
    : { state: 'good', headline: 'Everything that can be is delivered', lead: `Nothing waits.${letters}` };
}

function ending({ owner, until }) {
  if (operatorsOwn.has(owner)) return 'It goes on when an operator resumes it. Nothing is lost meanwhile.';
  return until ? `The service asks HubSpot again at ${timeOfDay(until)}, and goes on by itself. Nothing is lost meanwhile.`
    : 'The service goes on by itself as soon as it can. Nothing is lost meanwhile.';
}

const scopes = reasons => reasons.some(reason => !reason.scope) ? 'everything' : list([...new Set(reasons.map(reason => commandsOf(reason.scope).toLowerCase()))]);

function showLine({ reasons, reachesBroker }) {
  byId('open').hidden = reasons.length > 0 || !reachesBroker;
  byId('reasons').hidden = reasons.length === 0;
  const alike = Object.values(Object.groupBy(reasons, reason => operatorsOwn.has(reason.owner) ? `${reason.owner}/${reason.scope}/${reason.detail}` : `${reason.reason}/${reason.detail}`));
  reconcile(byId('reasons'), alike, ([reason]) => `${reason.owner}/${reason.reason}/${reason.scope}`, ([reason]) => reasonItem(reason), (item, [reason, ...more]) => {
    const [what, why, detail] = item.children;
    write(what, reason.scope ? `${capital(scopes([reason, ...more]))} wait` : 'Everything waits');
    write(why, `${capital(reasonOf(reason))}.`);
    write(detail, reason.detail ?? '');
    detail.hidden = !reason.detail;
  });
}

function reasonItem(reason) {
  const item = make('li', {}, make('strong'), make('span', { class: 'why' }), make('q'));
  if (operatorsOwn.has(reason.owner)) item.append(make('button', { class: 'primary', text: 'Resume', onclick: event => resume(event.currentTarget, reason) }));
  return item;
}

const resume = (button, { reason, scope: command }) => busy(button, async () => {
  try {
    await post('resume', { reason, ...(command && { command }) });
    show(command ? `${commandsOf(command)} are delivered again.` : 'Resumed.');
  } catch (refusal) { show(refusal.message, true); }
  byId('pausing').querySelector('summary').focus(); // The button goes.
});

export function initLine() {
  byId('pause').addEventListener('submit', event => {
    event.preventDefault();
    const command = byId('pause-command').value, note = byId('pause-note').value.trim();
    busy(event.target.querySelector('button'), async () => {
      try {
        await post('pause', { ...(command && { command }), ...(note && { note }) });
        show(`${command ? commandsOf(command) : 'All commands'} wait until somebody resumes them.`);
        byId('pause-note').value = '';
        byId('pausing').open = false;
        byId('pausing').querySelector('summary').focus();
      } catch (refusal) { show(refusal.message, true); }
    });
  });

  byId('revoke').addEventListener('click', event => busy(event.currentTarget, async () => {
    const answer = await ask({
      title: 'Give the grant back to HubSpot?',
      words: ['The tokens are forgotten here and revoked at HubSpot. Commands wait until somebody connects the service again.'],
      yes: 'Revoke', danger: true,
    });
    if (!answer) return;
    try {
      const { wasConnected } = await post('revoke', {});
      show(wasConnected ? 'The grant is given back. Commands wait.' : 'There was nothing to give back.');
    } catch (refusal) { show(refusal.message, true); }
  }));
}

function showQueues(queues) {
  byId('no-queues').hidden = queues.length > 0;
  byId('queues').hidden = queues.length === 0;
  reconcile(byId('queues').tBodies[0], queues, queue => queue.name, queueRow, (row, queue) => {
    const [, waiting, oldest, drain, dead] = row.cells;
    write(waiting, number(queue.waiting));
    write(oldest, duration(queue.oldestSeconds));
    write(drain, duration(queue.drainSeconds));
    write(dead, number(queue.deadLetters));
    waiting.classList.toggle('none', queue.waiting === 0);
    dead.classList.toggle('none', queue.deadLetters === 0);
    dead.classList.toggle('alarming', queue.deadLetters > 0);
  });
}

const queueRow = queue => make('tr', {},
  make('th', { scope: 'row', title: queue.name, text: queueName(queue.name) }),
  ...['Waiting', 'Oldest', 'Done in', 'Dead letters'].map(label => make('td', { 'data-label': label })));

function showQuota(quota) {
  byId('no-quota').hidden = Boolean(quota);
  const place = byId('quota');
  place.hidden = !quota;
  if (!quota) return;
  if (place.childElementCount === 0) place.append(
    make('p', { class: 'big' }, make('span'), make('small', { class: 'soft' })),
    make('div', { class: 'meter', role: 'meter', 'aria-labelledby': 'quota-title', 'aria-valuemin': 0 }, make('span'), make('span', { class: 'others' })),
    make('p', { class: 'soft' }));
  const [figure, meter, words] = place.children;
  const share = part => `${quota.max > 0 ? Math.min(100, 100 * part / quota.max) : 0}%`;
  write(figure.children[0], number(quota.used));
  write(figure.children[1], ` of ${number(quota.max)} requests in ${span(quota.windowSeconds)}`);
  meter.setAttribute('aria-valuemax', quota.max);
  meter.setAttribute('aria-valuenow', Math.min(quota.max, quota.used + quota.others));
  meter.setAttribute('aria-valuetext', `${quota.used} of ${quota.max} used`);
  meter.children[0].style.inlineSize = share(quota.used);
  meter.children[1].style.inlineSize = share(quota.others);
  write(words, quota.others > 0 ? `Others use about ${number(quota.others)} with this app's tokens.` : 'Nobody else uses this app\'s tokens.');
}

function showConnection(connection) {
  write(byId('connection'), connection.state === 'Connected' ? connection.sentence : `${connection.title}. ${connection.sentence}`);
  const facts = [
    connection.portalId && { name: 'Account', text: String(connection.portalId) },
    connection.tokenObtainedAt && { name: 'Token', time: connection.tokenObtainedAt },
    connection.tokenExpiresAt && { name: 'Expires', time: connection.tokenExpiresAt },
    connection.scopes?.length > 0 && { name: 'Scopes', text: connection.scopes.join(' ') },
  ].filter(Boolean);
  reconcile(byId('grant'), facts, fact => fact.name,
    fact => make('div', {}, make('dt', { text: fact.name }), make('dd', {}, fact.time ? make('time') : '')),
    (row, fact) => fact.time ? tellTime(row.querySelector('time'), fact.time) : write(row.lastElementChild, fact.text));

  const connected = connection.state === 'Connected';
  byId('connect').hidden = connection.wantsConnecting === false && !connected;
  byId('connect').classList.toggle('primary', !connected);
  write(byId('connect'), connected ? 'Reconnect' : 'Connect');
  byId('revoke').hidden = !connected;
}

const sum = (items, of) => items.reduce((total, item) => total + of(item), 0);

const duration = seconds => seconds === null || seconds === undefined ? '–' : span(seconds);

const most = (queues, field) => {
  const known = queues.map(queue => queue[field]).filter(seconds => seconds !== null && seconds !== undefined);
  return known.length > 0 ? span(Math.max(...known)) : '–';
};

const list = words => new Intl.ListFormat('en').format(words);
