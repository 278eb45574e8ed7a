// Package prelude puts together the JavaScript engine that mongosh scripts carry:
// the twin of runtime/enforce and what it stands on, with the rules of
// docs/enforcement.md. The JavaScript half of a package is in that package's
// folder; here is what has no Go half.
//
// In: the sources of package runtime. Out: the text of a script's engine, without the
// state.
//
// The sources come in two parts. Pure is everything that computes: BSON bytes,
// comparison, conditions, planning, reports. It makes no database call, and the
// script evaluates it from its text in a realm of its own, so that neither mongosh's
// rewriting of calls nor the functions that it puts in the place of Array's, which both
// slow loops down, reach it. Shell is the thin part that talks to mongosh and to the database.
//
// Every script has all of it. What a state can be seen to need or not (links, secrets,
// prune, hooks, the cluster's name, redacted fields) is 6 % of the text; the rest
// serves the destination, undo and runs. So there is one engine, with one digest.
package prelude

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	sources "github.com/hayone1/mongocd/runtime"
)

// pure are the files of the pure part, in the order in which they are joined: a
// file's constants are made before those that need them.
var pure = []string{
	"prelude/tables.js",
	"doc/bson.js",
	"doc/edit.js",
	"doc/patch.js",
	"doc/number.js",
	"doc/compare.js",
	"safe/safe.js",
	"near/near.js",
	"safe/escape.js",
	"doc/extjson.js",
	"change/show.js",
	"capability/capability.js",
	"compare/cond.js",
	"prelude/drive.js",
	"change/conflicts.js",
	"change/packed.js",
	"change/outcome.js",
	"desired/mask.js",
	"desired/redactor.js",
	"compare/leftout.js",
	"compare/lists.js",
	"compare/compare.js",
	"structure/structure.js",
	"structure/needs.js",
	"structure/indexspec.js",
	"structure/indexplan.js",
	"structure/indexes.js",
	"structure/anyorder.js",
	"structure/options.js",
	"structure/kept.js",
	"compare/secrets.js",
	"compare/masks.js",
	"change/between/steps.js",
	"change/between/between.js",
	"change/between/keys.js",
	"change/between/elements.js",
	"change/between/texts.js",
	"compare/shown.js",
	"compare/bound.js",
	"compare/changes.js",
	"compare/links.js",
	"compare/linknames.js",
	"compare/writes.js",
	"compare/ways.js",
	"compare/prune.js",
	"compare/items.js",
	"compare/collection.js",
	"compare/held.js",
	"compare/moves.js",
	"desired/content.js",
	"enforce/digest.js",
	"control/record.js",
	"journal/journal.js",
	"control/journal.js",
	"control/journalread.js",
	"control/seal.js",
	"control/encrypt.js",
	"control/journalproof.js",
	"undo/lists.js",
	"undo/decide.js",
	"stores/partial.js",
	"order/unique.js",
	"order/stages.js",
	"order/order.js",
	"validator/pattern.js",
	"validator/value.js",
	"validator/validator.js",
	"validator/schema.js",
	"validator/schemajudge.js",
	"validator/query.js",
	"validator/queryjudge.js",
	"validator/words.js",
	"validator/refused.js",
	"stores/answers.js",
	"stores/concerns.js",
	"stores/stores.js",
	"stores/retry.js",
	"control/database.js",
	"capability/replies.js",
	"capability/probe.js",
	"control/capabilities.js",
	"control/control.js",
	"control/cluster.js",
	"control/runs.js",
	"control/claim.js",
	"control/ledger.js",
	"control/ledgerrun.js",
	"cause/entries.js",
	"cause/cause.js",
	"enforce/drift.js",
	"control/privileges.js",
	"enforce/privileges.js",
	"control/late.js",
	"enforce/step.js",
	"control/lease.js",
	"structure/shard.js",
	"enforce/alike.js",
	"enforce/validation.js",
	"enforce/observestructure.js",
	"enforce/read.js",
	"enforce/observeunique.js",
	"enforce/follow.js",
	"enforce/observation.js",
	"enforce/alter.js",
	"enforce/send.js",
	"enforce/hooks.js",
	"enforce/remembered.js",
	"enforce/enforcer.js",
	"enforce/observe.js",
	"enforce/guard.js",
	"enforce/write.js",
	"enforce/documents.js",
	"enforce/report.js",
	"enforce/enforce.js",
	"undo/write.js",
	"undo/report.js",
	"undo/undo.js",
	"undo/journal.js",
	"undo/observe.js",
	"undo/places.js",
	"undo/show.js",
	"enforce/claim.js",
	"change/status.js",
	"change/view/spans.js",
	"change/view/tally.js",
	"change/view/window.js",
	"change/view/values.js",
	"change/view/outline.js",
	"change/view/renames.js",
	"change/view/status.js",
	"change/view/alike.js",
	"change/view/filter.js",
	"change/view/json.js",
	"change/view/lines.js",
	"change/view/metrics.js",
	"change/view/text.js",
	"change/view/markdown.js",
	"change/view/named.js",
	"change/view/page.js",
	"change/view/failure.js",
	"change/view/databases.js",
	"change/view/runs.js",
	"control/runlist.js",
	"enforce/runs.js",
	"doctor/text.js",
	"doctor/doctor.js",
	"fanout/report.js",
	"fanout/fanout.js",
	"fanout/undo.js",
	"prelude/state.js",
	"prelude/settings.js",
	"prelude/engine.js",
}

// shell is the file of the shell part.
const shell = "prelude/shell.js"

// node is the file that makes `host` of what Node.js has.
const node = "prelude/host.js"

// globals are what the pure part takes of JavaScript itself. In a realm made by node:vm each
// look at a global is slow; a constant of a function is not.
const globals = "Array, ArrayBuffer, BigInt, DataView, Date, Error, Infinity, Int32Array, JSON, Map, Math, NaN, Number, Object, RegExp, Set, String, Uint8Array, parseInt"

// Pure returns the text of the pure part: the body of a function with the
// parameter `host` that returns the engine.
func Pure() string { return "'use strict';\n" + engine() }

// Source returns the text that a script evaluates: the body of a function with the parameter
// `node` (host.js) that returns the engine.
func Source() string {
	return "'use strict';\nconst {" + globals + "} = globalThis;\n" + join([]string{node}) + engine()
}

func engine() string { return join(pure) + "return engine;\n" }

// Shell returns the text of the part that talks to mongosh.
func Shell() string { return join([]string{shell}) }

func join(names []string) string {
	var b strings.Builder
	for _, name := range names {
		text, err := sources.Scripts.ReadFile(name)
		if err != nil {
			panic(err) // an embedded file that is listed and not there: a mistake of this package
		}
		b.Write(text)
	}
	return b.String()
}

// Digest is the SHA-256 of ShellDigest and of Source, the same in all scripts of
// one version: a script calculates it from the text that it evaluates, and plan
// prints it (engineDigest in engine.js).
func Digest() string { return "sha256:" + sum(ShellDigest()+"\n"+Source()) }

// ShellDigest is that of the shell part, in hex. A script cannot read that part of
// itself, and has this beside it.
func ShellDigest() string { return sum(Shell()) }

func sum(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
