// The list: as many lines as there are, as many elements as are seen. Every line
// has the same height, so that what is to be seen follows from how far it is
// scrolled; what a line says of its values is written as long as a frame has time,
// and in the next one else.

import { Change, Entry } from './data';
import { el, plural } from './dom';
import { Line, placesOf } from './filter';
import { dressed, line, Sides, sides, valuesOf } from './values';

const height = 46; // px, as in page.css
const spare = 8; // lines beyond what is seen
const budget = 6; // ms of a frame for what lines say of their values

export class List {
  readonly element = el('div.list', { role: 'listbox', tabindex: '0', 'aria-label': 'Changes', id: 'list' });
  private readonly inner = el('div.inner', { role: 'presentation' });
  private lines: Line[] = [];
  private drawn = new Map<number, HTMLElement>();
  private blank: [HTMLElement, () => HTMLElement][] = []; // what is still to be written in drawn lines
  private waiting = false;
  private seen = 0; // px of the list that are seen
  selected = -1;

  constructor(private readonly chosen: (line: Line | undefined) => void) {
    this.element.append(this.inner);
    this.element.addEventListener('scroll', () => this.later());
    this.inner.addEventListener('click', (e) => {
      const line = (e.target as HTMLElement).closest('.line[id]');
      if (line) this.select(Number(line.id.slice('line-'.length)));
    });
    new ResizeObserver(([list]) => {
      this.seen = list!.contentRect.height;
      this.later();
    }).observe(this.element);
  }

  show(lines: Line[]): void {
    this.lines = lines;
    this.inner.style.height = `${lines.length * height}px`;
    this.inner.replaceChildren();
    this.drawn.clear();
    this.element.scrollTop = 0;
    this.selected = -1;
    this.draw();
    this.select(lines.findIndex((l) => l.kind !== 'section'));
  }

  /** select a line and bring it into sight. */
  select(at: number): void {
    if (at >= 0 && at < this.lines.length) {
      this.mark(this.selected, false);
      this.selected = at;
      const top = at * height;
      const { scrollTop } = this.element;
      const above = this.lines[at - 1]?.kind === 'section' ? height : 0; // its heading with it
      if (top - above < scrollTop) this.element.scrollTop = top - above;
      else if (top + height > scrollTop + this.seen) this.element.scrollTop = top + height - this.seen;
      this.draw();
      this.mark(at, true);
      this.element.setAttribute('aria-activedescendant', `line-${at}`);
    }
    this.chosen(this.lines[this.selected]);
  }

  /** move the selection by so many lines, over headings. */
  move(by: number): void {
    let at = Math.max(-1, Math.min(this.lines.length, this.selected + by));
    const step = by < 0 ? -1 : 1;
    while (this.lines[at]?.kind === 'section') at += step;
    if (!this.lines[at]) {
      at = step > 0 ? this.lines.length - 1 : this.lines.findIndex((l) => l.kind !== 'section');
    }
    if (at !== this.selected) this.select(at);
  }

  private mark(at: number, on: boolean): void {
    this.drawn.get(at)?.setAttribute('aria-selected', String(on));
  }

  private later(): void {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      this.draw();
    });
  }

  private draw(): void {
    const { scrollTop } = this.element;
    this.seen ||= this.element.clientHeight; // nobody has said yet
    const first = Math.max(0, Math.floor(scrollTop / height) - spare);
    const last = Math.min(this.lines.length - 1, Math.ceil((scrollTop + this.seen) / height) + spare);
    for (const [at, e] of this.drawn)
      if (at < first || at > last) {
        e.remove();
        this.drawn.delete(at);
      }
    const more = document.createDocumentFragment();
    for (let at = first; at <= last; at++)
      if (!this.drawn.has(at)) {
        const e = this.line(this.lines[at]!, at);
        e.style.top = `${at * height}px`;
        this.drawn.set(at, e);
        more.append(e);
      }
    this.fill();
    this.inner.append(more);
  }

  /** fill writes what is blank; what there is no time for is for the next frame. */
  private fill(): void {
    const began = performance.now();
    this.blank = this.blank.filter(([e]) => this.drawn.get(Number(e.id.slice('line-'.length))) === e);
    for (let next = this.blank.shift(); next; next = this.blank.shift()) {
      next[0].append(next[1]());
      if (performance.now() - began > budget) break;
    }
    if (this.blank.length) this.later();
  }

  private line(l: Line, at: number): HTMLElement {
    if (l.kind === 'section')
      return el('div.line.section', { role: 'presentation' }, el('div.name', {}, l.title), el('div.summary', {}, ...[l.entries.length ? plural(l.entries.length, 'entry').replace(/entrys$/, 'entries') : '', ...l.facts].filter(Boolean).join(' · ')));
    const attributes = { role: 'option', id: `line-${at}`, 'aria-selected': String(at === this.selected), 'aria-posinset': String(at + 1), 'aria-setsize': String(this.lines.length) };
    const said = (e: HTMLElement, says: () => HTMLElement): HTMLElement => {
      this.blank.push([e, says]);
      return e;
    };
    if (l.kind === 'group')
      return said(el('div.line.update', attributes, el('span.sign', {}, '~'), el('div.name', {}, plural(l.documents, 'document'), el('span.dim', {}, ` ${placesOf(l.entries)}`))), () => summary(l.change, 0));
    const { item } = l.entry;
    const changes = item.changes ?? [];
    return said(el(`div.line.${item.action}`, attributes, el('span.sign', { title: item.action }, item.sign), el('div.name', {}, item.name)), () => (changes[0] ? summary(changes[0], changes.length - 1) : whole(item)));
  }
}

/** whole is a document that comes or goes, or what is said where there is none. */
function whole(item: Entry['item']): HTMLElement {
  const text = item.afterDocument ?? item.beforeDocument;
  if (text === undefined) return el('div.summary.dim', {}, item.says?.[0]?.split('\n')[0] || item.origin || item.action);
  return el('div.summary', {}, el(item.afterDocument ? 'span.plus' : 'span.minus', {}, start(text, item)));
}

const differences = new WeakMap<Change, Sides>();

/** difference is where the sides of a change differ. */
function difference(c: Change): Sides {
  let out = differences.get(c);
  if (!out) differences.set(c, (out = sides(...valuesOf(c))));
  return out;
}

const starts = new WeakMap<Entry['item'], string>();

/** start is the start of a document as it is on one line. */
function start(text: string, item: Entry['item']): string {
  let out = starts.get(item);
  if (out === undefined) starts.set(item, (out = line(dressed(text, item.words)).slice(0, 200)));
  return out;
}

function summary(c: Change, more: number): HTMLElement {
  const path = `${c.before === undefined && c.after !== undefined ? '+ ' : c.after === undefined && c.before !== undefined ? '− ' : ''}${c.path ? `${c.path.length > 34 ? `…${c.path.slice(-32)}` : c.path}: ` : ''}`;
  const rest = more > 0 ? el('span.dim', {}, `  and ${more} more`) : undefined;
  if (c.unknown) return el('div.summary', {}, `${path}not compared: ${c.unknown.join(', ')} not given`, rest);
  const { start, before, after, end } = difference(c);
  const gone = c.before !== undefined && before && el(after || c.after === undefined ? 'span.minus' : 'del.minus', {}, before);
  const come = c.after !== undefined && after && el(before || c.before === undefined ? 'span.plus' : 'ins.plus', {}, after);
  return el('div.summary', {}, path, start, gone, gone && come && ' → ', come, end, c.note ? el('span.dim', {}, ` (${c.note})`) : undefined, rest);
}
