// How a command ended. In: a report, and what it does not say itself; out: outcome and
// exit code (docs/enforcement.md, Exit codes). Pure.

// settle sets outcome and exit code. differs: there was something to do; wrote: a write
// was sent that the destination may have done; planOnly: undo, claim and release-hold are
// only to show.
function settle(p, {differs, wrote, planOnly, detailedExit, allowUnknown}) {
  const conflict = p.conflicts.length > 0, failed = p.failure !== undefined;
  const writes = p.command === 'apply' || !planOnly && ['undo', 'claim', 'release-hold'].includes(p.command);
  if (wrote && (conflict || failed)) [p.outcome, p.exit] = ['stopped', 4];
  else if (failed) [p.outcome, p.exit] = ['failed', 1];
  else if (conflict) [p.outcome, p.exit] = ['refused', 3];
  else if (!differs && p.collections.some(c => c.counts.unknown > 0)) {
    [p.outcome, p.exit] = ['unknown', !allowUnknown && (p.command === 'verify' || detailedExit) ? 2 : 0];
  } else if (!differs && p.collections.some(c => c.counts.kept > 0)) [p.outcome, p.exit] = ['kept', p.command === 'verify' ? 2 : 0];
  else if (!differs) [p.outcome, p.exit] = ['in-sync', 0];
  else if (writes) [p.outcome, p.exit] = [p.command === 'undo' ? 'undone' : 'applied', 0];
  else [p.outcome, p.exit] = ['changes', p.command === 'verify' || detailedExit ? 2 : 0];
  return p;
}
