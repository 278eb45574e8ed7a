// Which entries are shown, and how they are put together. Pure.

import { Change, Data, Entry, Section } from './data';
import { dressed, line } from './values';

export interface Filter {
  words: string;
  environment: string;
  collection: string;
  actions: Set<string>; // those that are not shown
  group: boolean; // by change, not by document
}

/** A line of the list. What environments and databases have in common is one. */
export type Line =
  | { kind: 'section'; title: string; facts: string[]; entries: Entry[][] }
  | { kind: 'entry'; entry: Entry; also: Entry[] } // the same in other places
  | { kind: 'group'; change: Change; entries: Entry[]; documents: number; around?: boolean }; // other text stands around it in some of them

export const entriesOf = (data: Data): Entry[] =>
  data.runs.flatMap((run) => {
    const times = new Map<string, number>();
    for (const { collection = '' } of run.sections) times.set(collection, (times.get(collection) ?? 0) + 1);
    return run.sections.flatMap((section) => section.items.map((item) => ({ item, section, run, several: times.get(section.collection ?? '')! > 1 })));
  });

/** What the name of a collection begins with that is meant in any database. */
export const anywhere = '*.';

/** isOf reports whether a section is what a filter names. */
export const isOf = (s: Section, name: string): boolean => (name.startsWith(anywhere) ? s.collection === name.slice(anywhere.length) : s.name === name);

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
      (!f.collection || isOf(e.section, f.collection)) &&
      !f.actions.has(e.item.action) &&
      (!f.words.trim() || matches(e, f.words.trim())),
  );
}

/** once puts entries together of which the same is said, in several environments or databases. */
function once(entries: Entry[]): Entry[][] {
  const found = new Map<Entry | string, Entry[]>();
  for (const e of entries) {
    const key = e.item.same === undefined ? e : `${e.run.weave}\0${e.section.collection}\0${e.item.same}`;
    const of = found.get(key);
    if (of) of.push(e);
    else found.set(key, [e]);
  }
  return [...found.values()];
}

/** linesOf puts entries below what they are of; with group, like changes together. */
export function linesOf(entries: Entry[], group: boolean): Line[] {
  const all = once(entries);
  if (!group) return sectionsOf(all);
  const groups = new Map<string, Extract<Line, { kind: 'group' }>>();
  const rest: Entry[][] = [];
  for (const of of all) {
    const { item, section } = of[0]!;
    if (!item.changes?.length || !/^(update|unknown)$/.test(item.action)) rest.push(of);
    else
      for (const change of item.changes) {
        const shown = (text: string | undefined): string | undefined => (text === undefined || !change.words ? text : line(dressed(text, change.words))); // an _id may be another one in each database
        const key = JSON.stringify([section.collection, change.path, change.note, ...(change.edit ? [change.edit] : [shown(change.before), shown(change.after), change.unknown])]);
        const found = groups.get(key);
        if (found) {
          found.entries.push(...of);
          found.around ||= change.before !== found.change.before || change.after !== found.change.after;
        } else groups.set(key, { kind: 'group', change, entries: [...of], documents: 0 });
      }
  }
  for (const g of groups.values()) g.documents = new Set(g.entries.map((e) => e.item.name)).size;
  const sorted = [...groups.values()].sort((a, b) => b.entries.length - a.entries.length);
  return [...sectionsOf(rest), ...(sorted.length ? [{ kind: 'section' as const, title: 'Changes of documents, alike ones together', facts: [], entries: [] }] : []), ...sorted];
}

/** sectionsOf are entries below headings, which say of what and where they are: what most environments have in common first. */
function sectionsOf(all: Entry[][]): Line[] {
  type Head = Extract<Line, { kind: 'section' }>;
  const sets = new Map<string, Map<string, Map<string, Head>>>(); // of environments, collections, places
  const within = <T>(map: Map<string, Map<string, T>>, key: string): Map<string, T> => map.get(key) ?? map.set(key, new Map()).get(key)!;
  for (const of of all) {
    const { section, run } = of[0]!;
    const heads = within(within(sets, environmentsOf(of).join('\0')), `${run.weave}\0${section.collection ?? section.name}`);
    const title = placesOf(of);
    const head = heads.get(title) ?? { kind: 'section', title, facts: of.length === 1 ? (section.facts ?? []) : [], entries: [] };
    heads.set(title, head);
    head.entries.push(of);
  }
  const most = (a: Head, b: Head): number => b.entries[0]!.length - a.entries[0]!.length;
  return [...sets]
    .sort(([a], [b]) => b.split('\0').length - a.split('\0').length)
    .flatMap(([, collections]) => [...collections.values()].flatMap((heads) => [...heads.values()].sort(most)))
    .flatMap((head): Line[] => [head, ...head.entries.map(([entry, ...also]) => ({ kind: 'entry' as const, entry: entry!, also }))]);
}

export const titleOf = (e: Entry): string => [e.section.name || e.run.weave, e.run.environment].filter(Boolean).join(' · ');

const most = 4; // names of one kind that are said

const some = (names: string[]): string => names.slice(0, most).join(', ') + (names.length > most ? ` and ${names.length - most} more` : '');

/** environmentsOf are those of entries, in order. */
const environmentsOf = (entries: Entry[]): string[] => [...new Set(entries.map((e) => e.run.environment))];

/** placesOf says where entries of a collection are: in which databases, where an environment has several, and environments. */
export function placesOf(entries: Entry[]): string {
  const names = [...new Set(entries.map((e) => e.section.name))];
  let where = names[0] || entries[0]!.run.weave;
  if (names.length > 1) {
    const [collections, databases] = [new Set<string>(), new Set<string>()];
    for (const { section, several } of entries) {
      collections.add(section.collection ?? section.name);
      if (several) databases.add(section.name.slice(0, -1 - (section.collection ?? '').length));
    }
    where = some([...collections]) + (databases.size ? ` in ${some([...databases])}` : '');
  }
  return [where, some(environmentsOf(entries))].filter(Boolean).join(' · ');
}
