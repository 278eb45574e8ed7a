// What was found of a destination, for people and as JSON. In: what DoctorRun gives; out:
// text, a line a fact.

function doctorText({environment, server, connection, features, problems}) {
  const out = [], line = (name, text) => out.push(name.padEnd(16) + text);
  line('environment', clean(environment));
  if (server.version !== '' || features.length > 0) {
    line('server', 'version ' + clean(server.version) + (server.build === '' ? '' : ' (' + clean(server.build) + ')') + ', wire version ' + server.wireVersion);
    if (server.fcv !== '') line('', 'feature compatibility version ' + clean(server.fcv));
    line('topology', clean(server.topology));
    for (const name of server.hosts) line('', clean(name));
    line('tls', connection.tls);
    if (connection.users.length === 0) line('user', 'none: without authentication');
    else {
      line('user', clean(connection.users.join(', ')));
      line('roles', clean(connection.roles.join(', ')));
    }
    line('latency', connection.latencyMicroseconds / 1000 + 'ms');
    line('clock', (server.clockSkewMilliseconds < 0 ? '' : '+') + server.clockSkewMilliseconds + ' ms to this machine\'s');
    out.push('');
    const signs = {has: 'yes', lacks: 'no', untried: 'no right', unknown: 'unknown'};
    for (const {words, state, neededBy} of features) line(signs[state], words + (neededBy.length === 0 ? '' : ': needed by ' + neededBy.join(', ')));
    out.push('');
  }
  for (const p of problems) line('problem', p.split('\n').join('\n' + ' '.repeat(16)));
  if (problems.length === 0) out.push('nothing is in the way');
  return out.join('\n') + '\n';
}

function doctorJSON({format, command, environment, exit, server, connection, features, problems}) {
  const out = [], {version, build, wireVersion, topology, fcv, hosts, clockSkewMilliseconds} = server, fields = o => ({list: Object.entries(o)});
  printJSON(fields({
    format, command, environment, exit,
    server: fields({version, build, wireVersion, topology, ...(fcv === '' ? {} : {featureCompatibilityVersion: fcv}), hosts: hosts.map(name => fields({host: name})), clockSkewMilliseconds}),
    connection: fields(connection), features: features.map(fields), problems,
  }), '', out);
  return out.join('') + '\n';
}
