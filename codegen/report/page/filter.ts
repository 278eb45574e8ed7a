// Which entries are shown, and how they are put together. Pure.

import { Change, Data, Entry } from './data';

export interface Filter {
  words: string;
  environment: string;
  collection: string;
  actions: Set<string>; // those that are not shown
  group: boolean; // by change, not by document
}

/** A line of the list. */
export type Line =
  | { kind: 'section'; title: string; facts: string[]; entries: Entry[] }
  | { kind: 'entry'; entry: Entry }
  | { kind: 'group'; change: Change; entries: Entry[]; around?: boolean }; // other text stands around it in some of them

export const entriesOf = (data: Data): Entry[] => data.runs.flatMap((run) => run.sections.flatMap((section) => section.items.map((item) => ({ item, section, run }))));

/** textOf is what an entry is searched by. */
function textOf(e: Entry): string {
  if (e.text === undefined) {
    const { item, section, run } = e;
    const parts = [item.name, item.action, section.name, run.environment, run.weave, item.origin, item.code, ...(item.says ?? []), item.beforeDocument, item.afterDocument, ...(item.words ?? []).map((w) => w.text)];
    for (const c of item.changes ?? []) parts.push(c.path, c.note, c.before, c.after, ...(c.unknown ?? []), ...(c.words ?? []).map((w) => w.text), ...(c.from ?? []).flatMap((f) => [f.place, f.text]));
    for (const f of item.from ?? []) parts.push(f.place, f.text);
    e.text = parts.filter(Boolean).join('\n').replace(/\\(u[0-9a-f]{4}|["\\/bfnrt])/g, (m) => JSON.parse(`"${m}"`)).toLowerCase();
  }
  return e.text;
}

/** matches: every word is in the entry; `path:vat` in the path of a change, `rule:shop.weave` in a place. */
export function matches(e: Entry, words: string): boolean {
  return words.toLowerCase().split(/\s+/).every((w) => {
    if (w.startsWith('path:')) return (e.item.changes ?? []).some((c) => c.path.toLowerCase().includes(w.slice(5)));
    if (w.startsWith('rule:')) return [e.item.origin, ...[...(e.item.from ?? []), ...(e.item.changes ?? []).flatMap((c) => c.from ?? [])].map((f) => f.place)].some((p) => p?.toLowerCase().includes(w.slice(5)));
    return textOf(e).includes(w);
  });
}

export function chosen(entries: Entry[], f: Filter): Entry[] {
  return entries.filter(
    (e) =>
      (!f.environment || e.run.environment === f.environment) &&
      (!f.collection || e.section.name === f.collection) &&
      !f.actions.has(e.item.action) &&
      (!f.words.trim() || matches(e, f.words.trim())),
  );
}

/** linesOf puts entries below their sections; with group, like changes together. */
export function linesOf(entries: Entry[], group: boolean): Line[] {
  const out: Line[] = [];
  if (!group) {
    let last: Entry | undefined;
    let head: Extract<Line, { kind: 'section' }> | undefined;
    for (const entry of entries) {
      if (!head || last?.section !== entry.section) {
        head = { kind: 'section', title: titleOf(entry), facts: entry.section.facts ?? [], entries: [] };
        out.push(head);
      }
      head.entries.push(entry);
      out.push({ kind: 'entry', entry });
      last = entry;
    }
    return out;
  }
  const groups = new Map<string, Extract<Line, { kind: 'group' }>>();
  const rest: Entry[] = [];
  for (const entry of entries) {
    if (!entry.item.changes?.length || !/^(update|unknown)$/.test(entry.item.action)) rest.push(entry);
    else
      for (const change of entry.item.changes) {
        const key = JSON.stringify([entry.section.name, change.path, change.note, ...(change.edit ? [change.edit] : [change.before, change.after, change.unknown])]);
        const found = groups.get(key);
        if (found) {
          found.entries.push(entry);
          found.around ||= change.before !== found.change.before || change.after !== found.change.after;
        } else groups.set(key, { kind: 'group', change, entries: [entry] });
      }
  }
  const sorted = [...groups.values()].sort((a, b) => b.entries.length - a.entries.length);
  return [...linesOf(rest, false), ...(sorted.length ? [{ kind: 'section' as const, title: 'Changes of documents, alike ones together', facts: [], entries: [] }] : []), ...sorted];
}

export const titleOf = (e: Entry): string => [e.section.name || e.run.weave, e.run.environment].filter(Boolean).join(' · ');

/** environments that entries are of, in order. */
export const environmentsOf = (entries: Entry[]): string[] => [...new Set(entries.map((e) => e.run.environment))];
