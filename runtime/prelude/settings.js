// What the person who runs the script asks for. In: environment variables; out:
// settings of a run, or {usage: what is wrong, summary: the same as Markdown, where that is
// asked for}.

function readSettings(variables, state) {
  const known = new Set();
  const get = name => {
    known.add(name);
    return variables[name] === undefined ? '' : variables[name];
  };
  const choose = (name, ...values) => {
    const value = get(name) || values[0];
    if (!values.includes(value)) {
      const meant = nearCommand(value, values);
      throw new Usage(name + ' is ' + quoted(value) + ': it can be ' + values.join(', ') + (meant === '' ? '' : '; did you mean ' + meant + '?'));
    }
    return value;
  };
  try {
    const {databases, only} = readDatabases(get('MONGOCD_DATABASE'));
    const settings = {
      command: choose('MONGOCD_MODE', 'plan', 'apply', 'verify', 'status', 'undo', 'runs', 'release-hold', 'claim', 'doctor'), output: choose('MONGOCD_OUTPUT', 'text', 'markdown', 'json'),
      quiet: choose('MONGOCD_QUIET', '0', '1') === '1',
      detailedExit: choose('MONGOCD_DETAILED_EXITCODE', '0', '1') === '1', allowUnknown: choose('MONGOCD_ALLOW_UNKNOWN', '0', '1') === '1',
      verbose: choose('MONGOCD_VERBOSE', '0', '1') === '1', report: get('MONGOCD_REPORT'), metrics: get('MONGOCD_METRICS'), maxSize: Number(get('MONGOCD_MAX_SIZE') || 0),
      collections: get('MONGOCD_COLLECTION') === '' ? [] : get('MONGOCD_COLLECTION').split(','), path: get('MONGOCD_PATH'),
      batchSize: Number(get('MONGOCD_BATCH_SIZE') || WRITE_BATCH), databases, only,
      stateDatabase: get('MONGOCD_STATE_DATABASE') || 'mongocd', sameCluster: choose('MONGOCD_SAME_CLUSTER', '0', '1') === '1', repairDrift: choose('MONGOCD_REPAIR_DRIFT', '0', '1') === '1',
      wait: readDuration('MONGOCD_WAIT', get('MONGOCD_WAIT')), forceUnlock: get('MONGOCD_FORCE_UNLOCK'),
      labels: readLabels(get('MONGOCD_LABELS')), commit: state.commit || readCommit(get), approved: get('MONGOCD_APPROVED'),
      canary: readNames(get('MONGOCD_CANARY')), waves: readWaves(get('MONGOCD_WAVES')), stopOnFailure: choose('MONGOCD_STOP_ON_FAILURE', '0', '1') === '1',
      probe: choose('MONGOCD_PROBE', 'auto', 'always', 'never'), planOnly: choose('MONGOCD_PLAN', '0', '1') === '1', undo: get('MONGOCD_RUN'), journal: get('MONGOCD_JOURNAL'),
    };
    if (!Number.isInteger(settings.batchSize) || settings.batchSize < 1 || settings.batchSize > WRITE_BATCH) {
      throw new Usage('MONGOCD_BATCH_SIZE is ' + quoted(get('MONGOCD_BATCH_SIZE')) + ': it can be 1 to ' + WRITE_BATCH);
    }
    if (!Number.isInteger(settings.maxSize) || settings.maxSize !== 0 && settings.maxSize < MIN_SIZE) {
      throw new Usage('MONGOCD_MAX_SIZE is ' + quoted(get('MONGOCD_MAX_SIZE')) + ': it can be ' + MIN_SIZE + ' or more');
    }
    if (settings.output === 'json' && filters(settings)) {
      throw new Usage('MONGOCD_COLLECTION and MONGOCD_PATH say what people are shown: JSON has all of it, and does not go with them');
    }
    if (asLines(settings.report) && (['status', 'doctor'].includes(settings.command) || settings.command === 'runs' && settings.undo === '')) {
      throw new Usage('MONGOCD_REPORT is ' + quoted(settings.report) + ': ' + settings.command + ' makes no report, and is one JSON document in a file whose name ends with .json');
    }
    if (settings.metrics !== '' && settings.command !== 'verify') throw new Usage('MONGOCD_METRICS is for MONGOCD_MODE=verify, not for ' + settings.command);
    if (settings.command === 'doctor' && settings.output === 'markdown') throw new Usage('MONGOCD_OUTPUT is "markdown": with MONGOCD_MODE=doctor it can be text or json');
    if (settings.command === 'status' && settings.output === 'markdown') throw new Usage('MONGOCD_OUTPUT is "markdown": with MONGOCD_MODE=status it can be text or json');
    checkRedirects(settings, state);
    checkFanOut(settings, state);
    if (settings.command === 'undo' && settings.undo === '') throw new Usage('MONGOCD_MODE=undo needs MONGOCD_RUN: a run, or `last`');
    settings.last = settings.undo === 'last';
    if (settings.last) settings.undo = '';
    settings.items = settings.command !== 'status' && settings.output === 'text' && settings.report === '' && !settings.verbose && settings.path === '' && state.apart.length === 0 ? TEXT_INSERTS : 0; // no more of them are shown
    settings.markdown = settings.output === 'markdown';
    if (settings.quiet && settings.verbose) throw new Usage('MONGOCD_QUIET and MONGOCD_VERBOSE are both 1: choose one');
    if (!/^(sha256:[0-9a-f]{64})?$/.test(settings.approved)) {
      throw new Usage('MONGOCD_APPROVED is ' + quoted(settings.approved) + ': it is not the digest of a plan, which is sha256: and 64 hex digits');
    }
    if (!/^(sha256:[0-9a-f]{64})?$/.test(settings.journal)) {
      throw new Usage('MONGOCD_JOURNAL is ' + quoted(settings.journal) + ': it is not the digest of a journal, which is sha256: and 64 hex digits');
    }
    settings.journalKey = readSecrets(get, [JOURNAL_KEY]).get(JOURNAL_KEY) || '';
    const size = host.encode(settings.journalKey).length;
    if (size > 0 && size < JOURNAL_KEY_SIZE) throw new Usage('the key of the journal has ' + size + ' bytes: it needs ' + JOURNAL_KEY_SIZE + ' or more');
    settings.secrets = readSecrets(get, secretNames(state));
    checkVariables(variables, known);
    return settings;
  } catch (e) {
    if (!(e instanceof Usage)) throw e;
    return {usage: e.message, summary: get('MONGOCD_OUTPUT') === 'markdown' ? notRun(get('MONGOCD_MODE') || 'plan', state.weave, state.environment, e.message) : ''};
  }
}

class Usage extends Error {}

// checkVariables: a setting whose name is misspelt would be as if it were not given, and
// what it keeps apply from would be done. Other programs have variables of their own.
function checkVariables(variables, known) {
  const settings = [...known].filter(name => name.startsWith(SETTING)).map(name => name.slice(SETTING.length));
  for (const name of Object.keys(variables).filter(n => n.startsWith(SETTING) && !known.has(n)).sort()) {
    const meant = nearWord(name.slice(SETTING.length), settings);
    if (meant !== '') throw new Usage(quoted(name) + ' is no setting; did you mean ' + SETTING + meant + '?');
  }
}

const SETTING = 'MONGOCD_'; // begins the names of all

// readDatabases reads OLD=NEW,OLD=NEW, and the names of databases of fan-outs that alone
// are meant: {databases, only}.
function readDatabases(text) {
  const databases = new Map(), only = [];
  for (const pair of text === '' ? [] : text.split(',')) {
    const at = pair.indexOf('='), from = pair.slice(0, at), to = pair.slice(at + 1);
    if (at < 0 && pair !== '') {
      if (!only.includes(pair)) only.push(pair);
      continue;
    }
    if (at < 1 || to === '') throw new Usage('MONGOCD_DATABASE is ' + quoted(text) + ': it has the form OLD=NEW,OLD=NEW');
    if (databases.has(from) && databases.get(from) !== to) throw new Usage('MONGOCD_DATABASE: ' + quoted(from) + ' is redirected twice');
    databases.set(from, to);
  }
  return {databases, only};
}

// readNames reads NAME,NAME.
function readNames(text) {
  return text === '' ? [] : text.split(',');
}

// readWaves reads N,N.
function readWaves(text) {
  return readNames(text).map(n => {
    if (!/^[1-9][0-9]{0,8}$/.test(n)) throw new Usage('MONGOCD_WAVES is ' + quoted(text) + ': it is numbers of databases from 1, such as 10,100');
    return Number(n);
  });
}

// checkFanOut: chosen databases and canaries are those of fan-outs.
function checkFanOut({command, only, canary, waves, stopOnFailure}, state) {
  if (canary.length + waves.length > 0 || stopOnFailure) {
    const named = 'MONGOCD_CANARY, MONGOCD_WAVES and MONGOCD_STOP_ON_FAILURE are for ';
    if (command !== 'apply') throw new Usage(named + 'apply, not for ' + command);
    if (state.apart.length === 0) throw new Usage(named + 'the databases of a fan-out (`for each`), and this weave has none');
  }
  const apart = state.apart.map(([database]) => database).filter(database => database !== '');
  for (const name of only.concat(canary)) {
    if (apart.length === 0) {
      throw new Usage('MONGOCD_DATABASE is ' + quoted(name) + ': it has the form OLD=NEW,OLD=NEW; only databases of a fan-out (`for each`) can be chosen, and this weave has none');
    }
    if (!apart.includes(name)) throw new Usage('no fan-out of this weave writes the database ' + quoted(name) + ': it has ' + someOf(apart));
  }
  for (const name of canary) {
    if (only.length > 0 && !only.includes(name)) throw new Usage('the canary ' + quoted(name) + ' is not among the databases that MONGOCD_DATABASE chooses');
  }
}

// someOf lists a few names.
function someOf(names) {
  return clean(names.slice(0, 10).join(', ')) + (names.length > 10 ? ' and ' + (names.length - 10) + ' more' : '');
}

// readLabels reads NAME=VALUE,NAME=VALUE.
function readLabels(text) {
  const labels = [];
  for (const pair of text === '' ? [] : text.split(',')) {
    const at = pair.indexOf('='), name = pair.slice(0, at);
    if (at < 1) throw new Usage('MONGOCD_LABELS is ' + quoted(text) + ': it has the form NAME=VALUE,NAME=VALUE');
    if (labels.some(l => l.name === name)) throw new Usage('MONGOCD_LABELS: ' + quoted(name) + ' is given twice');
    labels.push({name, value: pair.slice(at + 1)});
  }
  return labels;
}

// readCommit is the first commit that a variable of CI names, in full; empty: none does.
function readCommit(get) {
  return COMMIT_VARIABLES.map(get).find(id => /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(id)) || '';
}

// readDuration reads 90s, 5m or 1h30m; the result is in milliseconds.
function readDuration(name, text) {
  const found = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(text);
  if (found === null) throw new Usage(name + ' is ' + quoted(text) + ': it has the form 90s, 5m or 1h30m');
  const [h, m, s] = found.slice(1).map(n => Number(n || 0));
  return ((h * 60 + m) * 60 + s) * 1000;
}

// validDatabase: MongoDB manual, reference/limits, Naming Restrictions.
function validDatabase(name) {
  return name !== '' && host.encode(name).length < 64 && !/[/\\. "$*<>:|?\0]/.test(name);
}

// checkRedirects: redirected databases are the state's, no two collections become
// one, and none is in a database of the server or in the one of what runs remember.
function checkRedirects({databases, stateDatabase}, state) {
  const owners = new Map(), own = [];
  for (const c of state.collections) {
    if (!own.includes(c.database)) own.push(c.database);
    const database = databases.has(c.database) ? databases.get(c.database) : c.database;
    const to = database + '.' + c.name, from = c.database + '.' + c.name;
    if (owners.has(to)) {
      throw new Usage(clean(owners.get(to)) + ' and ' + clean(from) + ' would both be ' + clean(to) + ': redirect their databases to different ones');
    }
    owners.set(to, from);
    if (SYSTEM_DATABASES.includes(database)) {
      throw new Usage(clean(from) + ' would be written to the database ' + quoted(database) + ', which is the server\'s own');
    }
    if (database === stateDatabase) {
      throw new Usage(clean(from) + ' would be written to the database ' + quoted(database) + ', which keeps what runs remember: name another one for that');
    }
  }
  if (SYSTEM_DATABASES.includes(stateDatabase) || !validDatabase(stateDatabase)) {
    throw new Usage('the state database cannot be ' + quoted(stateDatabase));
  }
  for (const name of [...databases.keys()].sort()) {
    if (!own.includes(name)) throw new Usage('this weave writes no database ' + quoted(name) + ': it has ' + own.map(quoted).join(', '));
  }
}
