// Parts of a validator of which the order says nothing. In: a place in an option; out:
// whether two values that differ there in their order alone are the same. The rules
// are docs/enforcement.md, Structure.

// inAnyOrder reports whether a change of an option is one of the order of fields in a
// JSON schema, or of the members of a set in it: of names, values, types or schemas.
/** @param {Change} c */
function inAnyOrder({kind, at}) {
  if (kind !== KIND_ORDERED && kind !== KIND_MOVED || at.length < 2 || at[0].field !== 'validator' || at[1].field !== '$jsonSchema') return false;
  return anyOrder(at.slice(2));
}

// anyOrder is for a place in a schema.
/** @param {Step[]} at @returns {boolean} */
function anyOrder(at) {
  const n = at.length, element = i => n > i && at[i].element !== undefined;
  if (n === 0) return true;
  const name = at[0].field;
  if (name === undefined) return false;
  if (SCHEMA_OF_NAMES.includes(name)) return n < 3 || element(2) && n === 3 || !element(2) && anyOrder(at.slice(2));
  if (SCHEMA_LISTS.includes(name)) return n === 1 || element(1) && anyOrder(at.slice(2));
  // The schemas of the first elements of an array: their order counts.
  if (SCHEMA_SCHEMAS.includes(name)) return element(1) ? n > 2 && anyOrder(at.slice(2)) : n > 1 && anyOrder(at.slice(1));
  return SCHEMA_SETS.includes(name) && (n === 1 || element(1) && n === 2);
}
