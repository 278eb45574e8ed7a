// The page: a workspace on the left, what it comes to on the right. In: an example, the
// workspace on the disk, a dropped folder or archive, or what stands behind # in the
// address; nothing that is shown is ever made markup (dom.ts, editor.ts).

import { LSPClient } from '@codemirror/lsp-client';
import { EditorView } from '@codemirror/view';

import { byId, el, plural } from '../../../../../../codegen/report/page/dom';
import { dropped, folder, zipOf } from './drop';
import { valueAt } from './actions';
import { connect, data, uri, weave } from './editor';
import { here, open, Opening, reason, served, Session, start } from './engine';
import { fields, fragment } from './inputs';
import { Answers, View, views } from './views';

interface Open {
  session: Session;
  client: LSPClient;
  editors: Map<string, EditorView>; // of weaves, by name
  file: string; // that is shown
}

let now: Open | undefined;
let view: View = views[0]!;
let documentName = '';

const select = (label: string, changed: () => void): HTMLSelectElement => el('select', { 'aria-label': label, change: changed }) as HTMLSelectElement;
const examples = select('Example', () => {
  const to = examples.value === ' here' ? '' : 'example=' + encodeURIComponent(examples.value);
  if (examples.value === '') return;
  if (location.hash.slice(1) === to) address();
  else location.hash = to;
});
const environments = select('Environment', () => show());
const weaves = select('Weave', () => show());
const files = el('nav.files', { 'aria-label': 'Files' });
const inputs = el('div.inputs', { role: 'group', 'aria-label': 'Inputs', hidden: '' });
const place = el('section.editor', { 'aria-label': 'Editor' });
const tabs = el('div.tabs', { role: 'tablist' });
const output = el('div.output', { role: 'tabpanel', id: 'output', tabindex: '0' });
const status = el('p.status', { role: 'status', 'aria-live': 'polite', id: 'status' });
const message = el('p.message', { role: 'alert', id: 'message', hidden: '' });

/** say shows what went wrong, or what was done; nothing: no more. */
function say(text: string, wrong = true): void {
  message.textContent = text;
  message.classList.toggle('wrong', wrong);
  message.hidden = text === '';
}

const failed = (e: unknown): void => say(reason(e));

/** load opens a workspace in place of the one that is open, which stays when that fails. */
async function load(what: Opening): Promise<void> {
  say('');
  status.textContent = served ? 'Opening …' : 'Loading the compiler …';
  try {
    const session = await open(what, () => say(served ? '`mongocd playground` was stopped: what was typed is still here; start it again, open the address that it prints, and copy it over' : 'the compiler stopped; load the page again'));
    const client = await connect(session.transport, display);
    now?.editors.forEach((e) => e.destroy());
    now?.session.close();
    if (what.files || what.zip) history.replaceState(null, '', '#');
    now = { session, client, editors: new Map(), file: '' };
    delete inputs.dataset.shape;
    examples.replaceChildren(...(session.opened.here ? [el('option', { value: ' here' }, 'this workspace')] : []), ...session.opened.examples.map((e) => el('option', { value: e }, 'example: ' + e)),
      ...(what.example || what.here ? [] : [el('option', { value: '', selected: '' }, what.link ? 'from the link' : 'what was dropped')]));
    examples.value = what.example ?? (what.here ? ' here' : '');
    const names = session.opened.files!;
    for (const name of names.filter((n) => n.endsWith('.weave') && !n.startsWith('extracted/'))) {
      const { text } = await client.request<unknown, { text: string }>('playground/read', { name });
      now.editors.set(name, weave(client, name, text, typed));
    }
    list(names);
    await edit([...now.editors.keys()][0] ?? names[0] ?? '');
    environments.replaceChildren();
    await show();
  } catch (e) {
    status.textContent = '';
    failed(e);
  }
}

/** list shows the files: weaves, then what was extracted, by collection. */
function list(names: string[]): void {
  const button = (name: string, text: string): HTMLElement => el('button', { type: 'button', 'data-name': name, click: () => { edit(name).catch(failed); } }, text);
  const folders = new Map<string, string[]>();
  for (const name of names.filter((n) => n.startsWith('extracted/'))) {
    const of = name.split('/').slice(0, 3).join('/');
    folders.set(of, [...(folders.get(of) ?? []), name]);
  }
  files.replaceChildren(...[...now!.editors.keys()].map((name) => button(name, name)), ...[...folders].map(([of, inside]) => {
    const d = el('details', {}, el('summary', {}, of.replace(/^extracted\//, '').replace('/', '.')));
    d.addEventListener('toggle', () => { // thousands of files are listed when they are asked for
      if (d.childElementCount === 1) d.append(...inside.map((name) => button(name, name.slice(of.length + 1) || name)));
    });
    return d;
  }), add);
}

const name = el('input', { type: 'text', placeholder: 'new file: more.weave', 'aria-label': 'New file' }) as HTMLInputElement;
const add = el('form', {}, name, el('button', { type: 'submit' }, 'Add'));
add.addEventListener('submit', (e) => { e.preventDefault(); create(name.value.trim()).catch(failed); });

/** create adds a file without a text. */
async function create(file: string): Promise<void> {
  if (!now || file === '') return;
  const { client, editors } = now;
  const { files: known } = await client.request<unknown, Answers['about']>('playground/about', {});
  if (!known.includes(file)) {
    await client.request('playground/write', { name: file, text: '' });
    client.notification('workspace/didChangeWatchedFiles', { changes: [] });
    if (file.endsWith('.weave') && !file.startsWith('extracted/')) editors.set(file, weave(client, file, '', typed));
    list([...known, file].sort());
  }
  name.value = '';
  say('');
  await edit(file);
  await show();
}

/** display shows the editor of a weave that is open. */
function display(address: string): EditorView | null {
  const found = [...(now?.editors ?? [])].find(([name]) => uri(name) === address);
  if (!found) return null;
  place.replaceChildren(found[1].dom);
  mark(found[0]);
  return found[1];
}

function mark(name: string): void {
  now!.file = name;
  for (const b of files.querySelectorAll('button')) b.setAttribute('aria-current', String(b.dataset.name === name));
}

/** edit shows a file. */
async function edit(name: string): Promise<void> {
  if (!now || name === '' || display(uri(name))) return;
  const of = now;
  const { text } = await of.client.request<unknown, { text: string }>('playground/read', { name });
  let timer = 0;
  const e = data(name, text, (changed) => {
    if (!changed) return;
    clearTimeout(timer);
    timer = window.setTimeout(() => {
      of.client.request('playground/write', { name, text: e.state.doc.toString() }).then(() => {
        of.client.notification('workspace/didChangeWatchedFiles', { changes: [] });
        return show();
      }).catch(failed);
    }, 300);
  });
  place.replaceChildren(e.dom);
  mark(name);
}

/** typed: a text was changed, or the cursor was moved, which one view is about. */
function typed(text: boolean): void {
  if (text || view.name === 'Value') later();
}

let timer = 0;
function later(): void {
  clearTimeout(timer);
  timer = window.setTimeout(() => { show(); }, 300);
}

let asked = 0;

/** show shows what the workspace comes to, unless that was asked again meanwhile. */
async function show(): Promise<void> {
  if (!now) return;
  const { client } = now;
  const ask = ++asked;
  const request = <T>(method: string, params: object = {}): Promise<T> => { client.sync(); return client.request<unknown, T>('playground/' + method, params); };
  try {
    const about = await request<Answers['about']>('about');
    if (ask !== asked) return;
    fields(inputs, about.inputs, (inputs) => { client.request('playground/inputs', { inputs }).then(() => { client.notification('workspace/didChangeWatchedFiles', { changes: [] }); return show(); }).catch(failed); });
    choices(environments, about.environments, about.problems !== undefined);
    choices(weaves, about.weaves ?? [], about.problems !== undefined);
    weaves.hidden = view.name !== 'Script';
    const made = about.problems !== undefined ? { problems: about.problems } : await view.show(request, { environment: environments.value, weave: weaves.value, document: documentName, value: value });
    if (ask !== asked) return;
    if (made.problems !== undefined) {
      output.replaceChildren(el('pre.problems', {}, made.problems));
      status.textContent = 'The rules have errors: nothing else is shown until they are right.';
    } else {
      output.replaceChildren(...made.content!);
      status.textContent = made.says ?? '';
    }
  } catch (e) {
    if (ask === asked) failed(e);
  }
}

/** value is what the expression at the cursor gives; nothing where no weave is shown. */
async function value(): Promise<{ title: string; text: string } | undefined> {
  const editor = now?.editors.get(now.file);
  return editor && valueAt(now!.client, editor, environments.value);
}

/** choices fills a list and keeps what is chosen; while texts have errors, it stays as it is. */
function choices(into: HTMLSelectElement, names: string[], keep: boolean): void {
  if (keep) return;
  const chosen = into.value;
  into.replaceChildren(...names.map((n) => el('option', { value: n }, n)));
  into.value = names.includes(chosen) ? chosen : names[0] ?? '';
}

function choose(v: View): void {
  view = v;
  for (const t of tabs.children) t.setAttribute('aria-selected', String(t.textContent === v.name));
  show();
}

/** explain shows where a document comes from. */
export function explain(name: string): void {
  documentName = name;
  choose(views.find((v) => v.name === 'Explain')!);
}

/** link puts the workspace into the address. */
async function link(): Promise<void> {
  if (!now) return;
  try {
    now.client.sync();
    const { text } = await now.client.request<unknown, { text: string }>('playground/link', {});
    history.replaceState(null, '', '#w=' + text);
    await navigator.clipboard.writeText(location.href);
    say(`The link is in the clipboard: ${plural(location.href.length, 'character')}. It holds the whole workspace, data included; nothing was sent.`, false);
  } catch (e) {
    failed(e);
  }
}

/** address opens what stands behind #. */
function address(): void {
  const { what, of, inputs } = fragment(location.hash);
  if (what === 'w') load({ link: of, inputs });
  else if (what === 'example') load({ example: decodeURIComponent(of), inputs });
  else load({ ...(here ? { here: true } : { example: 'planets' }), inputs });
}

const file = (attributes: Record<string, string>, take: (list: FileList) => Promise<Opening>): HTMLInputElement => {
  const input = el('input', { type: 'file', hidden: '', ...attributes, change: () => { take(input.files!).then(load).catch(failed); } }) as HTMLInputElement;
  return input;
};
const pickFolder = file({ webkitdirectory: '' }, folder);
const pickZip = file({ accept: '.zip' }, (l) => zipOf(l[0]!));

byId('page').replaceChildren(
  el('header', {}, el('h1', {}, 'mongocd playground'), examples,
    el('button', { type: 'button', click: () => pickFolder.click() }, 'Open folder …'), el('button', { type: 'button', click: () => pickZip.click() }, 'Open zip …'), pickFolder, pickZip,
    el('button', { type: 'button', id: 'link', click: () => { link(); } }, 'Copy link'),
    el('a', { href: 'licences.txt' }, 'licences')),
  message,
  el('main', {}, files, place, el('section.results', { 'aria-label': 'Result' }, el('div.bar', {}, tabs, environments, weaves), inputs, status, output)),
);
tabs.replaceChildren(...views.map((v) => el('button', { type: 'button', role: 'tab', 'aria-selected': String(v === view), click: () => choose(v) }, v.name)));
document.addEventListener('dragover', (e) => { e.preventDefault(); document.body.classList.add('over'); });
document.addEventListener('dragleave', () => document.body.classList.remove('over'));
document.addEventListener('drop', (e) => {
  e.preventDefault();
  document.body.classList.remove('over');
  dropped(e.dataTransfer!).then(load).catch(failed);
});
document.addEventListener('explain', (e) => explain((e as CustomEvent<string>).detail));
window.addEventListener('hashchange', address);
start();
address();
