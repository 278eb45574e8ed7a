// The plan data of a script, as the generator writes it: texts and lists. Out:
// the state that a run works on, with documents as BSON.

const NONE = []; // of many documents

function readState(given) {
  const data = ofThisRealm(given);
  const collections = data.collections.map(c => ({...c, documents: typeof c.documents === 'number' ? data.collections[c.documents].documents : c.documents}));
  return {...data, apart: data.apart || [], ...readHooks(data), collections: collections.map(readCollection)};
}

// ofThisRealm is plain data with the arrays of the engine's realm, whose functions are fast.
function ofThisRealm(data) {
  if (Array.isArray(data)) return Array.from(data, ofThisRealm);
  return data === null || typeof data !== 'object' ? data : Object.fromEntries(Object.entries(data).map(([name, v]) => [name, ofThisRealm(v)]));
}

function readCollection(data) {
  const identityIsID = data.identity.length === 1 && data.identity[0].length === 1 && data.identity[0][0] === '_id';
  const c = {
    database: data.database, name: data.name, origin: data.origin, mode: data.mode,
    options: parseLine(data.options), indexes: lines(data.indexes).map(parseLine),
    identity: data.identity, lists: [], preserve: data.preserve, ignore: data.ignore, absent: data.absent, redact: data.redact || [], omit: data.omit || [], known: data.known,
    indexesExact: data.indexesExact === true, declared: data.declared || [], dropIndexes: data.dropIndexes || [],
    setOptions: data.setOptions || [], reads: data.reads || [], rules: data.rules || [],
    prune: data.prune === null ? undefined : readPrune(data.prune), moves: [], documents: [], backupKeep: data.backupKeep || 0, drift: data.drift || '', identityIsID, policy: undefined,
    ...readHooks(data),
  };
  c.documents = parseLines(documentLines(data.documents)).map(d => ({d, origin: '', secrets: NONE, links: NONE, places: NONE}));
  const values = text => fields(field(parseLine(text), 'are')).map(f => f.v);
  let i = 0;
  for (const [origin, count] of data.origins) for (let end = i + count; i < end; i++) c.documents[i].origin = origin;
  const add = (i, name, more) => { c.documents[i][name] = c.documents[i][name].concat([more]); };
  for (const [i, path, parts] of data.secrets || []) add(i, 'secrets', {path, parts: parts.map(([text, name]) => ({text, name}))});
  for (const [i, path, database, collection, identity] of data.links || []) add(i, 'links', {path, database, collection, identity: values(identity)});
  c.moves = (data.moves || []).map(([origin, from, to]) => ({origin, from: values(from), to: values(to)}));
  c.lists = (data.lists || []).map(l => ({path: l.path, by: l.by || [], only: l.only === true, has: values(l.has), without: (l.without || []).map(values)}));
  c.policy = newPolicy(c);
  return c;
}

function readHooks(data) {
  const read = list => (list || []).map(h => ({...h, command: parseLine(h.command)}));
  return {before: read(data.before), after: read(data.after)};
}

function readPrune(data) {
  return {
    origin: data.origin, where: data.where === null ? undefined : readCond(data.where), filter: parseLine(data.filter),
    atMost: BigInt(data.atMost), percent: data.percent,
  };
}

function readCond(data) {
  return {
    op: data.op, path: data.path, values: fields(field(parseLine(data.values), 'values')).map(f => f.v), word: data.word,
    args: data.args.map(readCond),
  };
}

// Beside says what is wrong with a file beside the script; it is for people.
class Beside extends Error {
  constructor(message) {
    super(message);
    this.beside = true;
  }
}

// documentLines are the lines of a text, or of files beside the script, of which no more
// than a part is in memory. That one is what was compiled is known at its end.
function * documentLines(documents) {
  if (typeof documents === 'string') {
    yield * lines(documents);
    return;
  }
  if (Array.isArray(documents)) {
    for (const one of documents) yield * documentLines(one);
    return;
  }
  const file = host.openBeside(documents.file);
  if (file.wrong !== undefined) throw new Beside(file.wrong);
  let rest = new Uint8Array(0);
  for (let part; (part = file.read()) !== undefined;) {
    const end = part.lastIndexOf(10) + 1, all = joined([rest, part.subarray(0, end)]);
    if (end > 0) yield * lines(host.decode(all, 0, all.length));
    rest = end > 0 ? part.slice(end) : joined([rest, part]);
  }
  if (rest.length > 0 || file.sha256() !== documents.sha256) {
    throw new Beside('the file ' + documents.file + ' beside this script is not the one that it was compiled with: compile again, and take mongosh.js and desired/ along together');
  }
}

function lines(text) {
  return text === '' ? [] : text.slice(0, -1).split('\n');
}
