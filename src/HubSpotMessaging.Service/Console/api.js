// The operators' API, as the command line uses it too.

const base = new URL('../api/operator/', import.meta.url);
const antiForgery = document.querySelector('meta[name=anti-forgery]').content;

/** Says in words what the service would not do. */
export class Refusal extends Error {
  constructor(status, answer) {
    super(answer?.detail ?? answer?.title ?? `The service answered ${status}.`);
    this.status = status;
    this.answer = answer;
  }
}

export const address = path => new URL(path, base);

export const get = path => ask(path, {});

export const post = (path, body) => ask(path, {
  method: 'POST',
  headers: { 'Content-Type': 'application/json', 'X-Anti-Forgery': antiForgery },
  body: JSON.stringify(body),
});

/** Hands in what is to be done with dead letters, and waits until it is. */
export async function carryOut(path, body, onProgress) {
  let result = await post(path, body);
  while (result.state !== 'Done') {
    onProgress?.(result);
    await new Promise(resolve => setTimeout(resolve, 1_000));
    result = await get(`dead-letters/requests/${result.id}`).catch(refusal => {
      if (refusal.status > 0 && refusal.status < 500) throw refusal;
      return result; // It goes on there all the same.
    });
  }
  return result;
}

async function ask(path, options) {
  const headers = { ...options.headers, 'X-Operator-Client': 'console' };
  let response;
  try {
    response = await fetch(address(path), { ...options, headers });
  } catch {
    throw new Refusal(0, { detail: 'The service does not answer.' });
  }
  if (response.status === 401) signIn();
  const answer = await response.json().catch(() => null);
  if (options.method === 'POST' || path.includes('reveal=true')) document.dispatchEvent(new Event('trail')); // It tells of that.
  if (!response.ok) throw new Refusal(response.status, answer);
  return answer;
}

/** Whoever is not signed in any more is asked to; the page comes back as it was, since nothing of it is in the address. */
export function signIn() {
  location.assign(new URL('sign-in', import.meta.url));
}
