// What the destination has of all that a run wrote. In: the run's journal; out: the steps
// of the undoing, from the journal's end, one at a time, planned on what is there now.
// places.js has the collections. Generators.
//
// A step is one thing to do; steps are in the order of the undoing: {database,
// collection, done} and one of documents: reversals of one batch, with whole: true
// in one transaction, index: {action, reason, before, after}, options: {before,
// after, names, left, reason}, created: true for the collection, which stays.

const INDEX_ACTIONS = ['create-index', 'drop-index', 'change-index'];

function placeKey({database, collection}) {
  return database + '.' + collection; // a database's name has no dot
}

// eachStep plans the steps from the journal's end on what is there, and gives them to go, a
// generator function, one after the other.
/** @param {UndoRun} u @param {ProvenJournal} j */
function * eachStep(u, j, go) {
  const places = yield* placesOf(u, j.records);
  let whole; // a step that goes on with the record before
  yield* j.proof.backward(function * (n, r) {
    const place = places.get(placeKey(r));
    const step = more => ({database: r.database, collection: r.collection, done: nothingDone(), documents: [], whole: false, index: undefined, options: undefined, created: false, ...more});
    if (r.action === 'create') {
      if (place.info !== undefined) yield* go(step({created: true}));
      return;
    }
    if (!aboutDocuments(r.action)) {
      for (const item of r.items.slice().reverse()) {
        const before = field(item, 'before'), after = field(item, 'after');
        yield* go(step(INDEX_ACTIONS.includes(r.action) ? {index: indexBack(place, before, after)} : {options: optionsBack(place, before, after)}));
      }
      return;
    }
    const s = whole || step({whole: r.together !== ''}), ending = j.ending(n, r), live = yield* documentsAt(u, r, place, ending), next = j.records[n - 1];
    whole = undefined;
    ending.forEach((p, i) => s.documents.push(reverseAt(u, p, live[i], place)));
    if (s.whole && n > 0 && next.together === r.together && placeKey(next) === placeKey(r) && aboutDocuments(next.action)) whole = s; // those of one transaction are one step
    else yield* go(s);
  });
}

// reverseAt is what is done with a document in its place.
/** @param {UndoRun} u */
function reverseAt(u, p, live, place) {
  const v = reverse(p.id, p.items, live);
  if (v.op === undefined) return v;
  if (place.info === undefined) leave(v, LEFT_NO_COLLECTION);
  else if (v.alone !== '' && !transactsAt(u, place)) leave(v, v.alone);
  return v;
}

// transactsAt: the collection can be written to in a transaction.
/** @param {UndoRun} u */
function transactsAt(u, {info}) {
  return u.transactions() && info !== undefined && !hasOption(info.options, 'capped');
}
