// Which cluster the destination is. In: what hello answered; out: its names, and
// whether they are those that a state or a claim has. Pure.

// noHello is what is known of a server that was not asked.
const noHello = {cluster: {set: '', hosts: [], sharded: false}, wire: 0, now: 0};

// readHello reads the reply to hello: {cluster: {set, hosts: sorted, sharded: a router of
// a sharded cluster answered}, wire: the server's wire version, 0: not known, now: its clock
// in milliseconds since 1970, 0: it does not say}.
function readHello(reply) {
  return {
    cluster: {
      set: typeof reply.setName === 'string' ? reply.setName : '',
      hosts: sortedTexts((reply.hosts || []).map(String)),
      sharded: reply.msg === 'isdbgrid',
    },
    wire: Number(reply.maxWireVersion) || 0,
    now: Number(reply.localTime) || 0,
  };
}

// clusterTransacts reports whether a cluster has transactions: a replica set or a sharded
// cluster does (MongoDB manual, core/transactions).
function clusterTransacts({set, sharded}) {
  return set !== '' || sharded;
}

// clusterText is the short name of a cluster in messages.
function clusterText({set, hosts}) {
  return set !== '' ? set : hosts.length > 0 ? hosts.join(',') : 'of one server';
}

// otherCluster: the names of the sets differ, or both name hosts and share none.
// A member may be exchanged.
function otherCluster(claimed, found) {
  if (claimed.set !== found.set) return true;
  return claimed.hosts.length > 0 && found.hosts.length > 0 && !claimed.hosts.some(h => found.hosts.includes(h));
}

// wrongCluster holds `cluster matches` of a state, undefined for none, against the cluster;
// undefined when it is the one.
function wrongCluster({set, hosts}, wanted) {
  if (wanted === undefined) return undefined;
  const [origin, pattern, options, expression] = wanted, regex = new RegExp(expression, 'u');
  if (set !== '' && regex.test(set) || hosts.some(h => regex.test(h))) return undefined;
  return conflictOfRun(WRONG_CLUSTER,
    {set: set === '' ? 'none' : clean(set), hosts: hosts.length === 0 ? 'none' : clean(hosts.join(', ')), pattern: clean(pattern), options}, {origin});
}
