// Two values that differ, shown where they do. In: the values; out: pieces of one line, or
// rows of several. What differs is found by change/between/texts.js.

// windowOf shows two values where they differ, {said, rows}; undefined: they are shown
// whole, one beside the other.
function windowOf(x, form) {
  if (x.before === undefined || x.after === undefined || (x.links || []).length > 0 || isHidden(x.before) || isHidden(x.after)) return undefined;
  const texts = x.before.t === STRING && x.after.t === STRING;
  if (!texts && x.before.t !== x.after.t) return undefined;
  const [before, after] = [x.before, x.after].map(v => texts ? text(v) : whole(v));
  if (texts && before.split('\n').length + after.split('\n').length > 3) return {said: [], rows: rowsOf(before, after, form)};
  if (Math.max([...before].length, [...after].length) < WINDOW_FROM || !texts && x.before.t !== BINARY) return undefined;
  const around = texts ? '"' : '';
  return {said: said(around, inlineParts(textParts(before, after), form), around), rows: []};
}

// inlineParts are parts of a text on one line.
/** @returns {Span[]} */
function inlineParts(parts, form) {
  const cutText = text => form.verbose ? clean(text) : shorten(clean(text)), out = [];
  let differences = 0, left = 0;
  for (const p of form.verbose ? parts : partsAround(parts, WINDOW_TEXT)) {
    if (!p.same && differences === WINDOW_PARTS && !form.verbose) left++;
    else if (left > 0) continue;
    else if (p.left > 0) out.push({kind: 'data', text: '…'});
    else if (p.same) out.push({kind: 'data', text: clean(p.old)});
    else {
      differences++;
      if (p.old !== '') out.push({kind: 'cut', text: cutText(p.old)});
      if (p.now !== '') out.push({kind: 'put', text: cutText(p.now)});
    }
  }
  if (left > 0) out.push({kind: 'words', text: ' (' + count(left) + ' more ' + plural(left, 'difference', 'differences') + ')'});
  return joinData(out);
}

// joinData joins pieces of data that stand side by side.
function joinData(spans) {
  const out = [];
  for (const s of spans) {
    const last = out[out.length - 1];
    if (last !== undefined && s.kind === 'data' && last.kind === 'data') last.text += s.text;
    else out.push({...s});
  }
  return out;
}

// rowsOf are the rows of two texts of several lines.
/** @returns {Row[]} */
function rowsOf(before, after, form) {
  const found = lineRows(before, after, form.verbose ? -1 : WINDOW_LINES), out = [];
  for (let i = 0; i < found.length;) {
    const take = sign => {
      const from = i;
      while (i < found.length && found[i].sign === sign) i++;
      return found.slice(from, i);
    };
    const gone = take('-'), came = take('+');
    if (gone.length + came.length === 0) {
      const r = found[i++];
      out.push(r.left > 0 ? {sign: '', text: '… ' + count(r.left) + ' more ' + plural(r.left, 'line', 'lines')} : {sign: ' ', text: rowText(r.text, form)});
    }
    gone.forEach((r, k) => out.push({sign: '-', text: k < came.length ? rowBeside(r.text, came[k].text, true, form) : rowText(r.text, form)}));
    came.forEach((r, k) => out.push({sign: '+', text: k < gone.length ? rowBeside(gone[k].text, r.text, false, form) : rowText(r.text, form)}));
  }
  return out;
}

// rowText is a line, cut where it is long.
function rowText(line, form) {
  const text = clean(line), characters = [...text];
  return form.verbose || characters.length <= WINDOW_ROW ? text : characters.slice(0, WINDOW_ROW - 1).join('') + '…';
}

// rowBeside is a line that takes another one's place, or gives its own: where it is long,
// what differs in it.
function rowBeside(before, after, gone, form) {
  if (form.verbose || Math.max([...before].length, [...after].length) <= WINDOW_ROW) return clean(gone ? before : after);
  return clean(partsAround(textParts(before, after), WINDOW_TEXT).map(p => p.left > 0 ? '…' : gone ? p.old : p.now).join(''));
}

// editOf is what differs between two texts, without what stands around it.
function editOf(x) {
  if (x.before.t !== STRING || x.after.t !== STRING) return '';
  return textParts(text(x.before), text(x.after)).filter(p => !p.same).map(p => p.old + '\0' + p.now + '\0').join('');
}
