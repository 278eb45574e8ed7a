// The part of the prelude that mongosh rewrites to wait for the database: it
// carries out what the engine asks for, prints the report and ends mongosh.

// mongocdHost is what the engine needs of its surroundings.
function mongocdHost() {
  const crypto = require('crypto');
  const view = bytes => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return {
    types: {
      Double, Int32, Long, Decimal128, Binary, ObjectId, Timestamp, BSONRegExp, Code, BSONSymbol, MinKey, MaxKey,
    },
    decode: (bytes, from, to) => view(bytes).toString('utf8', from, to),
    encode: text => Buffer.from(text, 'utf8'),
    buffer: bytes => Buffer.from(view(bytes)),
    sha256: bytes => crypto.createHash('sha256').update(view(bytes)).digest(),
  };
}

// mongocdAnswer carries out one request.
function mongocdAnswer(request) {
  try {
    const database = db.getSiblingDB(request.database);
    if (request.kind === 'find') {
      const collection = database.getCollection(request.collection);
      return {value: collection.find(request.filter, {}, request.options).toArray()};
    }
    return {value: database.runCommand(request.command, request.raw ? {raw: true} : {})};
  } catch (e) {
    const server = e.name === 'MongoServerError' && typeof e.code === 'number';
    return {error: {message: String(e.message), code: server ? e.code : undefined, server}};
  }
}

// mongocdMain runs the state by the environment's settings.
function mongocdMain(source, data) {
  const engine = new Function('host', source)(mongocdHost());
  const state = engine.readState(data);
  const settings = engine.readSettings(process.env, state);
  if (settings.usage !== undefined) {
    process.stderr.write('mongocd: ' + settings.usage + '\n');
    return 64;
  }
  let report;
  try {
    db.getName(); // throws when mongosh was started with --nodb
    const run = engine.run(state, settings);
    let step = run.next();
    while (!step.done) step = run.next(mongocdAnswer(step.value));
    report = step.value;
  } catch (e) {
    report = engine.failedToConnect(state, settings, 'mongosh has no connection: run it as mongosh URI --file mongosh.js\n' + e.message);
  }
  const text = settings.output === 'json' ? engine.reportJSON(report) : engine.reportText(report, settings.verbose);
  print(text.slice(0, -1));
  return report.exit;
}
