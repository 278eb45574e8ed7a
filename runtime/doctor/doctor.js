// A destination examined: what a pipeline that fails is asked first. In: a run, and when
// the server is to be tried; out: what the server is, how it is reached, what it can do,
// and what this state needs of that and of the user's rights. It writes to the state
// database what a probe finds, and nothing else. Generators.

const PINGS = 7; // how often the server is asked for its latency

class DoctorRun extends Run {
  constructor(state, command, settings) {
    super(state, command, settings);
    this.found = {
      format: 1, command, environment: state.environment, exit: 0,
      server: {version: '', build: '', wireVersion: 0, topology: '', fcv: '', hosts: /** @type {string[]} */ ([]), clockSkewMilliseconds: 0},
      connection: {tls: settings.tls === true ? 'on' : 'off', users: /** @type {string[]} */ ([]), roles: /** @type {string[]} */ ([]), latencyMicroseconds: 0},
      features: /** @type {Object[]} */ ([]), problems: /** @type {string[]} */ ([]),
    };
  }

  * go() {
    const run = this;
    yield* this.guarded(function * () {
      yield* run.askServer();
      yield* run.askUser();
      yield* run.features();
    });
    return this.ended();
  }

  failedToConnect() {
    this.report.failure = {stage: 'connect', message: 'mongosh has no connection: run this script as mongosh URI --file mongosh.js'};
    return this.ended();
  }

  ended() {
    const {found, report} = this;
    if (report.failure !== undefined) found.problems.push(report.failure.message);
    for (const c of report.conflicts) this.lacking(c);
    found.exit = found.problems.length > 0 ? 1 : 0;
    return found;
  }

  // lacking puts a conflict among the problems.
  lacking({message, fix}) {
    const text = message + ': ' + clean(fix);
    if (!this.found.problems.includes(text)) this.found.problems.push(text);
  }

  * ask(command) {
    return yield* this.db.send('admin', {...command, comment: this.store.comment}, false);
  }

  // askServer asks what the server is, how fast it answers, and what its clock says.
  * askServer() {
    const took = [], {server, connection, problems} = this.found;
    for (let i = 0; i < PINGS; i++) {
      const began = host.now();
      yield* this.ask({ping: 1});
      took.push(host.now() - began);
    }
    took.sort((a, b) => a - b);
    connection.latencyMicroseconds = took[(PINGS - 1) / 2] * 1000;
    const began = host.now(), hello = yield* this.db.askHello(), middle = began + (host.now() - began) / 2;
    if (hello.localTime === undefined) problems.push('hello has no localTime: a lease needs the server\'s clock, so that no apply works here');
    else server.clockSkewMilliseconds = Math.round(Number(hello.localTime) - middle);
    if (Math.abs(server.clockSkewMilliseconds) > 60000) {
      problems.push('the clocks of the server and of this machine differ by ' + Math.trunc(server.clockSkewMilliseconds / 1000) + ' s: set them by NTP; certificates, tokens and reports go by them');
    }
    server.wireVersion = readHello(hello).wire;
    server.topology = hello.msg === 'isdbgrid' ? 'sharded cluster' : typeof hello.setName === 'string' ? 'replica set ' + hello.setName : 'single server';
    server.hosts = [...hello.hosts || []].map(String);
    Object.assign(server, yield* askServer(this.db));
    try {
      const reply = yield* this.ask({getParameter: 1, featureCompatibilityVersion: 1}), {version} = reply.featureCompatibilityVersion || {};
      if (typeof version === 'string') server.fcv = version;
    } catch (e) {
      if (!wasRefused(e)) throw e; // who may not read it does without
    }
  }

  // askUser asks who is logged in.
  * askUser() {
    let reply;
    try {
      reply = yield* this.ask({connectionStatus: 1});
    } catch (e) {
      if (!wasRefused(e)) throw e;
      return;
    }
    const {authenticatedUsers: users, authenticatedUserRoles: roles} = reply.authInfo || {}, {connection} = this.found;
    connection.users = [...users || []].map(u => u.user + '@' + u.db);
    connection.roles = [...roles || []].map(r => r.role + '@' + r.db);
  }

  // features says what the server can do, and what of it and of the user's rights the state needs.
  * features() {
    const {server, features, problems} = this.found, who = {version: server.version, build: server.build};
    const record = yield* this.permitted(this.db.find('control', {_id: SERVER_ID}, {batchSize: 1, singleBatch: true}));
    let known;
    if (record !== undefined && record.length > 0) {
      checkRecord('server', record[0]);
      known = readCapabilities(record[0]);
    }
    const all = CAPABILITY_FEATURES.map(f => f.name), {probe} = this.settings;
    if (probe === 'always' || probe === 'auto' && !featuresKnown(known, who, all)) {
      known = (yield* this.permitted(probeServer(this.db, who, (yield* this.db.hello()).cluster))) || known;
    }
    const seen = yield* this.permitted(observe(this)), needs = featureNeeds(this, seen === undefined ? [] : seen.all);
    for (const {name, words} of CAPABILITY_FEATURES) {
      const state = known === undefined ? 'unknown' : known.has.includes(name) ? 'has' : known.lacks.includes(name) ? 'lacks' : known.untried.includes(name) ? 'untried' : 'unknown';
      const neededBy = needs.get(name) || [];
      if (state === 'lacks' && neededBy.length > 0) {
        problems.push('the server lacks ' + words + ', which ' + neededBy.join(', ') + ' needs: take it out of the weave for this environment, or use a server that has it');
      }
      features.push({name, words, state, neededBy});
    }
    if (seen !== undefined) for (const c of yield* lackingPrivileges(this.db, neededBy(this, seen.all))) this.lacking(c);
  }

  // permitted is what a generator gives; undefined, where the user may not.
  * permitted(from) {
    try {
      return yield* from;
    } catch (e) {
      if (wasRefused(e) && e.code === CODE_UNAUTHORIZED) return undefined;
      throw e;
    }
  }
}

// featureNeeds are what needs features, by their names: the structure of the state where
// nothing of it is there yet, and what an apply now would write.
/** @param {Run} run @param {Observation[]} observations */
function featureNeeds(run, observations) {
  const needs = new Map(), none = {commands: []};
  const add = (feature, text) => {
    if (!needs.has(feature)) needs.set(feature, []);
    needs.get(feature).push(text);
  };
  const whole = new Set(), place = (c, more) => clean(run.namespace(c)) + ' (' + c.origin + more + ')';
  for (const c of run.state.collections) {
    for (const {feature} of structureNeeds(c, true, none, {create: [], modify: []})) {
      add(feature, place(c, ''));
      whole.add(feature + ' ' + run.namespace(c));
    }
  }
  for (const l of observations) {
    const documents = new Map([...needsOf(l).keys()].map(feature => [feature, 0]));
    for (const w of [...l.writes, ...l.deletes]) for (const feature of writeNeeds(w)) documents.set(feature, (documents.get(feature) || 0) + 1);
    for (const [feature, n] of documents) {
      if (whole.has(feature + ' ' + l.namespace())) continue;
      add(feature, place(l.c, n === 0 ? '' : n === 1 ? ', 1 document' : ', ' + n + ' documents'));
    }
  }
  return needs;
}
