// A run of pipelines in mongosh: what is wanted and what is there meet in a collection of
// work, and go from there to the destination in ranges of the identity.
//
// In: collections, as codegen/pipeline writes them, and MONGOCD_… of the environment.
// Out: lines for people, and the exit code. The Go half is pipeline.go.

// Every field of a document of work is said in compiler/pushdown/collection.go.
function mongocdPipelines(collections) {
  const env = process.env;
  const mode = env.MONGOCD_MODE || 'plan';
  const range = Number(env.MONGOCD_RANGE || '10000');
  const maxTime = Number(env.MONGOCD_MAX_TIME || '0');
  if (!['plan', 'apply', 'verify'].includes(mode)) {
    mongocdSay('MONGOCD_MODE is ' + JSON.stringify(mode) + '; it takes plan, apply or verify');
    return 64;
  }
  if (!Number.isInteger(range) || range < 1 || !(maxTime >= 0)) {
    mongocdSay('MONGOCD_RANGE takes a number from 1, MONGOCD_MAX_TIME seconds');
    return 64;
  }
  const state = db.getSiblingDB(env.MONGOCD_STATE_DATABASE || 'mongocd');
  const run = { mode, range, maxTime, state, progress: state.getCollection('pipeline.progress'), wrote: false };
  try {
    const code = mongocdRun(run, collections); // mongosh catches nothing of what a return calls
    return code;
  } catch (e) {
    const code = e && e.code !== undefined ? ' (code ' + e.code + ')' : '';
    mongocdSay((run.wrote ? 'stopped after writing: ' : 'failed, nothing was written: ') + String(e && e.message ? e.message : e) + code);
    if (run.wrote) {
      mongocdSay('run it again: it goes on with the range that was not finished');
    }
    return run.wrote ? 4 : 1;
  }
}

function mongocdRun(run, collections) {
  const tasks = [], refused = [];
  for (const c of collections) {
    const t = mongocdTask(run, c);
    tasks.push(t);
    for (const line of mongocdRefusals(t)) {
      refused.push(mongocdName(t) + ': ' + line);
    }
  }
  if (refused.length > 0) {
    refused.forEach((line) => mongocdSay('refused: ' + line));
    return 3;
  }
  let differences = 0, faults = 0;
  for (const t of tasks) {
    t.resumes = run.mode === 'apply' && mongocdResume(run, t);
    if (!t.resumes) {
      mongocdStage(run, t);
    }
    t.found = mongocdCount(run, t);
    mongocdShow(run, t);
    faults += t.found.fault + t.found.twice + t.found.inside + t.found.beside;
    differences += mongocdTodo(t);
  }
  const against = [];
  if (faults > 0) {
    against.push(faults + ' documents are at fault, and nothing is written until the rules say what becomes of them');
  }
  for (const t of tasks) {
    const line = mongocdBound(run, t);
    if (line !== '') {
      against.push(line);
    }
  }
  if (against.length > 0) {
    against.forEach((line) => mongocdSay('refused: ' + line));
    mongocdDropAll(run, tasks);
    return 3;
  }
  if (run.mode !== 'apply') {
    mongocdDropAll(run, tasks);
    mongocdSay(differences === 0 ? 'in sync' : differences + ' documents differ');
    return run.mode === 'verify' && differences > 0 ? 2 : 0;
  }
  if (differences === 0 && tasks.every((t) => !t.resumes)) {
    mongocdDropAll(run, tasks);
    mongocdSay('in sync: nothing was written');
    return 0;
  }
  for (const t of tasks) {
    mongocdWrite(run, t);
  }
  for (const t of tasks.slice().reverse()) {
    mongocdDelete(run, t);
  }
  let kept = 0;
  for (const t of tasks) {
    mongocdStage(run, t);
    t.found = mongocdCount(run, t);
    const left = mongocdTodo(t);
    kept += left;
    if (left > 0) {
      mongocdSay(mongocdName(t) + ': ' + left + ' documents differ again: somebody changed them meanwhile, and they are as they were left.' + mongocdFirst([...t.found.ids.update, ...t.found.ids.insert, ...t.found.ids.prune]));
    }
    mongocdDrop(run, t);
  }
  mongocdSay(kept === 0 ? 'applied and verified' : 'applied; ' + kept + ' documents were kept: run it again');
  return kept === 0 ? 0 : 4;
}

// Identities and messages of servers hold what data holds.
function mongocdSay(line) {
  print(escapeShown(line));
}

function mongocdName(t) {
  return t.c.into.join('.');
}

// Of a run that is looked at alone nothing is gone on with.
function mongocdTask(run, c) {
  const name = 'pipeline.' + c.digest + (run.mode === 'apply' ? '' : '.looked-at');
  return {
    c, name, resumes: false, finished: [], found: null, p: EJSON.parse(c.pipelines, { relaxed: false }), work: run.state.getCollection(name),
    source: db.getSiblingDB(c.source[0]).getCollection(c.source[1]), into: db.getSiblingDB(c.into[0]).getCollection(c.into[1]),
  };
}

// What of the documents of work is still to be written.
function mongocdTodo(t) {
  return (t.c.inserts ? t.found.insert : 0) + (t.c.updates ? t.found.update : 0) + t.found.prune;
}

function mongocdOptions(run, writes) {
  const o = { allowDiskUse: true, collation: { locale: 'simple' } };
  if (run.maxTime > 0) {
    o.maxTimeMS = run.maxTime * 1000;
  }
  if (writes) {
    o.writeConcern = { w: 'majority' };
  }
  return o;
}

function mongocdMerge(run, from, stages, into, on, matched, unmatched) {
  from.aggregate([...stages, { $merge: { into: { db: into.getDB().getName(), coll: into.getName() }, on, whenMatched: matched, whenNotMatched: unmatched } }], mongocdOptions(run, true)).toArray();
}
