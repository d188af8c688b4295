// Building the page. Text is only ever set as text: nothing that came from outside is read as HTML.

const svgNamespace = 'http://www.w3.org/2000/svg';

export const byId = id => document.getElementById(id);

/** An element with attributes ("text" is its text, "on..." are listeners; false and null leave one out) and children. */
export function make(tag, attributes = {}, ...children) {
  return furnish(document.createElement(tag), attributes, children);
}

export function makeSvg(tag, attributes = {}, ...children) {
  return furnish(document.createElementNS(svgNamespace, tag), attributes, children);
}

function furnish(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === 'text') element.textContent = value;
    else if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.filter(child => child !== null && child !== undefined));
  return element;
}

/** Changes a text only if it is another one, so that a selection in it stays. */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

const shown = new WeakMap();

/**
 * Lets a parent show these items. What it shows already keeps its elements, and with them focus, selection and what is open;
 * `create` makes an element, `update` brings it up to date.
 */
export function reconcile(parent, items, keyOf, create, update) {
  const before = shown.get(parent) ?? new Map();
  const now = new Map();
  for (const item of items) {
    const key = keyOf(item);
    const element = before.get(key) ?? create(item);
    update(element, item);
    now.set(key, element);
  }
  for (const [key, element] of before) if (!now.has(key)) element.remove();
  let next = parent.firstElementChild;
  for (const element of now.values()) {
    if (element === next) next = next.nextElementSibling;
    else parent.insertBefore(element, next);
  }
  shown.set(parent, now);
}

/** Runs what a button is for, once at a time: it cannot be pressed again before that is over. */
export async function busy(buttons, work) {
  const pressed = document.activeElement;
  const free = [buttons].flat().filter(button => !button.disabled);
  for (const button of free) { button.disabled = true; button.setAttribute('aria-busy', 'true'); }
  try {
    return await work();
  } finally {
    for (const button of free) { button.disabled = false; button.removeAttribute('aria-busy'); }
    if (document.activeElement === document.body && free.includes(pressed) && pressed.isConnected) pressed.focus();
  }
}
