// What a server can do beyond the core dialect (docs/portability.md). In: what a server
// says of itself; out: {version, build}, and {server, has, lacks, untried}: sorted names of
// CAPABILITY_FEATURES, each in one list at most; undefined: nothing is known. Pure.

// featureLacking reports whether the server was seen not to have a feature. Of one that
// was not probed nothing is known: it is taken for MongoDB.
function featureLacking(capabilities, feature) {
  return capabilities !== undefined && capabilities.lacks.includes(feature);
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
