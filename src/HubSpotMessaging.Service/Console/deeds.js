// What is done with dead letters: one, some, or a whole group.

import { carryOut } from './api.js';
import { ask } from './conversation.js';
import { make } from './dom.js';
import { count, number } from './words.js';

/** Sends them again; asks first when HubSpot has something newer. Answers what came of it, null when it was not done after all. */
export const replay = (selection, tell) => send('dead-letters/replay', selection, tell);

/** Corrects them and sends them again; the same otherwise. */
export const correct = (selection, correction, tell) => send('dead-letters/correct', { ...selection, correction }, tell);

/** Throws them away, when somebody says why. */
export async function discard(selection, many, tell) {
  const reason = await ask({
    title: `Throw ${count(many, 'dead letter')} away?`,
    words: [many === 1 ? 'It will not be delivered, and cannot be had back.' : 'They will not be delivered, and cannot be had back.'],
    field: { label: 'Why' }, yes: `Discard ${many === 1 ? 'it' : number(many)}`, danger: true,
  });
  return reason && await carryOut('dead-letters/discard', { ...selection, reason }, result => tell?.(progress(result)));
}

/** What came of it, in words. */
export function outcome(result, what) {
  const parts = [`${number(result.done)} ${what}`];
  if (result.gone > 0) parts.push(`${result.gone === 1 ? '1 was' : `${number(result.gone)} were`} gone already`);
  if (result.failed > 0) {
    const reasons = [...new Set((result.failures ?? []).map(failure => failure.reason))];
    parts.push(`${result.failed === 1 ? '1 stays' : `${number(result.failed)} stay`}: ${reasons.slice(0, 3).join(' ')}`);
  }
  return `${parts.join('; ').replace(/\.$/, '')}.`;
}

async function send(path, body, tell) {
  try {
    return await carryOut(path, body, result => tell?.(progress(result)));
  } catch (refusal) {
    if (refusal.status !== 409) throw refusal;
    return await confirmed(refusal, path, body, tell);
  }
}

async function confirmed(refusal, path, body, tell) {
  const { count: many, outdated } = refusal.answer;
  const names = [...new Set(outdated.flatMap(each => each.properties))];
  const answer = await ask({
    title: 'HubSpot has something newer',
    words: [
      many === 1 ? 'This dead letter is older than what HubSpot has of its contact.' : `${count(many, 'dead letter')} are older than what HubSpot has of their contacts.`,
      'Sent again as it is, what is older is skipped and the rest is written.',
    ],
    details: make('p', {}, many === 1 ? 'Would be skipped: ' : 'Among what would be skipped: ', make('strong', { text: names.join(', ') })),
    yes: 'Send all the same', other: 'It is true now',
  });
  if (!answer) return null;
  const isTrueNow = answer === 'other';
  return await carryOut(
    isTrueNow ? 'dead-letters/correct' : path,
    isTrueNow ? { ...body, correction: { ...body.correction, trueNow: true } } : { ...body, confirm: true },
    result => tell?.(progress(result)));
}

const progress = result => `${number(result.done + result.failed)} so far; it goes on …`;
