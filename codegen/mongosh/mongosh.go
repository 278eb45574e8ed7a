// Package mongosh is the target `mongosh`: one desired state becomes one script,
// self-contained where it has not much data.
//
// In: *desired.Rendered. Out: mongosh.js with a header for people, the prelude, the
// desired state as quoted text, one call. Much data stay in the files of the state, which
// the script reads.
package mongosh

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/codegen"
	"github.com/hayone1/mongocd/codegen/js"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/pattern"
	"github.com/hayone1/mongocd/runtime/prelude"
)

// FileName is the script's name in the artefact's folder.
const FileName = "mongosh.js"

// header is for the person who opens the script; the values are quoted.
const header = `// %[1]s for environment %[2]s, made by %[3]s.
// Brings a MongoDB database to the state below, and changes nothing where it is there already.
//
//   mongosh URI --file mongosh.js                       shows what would change
//   MONGOCD_MODE=apply mongosh URI --file mongosh.js    changes it, and verifies
//   MONGOCD_MODE=verify mongosh URI --file mongosh.js   exits with 2 when something differs
//   MONGOCD_MODE=status mongosh URI --file mongosh.js   says which run changed it last, and how it differs now
//   MONGOCD_MODE=runs mongosh URI --file mongosh.js     lists what was applied
//   MONGOCD_MODE=runs MONGOCD_RUN=N|last                shows what a run wrote; without MONGOCD_RUN lists all
//   MONGOCD_MODE=undo MONGOCD_RUN=N mongosh URI --file mongosh.js
//                                                       takes run N, or the last one (MONGOCD_RUN=last), back;
//                                                       with MONGOCD_PLAN=1 it only shows what it would do, with
//                                                       MONGOCD_JOURNAL=DIGEST it keeps to the journal that its report had
//   MONGOCD_MODE=release-hold, claim                    allow what was undone; claim the databases for this environment
//   MONGOCD_MODE=doctor mongosh URI --file mongosh.js   says what the destination is, what it can do, and what this state needs of
//                                                       that; MONGOCD_PROBE=auto|always|never: when the server is tried
//
// Other settings: MONGOCD_OUTPUT=text|markdown|json, MONGOCD_DATABASE=OLD=NEW,… to use another database
// (or NAME,… of the databases of a fan-out these alone),
// MONGOCD_DETAILED_EXITCODE=1 for exit code 2 of plan and status, MONGOCD_ALLOW_UNKNOWN=1 for exit code 0 when nothing but
// secrets that are not given could not be compared, MONGOCD_BATCH_SIZE=1…1000, MONGOCD_VERBOSE=1 to leave
// nothing out, MONGOCD_QUIET=1 for the result, conflicts and a failure alone, MONGOCD_COLLECTION=NAME,… and
// MONGOCD_PATH=PATH to show less, MONGOCD_MAX_SIZE=BYTES for Markdown of at most so many, MONGOCD_REPORT=FILE for the JSON too,
// or for JSON lines, one a document, where FILE ends with .jsonl or .ndjson.
// MONGOCD_METRICS=FILE: verify writes what it found into FILE as metrics (OpenMetrics), too.
// What runs remember is kept at the destination, in the database mongocd, or that of MONGOCD_STATE_DATABASE.
// Settings of apply: MONGOCD_APPROVED=DIGEST refuses any other plan, MONGOCD_LABELS=NAME=VALUE,… for the record of the run,
// MONGOCD_CANARY=NAME,… to begin with these databases of a fan-out, MONGOCD_WAVES=N,N to go through them in waves of these sizes,
// MONGOCD_STOP_ON_FAILURE=1 to begin no other after one that failed,
// MONGOCD_WAIT=DURATION to wait for another run that is writing, MONGOCD_FORCE_UNLOCK=RUN to take over from one that is not any more.
// MONGOCD_JOURNAL_KEY (16 bytes or more; given as a secret is) seals and encrypts what undo writes back, and undo needs the same one.
// MONGOCD_REPAIR_DRIFT=1 writes over what the destination changed by itself, whatever the weave says of drift.
// MONGOCD_SAME_CLUSTER=1 writes even to the collections that the data was extracted from.
// A secret NAME is read from the environment variable NAME, the file that NAME_FILE names, or the file
// NAME in the directory MONGOCD_SECRETS_DIR; showing and verifying work without, and say what they could not compare.
// Exit codes: 0 done or nothing to do, 1 failed before anything was written, 2 differences found,
// 3 refused with nothing written, 4 stopped after writing something, 64 wrong usage.
//
// mongosh copies the text of scripts that it runs into its log files, this one with all its data, unless
// its configuration has "disableLogging": true.
%[5]s//
// sha256 of everything after the next empty line: %[4]x

`

// Generate returns the script of a state, which is self-contained. Equal states give equal
// bytes. The error is for a state with values that mongosh cannot send; the compiler,
// which knows the place, asks CannotHold before.
func Generate(wanted *desired.Rendered) ([]codegen.File, error) {
	return (&generator{wanted: wanted}).generate()
}

func (g *generator) generate() ([]codegen.File, error) {
	state, size, beside := g.wanted.State, 1<<19, headerBeside // the size is the prelude's
	if !g.beside {
		beside = ""
		size += int(g.wanted.Size() / 8 * 9)
	}
	top := func(sum [sha256.Size]byte) string {
		return fmt.Sprintf(header, js.Quote(state.Weave), js.Quote(state.Environment), js.Quote(state.Compiler), sum, beside)
	}
	g.out = append(make([]byte, 0, size), top([sha256.Size]byte{})...)
	from := len(g.out)
	if err := g.script(); err != nil {
		return nil, fmt.Errorf("mongosh target: %w", err)
	}
	copy(g.out, top(sha256.Sum256(g.out[from:])))
	return []codegen.File{{Path: FileName, Data: g.out}}, nil
}

type generator struct {
	wanted *desired.Rendered
	beside bool // documents stay in the files of the state
	out    []byte
}

func (g *generator) add(format string, args ...any) {
	g.out = fmt.Appendf(g.out, format, args...)
}

// lines adds a property whose value is a text of many lines, each a document.
func (g *generator) lines(name string, lines []byte) {
	g.add("    %s: ", name)
	if len(lines) == 0 {
		g.out = append(g.out, "''"...)
	} else {
		g.out = js.AppendLines(g.out, bytes.SplitSeq(bytes.TrimSuffix(lines, []byte("\n")), []byte("\n")))
	}
	g.out = append(g.out, ",\n"...)
}

func (g *generator) script() error {
	g.add("%s\n", prelude.Shell())
	g.add("// The engine, as text: mongosh would rewrite it to wait for databases, which it never asks, and make it slow.\n")
	g.add("const mongocdShell = %s; // the SHA-256 of what stands above\nconst mongocdSource = ", js.Quote(prelude.ShellDigest()))
	g.out = js.AppendLines(g.out, strings.SplitSeq(strings.TrimSuffix(prelude.Source(), "\n"), "\n"))
	g.add(";\n\n// The desired state. Documents are Extended JSON, one a line; a line in double quotes is the base64 of BSON.\n")
	if err := g.state(); err != nil {
		return err
	}
	g.add("\nquit(mongocdMain(mongocdSource, mongocdState));\n")
	return nil
}

// state adds the plan data.
func (g *generator) state() error {
	state := g.wanted.State
	g.add("const mongocdState = {\n  weave: %s,\n  environment: %s,\n  compiler: %s,\n  artefact: %s,\n",
		js.Quote(state.Weave), js.Quote(state.Environment), js.Quote(state.Compiler), js.Quote(g.wanted.Digest))
	if state.Commit != "" {
		g.add("  commit: %s,\n", js.Quote(state.Commit))
	}
	if c := state.Cluster; c != nil {
		in, err := pattern.Script(c.Pattern, c.Options)
		if err != nil {
			return err
		}
		g.add("  cluster: %s, // origin, pattern, options, the same for JavaScript\n", js.Strings([]string{c.Origin, c.Pattern, c.Options, in}))
	}
	if len(state.Sources) > 0 {
		g.add("  sources: %s,\n", js.Strings(state.Sources))
	}
	if err := g.hooks("  ", state.Before, state.After); err != nil {
		return err
	}
	if err := g.apart(state); err != nil {
		return err
	}
	g.add("  collections: [")
	first := map[string]int{} // of the collections of fan-outs that share a file of documents
	for i, c := range state.Collections {
		if i > 0 {
			g.add(", ")
		}
		file := g.wanted.FilesOf(i)[0].Path
		at, held := first[file]
		if !held {
			first[file] = i
		}
		if !held || len(c.Documents) == 0 {
			at = -1
		}
		if err := g.collection(c, i, at); err != nil {
			return fmt.Errorf("%q: %w", c.Namespace(), err)
		}
	}
	g.add("],\n")
	g.add("};\n")
	return nil
}

// apart adds what is enforced by runs of its own: each database of a fan-out with its digest.
func (g *generator) apart(state *desired.State) error {
	if len(state.Apart) == 0 {
		return nil
	}
	g.add("  apart: [ // databases of fan-outs, each with the digest of what is wanted of it\n")
	for _, part := range state.Parts() {
		digest, err := part.Digest()
		if err != nil {
			return err
		}
		database := ""
		if len(part.Collections) > 0 && slices.Contains(state.Apart, part.Collections[0].Database) {
			database = part.Collections[0].Database
		}
		g.add("    %s,\n", js.Strings([]string{database, digest}))
	}
	g.add("  ],\n")
	return nil
}

// collection adds the collection at a position; same is that of a collection before that has
// the same documents, -1 where none has.
func (g *generator) collection(c *desired.Collection, at, same int) error {
	g.add("{\n    database: %s,\n    name: %s,\n    origin: %s,\n    mode: %s,\n", js.Quote(c.Database), js.Quote(c.Name), js.Quote(c.Origin), js.Quote(string(c.Mode)))
	options, err := line(c.Options, "the options")
	if err != nil {
		return err
	}
	g.add("    options: %s,\n", js.Quote(string(options)))
	var indexes []byte
	for _, index := range c.Indexes {
		text, err := line(index, "an index")
		if err != nil {
			return err
		}
		indexes = append(append(indexes, text...), '\n')
	}
	g.lines("indexes", indexes)
	g.add("    identity: %s,\n    preserve: %s,\n    ignore: %s,\n    absent: %s,\n", paths(c.Identity), paths(c.Preserve), paths(c.Ignore), paths(c.Absent))
	for _, list := range []struct {
		name     string
		patterns []desired.Pattern
	}{{"redact", c.Redact}, {"omit", c.Omit}} {
		if len(list.patterns) > 0 {
			g.add("    %s: %s,\n", list.name, js.List(list.patterns, leftOut))
		}
	}
	g.structure(c)
	g.add("    known: %s,\n", paths(c.Known))
	if err := g.prune(c.Prune); err != nil {
		return err
	}
	g.add("    // [the rule that made the next documents; empty: the collection's, how many]\n    origins: [%s],\n", runs(c.Documents))
	for _, d := range c.Documents {
		if g.beside { // the script does not have them, and the compiler has asked CannotHold
			break
		}
		if err := sendable(d.Raw, "a document"); err != nil {
			return err
		}
	}
	g.documents(at, same)
	if c.BackupKeep > 0 {
		g.add("    backupKeep: %d,\n", c.BackupKeep)
	}
	if c.Drift != "" {
		g.add("    drift: %s,\n", js.Quote(string(c.Drift)))
	}
	g.secrets(c.Documents)
	g.links(c.Documents)
	if err := g.lists(c.Lists); err != nil {
		return err
	}
	g.moves(c.Moves)
	if err := g.hooks("    ", c.Before, c.After); err != nil {
		return err
	}
	g.add("  }")
	return nil
}

// structure adds what the weave says of indexes and options.
func (g *generator) structure(c *desired.Collection) {
	if c.IndexesExact {
		g.add("    indexesExact: true,\n")
	}
	for _, list := range []struct {
		name  string
		names []string
	}{{"declared", c.Declared}, {"dropIndexes", c.DropIndexes}, {"setOptions", c.SetOptions}, {"reads", c.Reads}} {
		if len(list.names) > 0 {
			g.add("    %s: %s,\n", list.name, js.Strings(list.names))
		}
	}
	if len(c.Rules) > 0 {
		g.add("    rules: %s,\n", js.List(c.Rules, func(r desired.Rule) string { return js.Strings([]string{r.Name, r.Origin}) }))
	}
}

// leftOut is a path, or a text: fields of that name at any depth.
func leftOut(p desired.Pattern) string {
	if p.Leaf != "" {
		return js.Quote(p.Leaf)
	}
	return js.Strings(p.Path)
}

// line is the line of a document that mongosh can send.
func line(d bson.Raw, what string) ([]byte, error) {
	if len(d) == 0 {
		return []byte("{}"), nil
	}
	return doc.Line(d), sendable(d, what)
}

// sendable is an error for a document that mongosh cannot send.
func sendable(d bson.Raw, what string) error {
	if reason, bad := CannotHold(d); bad {
		return fmt.Errorf("mongosh cannot send %s: %s", what, reason)
	}
	return nil
}

// hooks adds commands of `before` and `after`.
func (g *generator) hooks(indent string, before, after []desired.Command) error {
	for _, h := range []struct {
		name     string
		commands []desired.Command
	}{{"before", before}, {"after", after}} {
		if len(h.commands) == 0 {
			continue
		}
		g.add("%s%s: [", indent, h.name)
		for i, c := range h.commands {
			command, err := line(c.Command, "a command of `"+h.name+"`")
			if err != nil {
				return err
			}
			if i > 0 {
				g.add(", ")
			}
			of := ""
			if c.For != "" {
				of = ", for: " + js.Quote(c.For)
			}
			g.add("{origin: %s, database: %s, command: %s%s}", js.Quote(c.Origin), js.Quote(c.Database), js.Quote(string(command)), of)
		}
		g.add("],\n")
	}
	return nil
}

// secrets adds the places of secrets: names and literal text, never a value.
func (g *generator) secrets(documents []desired.Document) {
	var parts []string
	for i, d := range documents {
		for _, s := range d.Secrets {
			parts = append(parts, fmt.Sprintf("[%d, %s, %s]", i, js.Strings(s.Path), js.List(s.Parts, func(p desired.SecretPart) string {
				return js.Strings([]string{p.Text, p.Name})
			})))
		}
	}
	if len(parts) > 0 {
		g.add("    // [document, path, [literal text, or the name of a secret]]\n    secrets: [%s],\n", strings.Join(parts, ", "))
	}
}

// values are held as those of a document.
func values(list []bson.RawValue) string {
	return js.Quote(string(doc.Line(doc.NewBuilder(64).AppendArray("are", list...).Raw())))
}

// lists adds the lists owned in part.
func (g *generator) lists(lists []desired.List) error {
	if len(lists) == 0 {
		return nil
	}
	for _, l := range lists {
		if err := sendable(doc.NewBuilder(64).AppendArray("are", l.Has...).Raw(), "an element of `ensure`"); err != nil {
			return err
		}
	}
	g.add("    lists: %s,\n", js.List(lists, func(l desired.List) string {
		text := fmt.Sprintf("{path: %s, by: %s", js.Strings(l.Path), js.Strings(l.By))
		if l.Only {
			text += ", only: true"
		}
		text += ", has: " + values(l.Has)
		if len(l.Without) > 0 {
			text += ", without: " + js.List(l.Without, values)
		}
		return text + "}"
	}))
	return nil
}

// moves adds the identities that documents are known by. They are compared, never sent.
func (g *generator) moves(moves []desired.Move) {
	if len(moves) > 0 {
		g.add("    // [origin, identity that the destination has, identity that it gets]\n    moves: %s,\n", js.List(moves, func(m desired.Move) string {
			return fmt.Sprintf("[%s, %s, %s]", js.Quote(m.Origin), values(m.From), values(m.To))
		}))
	}
}

// links adds the places of links. Their identities are compared, never sent.
func (g *generator) links(documents []desired.Document) {
	var parts []string
	for i, d := range documents {
		for _, l := range d.Links {
			identity := doc.NewBuilder(64).AppendArray("are", l.Identity...).Raw()
			parts = append(parts, fmt.Sprintf("[%d, %s, %s, %s, %s]", i, js.Strings(l.Path), js.Quote(l.Database), js.Quote(l.Collection), js.Quote(string(doc.Line(identity)))))
		}
	}
	if len(parts) > 0 {
		g.add("    // [document, path, database, collection and identity of the document whose _id goes there]\n    links: [%s],\n", strings.Join(parts, ", "))
	}
}

func paths(list []doc.Path) string {
	return js.List(list, func(p doc.Path) string { return js.Strings(p) })
}

// runs writes the origins of the documents with their number of repeats.
func runs(documents []desired.Document) string {
	var parts []string
	for i := 0; i < len(documents); {
		n := i
		for n < len(documents) && documents[n].Origin == documents[i].Origin {
			n++
		}
		parts = append(parts, "["+js.Quote(documents[i].Origin)+", "+strconv.Itoa(n-i)+"]")
		i = n
	}
	return strings.Join(parts, ", ")
}

func (g *generator) prune(p *desired.Prune) error {
	if p == nil {
		g.add("    prune: null,\n")
		return nil
	}
	filter, err := line(p.Filter, "the filter of prune")
	if err != nil {
		return err
	}
	where := "null"
	if p.Where != nil {
		where = cond(p.Where)
	}
	g.add("    prune: {\n      origin: %s,\n      where: %s,\n      filter: %s,\n      atMost: '%d', percent: %t,\n    },\n",
		js.Quote(p.Origin), where, js.Quote(string(filter)), p.AtMost, p.Percent)
	return nil
}

// cond writes a condition. Its values are compared, never sent.
func cond(c *desired.Cond) string {
	values := doc.NewBuilder(64).AppendArray("values", c.Values...).Raw()
	return fmt.Sprintf("{op: %s, path: %s, word: %s, values: %s, args: %s}",
		js.Quote(string(c.Op)), js.Strings(c.Path), js.Quote(c.Word), js.Quote(string(doc.Line(values))), js.List(c.Args, cond))
}
