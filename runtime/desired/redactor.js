// Messages without what nobody may see. In: a state, the texts of its secrets, and what
// a server says; out: the same with words in place of these. The rules are
// docs/enforcement.md, Secrets.

// redactor gives a function that takes out of what a server says what nobody may see: the texts of
// secrets and, where a collection has redacted fields, the key that it quotes.
function redactor(state, given) {
  const secrets = secretRedactor(state, given);
  if (state.collections.every(c => c.redact.length === 0)) return secrets;
  return text => {
    const quoted = 'dup key:', start = text.indexOf(quoted), end = text.lastIndexOf('\nCheck ');
    return secrets(start < 0 ? text : text.slice(0, start) + quoted + ' ' + MASKED_REDACTED + (end > start ? text.slice(end) : ''));
  };
}

function secretRedactor(state, given) {
  const texts = new Set();
  for (const name of secretNames(state)) {
    const text = given.get(name);
    if (text !== undefined && text !== '') texts.add(text).add(JSON.stringify(text).slice(1, -1));
  }
  if (texts.size === 0) return text => text;
  const list = [...texts].sort((a, b) => b.length - a.length);
  const pattern = new RegExp(list.map(text => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')).join('|'), 'g');
  return text => text.replace(pattern, () => MASKED_SECRET);
}
