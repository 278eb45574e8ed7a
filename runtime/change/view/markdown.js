// A page as Markdown for pull requests and step summaries, on GitHub and GitLab. What is
// most important stands first, details are folded; what does not fit is counted.

// pageMarkdown is the page as Markdown.
function pageMarkdown(page, form) {
  const w = new MarkdownWriter(form.maxSize, lastMarkdown(page)), {outline: {parts, lists, notes}} = page;
  if (page.marker !== '') w.must(page.marker + '\n');
  if (page.title.length > 0) w.must('### ' + markdownText(page.title) + '\n');
  if (page.filtered.length > 0) w.must('\n' + markdownText(page.filtered) + '\n');
  for (const c of [...page.conflicts, ...page.failures]) {
    w.may('\n#### ' + markdownText(c.head) + '\n\n' + fencedText('text', cleanLines(c.message).join('\n')));
    if (c.more.length > 0) w.may('\n' + markdownText(c.more) + '\n');
  }
  w.table(parts);
  const together = p => parts.length === 1 || p.made;
  parts.filter(p => !together(p)).forEach(p => w.policies(p));
  parts.forEach((p, i) => w.part(p, together(p), parts.length - i));
  for (const l of lists) w.list(l.name, l.lines);
  for (const n of notes) w.may('\n' + markdownText(n) + '\n');
  if (w.left > 0) {
    w.must('\n**Left out here, for its size: ' + count(w.left) + ' ' + plural(w.left, 'change', 'changes') + '.** The report as JSON or HTML has all of them.\n');
  }
  w.must(w.last);
  return w.out.join('').replace(/^\n/, '');
}

// lastMarkdown is what stands at the end.
function lastMarkdown({tail, results}) {
  return (tail.length > 0 ? '\n' + tail.map(markdownText).join('\\\n') + '\n' : '') + (results.length > 0 ? '\n' : '') + results.map(l => '**' + markdownText(l) + '**\n').join('');
}

const utf8Size = text => host.encode(text).length;

// A MarkdownWriter writes within a number of bytes; 0: any. last is to fit, too.
class MarkdownWriter {
  constructor(max, last) {
    this.max = max;
    this.last = last;
    this.size = 0;
    this.out = [];
    this.left = 0; // changes that did not fit
  }

  // room is how many bytes may still be written.
  room() {
    return this.max === 0 ? Infinity : this.max - this.size - utf8Size(this.last) - RESERVE;
  }

  // must writes what is never left out; may writes what fits, and reports whether it did.
  must(text) {
    this.out.push(text);
    if (this.max > 0) this.size += utf8Size(text);
  }

  may(text) {
    if (this.max > 0 && utf8Size(text) > this.room()) return false;
    this.must(text);
    return true;
  }

  // table is a row for each collection.
  table(parts) {
    if (parts.length < 2) return;
    this.may('\n| collection | ' + VERBS.insert + ' | ' + VERBS.update + ' | ' + VERBS.delete + ' | also |\n|---|--:|--:|--:|---|\n');
    let budget = Math.floor(this.room() / 2), left = 0;
    for (const {name, tally: n} of parts) {
      const number = x => ' ' + (x > 0 ? count(x) : '') + ' |';
      const row = '| ' + markdownText(name).replace(/\|/g, '\\|') + ' |' + number(n.insert) + number(n.update) + number(n.delete) + // a bar would end the cell, in code, too
        ' ' + nonZero([n.moved, VERBS.move], [n.unknown, 'unknown'], [n.absent, 'absent'], [n.kept, 'kept'], ...tallyAlso(n)) + ' |\n';
      budget -= utf8Size(row);
      if (budget < 0 || !this.may(row)) left++;
    }
    if (left > 0) this.may('| … and ' + count(left) + ' more |\n');
  }

  // policies are those of a collection, before all documents.
  policies(p) {
    if (p.policies.length === 0) return;
    this.may('\n' + markdownText(said(p.name, p.about)) + '\n\n');
    this.entries(p.policies, this.room());
  }

  // part writes a collection, folded where it is long. It may have its share of what is
  // left for so many parts.
  part(p, together, parts) {
    const entries = together ? [...p.policies, ...p.documents] : p.documents, end = '\n</details>\n';
    if (entries.length + p.notes.length === 0) return;
    const lines = entries.reduce((n, e) => e.lines.reduce((n, f) => n + f.rows.length, n + 1 + e.lines.length), p.notes.length);
    const budget = Math.floor(this.room() / parts) - end.length;
    const begin = '\n<details' + (lines <= OPEN_LINES ? ' open' : '') + '><summary>' + htmlText(p.name) + htmlText(p.about) + (tallyText(p.tally) === '' ? '' : ': ' + tallyText(p.tally)) + '</summary>\n\n';
    if (utf8Size(begin) > budget || !this.may(begin)) {
      this.left += entries.length;
      return;
    }
    this.entries(entries, budget - utf8Size(begin));
    for (const n of p.notes) this.may('- ' + markdownText(n) + '\n');
    this.must(end);
  }

  // entries writes a list within a number of bytes.
  entries(entries, budget) {
    for (let i = 0; i < entries.length; i++) {
      const text = entryMarkdown(entries[i]), size = utf8Size(text);
      if (size > Math.min(budget, this.room())) {
        this.left += entries.length - i;
        this.may('- … and ' + count(entries.length - i) + ' more\n');
        return;
      }
      budget -= size;
      this.must(text);
    }
  }

  // list is a part without a collection.
  list(name, lines) {
    if (lines.length > 0) this.may('\n#### ' + name + '\n\n');
    for (const l of lines) this.may('- ' + markdownText(l) + '\n');
  }
}

// entryMarkdown is an item of a list with those below it.
function entryMarkdown(e) {
  const signed = sign => sign === '' ? '' : '`' + sign + '` ';
  return '- ' + signed(e.sign) + markdownText(e.head) + '\n' + e.lines.map(f => {
    const text = f.rows.map(r => ((r.sign || ' ') + ' ' + r.text).replace(/ +$/, '')).join('\n');
    return '  - ' + signed(f.sign) + markdownText(factLine(f)) + '\n' + (f.rows.length === 0 ? '' : '\n    ' + fencedText('diff', text).slice(0, -1).split('\n').join('\n    ') + '\n\n');
  }).join('');
}
