// Hidden characters, written: as safe.Escape and safe.AppendUnits do in Go.

const SHORT_ESCAPES = {'\n': '\\n', '\r': '\\r', '\t': '\\t'};

// escapeShown is text for people without hidden characters.
function escapeShown(s) {
  return s.replace(ACTS, c => SHORT_ESCAPES[c] || '\\u{' + c.codePointAt(0).toString(16) + '}');
}

// escapeUnits is a character as JSON escapes it, \uXXXX for each of its UTF-16 units.
function escapeUnits(c) {
  let text = '';
  for (let i = 0; i < c.length; i++) text += '\\u' + c.charCodeAt(i).toString(16).padStart(4, '0');
  return text;
}
