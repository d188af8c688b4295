// What operators did, the latest first.

import { get } from './api.js';
import { byId, make, reconcile } from './dom.js';
import { number, tellTime } from './words.js';

const few = 8, many = 200;
const actions = {
  Pause: 'Paused', Resume: 'Resumed', Revoke: 'Revoked the grant', Replay: 'Replayed', Correct: 'Corrected and replayed', Discard: 'Discarded',
  Reveal: 'Looked at personal data', Connect: 'Went to HubSpot to connect', SignIn: 'Signed in', SignOut: 'Signed out',
};

let length = few;

export function initTrail() {
  byId('more-trail').addEventListener('click', () => { length = many; showTrail(); });
}

export async function showTrail() {
  const entries = await get(`trail?count=${length}`).catch(() => null);
  if (!entries) return; // The page tells already that the service is away.
  byId('trail-card').hidden = false;
  byId('no-trail').hidden = entries.length > 0;
  byId('trail').hidden = entries.length === 0;
  byId('more-trail').hidden = length === many || entries.length < few;
  const seen = new Map();
  const items = entries.map(entry => {
    const key = JSON.stringify(entry), copy = (seen.get(key) ?? 0) + 1;
    seen.set(key, copy);
    return { ...entry, key: `${key}${copy}` };
  });
  reconcile(byId('trail').tBodies[0], items, entry => entry.key, entry => make('tr', {},
    make('td', { class: 'when' }, tellTime(make('time'), entry.at)),
    make('td', { class: 'who' }, make('span', { text: entry.by ?? 'Somebody' }), make('small', { class: 'soft', text: entry.via })),
    make('td', { class: 'what', text: `${actions[entry.action] ?? entry.action}${entry.count > 1 ? ` ${number(entry.count)}` : ''}` }),
    make('td', { class: 'why soft', text: entry.details ?? '' })), () => {});
}
