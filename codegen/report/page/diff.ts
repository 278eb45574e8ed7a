// Two lists of texts -> what both have, what goes and what comes. Exact up to a
// size (the longest common subsequence), beyond that without what is in the middle.

/** A run of texts: of both sides, or of one. */
export interface Step {
  kind: '=' | '-' | '+';
  texts: string[];
}

const most = 4_000_000; // cells of the table

export function diff(a: string[], b: string[]): Step[] {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  const out: Step[] = [];
  add(out, '=', a.slice(0, start));
  const [x, y] = [a.slice(start, a.length - end), b.slice(start, b.length - end)];
  if (x.length * y.length > most) {
    add(out, '-', x);
    add(out, '+', y);
  } else middle(out, x, y);
  add(out, '=', a.slice(a.length - end));
  return out;
}

function add(out: Step[], kind: Step['kind'], texts: string[]): void {
  if (texts.length === 0) return;
  const last = out[out.length - 1];
  if (last?.kind === kind) last.texts.push(...texts);
  else out.push({ kind, texts: texts.slice() });
}

function middle(out: Step[], x: string[], y: string[]): void {
  const width = y.length + 1;
  const table = new Uint32Array((x.length + 1) * width);
  for (let i = x.length - 1; i >= 0; i--)
    for (let j = y.length - 1; j >= 0; j--)
      table[i * width + j] = x[i] === y[j] ? table[(i + 1) * width + j + 1]! + 1 : Math.max(table[(i + 1) * width + j]!, table[i * width + j + 1]!);
  let [i, j] = [0, 0];
  while (i < x.length || j < y.length) {
    if (i < x.length && j < y.length && x[i] === y[j]) add(out, '=', [x[i++]!]), j++;
    else if (i < x.length && (j === y.length || table[(i + 1) * width + j]! >= table[i * width + j + 1]!)) add(out, '-', [x[i++]!]);
    else add(out, '+', [y[j++]!]);
  }
}

/** words are what a line is compared by. */
export const words = (text: string): string[] => text.match(/[\p{L}\p{N}_]+(?:\.\p{N}+)*|\s+|./gu) ?? [];
