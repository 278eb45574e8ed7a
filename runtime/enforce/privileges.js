// What the user of a run has to be allowed (docs/privileges.md). In: what a run is
// about to write; out: conflicts for what the user may not.

// neededBy are the privileges with which observations can be written: [{database,
// collection, actions}], sorted. Reading was allowed.
/** @param {Run} run */
function neededBy(run, observations) {
  const all = new Map();
  for (const l of observations) {
    const add = (needed, action) => {
      if (needed) addPrivilege(all, l.database, l.c.name, [action]);
    };
    add(l.missing, 'createCollection');
    add(l.indexPlan.create.length > 0, 'createIndex');
    add(l.indexPlan.drop.length > 0, 'dropIndex');
    add(l.indexPlan.modify.length + l.optionPlan.commands.length > 0, 'collMod');
    for (const w of l.writes) add(true, w.op.action === 'insert' ? 'insert' : 'update');
    add(l.deletes.length > 0, 'remove');
    for (const s of l.stages) { // an update in a transaction is a delete and an insert
      const moves = s.whole && s.writes.some(i => l.writes[i].before !== undefined);
      add(moves, 'insert');
      add(moves, 'remove');
    }
  }
  return sortedPrivileges(all).concat(remembering(run.db));
}
