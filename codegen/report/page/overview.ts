// Environments and collections with what changes in them: what is shown is chosen
// here. A collection that many databases of an environment have is one row.

import { Data, Entry, Section } from './data';
import { el } from './dom';
import { anywhere, isOf } from './filter';

const apart = 3; // databases that have a collection and are named one by one

export function overview(data: Data, entries: Entry[], chosen: { environment: string; collection: string }, choose: (environment: string, collection: string) => void): Node {
  const body = el('div.tree-of-runs', {}, row('Everything', entries, !chosen.environment && !chosen.collection, 'all', () => choose('', '')));
  const environments = [...new Set(data.runs.map((r) => r.environment))];
  for (const environment of environments) {
    const runs = data.runs.filter((r) => r.environment === environment);
    const of = entries.filter((e) => e.run.environment === environment);
    if (environment) body.append(row(environment, of, chosen.environment === environment && !chosen.collection, 'environment', () => choose(environment, ''), runs.map((r) => r.outcome).filter((o, i, all) => all.indexOf(o) === i).join(', ')));
    const sections = runs.flatMap((r) => r.sections).filter((s) => s.name);
    const databases = new Map<string, Set<string>>(); // of a collection, with the names that it has there
    for (const s of sections) databases.set(s.collection ?? s.name, (databases.get(s.collection ?? s.name) ?? new Set()).add(s.name));
    const several = (s: Section): boolean => s.collection !== undefined && databases.get(s.collection)!.size > apart;
    for (const name of new Set(sections.map((s) => (several(s) ? anywhere + s.collection : s.name)))) {
      const inside = of.filter((e) => isOf(e.section, name));
      const where = name.startsWith(anywhere) ? `in ${databases.get(name.slice(anywhere.length))!.size} databases` : '';
      body.append(row(where ? name.slice(anywhere.length) : name, inside, chosen.environment === environment && chosen.collection === name, 'collection', () => choose(environment, name), where));
    }
  }
  return body;
}

function row(name: string, entries: Entry[], on: boolean, kind: string, click: () => void, outcome = ''): HTMLElement {
  const counts = new Map<string, number>();
  for (const e of entries) counts.set(e.item.sign, (counts.get(e.item.sign) ?? 0) + 1);
  const order = '!+~-?=·';
  const shown = [...counts].sort((a, b) => order.indexOf(a[0]) - order.indexOf(b[0])).map(([sign, n]) => el('span.count', { 'data-sign': sign }, `${sign}${n}`));
  return el(`button.row.${kind}`, { type: 'button', 'aria-pressed': String(on), click }, el('span.name', {}, name, outcome ? el('span.dim', {}, ` ${outcome}`) : undefined), el('span.counts', {}, ...(shown.length ? shown : [el('span.dim', {}, '=')])));
}
