// The part of the prelude that mongosh rewrites to wait for the database: it
// carries out what the engine asks for, prints the report and ends mongosh.

// Standard input is read a line at a time, as if it were typed, each line with all that is open before it: for hours.
if (typeof __dirname !== 'string') { process.stderr.write('\nmongocd: mongosh reads a script from standard input as if it were typed: run mongosh URI --file mongosh.js, or, of a script with all its documents, mongosh URI --file /dev/stdin < mongosh.js\n'); quit(1); }

let mongocdStopping = false;

// mongocdListen makes SIGINT and SIGTERM end the run before its next write; a
// second one ends mongosh at once. mongosh listens for SIGINT itself while a script
// runs, and would end it anywhere.
function mongocdListen() {
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.removeAllListeners(signal);
    process.on(signal, () => {
      mongocdStopping = true;
      process.removeAllListeners(signal);
    });
  }
}

let mongocdSession; // of the transaction

// mongocdTransaction starts, commits or aborts one.
function mongocdTransaction({action, journal}) {
  if (action === 'start') {
    mongocdSession = db.getMongo().startSession();
    mongocdSession.startTransaction({readConcern: {level: 'snapshot'}, writeConcern: journal ? {w: 'majority', j: true} : {w: 'majority'}});
    return;
  }
  if (action === 'commit') mongocdSession.commitTransaction();
  else mongocdSession.abortTransaction();
  mongocdSession.endSession();
}

// mongocdAnswer carries out one request.
function mongocdAnswer(request) {
  try {
    if (request.kind === 'sleep') {
      sleep(request.ms);
      return {value: undefined};
    }
    if (request.kind === 'transaction') return {value: mongocdTransaction(request)};
    const database = request.session ? mongocdSession.getDatabase(request.database) : db.getSiblingDB(request.database);
    if (request.kind === 'find') {
      const collection = database.getCollection(request.collection);
      const cursor = collection.find(request.filter, {}, request.options);
      if (request.each === undefined) return {value: cursor.toArray()};
      request.begin();
      cursor.forEach(request.each);
      return {value: undefined};
    }
    return {value: database.runCommand(request.command, request.raw ? {raw: true} : {})};
  } catch (e) {
    if (e.name === 'MongoWriteConcernError' && e.result) return {value: e.result}; // written, and not confirmed
    const server = e.name === 'MongoServerError' && typeof e.code === 'number';
    const lost = /^Mongo(Network|PoolCleared)/.test(e.name) && e.name !== 'MongoNetworkTimeoutError';
    return {error: {message: String(e.message), code: server ? e.code : undefined, labels: [...e.errorLabels || []], server, lost}};
  }
}

// mongocdConnection says what is wrong with the connection; empty when there is one.
function mongocdConnection() {
  try {
    db.getName(); // throws when mongosh was started with --nodb
    return '';
  } catch (e) {
    return 'mongosh has no connection: run this script as mongosh URI --file mongosh.js';
  }
}

// mongocdRun answers what a run asks for, and gives its report.
function mongocdRun(run) {
  let step = run.next();
  for (let first = true; !step.done; first = false) {
    const answer = mongocdAnswer(step.value);
    if (first) mongocdListen(); // mongosh has begun to listen when it has answered once
    step = run.next(answer);
  }
  return step.value;
}

// mongocdMetrics writes the file for monitoring, all or nothing, for others to read: numbers
// and names are in it. It gives what went wrong.
function mongocdMetrics(engine, state, settings, report) {
  const fs = require('fs'), path = require('path'), made = path.join(path.dirname(settings.metrics), '.mongocd-' + process.pid);
  let runs = [];
  if (report.outcome !== 'failed') {
    const list = mongocdRun(engine.run(state, {...settings, command: 'runs'}));
    if (list.failure !== undefined) return 'the runs: ' + list.failure.message;
    runs = list.runs;
  }
  try {
    fs.writeFileSync(made, engine.metrics(report, runs), {mode: 0o644, flag: 'wx'});
    fs.renameSync(made, settings.metrics);
    return '';
  } catch (e) {
    return String(e.message);
  }
}

// mongocdReport writes the report into a file: as JSON lines, a part of about 1 MiB at a time, where its name says so.
function mongocdReport(engine, name, report) {
  const fs = require('fs');
  if (!engine.asLines(name)) {
    fs.writeFileSync(name, engine.reportJSON(report), {mode: 0o600});
    return;
  }
  const file = fs.openSync(name, 'w', 0o600);
  try {
    let text = '';
    for (const line of engine.reportLines(report)) {
      if ((text += line).length > 1 << 20) {
        fs.writeFileSync(file, text);
        text = '';
      }
    }
    fs.writeFileSync(file, text);
  } catch (e) {
    throw new Error(e.message + '; what is in it is not whole, and has no line `end`');
  } finally {
    fs.closeSync(file);
  }
}

// mongocdMain runs the state by the environment's settings.
function mongocdMain(source, data) {
  let engine, state;
  try {
    // In a realm of its own: in this one and in that of Node.js the functions of Array are others, which wait for callbacks.
    const types = {Double, Int32, Long, Decimal128, Binary, ObjectId, Timestamp, BSONRegExp, Code, BSONSymbol, MinKey, MaxKey};
    const run = require('vm').runInNewContext('(function (node) {' + source + '\n})');
    engine = run({require, types, folder: __dirname, stopping: () => mongocdStopping});
    state = engine.readState(data);
  } catch (e) {
    const hint = e.beside ? '' : '\nEither this mongosh is too old (this script was tested with 2.12.0), or the script was changed: compile it again.';
    process.stderr.write('mongocd: ' + e.message + hint + '\n');
    return 1;
  }
  const settings = engine.readSettings(process.env, state);
  if (settings.usage !== undefined) {
    if (settings.summary !== '') print(settings.summary.slice(0, -1));
    process.stderr.write('mongocd: ' + settings.usage + '\n');
    return 64;
  }
  settings.engine = engine.engineDigest(mongocdShell, source);
  const missing = mongocdConnection();
  let report;
  if (missing !== '') {
    report = engine.failedToConnect(state, settings, missing);
  } else {
    settings.tls = /[?&](tls|ssl)=true/i.test(String(db.getMongo().getURI())) || /^mongodb\+srv:(?!.*[?&](tls|ssl)=false)/i.test(String(db.getMongo().getURI()));
    settings.concerns = engine.connectionConcerns(db.getMongo().getWriteConcern(), db.getMongo().getReadConcern());
    report = mongocdRun(engine.run(state, settings));
  }
  if (settings.metrics !== '') {
    const failed = mongocdMetrics(engine, state, settings, report);
    if (failed !== '') {
      process.stderr.write('mongocd: the metrics cannot be written: ' + failed + '\n');
      return Math.max(report.exit, 1);
    }
  }
  if (settings.report !== '') { // its owner's alone: values of the destination are in it
    try {
      mongocdReport(engine, settings.report, report);
    } catch (e) {
      process.stderr.write('mongocd: the report cannot be written: ' + e.message + '\n');
      return Math.max(report.exit, 1);
    }
  }
  const text = settings.output === 'json' ? engine.reportJSON(report) : engine.reportText(report, settings);
  print(text.slice(0, -1));
  return report.exit;
}
