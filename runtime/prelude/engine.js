// What the pure part offers to the shell part and to tests.

// newRun is a run of the command; runs and release-hold need nothing of the state but
// weave and environment, and undo the names of the collections besides.
function newRun(state, settings) {
  const {command} = settings, named = {...state, collections: [], before: [], after: [], cluster: undefined};
  switch (command) {
    case 'undo': {
      const to = database => settings.databases.has(database) ? settings.databases.get(database) : database;
      const undo = (id, runs) => new UndoRun(named, command, {...settings, undo: id, runs}, state.collections.map(c => to(c.database) + '.' + c.name));
      return settings.undo === '' ? new FanOutUndo(named, command, settings, undo) : undo(settings.undo, undefined);
    }
    case 'runs': return settings.undo === undefined || settings.undo === '' && !settings.last ? new RunsRun(named, command, settings) : new ShownRun(named, command, settings);
    case 'status': return new StatusRun(state, settings, newRun(state, {...settings, command: 'plan', detailedExit: false}), new RunsRun(named, 'runs', settings));
    case 'doctor': return new DoctorRun(state, command, settings);
    case 'release-hold': return new ControlRun(named, command, settings);
    case 'claim': return new ControlRun(chosenState(state, settings.only), command, settings);
  }
  if (state.apart.length > 0) return new FanOutRun(state, command, settings);
  return new Run(state, command, settings);
}

const engine = {
  // run starts a run: next() gives a request, next(answer) the one after it, and in the end {done: true, value: report}.
  run: (state, settings) => newRun(state, settings).go(),
  failedToConnect: (state, settings, message) => {
    /** @type {any} */
    const run = newRun(state, {...settings, undo: settings.undo || '0'}); // whichever run
    if (run instanceof StatusRun) return run.failedToConnect(engine.failedToConnect(state, {...settings, command: 'plan'}, message));
    if (run instanceof DoctorRun) return run.failedToConnect();
    if (run instanceof FanOutRun) return run.failedToConnect({stage: 'connect', message});
    run.report.failure = {stage: 'connect', message};
    return run instanceof RunsRun ? run.failedToConnect() : run.finish(false);
  },
  connectionConcerns, newRun, observe, observeAgain, write,
  readState, readSettings, engineDigest, reportJSON, reportLines, asLines, reportText, metrics, notRun, hidePasswords, clean, jsonString,
  document, fields, field, get, build, identical, typeName, same, key, compare, compareFamily, comparePaths, inTurn, replaceable, updating, deletion, adaptWrite, writeNeeds, holds,
  parsePartial, partialHolds, parseLine, canonical, pathText, quote, short, unsendable, drive, fromBase64, toBase64, Reader, Writer, redactor,
  validationOf, Validator, addHole, breachWords, refusedWords, Pattern,
  nearWord, readJournal, journalRecords, ownedDigest, reverse, soundDocument, Seal, hmac,
  documentChanges, maskedSides, lostElements, textParts, partsAround, lineRows, Mask, patchOf, patched, Packed, Telling,
};
