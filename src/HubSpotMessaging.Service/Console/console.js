// The operators' console. It follows the service over one stream of events, and asks for what an operator wants to see.

import { address, get, signIn } from './api.js';
import { initConversation } from './conversation.js';
import { followDeadLetters, initDeadLetters } from './dead-letters.js';
import { byId, write } from './dom.js';
import { initLine, showOverview } from './overview.js';
import { initTrail, showTrail } from './trail.js';
import { setClock } from './words.js';

const retryAfter = 3_000, silentFor = 40_000, trailEvery = 15_000;
const clock = new Intl.DateTimeFormat('en', { timeStyle: 'medium', hourCycle: 'h23' });

let stream = null, lastHeard = null, silence = null, seen = '';

function listen() {
  stream?.close();
  stream = new EventSource(address('live'));
  stream.addEventListener('status', event => hear(JSON.parse(event.data)));
  stream.addEventListener('trouble', event => lose(JSON.parse(event.data).title));
  stream.onerror = () => { lose(); again(); };
}

function hear(status) {
  lastHeard = new Date();
  byId('live').dataset.state = 'live';
  write(byId('live-words'), 'Live');
  clearTimeout(silence);
  silence = setTimeout(() => { lose(); again(); }, silentFor); // A proxy may hold a dead connection open.
  show(status);
}

function show(status) {
  setClock(status.at ?? new Date().toISOString());
  showOverview(status);
  followDeadLetters(status);
  const what = `${status.deadLetters} ${status.reasons.length} ${status.connection.state}`;
  if (what !== seen) showTrail();
  seen = what;
}

function lose(why) {
  byId('live').dataset.state = 'lost';
  write(byId('live-words'), `Not live ${lastHeard ? `since ${clock.format(lastHeard)}` : 'yet'}${why ? `: ${why}` : ', trying again'}`);
}

/** Asks once in the old way, which also tells when the sign-in is over, and listens again. */
function again() {
  stream.close();
  clearTimeout(silence);
  silence = setTimeout(async () => {
    try {
      show(await get('status'));
      lastHeard = new Date();
    } catch (refusal) {
      if (refusal.status === 401) return signIn();
    }
    listen();
  }, retryAfter);
}

const operator = document.querySelector('meta[name=operator]').content; // Empty when no sign-in is needed.
byId('sign-out').hidden = !operator;
write(byId('operator'), operator);
addEventListener('offline', () => { lose(); again(); });
addEventListener('online', () => { clearTimeout(silence); listen(); });
initConversation();
initLine();
initDeadLetters();
initTrail();
listen();
document.addEventListener('trail', showTrail);
setInterval(() => { if (!document.hidden) showTrail(); }, trailEvery);
