package control

// Notes of a report about what runs remember. `{name}` is replaced by change.Fill; the
// texts of conflicts are in runtime/change.

//js:table
const (
	// NoteStateUnread: database is the state database's name.
	NoteStateUnread = "what earlier runs left in the database {database} may not be read by this user: claims, holds and causes are left out"
	// NoteHeld: run is the one whose undo holds the artefact back.
	NoteHeld = "this artefact was undone (run {run}) and is held back: what undo took back counts as a difference"

	noteMayArrive = "sent without an answer, this may still be carried out: {late}; the next run waits {seconds} s for it"
	noteOther     = "the run {run} is writing to the database {database}, or was broken off: what it sent may still be carried out"
)
