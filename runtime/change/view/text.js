// A page as plain text (docs/enforcement.md, The report as text).

// pageText is the page as plain text.
function pageText(page) {
  const w = new TextWriter(), {outline} = page;
  if (page.title.length > 0) w.line('', page.title);
  if (page.filtered.length > 0) w.line('', page.filtered);
  const rows = outline.parts.length < 2 ? [] : outline.parts.map(p => [plainText(p.name), tallyText(p.tally) || 'nothing to do']);
  w.table(rows);
  const began = w.out.length;
  w.outline(outline);
  for (const c of [...page.conflicts, ...page.failures]) {
    w.behind([c.head]);
    for (const text of cleanLines(c.message)) w.line('  ', said(text));
    if (c.more.length > 0) w.behind([c.more]);
  }
  if (w.out.length - began > SCREEN) w.table(rows);
  w.behind(page.tail);
  w.behind(page.results);
  return w.out.join('').replace(/^\n/, '');
}

class TextWriter {
  constructor() {
    this.out = []; // lines
  }

  line(indent, spans) {
    this.out.push(indent + plainText(spans) + '\n');
  }

  // behind writes lines behind an empty one.
  behind(lines) {
    if (lines.length > 0) this.line('', []);
    for (const l of lines) this.line('', l);
  }

  // table writes rows of two columns behind an empty line.
  table(rows) {
    const width = rows.reduce((n, [name]) => Math.max(n, [...name].length), 0);
    if (rows.length > 0) this.line('', []);
    for (const [name, text] of rows) this.line('  ', said(name + ' '.repeat(width - [...name].length) + '  ' + text));
  }

  // outline writes the parts: what binds and bounds first, unless one part is all there is.
  outline({parts, lists, notes}) {
    const together = p => parts.length === 1 || p.made;
    for (const p of parts) {
      if (together(p) || p.policies.length === 0) continue;
      this.behind([said(p.name, p.about)]);
      this.entries(p.policies);
    }
    for (const p of parts) {
      if (together(p) || p.documents.length + p.notes.length > 0) this.behind([said(p.name, p.about)]);
      if (together(p)) this.entries(p.policies);
      this.entries(p.documents);
      for (const n of p.notes) this.line('  ', n);
    }
    for (const l of lists) this.behind(l.lines);
    for (const n of notes) this.behind([n]);
  }

  // entries writes entries with their lines.
  entries(entries) {
    const signed = sign => sign === '' ? '' : sign + ' ';
    for (const e of entries) {
      this.line('  ', said(signed(e.sign), e.head));
      for (const f of e.lines) {
        this.line('      ', said(signed(f.sign), factLine(f)));
        for (const r of f.rows) this.line('        ', said(signed(r.sign), r.text));
      }
    }
  }
}

// factLine is a fact without its sign and rows.
function factLine(f) {
  if (f.path === '') return f.said;
  return f.said.length === 0 ? said(nameSpan(f.path), ':') : said(nameSpan(f.path), ': ', f.said); // else the rows say it
}
