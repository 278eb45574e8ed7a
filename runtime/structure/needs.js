// What of a server's capabilities the structure of a collection takes. In: what is to be
// done; out: names of features (runtime/capability). Pure.

// structureNeeds are the features beyond the core dialect that a missing collection takes
// to be created, or an existing one to be changed.
function structureNeeds(c, missing, optionPlan, indexPlan) {
  const out = [];
  const need = (feature, is) => {
    if (is && !out.includes(feature)) out.push(feature);
  };
  if (missing) {
    need(CAN_VIEW, hasOption(c.options, 'viewOn'));
    need(CAN_TIME_SERIES, hasOption(c.options, 'timeseries'));
    need(CAN_CAPPED, hasOption(c.options, 'capped'));
    need(CAN_COLLATION, hasCollation(c.options));
    need(CAN_VALIDATOR, hasOption(c.options, 'validator'));
  }
  for (const command of optionPlan.commands) need(CAN_CHANGE_VALIDATOR, field(command, 'validator') !== undefined);
  for (const spec of missing ? c.indexes : indexPlan.create) indexNeeds(spec, need);
  for (const {commands} of indexPlan.modify) for (const command of commands) need(CAN_CHANGE_TTL, get(command, ['index', 'expireAfterSeconds']) !== undefined);
  return out;
}

// indexNeeds are those of an index that is created.
function indexNeeds(spec, need) {
  const unique = hasOption(spec, 'unique');
  need(CAN_UNIQUE_INDEX, unique);
  need(CAN_PARTIAL_INDEX, unique && hasOption(spec, 'partialFilterExpression'));
  need(CAN_COLLATED_INDEX, unique && hasCollation(spec));
  need(CAN_HIDDEN_INDEX, hasOption(spec, 'hidden'));
  need(CAN_TTL_INDEX, hasOption(spec, 'expireAfterSeconds'));
}
