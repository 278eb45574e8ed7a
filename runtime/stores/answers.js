// What servers answer when they refuse, and what networks say, in words. In: the code of an
// answer and what was said; out: what it means and the edit to make, to stand below what was
// said. Pure.

// How services with a limit of requests say when to come again.
const RETRY_HINT = /retry-?after-?ms=([0-9]{1,9})/i;

// advice is what an error means and what to do about it, in two lines: by the code of the
// server's answer (undefined: none), else by what was said. Empty: nothing is known.
function advice(code, said) {
  const a = SERVER_ANSWERS.find(a => a.code === code);
  if (a !== undefined) {
    const m = RETRY_HINT.exec(said), hint = m === null ? '' : ' It asks to come again in ' + m[1] + ' ms.';
    return a.name + ' (' + a.code + '): ' + a.means + '.' + hint + '\n' + a.fix;
  }
  const lower = said.toLowerCase(), t = NETWORK_TROUBLES.find(t => t.says.some(part => lower.includes(part)));
  return t === undefined ? '' : 'What this means: ' + t.means + '.\n' + t.fix;
}
