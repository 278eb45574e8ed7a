// What a server can do beyond the core dialect (docs/portability.md). In: what a server
// says of itself; out: {version, build}, and {server, has, lacks, untried}: sorted names of
// CAPABILITY_FEATURES, each in one list at most; undefined: nothing is known. Pure.

// featureLacking reports whether the server was seen not to have a feature. Of one that
// was not probed nothing is known: it is taken for MongoDB.
function featureLacking(capabilities, feature) {
  return capabilities !== undefined && capabilities.lacks.includes(feature);
}

// featuresKnown reports whether the features were probed, as far as the user may, on this
// very version of the server.
function featuresKnown(capabilities, {version, build}, features) {
  if (capabilities === undefined || capabilities.server.version !== version || capabilities.server.build !== build) return false;
  const {has, lacks, untried} = capabilities;
  return features.every(f => has.includes(f) || lacks.includes(f) || untried.includes(f));
}

// featureWords are those of a feature; of one that this version does not know, its name.
function featureWords(feature) {
  const found = CAPABILITY_FEATURES.find(f => f.name === feature);
  return found === undefined ? feature : found.words;
}

// serverText is the server in messages.
function serverText({version, build}) {
  if (version === '') return 'of an unknown version';
  return build === '' ? version : version + ', ' + build;
}

// serverOf reads who answered buildInfo.
function serverOf(reply) {
  const parts = [];
  for (const name of BUILD_FIELDS) {
    const v = reply[name], said = v !== null && typeof v === 'object' ? v.version : v;
    if (typeof said === 'string' && said !== '') parts.push(name + ' ' + said);
  }
  return {version: typeof reply.version === 'string' ? reply.version : '', build: parts.join(' ')};
}
