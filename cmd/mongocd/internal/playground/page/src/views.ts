// What is shown of a workspace: the result, the difference, where a document comes from,
// the script. In: answers of the session (views.go); out: elements that hold them as text.

import { el, plural } from '../../../../../../codegen/report/page/dom';
import { reason } from './engine';
import { Input } from './inputs';

/** The answers, by method. */
export interface Answers {
  about: { environments: string[]; weaves: string[] | null; files: string[]; inputs: Input[]; problems?: string };
  text: { text: string; problems?: string };
  result: { collections: { name: string; weave: string; origin: string; count: number; documents: { text: string; name: string }[] }[]; problems?: string };
}

export interface Shown {
  content?: Node[];
  says?: string;
  problems?: string;
}

type Request = <T>(method: string, params?: object) => Promise<T>;
interface Of { environment: string; weave: string; document: string; value(): Promise<{ title: string; text: string } | undefined> }

export interface View {
  name: string;
  show(request: Request, of: Of): Promise<Shown>;
}

const ask = (name: string): void => { document.dispatchEvent(new CustomEvent('explain', { detail: name })); };

/** coloured are the lines of a difference. */
function coloured(text: string): HTMLElement {
  const pre = el('pre.diff');
  for (const line of text.split(/(?<=\n)/)) {
    const sign = /^\s*([-+~!])\s/.exec(line)?.[1];
    pre.append(sign ? el('span.' + { '+': 'plus', '-': 'minus', '~': 'change', '!': 'conflict' }[sign], {}, line) : line);
  }
  return pre;
}

async function result(request: Request, of: Of): Promise<Shown> {
  const { collections, problems } = await request<Answers['result']>('result', { environment: of.environment });
  if (problems !== undefined) return { problems };
  const all = collections.reduce((sum, c) => sum + c.count, 0);
  return {
    says: `${plural(all, 'document')} in ${plural(collections.length, 'collection')} in ${of.environment}`,
    content: collections.map((c) => el('details.collection', { open: '' }, el('summary', {}, el('b', {}, c.name), ` ${plural(c.count, 'document')}, ${c.origin}`),
      ...c.documents.map((d) => el('article', {}, el('button', { type: 'button', title: 'Where it comes from', click: () => ask(d.name) }, d.name), el('pre', {}, d.text))),
      c.count > c.documents.length && el('p', {}, `and ${(c.count - c.documents.length).toLocaleString('en')} more: \`mongocd render\` writes all`))),
  };
}

async function diff(request: Request, of: Of): Promise<Shown> {
  const { text, problems } = await request<Answers['text']>('diff', { environment: of.environment });
  return problems !== undefined ? { problems } : { content: [coloured(text)], says: `What the rules change about the extracted data, for ${of.environment}` };
}

async function explain(request: Request, of: Of): Promise<Shown> {
  const input = el('input', { type: 'text', value: of.document, placeholder: 'COLLECTION[field=value]', 'aria-label': 'Document', change: () => ask(input.value) }) as HTMLInputElement;
  if (of.document === '') return { content: [input], says: 'A click on a document of the result shows where its values come from' };
  try {
    const { text, problems } = await request<Answers['text']>('explain', { environment: of.environment, document: of.document });
    return problems !== undefined ? { content: [input, el('pre.problems', {}, problems)] } : { content: [input, el('pre', {}, text)], says: `Where ${of.document} comes from, for ${of.environment}` };
  } catch (e) {
    return { content: [input, el('pre.problems', {}, reason(e))] };
  }
}

async function value(_: Request, of: Of): Promise<Shown> {
  const hint = 'What the expression at the cursor gives, or the one that is chosen in a weave';
  try {
    const found = await of.value();
    return found ? { content: [el('pre.value', {}, found.text)], says: found.title } : { content: [], says: hint };
  } catch (e) {
    return { content: [el('pre', {}, reason(e))], says: hint };
  }
}

async function script(request: Request, of: Of): Promise<Shown> {
  const { text, problems } = await request<Answers['text']>('script', { environment: of.environment, weave: of.weave });
  if (problems !== undefined) return { problems };
  const save = (): void => {
    const a = el('a', { href: URL.createObjectURL(new Blob([text], { type: 'text/javascript' })), download: 'mongosh.js' }) as HTMLAnchorElement;
    a.click();
    setTimeout(() => URL.revokeObjectURL(a.href), 60_000);
  };
  return {
    says: `${of.environment}/${of.weave}/mongosh.js, ${plural(new TextEncoder().encode(text).length, 'byte')}, as \`mongocd compile\` writes it`,
    content: [el('button', { type: 'button', click: save }, 'Save mongosh.js'), el('pre.script', {}, text)],
  };
}

/** The views, in their order. */
export const views: View[] = [{ name: 'Result', show: result }, { name: 'Diff', show: diff }, { name: 'Explain', show: explain }, { name: 'Value', show: value }, { name: 'Script', show: script }];
