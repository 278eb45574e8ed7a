// What stands at a place of a weave, as far as its lines show. In: lines and a place, from 0; out: names. Without the
// editor, so that tests run it.

const SYNC = /^\s*(?:from\b.*\{\s*)?(?:sync|amend)\s+(?:"((?:[^"\\]|\\.)*)"|'((?:[^']|'')*)'|([\p{L}_$][\p{L}\p{M}\p{Nd}_$]*(?:-[\p{L}\p{M}\p{Nd}_$]+)*))(?=[\s{,]|$)/u;

/** The collection of the `sync` or `amend` that a line belongs to; undefined for patterns and outside of all. */
export function collectionAt(lines: string[], line: number): string | undefined {
  for (let i = Math.min(line, lines.length - 1); i >= 0; i--) {
    const text = lines[i] ?? "";
    const found = SYNC.exec(text);
    if (found) return found[3] === "all" ? undefined : (found[1] ?? found[2]?.replaceAll("''", "'") ?? found[3]);
    if (/^\s*(?:sync|from|test|weave)\b/.test(text) && i < line) return undefined;
  }
  return undefined;
}

/** The path around a character: `limits.users` of `set limits.users = 5`. */
export function pathAt(text: string, character: number): string | undefined {
  for (const found of text.matchAll(/[\p{L}_$][\p{L}\p{M}\p{Nd}_$]*(?:\.(?:[\p{L}_$][\p{L}\p{M}\p{Nd}_$]*|'(?:[^']|'')*')|\[\d+\])*/gu)) {
    if (found.index <= character && character <= found.index + found[0].length) return found[0].replace(/^this\./, "");
  }
  return undefined;
}
