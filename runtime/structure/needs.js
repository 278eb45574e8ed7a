// What of a server's capabilities the structure of a collection takes. In: what is to be
// done; out: {feature, index} (runtime/capability): the name of the first index that takes
// it, undefined where options of the collection do. Pure.

// structureNeeds are what a missing collection takes to be created, or an existing one to
// be changed, each feature once.
function structureNeeds(c, missing, optionPlan, indexPlan) {
  const out = [];
  const need = (feature, index, is) => {
    if (is && !out.some(n => n.feature === feature)) out.push({feature, index});
  };
  if (missing) {
    for (const {option, feature} of OPTION_NEEDS) {
      const v = indexOption(c.options, option), otherwise = filledOption(option, undefined);
      need(feature, undefined, v !== undefined && (otherwise === undefined || !same(v, otherwise)));
    }
    need(CAN_COLLATION, undefined, hasCollation(c.options));
  }
  for (const command of optionPlan.commands) {
    for (const {option, feature} of CHANGE_NEEDS) need(feature, undefined, field(command, option) !== undefined);
  }
  for (const spec of missing ? c.indexes : indexPlan.create) indexNeeds(spec, need);
  for (const {commands, before} of indexPlan.modify) for (const command of commands) {
    for (const {option, feature} of INDEX_CHANGE_NEEDS) need(feature, indexName(before), get(command, ['index', option]) !== undefined);
  }
  return out;
}

// indexNeeds are those of an index that is created.
function indexNeeds(spec, need) {
  const name = indexName(spec), unique = hasOption(spec, 'unique');
  need(CAN_UNIQUE_INDEX, name, unique);
  need(CAN_PARTIAL_INDEX, name, unique && hasOption(spec, 'partialFilterExpression'));
  need(CAN_COLLATED_INDEX, name, unique && hasCollation(spec));
  need(CAN_HIDDEN_INDEX, name, hasOption(spec, 'hidden'));
  need(CAN_TTL_INDEX, name, hasOption(spec, 'expireAfterSeconds'));
}
