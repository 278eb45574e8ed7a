// What a misspelt word was probably meant to be. In: the word, and those that are
// known; out: one of them, or ''.

// nearWord: equal but for letter case first, then but for `_` and `-` too, else the
// smallest distance of at most a third of the word's length (at least 1, at most 2).
// Among equals the first candidate wins.
function nearWord(word, candidates) {
  const lower = text => text.toLowerCase(), plain = text => lower(text).replace(/[_-]/g, '');
  for (const form of [lower, plain]) {
    const found = candidates.find(c => c !== word && form(c) === form(word));
    if (found !== undefined) return found;
  }
  const letters = [...lower(word)];
  let best = '', bestDistance = Math.min(2, Math.max(1, Math.floor(letters.length / 3))) + 1;
  for (const c of candidates.filter(c => c !== word)) {
    const other = [...lower(c)], most = Math.min(bestDistance, Math.max(letters.length, other.length));
    const d = wordDistance(letters, other);
    if (d < most) [best, bestDistance] = [c, d];
  }
  return best;
}

// nearCommand is the command that a word was meant to be; words of other tools too.
function nearCommand(word, names) {
  const other = OTHER_COMMANDS.find(o => o.word === word.toLowerCase() && names.includes(o.is));
  return nearWord(word, names) || (other === undefined ? '' : other.is);
}

// wordDistance is the optimal string alignment distance: insertions, deletions,
// substitutions and swaps of neighbours count one each.
function wordDistance(a, b) {
  let before = [], last = [...Array(b.length + 1).keys()];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      row[j] = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) row[j] = Math.min(row[j], before[j - 2] + 1);
    }
    [before, last] = [last, row];
  }
  return last[b.length];
}
