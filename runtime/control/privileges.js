// What the user of a run has to be allowed (docs/privileges.md). In: privileges that
// are needed; out: conflicts for those that the user has not.

// remembering are the privileges with which a run that writes remembers it.
/** @param {Database} db */
function remembering(db) {
  const all = new Map();
  for (const name of STATE_COLLECTIONS) addPrivilege(all, db.name, name, STATE_ACTIONS);
  return sortedPrivileges(all);
}

function addPrivilege(all, database, collection, actions) {
  const k = JSON.stringify([database, collection]);
  if (!all.has(k)) all.set(k, {database, collection, actions: new Set()});
  for (const action of actions) all.get(k).actions.add(action);
}

function sortedPrivileges(all) {
  const order = (a, b) => compare(stringValue(a), stringValue(b));
  return [...all.values()].map(p => ({...p, actions: [...p.actions].sort()}))
    .sort((a, b) => order(a.database, b.database) || order(a.collection, b.collection));
}

// lackingPrivileges are conflicts for the privileges that the user has not, as far as the server says
// which ones it has: without authentication, or when it does not answer, nothing
// is judged.
/** @param {Database} db */
function * lackingPrivileges(db, needed) {
  if (!db.keeps) return [];
  let reply;
  try {
    reply = yield* db.send('admin', {connectionStatus: 1, showPrivileges: true, comment: db.store.comment}, false);
  } catch (e) {
    if (e instanceof Failure) return []; // what is missing is said where it is refused
    throw e;
  }
  const {authenticatedUsers: users, authenticatedUserPrivileges: privileges} = reply.authInfo || {}, granted = [...privileges || []];
  if (!users || users.length === 0 || granted.length === 0) return []; // who may nothing could not have read
  const conflicts = [], names = users.map(u => u.user + '@' + u.db).join(', ');
  for (const {database, collection, actions} of needed) {
    const missing = actions.filter(action => !granted.some(p => grants(p, database, collection, action)));
    if (missing.length === 0) continue;
    conflicts.push(conflictOfRun(MISSING_PRIVILEGE,
      {users: clean(names), actions: missing.join(', '), namespace: clean(database + '.' + collection)}, {database, collection}));
  }
  return conflicts;
}

// grants: a privilege allows an action on a collection (MongoDB manual: reference/resource-document).
// An empty database or collection of a resource is any one, but for the collections of the server itself.
function grants({resource, actions}, database, collection, action) {
  if (!actions.includes(action) && !actions.includes('anyAction')) return false;
  if (resource.anyResource === true) return true;
  const {db, collection: name} = resource;
  if (typeof db !== 'string' || typeof name !== 'string') return false;
  return (db === '' || db === database) && (name === collection || name === '' && !collection.startsWith('system.'));
}
