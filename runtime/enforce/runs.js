// The run that lists the runs.

// RunsRun lists the runs: {format, command, weave, environment, exit, runs, failure}.
class RunsRun extends Run {
  * go() {
    const {command, weave, environment} = this.report, list = {format: 1, command, weave, environment, exit: 0, runs: [], failure: undefined};
    const run = this;
    yield* this.guarded(function * () {
      list.runs = yield* readRuns(run.store, run.settings.stateDatabase, run.state);
    });
    list.failure = this.report.failure;
    if (list.failure !== undefined) list.exit = 1;
    return list;
  }

  // failed: a list has no conflicts.
  failed(stage, e) {
    super.failed(stage, e instanceof Damaged || e instanceof Newer ? new Failure(e.message, false) : e);
  }

  failedToConnect() {
    const {command, weave, environment, failure} = this.report;
    return {format: 1, command, weave, environment, exit: 1, runs: [], failure};
  }
}
