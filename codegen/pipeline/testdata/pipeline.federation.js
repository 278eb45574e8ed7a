// 't' for environment 'prod', made by 'mongocd test'.
// Brings what the rules read beside the destination, from another cluster of the Atlas
// project, under the same names. pipeline.js goes on from there, on that cluster.
//
//   1. mongosh URI_OF_THE_DESTINATION: drop these copies, if there are older ones. What
//      the source has no more would stay in them.
//   2. mongosh URI_OF_THE_FEDERATED_INSTANCE --file pipeline.federation.js
//   3. mongosh URI_OF_THE_DESTINATION --file pipeline.js
//
// The federated database instance has the databases and collections of the source cluster
// under their own names. Its $merge takes nothing back when it fails: run it again.
//
// sha256 of everything after the next empty line: 6167aff55be6bfe7dcb886aedfd0e88ff38970bbeef7a71359ba4efc6f5c5c73

const copies = [{
  from: ['staging', 'products'],
  pipeline: '{"stages":[{"$replaceWith":{"$arrayToObject":[{"$filter":{"input":{"$objectToArray":"$$ROOT"},"as":"v1","cond":{"$ne":["$$v1.k",{"$literal":"secret"}]}}}]}},{"$match":{"$expr":{"$let":{"vars":{"v2":{"$let":{"vars":{"v1":{"$cond":[{"$isArray":["$rank"]},"array-compared",null]}},"in":{"$cond":[{"$eq":["$$v1",null]},null,{"code":"$$v1","at":{"$literal":"t.weave:5:1"}}]}}}},"in":{"$cond":[{"$eq":["$$v2",null]},{"$and":[{"$and":[{"$in":[{"$type":"$rank"},["int","long","double","decimal"]]},{"$in":[{"$type":{"$literal":{"$numberInt":"5"}}},["int","long","double","decimal"]]}]},{"$gt":["$rank",{"$literal":{"$numberInt":"5"}}]}]},true]}}}}},{"$merge":{"into":{"atlas":{"projectId":"5e2211c17a3e5a48f5497de3","clusterName":"prod-eu","db":"staging","coll":"products"}},"on":"_id","whenMatched":"replace","whenNotMatched":"insert"}}]}',
}, ];
for (const [i, c] of copies.entries()) {
  db.getSiblingDB(c.from[0]).getCollection(c.from[1]).aggregate(EJSON.parse(c.pipeline, { relaxed: false }).stages).toArray();
  print('copied ' + (i + 1) + ' of ' + copies.length);
}
