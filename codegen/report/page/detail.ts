// One entry, or one change of many, in full.

import { compare } from './compare';
import { Change, Data, Entry, Item, Source } from './data';
import { el, plural } from './dom';
import { Line, placesOf, titleOf } from './filter';
import { isHTML, preview } from './preview';
import { tree } from './tree';
import { dressed, read, valuesOf } from './values';

const most = 100; // changes, and documents of a group, that are shown at first

export interface Look {
  beside: boolean;
  /** open shows an entry of a group. */
  open(e: Entry): void;
}

export function detail(data: Data, line: Line | undefined, look: Look): Node[] {
  if (!line) return [el('p.dim', {}, 'Nothing is like that.')];
  if (line.kind === 'entry') return entry(data, line.entry, line.also, look);
  if (line.kind === 'section') return [];
  return [el('h2', {}, `${plural(line.documents, 'document')} with this change`), el('p.dim', {}, placesOf(line.entries)), ...(line.around ? [el('p.dim', {}, `As in ${line.entries[0]!.item.name}; around it the others have texts of their own.`)] : []), change(data, line.change, look), el('h3', {}, 'Documents'), list('ul.documents', line.entries, (e) => el('li', {}, el('button.link', { type: 'button', click: () => look.open(e) }, e.item.name), el('span.dim', {}, ` ${titleOf(e)}`)))];
}

/** list are elements of entries, the first ones at first. */
function list(tag: string, entries: Entry[], make: (e: Entry) => Node): HTMLElement {
  const out = el(tag, {}, ...entries.slice(0, most).map(make));
  if (entries.length > most) {
    const more = el('button.fold', { type: 'button', click: () => more.replaceWith(...entries.slice(most).map(make)) }, `… ${entries.length - most} more`);
    out.append(more);
  }
  return out;
}

function entry(data: Data, e: Entry, also: Entry[], look: Look): Node[] {
  const { item, run, section } = e;
  const out: Node[] = [
    el('h2', {}, el(`span.sign.${item.action}`, {}, item.sign), ' ', item.name),
    el('p.dim', {}, [item.action, section.name, run.weave && `weave ${run.weave}`, run.environment && `for ${run.environment}`].filter(Boolean).join(' · ')),
  ];
  if (also.length) {
    const places = list('ul.documents', [e, ...also], (x) => el('li', {}, titleOf(x)));
    out.push(el('details.places', {}, el('summary', {}, `The same in ${placesOf([e, ...also])}`), places));
  }
  for (const text of item.says ?? []) out.push(el('p.says', {}, text));
  if (item.code && item.link) out.push(el('p', {}, el('a', { href: item.link, target: '_blank', rel: 'noopener noreferrer' }, `About ${item.code}`), el('span.dim', {}, ` · mongocd explain ${item.code}`)));
  out.push(...sources(item.origin && !item.from?.length ? [{ place: item.origin }] : (item.from ?? [])));
  const changes = item.changes ?? [];
  out.push(...changes.slice(0, most).map((c) => change(data, c, look)));
  if (changes.length > most) {
    const more = el('button.fold', { type: 'button', click: () => more.replaceWith(...changes.slice(most).map((c) => change(data, c, look))) }, `… ${changes.length - most} more changes`);
    out.push(more);
  }
  out.push(...documents(data, item));
  return out;
}

/** change is one place that differs. */
function change(data: Data, c: Change, look: Look): HTMLElement {
  const part = el('section.change', {}, (c.path || c.note) && el('h3', {}, el('code', {}, c.path), c.note && el('span.dim', {}, ` ${c.note}`)));
  if (c.unknown) part.append(el('p', {}, `Not compared: the secret ${c.unknown.join(', ')} is not given.`));
  else {
    part.append(compare(...valuesOf(c), [data.before, data.after], look.beside));
    const html = [c.before, c.after].map((text) => (text === undefined ? '' : stringOf(text)));
    if (html.some(isHTML)) {
      const frames = (): Node[] => html.flatMap((text, i) => (text ? [el('figure', {}, el('figcaption', {}, [data.before, data.after][i]), preview(text, `${c.path}, ${[data.before, data.after][i]}, as HTML`))] : []));
      const details = el('details.previews', {}, el('summary', {}, 'Preview of the HTML', el('span.dim', {}, ' without scripts, links and what would be fetched')));
      details.addEventListener('toggle', () => details.childElementCount === 1 && details.append(el('div.frames', {}, ...frames())), { once: true });
      part.append(details);
    }
  }
  part.append(...sources(c.from ?? []));
  return part;
}

function stringOf(text: string): string {
  const v = read(text);
  return v.kind === 'string' ? v.text : '';
}

function sources(from: Source[]): Node[] {
  if (from.length === 0) return [];
  return [el('ul.sources', {}, ...from.map((f) => el('li', {}, el('span.place', {}, f.place), f.text ? el('code', {}, f.text) : undefined)))];
}

function documents(data: Data, item: Item): Node[] {
  const out: Node[] = [];
  for (const [text, side] of [[item.beforeDocument, data.before], [item.afterDocument, data.after]] as const) {
    if (text === undefined) continue;
    const details = el('details.whole', {}, el('summary', {}, /^(index|option|hook)$/.test(item.action) ? 'The whole' : 'The whole document', el('span.dim', {}, ` ${side}`))) as HTMLDetailsElement;
    const fill = (): void => {
      if (details.open && details.childElementCount === 1) details.append(tree(dressed(text, item.words)));
    };
    details.addEventListener('toggle', fill);
    if (!item.changes?.length) {
      details.open = true;
      fill();
    }
    out.push(details);
  }
  return out;
}
