// What a connection string has beyond a majority. In: its write and read concern, as
// mongosh has them; out: {journal, last, linear}, and requests that ask for it, too. Pure;
// the rules are docs/enforcement.md, Concerns.

const MAJORITY = {w: LEVEL_MAJORITY};

const NOTHING_BEYOND = {journal: false, last: undefined, linear: false};

// connectionConcerns takes what is stronger than a majority out of those of a connection.
// Of a number of members it is not known whether it is a majority: it is waited for besides.
function connectionConcerns(write, level) {
  const {w, j, journal} = write || {};
  const last = typeof w === 'number' && w > 1 || typeof w === 'string' && w !== '' && w !== LEVEL_MAJORITY ? w : undefined;
  return {journal: j === true || journal === true, last, linear: level === LEVEL_LINEARIZABLE};
}

// beyond is a request that asks for a majority, asking for what is beyond it, too.
function beyond(request, {journal, linear}) {
  const concerned = d => {
    const out = {...d};
    if (journal && d.writeConcern !== undefined) out.writeConcern = {...concernFields(d.writeConcern), j: true};
    if (linear && d.readConcern !== undefined && d.readConcern.level === LEVEL_MAJORITY) out.readConcern = {level: LEVEL_LINEARIZABLE};
    return out;
  };
  if (!journal && !linear) return request;
  switch (request.kind) {
    case 'command': return {...request, command: concerned(request.command)};
    case 'find': return {...request, options: concerned(request.options)};
    case 'transaction': return request.action === 'start' ? {...request, journal} : request;
  }
  return request;
}

// concernFields are those of a write concern, which commands that were built of BSON have as a Map.
function concernFields(concern) {
  return concern instanceof Map ? Object.fromEntries(concern) : concern;
}
