// What the journal keeps of documents, encrypted, when there is a key. The rules
// are docs/state.md, Seal.

// encrypted gives records with encrypted data; without a key, those that it was given.
function encrypted(seal, records) {
  if (seal.key === undefined) return records;
  const key = seal.sum('mongocd encryption');
  return records.map(r => {
    const data = host.encrypt(key, binaryOf(field(r, 'data')), host.encode(recordID(r)));
    return joinedFields(withField(r, 'data', binaryValue(data)), [{name: 'cipher', v: stringValue(JOURNAL_CIPHER)}]);
  });
}

// decrypted gives a record as it was before; others stay, those of a run with a
// key of an earlier version among them. seal is undefined for a run without one.
function decrypted(seal, r) {
  checkRecord('journal', r);
  if (field(r, 'cipher') === undefined) return r;
  if (seal === undefined || seal.key === undefined) throw damaged('journal', r, 'its data are encrypted, and its run has no key');
  const data = host.decrypt(seal.sum('mongocd encryption'), binaryOf(field(r, 'data')), host.encode(recordID(r)));
  if (data === undefined) throw damaged('journal', r, 'its data cannot be decrypted with the key of the journal');
  return withField(withoutFields(r, 'cipher'), 'data', binaryValue(data));
}
