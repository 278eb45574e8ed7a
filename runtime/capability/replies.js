// What replies to the commands of a probe say. Pure.

// leftOver reports whether a collection is of a probe that ended long ago.
function leftOver(name, now) {
  if (!name.startsWith(SCRATCH_PREFIX)) return false;
  const [digits] = name.slice(SCRATCH_PREFIX.length).split('.');
  return /^[0-9]{1,15}$/.test(digits) && now - Number(digits) > SCRATCH_AGE;
}

// contains reports whether a document has what another one says, at any depth.
function contains(d, wanted) {
  return fields(wanted).every(({name, v}) => {
    const found = field(d, name);
    if (found === undefined) return false;
    return v.t === DOCUMENT && found.t === DOCUMENT ? contains(found, v) : same(found, v);
  });
}

// named is the document of a name; empty: there is none.
function named(all, name) {
  return all.find(d => textOf(d, 'name') === name) || EMPTY;
}

// writeCodes are the codes of the errors of single writes, by their index.
function writeCodes(reply) {
  return new Map(writeErrors(reply).map(e => [e.index, e.code]));
}
