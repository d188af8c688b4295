// Numbers, times and names as people read them.

const numbers = new Intl.NumberFormat('en');
const exact = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'medium' });
const clock = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });

const commands = {
  SyncContact: { one: 'contact', many: 'Contacts' },
  EnrollInWorkflow: { one: 'enrolment', many: 'Enrolments' },
  PostTimelineEvent: { one: 'timeline event', many: 'Timeline events' },
};

const reasons = {
  Authorization: 'there is no authorization',
  HubSpotUnavailable: 'HubSpot is down',
  DailyLimit: 'the quota of the day is spent',
  RateLimited: 'HubSpot allows no more requests for the time being',
  PortalMigrating: 'HubSpot is moving the account',
  MissingScope: 'a scope is missing',
  SameRejection: 'HubSpot refuses the same again and again',
  Operator: 'an operator has paused it',
};

export const number = value => numbers.format(value);

export const count = (value, one, many = `${one}s`) => `${number(value)} ${value === 1 ? one : many}`;

export const capital = text => text.charAt(0).toUpperCase() + text.slice(1);

export const commandsOf = type => commands[type]?.many ?? type;

export const commandOf = type => commands[type]?.one ?? type;

export const reasonOf = reason => reasons[reason.reason] ?? reason.reason;

export function queueName(name) {
  const known = {
    'hubspot-sync-contact': 'Contacts',
    'hubspot-sync-contact-bulk': 'Contacts, in bulk',
    'hubspot-enroll-in-workflow': 'Enrolments',
    'hubspot-post-timeline-event': 'Timeline events',
  };
  return known[name] ?? name;
}

/** HubSpot's words without the JSON that it puts around them; null when there are none. */
export function plain(message) {
  const within = [...(message ?? '').matchAll(/"message":"((?:[^"\\]|\\.)*)"/g)].map(match => match[1].replaceAll('\\"', '"'));
  return within.length > 0 ? within.join('; ') : message ?? null;
}

/** A duration, as exactly as anybody cares. */
export function span(seconds) {
  if (seconds < 1) return 'under 1 s';
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 || hours >= 10 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return count(Math.round(hours / 24), 'day');
}

export const timeOfDay = moment => clock.format(new Date(moment));

let skew = 0;

/** The service's clock counts: that of this machine may be wrong. */
export function setClock(moment) {
  const now = Date.parse(moment);
  if (!Number.isNaN(now)) skew = now - Date.now();
}

export const now = () => Date.now() + skew;

function relative(moment) {
  const seconds = (now() - Date.parse(moment)) / 1000;
  if (Math.abs(seconds) < 5) return 'just now';
  return seconds > 0 ? `${span(seconds)} ago` : `in ${span(-seconds)}`;
}

/** Lets a time element tell how long ago a moment is; the exact one is its title. */
export function tellTime(element, moment) {
  if (element.dateTime !== moment) {
    element.dateTime = moment;
    element.title = exact.format(new Date(moment));
  }
  const words = relative(moment);
  if (element.textContent !== words) element.textContent = words;
  return element;
}

setInterval(() => {
  for (const element of document.querySelectorAll('time[datetime]')) tellTime(element, element.dateTime);
}, 10_000);
