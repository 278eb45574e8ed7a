// Stages of writes. In: how many writes there are, and which of them takes a unique
// value from which; out: stages, {writes, deletes, whole}, each of which comes after
// those before it. whole: all in one transaction, with the deletes that give a value
// up. The rules are docs/enforcement.md, Unique values that move.

// fits: a transaction takes the stage, as it reads and writes its documents.
function fits(s, {writes, deletes}) {
  const size = v => v === undefined ? 0 : v.e - v.s, all = s.writes.map(i => writes[i]);
  const bytes = all.reduce((n, w) => n + (w.isPlanned ? w.bytes : size(w.before) + size(w.after)), 0) + s.deletes.reduce((n, i) => n + size(deletes[i]), 0);
  return s.writes.length + s.deletes.length <= TRANSACTION_DOCUMENTS && bytes <= TRANSACTION_BYTES;
}

// inStages orders n writes. Those that no order allows, and the deletions that they
// wait for, are in one stage that is whole, and stuck has them with those that wait
// behind them; deletion finds a delete.
function inStages(n, waits, deletion) {
  const {waves, stuck} = inWaves(n, waits), stages = waves.map(writes => ({writes, deletes: [], whole: false}));
  if (stuck.length === 0) return {stages, stuck};
  const core = unordered(stuck, waits), rest = stuck.filter(i => !core.includes(i));
  const deletes = new Set(waits.filter(w => w.holder < 0 && core.includes(w.write)).map(deletion));
  stages.push({writes: core, deletes: [...deletes].sort((a, b) => a - b), whole: true});
  const behind = waits.map(w => ({write: rest.indexOf(w.write), holder: rest.indexOf(w.holder)})).filter(w => w.write >= 0 && w.holder >= 0);
  for (const wave of inWaves(rest.length, behind).waves) stages.push({writes: wave.map(k => rest[k]), deletes: [], whole: false});
  return {stages, stuck};
}

// unordered are those of the stuck writes that have to be done at once: without
// those that only wait behind them.
function unordered(stuck, waits) {
  for (let core = stuck; ;) {
    const needed = new Set(waits.filter(w => core.includes(w.write)).map(w => w.holder < 0 ? w.write : w.holder));
    const left = core.filter(i => needed.has(i));
    if (left.length === core.length) return core;
    core = left;
  }
}

// inWaves orders n writes so that each comes after those it waits for, as early
// as possible. Writes that no order allows are in stuck, ascending.
function inWaves(n, waits) {
  const after = new Map();
  for (const w of waits) {
    if (!after.has(w.write)) after.set(w.write, []);
    after.get(w.write).push(w.holder);
  }
  const at = []; // wave; undefined: not placed
  let rest = [];
  for (let i = 0; i < n; i++) {
    if (after.has(i)) rest.push(i);
    else at[i] = 0;
  }
  while (rest.length > 0) {
    const placed = rest.filter(i => after.get(i).every(h => h >= 0 && at[h] !== undefined));
    if (placed.length === 0) break;
    const waves = placed.map(i => 1 + Math.max(...after.get(i).map(h => at[h])));
    placed.forEach((i, k) => at[i] = waves[k]);
    rest = rest.filter(i => at[i] === undefined);
  }
  const waves = [];
  for (let i = 0; i < n; i++) {
    if (at[i] === undefined) continue;
    while (waves.length <= at[i]) waves.push([]);
    waves[at[i]].push(i);
  }
  return {waves, stuck: rest};
}
