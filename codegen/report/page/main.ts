// The page: reads its data, and puts overview, list and detail together.
//
// What is chosen stands behind the # of the address, so that a place can be named.

import { Data, Entry } from './data';
import { detail } from './detail';
import { byId, el, plural } from './dom';
import { chosen, entriesOf, Filter, Line, linesOf } from './filter';
import { List } from './list';
import { overview } from './overview';

const data = JSON.parse(byId('data').textContent!) as Data;
const entries = entriesOf(data);
const filter: Filter = { words: '', environment: '', collection: '', actions: new Set(), group: false };
let beside = false;
let lines: Line[] = [];
let shown: Entry[] = [];

const side = el('nav.overview', { 'aria-label': 'Environments and collections' });
const pane = el('main.detail', { tabindex: '-1', 'aria-label': 'The change', id: 'detail' });
const status = el('p.status', { role: 'status', 'aria-live': 'polite', id: 'status' });
const list = new List((line) => pane.replaceChildren(...detail(data, line, { beside, open })));
const search = el('input', { type: 'search', id: 'search', placeholder: 'Search   path:vat   rule:shop.weave   ( / )', 'aria-label': 'Search', input: () => later() }) as HTMLInputElement;
const help = el('dialog', { id: 'help' });

/** open shows one document, without the grouping. */
function open(e: Entry): void {
  filter.group = false;
  apply();
  list.select(lines.findIndex((l) => l.kind === 'entry' && [l.entry, ...l.also].includes(e)));
  list.element.focus();
}

let timer = 0;
function later(): void {
  clearTimeout(timer);
  timer = window.setTimeout(() => {
    if (filter.words === search.value) return; // Enter was faster, and something may be selected since
    filter.words = search.value;
    apply();
  }, 120);
}

function apply(): void {
  shown = chosen(entries, filter);
  lines = linesOf(shown, filter.group);
  side.replaceChildren(overview(data, entries, filter, (environment, collection) => {
    Object.assign(filter, { environment, collection });
    apply();
  }));
  buttons();
  list.show(lines);
  status.textContent = shown.length === entries.length ? plural(entries.length, 'change') : `${shown.length.toLocaleString('en')} of ${plural(entries.length, 'change')}`;
  remember();
}

/** Buttons that are on or off. */
const toggles: [string, string, () => boolean, () => void][] = [
  ['group', 'Alike together (g)', () => filter.group, () => { filter.group = !filter.group; apply(); }],
  ['beside', 'Side by side (s)', () => beside, () => { beside = !beside; buttons(); remember(); list.select(list.selected); }],
  ['theme', 'Dark or light (t)', () => false, () => theme()],
  ['keys', 'Keys (?)', () => false, () => help instanceof HTMLDialogElement && help.showModal()],
];
const toolbar = el('div.toggles', { role: 'toolbar', 'aria-label': 'How it is shown' }, ...toggles.map(([id, label, , click]) => el('button', { type: 'button', id, click }, label)));
const actions = el('div.actions', { role: 'group', 'aria-label': 'Kinds of change' });

function buttons(): void {
  for (const [id, , on] of toggles) if (id === 'group' || id === 'beside') byId(id).setAttribute('aria-pressed', String(on()));
  for (const b of actions.children) b.setAttribute('aria-pressed', String(!filter.actions.has((b as HTMLElement).dataset.action!)));
}

function theme(): void {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.theme = dark ? 'light' : 'dark';
}

/** The address. */
function remember(): void {
  const p = new URLSearchParams();
  if (filter.words) p.set('q', filter.words);
  if (filter.environment) p.set('env', filter.environment);
  if (filter.collection) p.set('in', filter.collection);
  if (filter.actions.size) p.set('without', [...filter.actions].join(' '));
  if (filter.group) p.set('group', '1');
  if (beside) p.set('beside', '1');
  try {
    history.replaceState(null, '', `#${p}`);
  } catch {
    // an address that may not change: all else works
  }
}

function recall(): void {
  const p = new URLSearchParams(location.hash.slice(1));
  Object.assign(filter, { words: p.get('q') ?? '', environment: p.get('env') ?? '', collection: p.get('in') ?? '', group: p.has('group') });
  filter.actions = new Set((p.get('without') ?? '').split(' ').filter(Boolean));
  beside = p.has('beside');
  search.value = filter.words;
}

const keys: [string, string, () => void][] = [
  ['ArrowDown j', 'the next change', () => list.move(1)],
  ['ArrowUp k', 'the one before', () => list.move(-1)],
  ['PageDown', 'ten further', () => list.move(10)],
  ['PageUp', 'ten back', () => list.move(-10)],
  ['Home', 'the first', () => list.move(-Infinity)],
  ['End', 'the last', () => list.move(Infinity)],
  ['Enter l ArrowRight', 'into the change', () => pane.focus()],
  ['Escape h ArrowLeft', 'back to the list', () => list.element.focus()],
  ['/', 'search', () => search.focus()],
  ['g', 'alike changes together', () => byId('group').click()],
  ['s', 'side by side', () => byId('beside').click()],
  ['t', 'dark or light', () => theme()],
  ['?', 'these keys', () => byId('keys').click()],
];

document.addEventListener('keydown', (e) => {
  if (e.ctrlKey || e.metaKey || e.altKey || (help as HTMLDialogElement).open) return;
  const at = e.target as HTMLElement;
  if (at === search) {
    if (e.key !== 'Escape' && e.key !== 'Enter' && e.key !== 'ArrowDown') return;
    filter.words = search.value;
    if (e.key === 'Enter') apply();
    list.element.focus();
    e.preventDefault();
    return;
  }
  // Within the detail, what scrolls and opens there is left to the browser.
  if (pane.contains(at) && /^(Arrow(Up|Down)|Page|Home|End|Enter)/.test(e.key)) return;
  if (at.matches('button, summary, a') && e.key === 'Enter') return;
  const key = keys.find(([names]) => names.split(' ').includes(e.key));
  if (!key) return;
  key[2]();
  e.preventDefault();
});

/** What is printed are all changes that are chosen, in full, up to a number; what several places have in common once. */
const printed = 300;
const paper = el('div.paper', { id: 'paper' });
window.addEventListener('beforeprint', () => {
  const all = linesOf(shown, false).filter((l) => l.kind === 'entry');
  paper.replaceChildren(...all.slice(0, printed).map((l) => el('article', {}, ...detail(data, l, { beside, open }))));
  if (all.length > printed) paper.append(el('p', {}, `… and ${plural(all.length - printed, 'more change')}: filter what is to be printed`));
});
window.addEventListener('afterprint', () => paper.replaceChildren());

function start(): void {
  for (const action of new Set(entries.map((e) => e.item.action)))
    actions.append(el('button', { type: 'button', 'data-action': action, click: () => {
      filter.actions.has(action) ? filter.actions.delete(action) : filter.actions.add(action);
      apply();
    } }, action));
  help.append(el('h2', {}, 'Keys'), el('dl', {}, ...keys.flatMap(([names, what]) => [el('dt', {}, ...names.split(' ').flatMap((n) => [el('kbd', {}, n.replace(/^Arrow/, '')), ' '])), el('dd', {}, what)])), el('button', { type: 'button', click: () => help instanceof HTMLDialogElement && help.close() }, 'Close'));
  const facts = data.runs.flatMap((r) => (r.facts ?? []).map((f) => el('li', {}, data.runs.length > 1 ? el('b', {}, `${[r.weave, r.environment].filter(Boolean).join(', ')}: `) : undefined, f)));
  const about = facts.length ? el('details.facts', {}, el('summary', {}, 'About this report'), el('ul', {}, ...facts)) : undefined;
  const app = byId('app');
  app.append(el('header', {}, el('h1', {}, data.title), el('div.controls', {}, search, toolbar), el('div.controls', {}, status, actions, about)), side, list.element, pane, help);
  document.body.append(paper);
  byId('static').remove();
  app.hidden = false;
  recall();
  apply();
  list.element.focus();
  window.addEventListener('hashchange', () => {
    recall();
    apply();
  });
}

start();
