// What the server was seen to do (runtime/capability), as a record of `control`. In: the
// record, or what a probe found; out: the one from the other.

// readCapabilities reads the record.
function readCapabilities(d) {
  const texts = name => textsOf(field(d, name));
  return {server: {version: textOf(d, 'version'), build: textOf(d, 'build')}, has: texts('has'), lacks: texts('lacks'), untried: texts('untried')};
}
