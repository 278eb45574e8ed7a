// Package prelude holds the JavaScript engine that mongosh scripts carry: the
// twin of runtime/enforce, with the rules of docs/enforcement.md.
//
// The sources come in two parts. Pure is everything that computes: BSON bytes,
// comparison, conditions, planning, reports. It makes no database call, and the
// script evaluates it from its text, so that mongosh's rewriting of calls, which
// slows loops down, does not reach it. Shell is the thin part that talks to
// mongosh and to the database.
package prelude

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"strings"
)

//go:embed *.js
var sources embed.FS

// pure are the files of the pure part, in the order in which they are joined.
var pure = []string{
	"bson.js",
	"number.js",
	"compare.js",
	"safe.js",
	"extjson.js",
	"show.js",
	"cond.js",
	"drive.js",
	"messages.js",
	"mask.js",
	"leftout.js",
	"diff.js",
	"structure.js",
	"indexspec.js",
	"indexes.js",
	"options.js",
	"secrets.js",
	"shown.js",
	"links.js",
	"linknames.js",
	"writes.js",
	"content.js",
	"digest.js",
	"record.js",
	"journal.js",
	"seal.js",
	"encrypt.js",
	"undo.js",
	"partial.js",
	"unique.js",
	"order.js",
	"pattern.js",
	"validator.js",
	"validatorschema.js",
	"validatorquery.js",
	"validatorwords.js",
	"store.js",
	"retry.js",
	"control.js",
	"ledger.js",
	"ledgerrun.js",
	"privileges.js",
	"late.js",
	"lease.js",
	"shard.js",
	"alike.js",
	"validation.js",
	"look.js",
	"alter.js",
	"run.js",
	"undorun.js",
	"undoplaces.js",
	"undoreport.js",
	"claim.js",
	"form.js",
	"report.js",
	"runlist.js",
	"state.js",
	"settings.js",
	"engine.js",
}

// Pure returns the text of the pure part: the body of a function with the
// parameter `host` that returns the engine.
func Pure() string { return "'use strict';\n" + join(pure) + "return engine;\n" }

// Shell returns the text of the part that talks to mongosh.
func Shell() string { return join([]string{"shell.js"}) }

func join(names []string) string {
	var b strings.Builder
	for _, name := range names {
		text, err := sources.ReadFile(name)
		if err != nil {
			panic(err) // an embedded file that is listed and not there: a mistake of this package
		}
		b.Write(text)
	}
	return b.String()
}

// Digest is the SHA-256 of ShellDigest and the pure part, the same in all scripts of
// one version: a script calculates it from the text that it evaluates, and plan
// prints it (engineDigest in engine.js).
func Digest() string { return "sha256:" + sum(ShellDigest()+"\n"+Pure()) }

// ShellDigest is that of the shell part, in hex. A script cannot read that part of
// itself, and has this beside it.
func ShellDigest() string { return sum(Shell()) }

func sum(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
