// Two values -> a table of lines that shows what differs: in one column or side
// by side, words marked within lines, what is equal folded.

import { diff, Step, words } from './diff';
import { el, plural } from './dom';
import { lines, typeName, Value } from './values';

/** A line of the table: on the left, on the right, or on both. */
interface Row {
  left?: Node;
  right?: Node;
  same?: string;
}

const around = 3; // equal lines that are shown beside a difference
const longest = 240; // characters of equal text within a line that are shown

/** compare is the table. */
export function compare(before: Value | undefined, after: Value | undefined, names: [string, string], beside: boolean): HTMLElement {
  const [a, b] = [before, after].map((v) => (v ? lines(v) : [])) as [string[], string[]];
  if (before && after && a.join('\n') === b.join('\n')) {
    const [x, y] = [typeName(before), typeName(after)];
    if (x !== y) [a[a.length - 1], b[b.length - 1]] = [`${a[a.length - 1]}  (${x})`, `${b[b.length - 1]}  (${y})`];
  }
  const all = rowsOf(diff(a, b));
  const rows = all.every((r) => r.same !== undefined) && all.length < 50 ? all : fold(all, beside);
  const body = el('tbody');
  for (const row of rows) body.append(...(row instanceof Node ? [row] : beside ? besideRow(row) : inlineRows(row)));
  const head = beside
    ? el('tr', {}, el('th', { colspan: '2', scope: 'col' }, names[0]), el('th', { colspan: '2', scope: 'col' }, names[1]))
    : el('tr', {}, el('th', { colspan: '2', scope: 'col' }, el('span.minus', {}, `− ${names[0]}`), ' ', el('span.plus', {}, `+ ${names[1]}`)));
  const columns = el('colgroup', {}, ...(beside ? ['narrow', 'wide', 'narrow', 'wide'] : ['narrow', 'wide']).map((c) => el(`col.${c}`)));
  return el(`table.compare${beside ? '.beside' : ''}`, {}, columns, el('thead', {}, head), body);
}

/** rowsOf pairs lines that go with lines that come. */
function rowsOf(steps: Step[]): Row[] {
  const out: Row[] = [];
  for (let i = 0; i < steps.length; i++) {
    const s = steps[i]!;
    const other = steps[i + 1];
    if (s.kind === '=') for (const same of s.texts) out.push({ same });
    else if (other && other.kind !== '=') {
      const [gone, come] = s.kind === '-' ? [s.texts, other.texts] : [other.texts, s.texts];
      for (let k = 0; k < Math.max(gone.length, come.length); k++) {
        const [left, right] = marked(gone[k], come[k]);
        out.push({ left, right });
      }
      i++;
    } else for (const t of s.texts) out.push(s.kind === '-' ? { left: marked(t, undefined)[0] } : { right: marked(undefined, t)[1] });
  }
  return out;
}

/** marked are two lines with their differences marked. */
function marked(a: string | undefined, b: string | undefined): [Node | undefined, Node | undefined] {
  if (a === undefined || b === undefined) return [a === undefined ? undefined : long(a), b === undefined ? undefined : long(b)];
  const [left, right] = [document.createDocumentFragment(), document.createDocumentFragment()];
  const steps = diff(words(a), words(b));
  const equal = steps.filter((s) => s.kind === '=').reduce((n, s) => n + s.texts.join('').length, 0);
  if (equal * 4 < Math.min(a.length, b.length)) return [long(a), long(b)]; // two other texts: marks would only confuse
  for (const s of steps) {
    const text = s.texts.join('');
    if (s.kind !== '+') left.append(s.kind === '=' ? long(text) : el('del', {}, text));
    if (s.kind !== '-') right.append(s.kind === '=' ? long(text) : el('ins', {}, text));
  }
  return [left, right];
}

/** long is a text whose middle is shown on demand. */
function long(text: string, ends = longest): Node {
  if (text.length <= 2 * ends + 20) return document.createTextNode(text);
  const middle = text.slice(ends, -ends);
  const show = el('button.fold', { type: 'button', click: () => show.replaceWith(middle) }, `… ${plural(middle.length, 'character')} …`);
  const out = document.createDocumentFragment();
  out.append(text.slice(0, ends), show, text.slice(-ends));
  return out;
}

/** fold replaces equal lines away from differences by one that shows them. */
function fold(rows: Row[], beside: boolean): (Row | Node)[] {
  const out: (Row | Node)[] = [];
  for (let i = 0; i < rows.length; ) {
    let end = i;
    while (end < rows.length && rows[end]!.same !== undefined) end++;
    const from = i === 0 ? i : i + around;
    const to = end === rows.length ? end : end - around;
    if (to - from > 2) {
      out.push(...rows.slice(i, from));
      const hidden = rows.slice(from, to);
      const row = el('tr.folded', {}, el('td', { colspan: beside ? '4' : '2' }, el('button.fold', {
        type: 'button',
        click: () => row.replaceWith(...hidden.flatMap((r) => (beside ? besideRow(r) : inlineRows(r)))),
      }, `… ${plural(hidden.length, 'equal line')} …`)));
      out.push(row, ...rows.slice(to, end));
    } else out.push(...rows.slice(i, end));
    if (end < rows.length) out.push(rows[end++]!);
    i = end;
  }
  return out;
}

const cell = (kind: string, sign: string, content: Node | string): Node[] => [el(`td.sign${kind}`, {}, sign), el(`td.text${kind}`, {}, content)];

function inlineRows(r: Row): Node[] {
  if (r.same !== undefined) return [el('tr', {}, ...cell('', ' ', long(r.same, longest / 3)))];
  const out: Node[] = [];
  if (r.left) out.push(el('tr', {}, ...cell('.minus', '−', r.left)));
  if (r.right) out.push(el('tr', {}, ...cell('.plus', '+', r.right)));
  return out;
}

function besideRow(r: Row): Node[] {
  if (r.same !== undefined) return [el('tr', {}, ...cell('', ' ', long(r.same, longest / 3)), ...cell('', ' ', long(r.same, longest / 3)))];
  return [el('tr', {}, ...(r.left ? cell('.minus', '−', r.left) : cell('.none', '', '')), ...(r.right ? cell('.plus', '+', r.right) : cell('.none', '', '')))];
}
