// What the person who runs the script asks for. In: environment variables; out:
// settings of a run, or {usage: what is wrong}.

function readSettings(variables, state) {
  const get = name => variables[name] === undefined ? '' : variables[name];
  const choose = (name, first, ...others) => {
    const value = get(name) || first;
    if (value !== first && !others.includes(value)) {
      throw new Usage(name + ' is ' + quoted(value) + ': it can be ' + [first, ...others].join(', '));
    }
    return value;
  };
  try {
    const settings = {
      command: choose('MONGOCD_MODE', 'plan', 'apply', 'verify'), output: choose('MONGOCD_OUTPUT', 'text', 'json'),
      detailedExit: choose('MONGOCD_DETAILED_EXITCODE', '0', '1') === '1', verbose: choose('MONGOCD_VERBOSE', '0', '1') === '1',
      batchSize: Number(get('MONGOCD_BATCH_SIZE') || WRITE_BATCH), databases: readRedirects(get('MONGOCD_DATABASE')),
    };
    if (!Number.isInteger(settings.batchSize) || settings.batchSize < 1 || settings.batchSize > WRITE_BATCH) {
      throw new Usage('MONGOCD_BATCH_SIZE is ' + quoted(get('MONGOCD_BATCH_SIZE')) + ': it can be 1 to ' + WRITE_BATCH);
    }
    checkRedirects(settings.databases, state);
    settings.secrets = readSecrets(get, secretNames(state));
    return settings;
  } catch (e) {
    if (!(e instanceof Usage)) throw e;
    return {usage: e.message};
  }
}

class Usage extends Error {}

// readRedirects reads OLD=NEW,OLD=NEW.
function readRedirects(text) {
  const databases = new Map();
  for (const pair of text === '' ? [] : text.split(',')) {
    const at = pair.indexOf('='), from = pair.slice(0, at), to = pair.slice(at + 1);
    if (at < 1 || to === '') throw new Usage('MONGOCD_DATABASE is ' + quoted(text) + ': it has the form OLD=NEW,OLD=NEW');
    if (databases.has(from) && databases.get(from) !== to) throw new Usage('MONGOCD_DATABASE: ' + quoted(from) + ' is redirected twice');
    databases.set(from, to);
  }
  return databases;
}

// checkRedirects: redirected databases are the state's, and no two collections become one.
function checkRedirects(databases, state) {
  const owners = new Map(), own = [];
  for (const c of state.collections) {
    if (!own.includes(c.database)) own.push(c.database);
    const to = (databases.has(c.database) ? databases.get(c.database) : c.database) + '.' + c.name, from = c.database + '.' + c.name;
    if (owners.has(to)) {
      throw new Usage(clean(owners.get(to)) + ' and ' + clean(from) + ' would both be ' + clean(to) + ': redirect their databases to different ones');
    }
    owners.set(to, from);
  }
  for (const name of [...databases.keys()].sort()) {
    if (!own.includes(name)) throw new Usage('this weave writes no database ' + quoted(name) + ': it has ' + own.map(quoted).join(', '));
  }
}
