// A document -> a tree whose parts open and close.

import { el, plural } from './dom';
import { clean, line, name, Value } from './values';

const most = 200; // fields or elements that are shown at first

/** tree is the whole document, its first level open. */
export function tree(v: Value): HTMLElement {
  return el('div.tree', {}, ...inner(v, 0));
}

function inner(v: Value, depth: number): Node[] {
  const parts: [string, Value][] = v.kind === 'document' ? v.fields.map(([n, x]) => [name(n), x]) : v.kind === 'array' ? v.elements.map((x, i) => [String(i), x]) : [];
  const shown = parts.slice(0, most).map(([n, x]) => part(n, x, depth));
  if (parts.length > most) {
    const more = el('button.fold', { type: 'button', click: () => more.replaceWith(...parts.slice(most).map(([n, x]) => part(n, x, depth))) }, `… ${plural(parts.length - most, 'more')}`);
    shown.push(more);
  }
  return shown;
}

function part(label: string, v: Value, depth: number): Node {
  const key = el('span.key', {}, label);
  if (v.kind === 'string') return el('div.leaf', {}, key, ': ', v.text.includes('\n') ? el('div.string.several', {}, clean(v.text, true)) : el('span.string', {}, line(v)));
  if (v.kind === 'words') return el('div.leaf', {}, key, ': ', el('span.words', {}, v.text));
  const n = v.kind === 'array' ? v.elements.length : v.fields.length;
  if (n === 0) return el('div.leaf', {}, key, ': ', el('span.words', {}, line(v)));
  const about = v.kind === 'array' ? `[${plural(n, 'element')}]` : `{${plural(n, 'field')}}`;
  const details = el('details', {}, el('summary', {}, key, ' ', el('span.dim', {}, about))) as HTMLDetailsElement;
  const fill = (): void => {
    if (details.open && details.childElementCount === 1) details.append(...inner(v, depth + 1));
  };
  details.addEventListener('toggle', fill);
  if (depth < 2 && n <= 50) {
    details.open = true;
    fill();
  }
  return details;
}
