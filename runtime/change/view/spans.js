// Pieces of lines, and how text and Markdown write them. A piece is {kind, text}: words of
// this program, data (names and values), old (what is gone), fresh (what came in its
// place), cut and put (the same within a text). In Markdown every name, value and message stands in a code span or a fenced
// block, where nothing in it is markup.

/** @typedef {{kind: string, text: string}} Span */

// said joins pieces, lists of them, and texts of this program.
/** @param {...(string | Span | Span[])} pieces @returns {Span[]} */
function said(...pieces) {
  const out = [];
  for (const p of pieces) {
    if (Array.isArray(p)) out.push(...p);
    else if (typeof p !== 'string') out.push(p);
    else if (p !== '') out.push({kind: 'words', text: p});
  }
  return out;
}

// nameSpan is a name as data, nameSpans are several, with commas between them.
/** @returns {Span} */
function nameSpan(text) {
  return {kind: 'data', text: clean(text)};
}

function nameSpans(texts) {
  return texts.flatMap((text, i) => said(i > 0 ? ', ' : '', nameSpan(text)));
}

// plainText is a line without its kinds; within a text [-what is gone-] and {+what came+}
// stand in marks. markdownText is it as Markdown.
function plainText(spans) {
  return spans.map(s => s.kind === 'cut' ? '[-' + s.text + '-]' : s.kind === 'put' ? '{+' + s.text + '+}' : s.text).join('');
}

function markdownText(spans) {
  const kind = i => spans[i] === undefined ? '' : spans[i].kind;
  return spans.map((s, i) => {
    const c = s.kind === 'words' ? s.text : codeText(s.text);
    if (s.kind === 'cut') return ' **' + c + (kind(i + 1) === 'put' ? ' → ' : ' →** ');
    if (s.kind === 'put') return kind(i - 1) === 'cut' ? c + '** ' : ' **→ ' + c + '** ';
    return c;
  }).join('');
}

// codeText writes a text of one line so that nothing in it is markup.
function codeText(text) {
  const pad = text === '' || /^[ `]|[ `]$/.test(text) ? ' ' : ''; // one on each side is not shown
  const fence = '`'.repeat(backticks(text) + 1);
  return fence + pad + text + pad + fence;
}

// fencedText is a text of several lines as a block; kind is its info word.
function fencedText(kind, text) {
  const fence = '`'.repeat(Math.max(3, backticks(text) + 1));
  return fence + kind + '\n' + text + '\n' + fence + '\n';
}

// backticks is the length of the longest run of backticks.
function backticks(text) {
  return (text.match(/`+/g) || []).reduce((longest, run) => Math.max(longest, run.length), 0);
}

// htmlText is a text within a line of HTML: names stand in code there.
function htmlText(spans) {
  return spans.map(s => s.kind === 'words' ? escapeHTML(s.text) : '<code>' + escapeHTML(s.text) + '</code>').join('');
}

function escapeHTML(text) {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}

// cleanLines escapes the lines of a message.
function cleanLines(message) {
  return message.split('\n').map(clean);
}
