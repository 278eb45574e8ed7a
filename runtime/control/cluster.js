// Clusters, as claims and `cluster matches` have them.

function clusterText({set, hosts}) {
  return set !== '' ? set : hosts.length > 0 ? hosts.join(',') : 'of one server';
}

// otherCluster: the names of the sets differ, or both name hosts and share none.
// A member may be exchanged.
function otherCluster(claimed, found) {
  if (claimed.set !== found.set) return true;
  return claimed.hosts.length > 0 && found.hosts.length > 0 && !claimed.hosts.some(h => found.hosts.includes(h));
}
