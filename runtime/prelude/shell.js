// The part of the prelude that mongosh rewrites to wait for the database: it
// carries out what the engine asks for, prints the report and ends mongosh.

// Standard input is read a line at a time, as if it were typed, each line with all that is open before it: for hours.
if (typeof __dirname !== 'string') { process.stderr.write('\nmongocd: mongosh reads a script from standard input as if it were typed: run mongosh URI --file mongosh.js, or, of a script with all its documents, mongosh URI --file /dev/stdin < mongosh.js\n'); quit(1); }

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
    // readFile gives {text}, {missing: true} or {}: text is undefined when the bytes are no UTF-8.
    readFile: path => {
      try {
        const data = require('fs').readFileSync(path), text = data.toString('utf8');
        return {text: Buffer.from(text, 'utf8').equals(data) ? text : undefined, read: true};
      } catch (e) {
        return {missing: e.code === 'ENOENT'};
      }
    },
    // openBeside gives {read, sha256} of a file beside this script, or {wrong}: read the next bytes, or
    // undefined at the end; sha256 the digest of those that were read, in hex. Links are followed, as a
    // mounted volume is made of them: the digest says what the file has to be.
    openBeside: name => {
      const fs = require('fs'), path = require('path').join(__dirname, ...name.split('/')), hash = crypto.createHash('sha256');
      const wrong = why => ({wrong: 'the documents of this script are in ' + name + ' beside it, in ' + JSON.stringify(__dirname) + ', which ' + why +
        ': take mongosh.js and desired/ along together, or compile with --self-contained'});
      let file;
      try {
        if (!fs.statSync(path).isFile()) return wrong('is no file');
        file = fs.openSync(path, 'r');
      } catch (e) {
        return wrong(e.code === 'ENOENT' ? 'is not there' : 'cannot be opened (' + e.code + ')');
      }
      return {
        read: () => {
          const bytes = Buffer.allocUnsafe(1 << 20), n = fs.readSync(file, bytes, 0, bytes.length, null);
          if (n === 0) {
            fs.closeSync(file);
            return undefined;
          }
          const part = bytes.subarray(0, n);
          hash.update(part);
          return part;
        },
        sha256: () => hash.digest('hex'),
      };
    },
    now: () => Date.now(),
    token: () => crypto.randomBytes(8).toString('hex'),
    stopping: () => mongocdStopping,
    // encrypt gives the nonce, the data by AES-256-GCM and the tag; decrypt undefined when they do not fit.
    encrypt: (key, data, more) => {
      const nonce = crypto.randomBytes(12), cipher = crypto.createCipheriv('aes-256-gcm', view(key), nonce);
      cipher.setAAD(view(more));
      return Buffer.concat([nonce, cipher.update(view(data)), cipher.final(), cipher.getAuthTag()]);
    },
    decrypt: (key, data, more) => {
      const all = view(data), end = all.length - 16;
      if (end < 12) return undefined;
      try {
        const decipher = crypto.createDecipheriv('aes-256-gcm', view(key), all.subarray(0, 12), {authTagLength: 16});
        decipher.setAAD(view(more));
        decipher.setAuthTag(all.subarray(end));
        return Buffer.concat([decipher.update(all.subarray(12, end)), decipher.final()]);
      } catch (e) {
        return undefined;
      }
    },
    sha256: bytes => crypto.createHash('sha256').update(view(bytes)).digest(),
  };
}

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

// mongocdMain runs the state by the environment's settings.
function mongocdMain(source, data) {
  let engine, state;
  try {
    engine = new Function('host', source)(mongocdHost());
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
      require('fs').writeFileSync(settings.report, engine.reportJSON(report), {mode: 0o600});
    } catch (e) {
      process.stderr.write('mongocd: the report cannot be written: ' + e.message + '\n');
      return Math.max(report.exit, 1);
    }
  }
  const text = settings.output === 'json' ? engine.reportJSON(report) : engine.reportText(report, settings);
  print(text.slice(0, -1));
  return report.exit;
}
