// The commands that change what runs remember on purpose: `claim` takes over
// databases and collections, `release-hold` lifts the hold that an undo left. A
// generator like Run.

class ControlRun extends Run {
  // go changes the records, or shows them, and returns the report.
  * go() {
    let changes = [];
    const shown = yield* this.guarded(() => this.changes(found => changes = found));
    if (shown && !this.settings.planOnly) yield* this.guarded(stage => this.change(stage, changes));
    return this.finish(changes.length > 0);
  }

  // changes gives what is to be changed, which the report shows. A record that a newer
  // version wrote, or another cluster than the state's, is a conflict.
  * changes(give) {
    const {db, about} = this, {cluster} = yield* db.hello(), wrong = wrongCluster(cluster, this.state.cluster), {records, conflicts} = yield* controlRecords(db, about);
    if (wrong !== undefined) conflicts.unshift(wrong);
    if (conflicts.length > 0) throw new Refused(conflicts);
    const changes = this.report.command === 'claim' ? claimChanges(records, about, cluster) : holdChanges(records, about);
    if (changes.length > 0) this.report.control = changes.map(c => ({record: c.id, before: c.before, after: c.after}));
    give(changes);
  }

  // change writes the records anew.
  * change(stage, changes) {
    stage('write');
    for (const c of changes) {
      yield* writeChange(this.db, c);
      this.wrote = true;
    }
  }
}
