// Guarding: whether what was observed may be written. In: what was observed; out:
// conflicts where it may not. Reads only. Generators.

// guard finds whether a run may write: it is what was approved, and the user has the
// privileges.
/** @param {Run} run @param {Observed} seen */
function * guard(run, seen) {
  checkApproved(run, seen);
  const lacking = yield* lackingPrivileges(run.db, neededBy(run, seen.all));
  if (lacking.length > 0) throw new Refused(lacking);
}

// planned is the digest of what was observed.
/** @param {Run} run @param {Observed} seen */
function planned(run, seen) {
  return planDigest(run.state.artefact, run.contentDigest(), seen.all);
}

// checkApproved holds what was observed against what was approved by its digest.
/** @param {Run} run @param {Observed} seen */
function checkApproved(run, seen) {
  const {approved} = run.settings;
  if (approved === '') return;
  const found = planned(run, seen);
  if (found === approved) return;
  throw new Refused([conflictOfRun(NOT_APPROVED, {found, approved: clean(approved)})]);
}
