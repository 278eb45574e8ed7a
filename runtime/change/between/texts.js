// Two texts, for people. In: texts; out: what is the same in them and what differs, by
// words or by lines, and the same without what is far from a difference.

/**
 * @typedef {{same: boolean, old: string, now: string, left: number}} TextPart a part that both texts have, one that differs, or (left, code points) one that is not shown
 * @typedef {{sign: string, text: string, left: number}} LineRow a line that both have (' '), that one has ('-', '+'), or (left) lines that are not shown ('')
 */

// textParts are the parts of two texts, by words.
/** @param {string} before @param {string} after @returns {TextPart[]} */
function textParts(before, after) {
  /** @type {TextPart[]} */
  const out = [];
  const edits = editLists(words(before), words(after));
  edits.forEach((e, i) => {
    // A point between two words that differ.
    const point = e.same && i > 0 && i < edits.length - 1 && !edits[i - 1].same && !edits[i + 1].same && !e.old.some(w => WORD.test(w));
    const part = {same: e.same && !point, old: e.old.join(''), now: e.now.join(''), left: 0}, last = out[out.length - 1];
    if (last !== undefined && last.same === part.same) {
      last.old += part.old;
      last.now += part.now;
    } else out.push(part);
  });
  return out;
}

// partsAround are parts without what is more than n code points away from a difference.
/** @param {TextPart[]} parts @param {number} n @returns {TextPart[]} */
function partsAround(parts, n) {
  return parts.flatMap((p, i) => {
    const text = [...p.old], head = i === 0 ? 0 : n, tail = i === parts.length - 1 ? 0 : n; // shown behind the part before, and before the one behind
    if (!p.same || text.length <= head + tail + 1) return [p];
    const same = text => text.length === 0 ? [] : [{same: true, old: text.join(''), now: text.join(''), left: 0}];
    return [...same(text.slice(0, head)), {same: true, old: '', now: '', left: text.length - head - tail}, ...same(text.slice(text.length - tail))];
  });
}

// lineRows are the lines of two texts, without what is more than n lines away from a
// difference; n below 0: all.
/** @param {string} before @param {string} after @param {number} n @returns {LineRow[]} */
function lineRows(before, after, n) {
  const edits = editLists(before.split('\n'), after.split('\n'));
  return edits.flatMap((e, i) => {
    const row = sign => text => ({sign, text, left: 0});
    if (!e.same) return [...e.old.map(row('-')), ...e.now.map(row('+'))];
    const head = i === 0 ? 0 : n, tail = i === edits.length - 1 ? 0 : n, left = e.old.length - head - tail;
    if (n < 0 || left <= 1) return e.old.map(row(' '));
    return [...e.old.slice(0, head).map(row(' ')), {sign: '', text: '', left}, ...e.old.slice(e.old.length - tail).map(row(' '))];
  });
}

// WORD begins a word. Of letters beyond ASCII all are taken for those of words.
const WORD = /^[A-Za-z0-9_\u0080-\u{10ffff}]/u;
const WORDS = /[A-Za-z0-9_\u0080-\u{10ffff}]+|[ \t]+|[^]/gu;

// words cuts a text into words, spaces and single other characters.
function words(text) {
  return text.match(WORDS) || [];
}

// editLists are stretches of two lists, {same, old, now}: the same in both, or
// different. Of the longest lists that both have it is the one in which what goes
// stands before what comes.
/** @param {string[]} a @param {string[]} b */
function editLists(a, b) {
  const least = Math.min(a.length, b.length), out = [];
  let start = 0, end = 0;
  while (start < least && a[start] === b[start]) start++;
  while (end < least - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  const add = (same, old, now) => {
    if (old.length + now.length === 0) return;
    const last = out[out.length - 1];
    if (last !== undefined && last.same === same) {
      for (const w of old) last.old.push(w);
      for (const w of now) last.now.push(w);
    } else out.push({same, old: [...old], now: [...now]});
  };
  add(true, a.slice(0, start), b.slice(0, start));
  const x = a.slice(start, a.length - end), y = b.slice(start, b.length - end), width = y.length + 1;
  if ((x.length + 1) * width > MAX_TABLE) add(false, x, y);
  else {
    const longest = new Int32Array((x.length + 1) * width); // of what begins at i and j
    for (let i = x.length - 1; i >= 0; i--) {
      for (let j = y.length - 1; j >= 0; j--) {
        longest[i * width + j] = x[i] === y[j] ? longest[(i + 1) * width + j + 1] + 1 : Math.max(longest[(i + 1) * width + j], longest[i * width + j + 1]);
      }
    }
    for (let i = 0, j = 0; i < x.length || j < y.length;) {
      if (i < x.length && j < y.length && x[i] === y[j]) add(true, [x[i++]], [y[j++]]);
      else if (j === y.length || i < x.length && longest[(i + 1) * width + j] >= longest[i * width + j + 1]) add(false, [x[i++]], []);
      else add(false, [], [y[j++]]);
    }
  }
  add(true, a.slice(a.length - end), b.slice(b.length - end));
  return out;
}
