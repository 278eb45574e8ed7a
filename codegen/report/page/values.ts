// Canonical Extended JSON -> values as they are shown: the words of
// runtime/change/show.go, on one line or on several.

import { ACTS } from 'acts';

import { Change, Word } from './data';

/** A value: fields in their order, elements, a string, or words for anything else. */
export type Value =
  | { kind: 'document'; fields: [string, Value][] }
  | { kind: 'array'; elements: Value[] }
  | { kind: 'string'; text: string }
  | { kind: 'words'; text: string; type: string };

const known = new Map<string, Value>();

/** read parses a value; what is none is shown as it stands. */
export function read(text: string): Value {
  let value = known.get(text);
  if (!value) {
    try {
      const p = { text, at: 0 };
      value = parse(p);
    } catch {
      value = { kind: 'words', text: clean(text), type: '' };
    }
    if (known.size > 2000) known.clear();
    known.set(text, value);
  }
  return value;
}

/** dressed reads a value and puts words in the places of what they stand for. */
export function dressed(text: string, words: Word[] | undefined): Value {
  let v = read(text);
  for (const w of words ?? []) v = put(v, w, 0);
  return v;
}

/** valuesOf are both sides of a change. */
export const valuesOf = (c: Change): [Value | undefined, Value | undefined] => [c.before, c.after].map((text) => (text === undefined ? undefined : dressed(text, c.words))) as [Value | undefined, Value | undefined];

function put(v: Value, w: Word, depth: number): Value {
  if (depth === w.at.length) return line(v) === line(read(w.of)) ? { kind: 'words', text: w.text, type: typeName(v) } : v;
  const at = w.at[depth]!;
  if (v.kind === 'array') return { kind: 'array', elements: v.elements.map((x, i) => (String(i) === at ? put(x, w, depth + 1) : x)) };
  if (v.kind === 'document') return { kind: 'document', fields: v.fields.map(([n, x]) => [n, n === at ? put(x, w, depth + 1) : x]) };
  return v;
}

interface Parser {
  text: string;
  at: number;
}

const token = /\s*("(?:[^"\\]|\\.)*"|[[\]{}:,]|[^\s[\]{}:,"]+)/y;

function next(p: Parser): string {
  token.lastIndex = p.at;
  const m = token.exec(p.text);
  if (!m) throw new Error('no JSON');
  p.at = token.lastIndex;
  return m[1]!;
}

function parse(p: Parser, first = next(p)): Value {
  switch (first[0]) {
    case '"':
      return { kind: 'string', text: JSON.parse(first) };
    case '[': {
      const elements: Value[] = [];
      for (let t = next(p); t !== ']'; t = next(p)) if (t !== ',') elements.push(parse(p, t));
      return { kind: 'array', elements };
    }
    case '{': {
      const fields: [string, Value][] = [];
      for (let t = next(p); t !== '}'; t = next(p)) {
        if (t === ',') continue;
        next(p); // the colon
        fields.push([JSON.parse(t), parse(p)]);
      }
      return wrapped(fields) ?? { kind: 'document', fields };
    }
  }
  return { kind: 'words', text: first, type: first === 'null' ? 'null' : /^[tf]/.test(first) ? 'bool' : 'number' };
}

/** wrapped reads what Extended JSON wraps in an object. */
function wrapped(fields: [string, Value][]): Value | undefined {
  if (fields.length !== 1 || !fields[0]![0].startsWith('$')) return undefined;
  const [name, v] = fields[0]!;
  const words = (text: string, type: string): Value => ({ kind: 'words', text: clean(text), type });
  const part = (field: string): string => {
    const found = v.kind === 'document' ? v.fields.find((f) => f[0] === field)?.[1] : undefined;
    return found && 'text' in found ? found.text : '';
  };
  if (v.kind === 'string') {
    switch (name) {
      case '$numberInt': return words(v.text, 'int');
      case '$numberDouble': return words(v.text, 'double');
      case '$numberLong': return words(`long(${v.text})`, 'long');
      case '$numberDecimal': return words(`decimal(${v.text})`, 'decimal');
      case '$oid': return words(`objectId("${v.text}")`, 'objectId');
      case '$symbol': return words(`symbol(${quote(v.text)})`, 'symbol');
    }
  }
  switch (name) {
    case '$date': {
      const long = v.kind === 'words' ? /^long\((-?\d+)\)$/.exec(v.text) : null;
      if (!long) return undefined;
      const date = new Date(Number(long[1]));
      const shown = !isNaN(+date) && /^\d{4}-/.test(date.toISOString()) ? `"${date.toISOString()}"` : long[1];
      return words(`date(${shown})`, 'date');
    }
    case '$minKey': return words('minKey()', 'minKey');
    case '$maxKey': return words('maxKey()', 'maxKey');
    case '$undefined': return words('undefined', 'undefined');
    case '$timestamp': return words(`timestamp(${part('t')}, ${part('i')})`, 'timestamp');
    case '$regularExpression': return words(`/${part('pattern')}/${part('options')}`, 'regex');
    case '$binary': {
      const type = parseInt(part('subType'), 16);
      const data = part('base64');
      if (type === 4 && data.length === 24) {
        const hex = [...atob(data)].map((c) => c.charCodeAt(0).toString(16).padStart(2, '0')).join('');
        if (hex.length === 32) return words(`uuid("${hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')}")`, 'uuid');
      }
      return words(`binary("${data}", ${type})`, 'binary');
    }
  }
  return undefined;
}

const plain: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** clean shows characters that could mislead by their numbers; with lines, line feeds and tabs stay. */
export function clean(text: string, lines = false): string {
  ACTS.lastIndex = 0;
  return text.replace(ACTS, (c) => (lines && (c === '\n' || c === '\t') ? c : (plain[c] ?? `\\u{${c.codePointAt(0)!.toString(16)}}`)));
}

const quote = (text: string): string => '"' + clean(text.replace(/["\\]/g, '\\$&')) + '"';

export const name = (text: string): string => (/^[A-Za-z_$][\w$]*$/.test(text) ? text : "'" + clean(text.replace(/['\\]/g, '\\$&')) + "'");

const masked = /^\((?:secret|redacted)\)$/;

/** line is a value on one line. */
export function line(v: Value): string {
  switch (v.kind) {
    case 'string': return masked.test(v.text) ? v.text : quote(v.text);
    case 'words': return v.text;
    case 'array': return '[' + v.elements.map(line).join(', ') + ']';
    case 'document': return '{' + v.fields.map(([n, x]) => name(n) + ': ' + line(x)).join(', ') + '}';
  }
}

/** lines is a value on several lines; a string of several lines is shown as such, when it is the whole value. */
export function lines(v: Value): string[] {
  if (v.kind === 'string') return masked.test(v.text) ? [v.text] : clean(v.text.replace(/\r\n/g, '\\r\n'), true).split('\n');
  const out: string[] = [];
  write(v, '', '', '', out);
  return out;
}

function write(v: Value, indent: string, before: string, after: string, out: string[]): void {
  const inner = v.kind === 'document' ? v.fields.length : v.kind === 'array' ? v.elements.length : 0;
  const flat = inner === 0 ? line(v) : '';
  if (inner === 0) {
    out.push(indent + before + flat + after);
    return;
  }
  const [open, close] = v.kind === 'array' ? '[]' : '{}';
  out.push(indent + before + open);
  const more = indent + '  ';
  if (v.kind === 'array') v.elements.forEach((x, i) => write(x, more, '', i < inner - 1 ? ',' : '', out));
  if (v.kind === 'document') v.fields.forEach(([n, x], i) => write(x, more, name(n) + ': ', i < inner - 1 ? ',' : '', out));
  out.push(indent + close + after);
}

/** typeName names the type of a value. */
export const typeName = (v: Value): string => (v.kind === 'words' ? v.type : v.kind);

/** A difference on one line: what both have before it and behind it, and what each side has between. */
export interface Sides {
  start: string;
  before: string;
  after: string;
  end: string;
}

/** sides cuts both values down to their difference, or tells them apart by type. */
export function sides(x: Value | undefined, y: Value | undefined): Sides {
  if (!x || !y) return { start: '', before: x ? cut(line(x), 80) : '', after: y ? cut(line(y), 80) : '', end: '' };
  const texts = x.kind === 'string' && y.kind === 'string';
  const [a, b] = texts ? [oneLine(x.text), oneLine(y.text)] : [line(x), line(y)];
  const types = typeName(x) === typeName(y) ? ['', ''] : [` (${typeName(x)})`, ` (${typeName(y)})`];
  if (a === b) return { start: '', before: cut(a, 30) + types[0], after: cut(b, 30) + types[1], end: '' };
  if (!texts && a.length + b.length < 90) return { start: '', before: a, after: b, end: '' };
  let [start, end] = [0, 0];
  while (start < a.length && a[start] === b[start]) start++;
  while (end < Math.min(a.length, b.length) - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  const inside = (text: string, at: number): boolean => /^[\p{L}\p{N}_]{2}$/u.test(text.slice(at - 1, at + 1)); // whole words, so that they are read as such
  while (start > 0 && (inside(a, start) || inside(b, start))) start--;
  while (end > 0 && (inside(a, a.length - end) || inside(b, b.length - end))) end--;
  return { start: (start > 16 ? '…' : '') + a.slice(Math.max(0, start - 16), start), before: cut(a.slice(start, a.length - end), 30), after: cut(b.slice(start, b.length - end), 30), end: cut(a.slice(a.length - end), 16) };
}

/** oneLine has a mark in place of every line feed with the blanks around it. */
const oneLine = (text: string): string => clean(text.replace(/ *\n */g, '↵'));

const cut = (text: string, width: number): string => (text.length > width ? text.slice(0, width) + '…' : text);
