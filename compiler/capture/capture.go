// Package capture brings into the rules what a person changed at a destination.
//
// In: a workspace, an environment, its destination. Out: the weave files, edited so that
// they want what the destination has, and what could not be said, with the reason.
// Every proposal is proven before it is given: the edited workspace is compiled in memory,
// wants exactly the captured values, nothing else of it has changed in any environment, and
// the destination, compared once more, does not differ there any more.
//
// capture.go has the order of the work · find.go makes Items of what differs, change.go and
// array.go the statements that would say a change, rule.go an edit of the statement that
// made the value, reference.go what names other documents, structure.go indexes and options · assemble.go puts all into the files ·
// prove.go compiles and compares, and finds what does not hold · literal.go writes values.
package capture

import (
	"context"
	"io/fs"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/describe"
	"github.com/hayone1/mongocd/compiler/mistake"
	"github.com/hayone1/mongocd/compiler/query"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// Options say what is captured.
type Options struct {
	// Workspace are those of the compiler; environments and weaves in it are not looked at.
	Workspace   workspace.Options
	Environment string   // one, no group
	Weaves      []string // empty: all
	// Collections by their names, at the destination or the source; empty: all.
	Collections []string
	// Documents are the ones whose differences are captured, whoever made them; empty: all
	// documents, and of their differences those that the destination made.
	Documents []describe.Selector
	// All takes every difference, whoever made it.
	All bool
	// Structure takes indexes and options of collections, and no documents.
	Structure bool
}

// Destination is what is captured from; it is only read.
type Destination struct {
	Store stores.Store
	// Plan compares it with a state. What a run could not do is in the report.
	Plan func(context.Context, *desired.State) (*change.Report, error)
}

// How something is said.
const (
	ByRule     = "rule"     // an edit of the statement that made the value
	ByAmend    = "amend"    // statements for these documents alone
	ByPreserve = "preserve" // the destination keeps what it has
	ByDocument = "document" // a document that only the destination has
	ByExclude  = "exclude"  // a document that the destination has not
	ByMove     = "moved"    // another identity
	ByIndex    = "index"
	ByOptions  = "options"
)

// Result is a proposal.
type Result struct {
	Files    []File // that change, by name
	Captured []Captured
	Left     []Left
	// Unclear counts differences of which nobody can tell whose doing they are.
	Unclear int
	// Warnings are what compiling says of the proposal, and did not say before.
	Warnings diag.List
}

// File is a weave file that changes; Name is relative to the workspace, with slashes.
type File struct{ Name, Before, After string }

// Captured is a difference that the proposal says. Texts are for people, and safe to print.
type Captured struct {
	Weave      string       `json:"weave"`
	Database   string       `json:"database"`
	Collection string       `json:"collection"`
	Document   string       `json:"document,omitempty"`
	Path       string       `json:"path,omitempty"`
	Value      change.Value `json:"value,omitzero"` // missing: the destination has none
	How        string       `json:"how"`
	Statement  string       `json:"statement"`
	Since      string       `json:"since,omitempty"` // the run after which the destination changed
}

// Left is a difference that the proposal does not say.
type Left struct {
	Weave      string `json:"weave"`
	Database   string `json:"database"`
	Collection string `json:"collection"`
	Document   string `json:"document,omitempty"`
	Path       string `json:"path,omitempty"`
	Reason     string `json:"reason"`
}

// item is one difference, with the ways to say it, the best first.
type item struct {
	of       *target
	kind     string // of what differs: value, destination-only, missing, more, moved, index, options
	document string // for people
	key      string // of the identity
	to       string // of an identity that was changed by hand, the key of the one it is now
	identity bson.Raw
	whole    bson.Raw // of a missing document, as it is wanted
	path     doc.Path
	shown    string // of the path, or the name of an index
	value    bson.RawValue
	since    string
	forms    []form
	mended   int
	reason   string // why it is left
}

// form is one way to say it.
type form struct {
	how  string
	text string
	// edit is the place in a file that the text replaces; zero: it is a statement.
	edit source.Span
	// where: the statement is about the item's document alone.
	where bool
	exact bool           // the wanted document then has the item's value at its path
	host  *ast.AmendDecl // whose block it goes to; nil: that of the environment, or a new one
	// by is the path that tells an excluded document, whose value the text is then.
	by string
	// comment stands above the statement.
	comment string
}

// stages bounds how often the destination is compared: what one stage says can show more.
const stages = 6

// capturer is one capture.
type capturer struct {
	o     Options
	to    Destination
	query *query.Workspace
	base  *compiled
	// edited are the files that the query has edits of.
	edited map[string]bool

	targets  []*target
	accepted []*item
	left     []*item
	unclear  int
	proofs   int
	now      *compiled // with what is accepted
	stale    bool      // what now has is not accepted any more
	// unmoved are documents, by their keys, of which it cannot be said that their identity was changed: they are missing.
	unmoved map[*target]map[string]bool
	tracer  *tracer
}

// Make captures. The error is the destination's; diagnostics are those of the workspace,
// which must compile.
func Make(ctx context.Context, files fs.FS, o Options, to Destination) (_ *Result, diags diag.List, err error) {
	doing := "capturing what the destination has"
	defer mistake.Recovered(&doing, &diags)
	o.Workspace.Environments, o.Workspace.Weaves = nil, nil
	c := &capturer{o: o, to: to, query: query.Open(files, o.Workspace, nil), edited: map[string]bool{}, unmoved: map[*target]map[string]bool{}}
	if c.base, diags = c.compile(ctx); diags.HasErrors() {
		return nil, diags, nil
	}
	c.now = c.base
	if err := c.prepare(ctx); err != nil {
		return nil, nil, err
	}
	for range stages {
		items, err := c.find(ctx)
		if err != nil {
			return nil, nil, err
		}
		if len(items) == 0 {
			break
		}
		if err := c.take(ctx, items); err != nil {
			return nil, nil, err
		}
		if c.stale {
			if err := c.again(ctx); err != nil {
				return nil, nil, err
			}
		}
	}
	if err := c.confirm(ctx); err != nil {
		return nil, nil, err
	}
	r, err := c.result(ctx)
	return r, nil, err
}

// confirm leaves what the destination still differs in after the last stage.
func (c *capturer) confirm(ctx context.Context) error {
	for range stages {
		items, err := c.find(ctx)
		if err != nil {
			return err
		}
		if len(items) == 0 {
			return nil
		}
		for _, i := range items {
			c.leave(i, "the proposal did not come to what the destination has")
		}
		if err := c.again(ctx); err != nil {
			return err
		}
	}
	return nil
}

// leave gives an item up.
func (c *capturer) leave(i *item, reason string) {
	if i.reason == "" {
		i.reason = reason
	}
	c.accepted = slices.DeleteFunc(c.accepted, func(a *item) bool { return a == i })
	if i.kind == "moved" { // the next stage finds both sides of it
		if c.unmoved[i.of] == nil {
			c.unmoved[i.of] = map[string]bool{}
		}
		c.unmoved[i.of][i.key] = true
		return
	}
	c.left = append(c.left, i)
}

// known is the item of a difference that was met before; nil: none.
func (c *capturer) known(i *item) *item {
	same := func(a *item) bool {
		return a.of == i.of && a.kind == i.kind && a.key == i.key && a.shown == i.shown && slices.Equal(a.path, i.path)
	}
	for _, list := range [][]*item{c.accepted, c.left} {
		if at := slices.IndexFunc(list, same); at >= 0 {
			return list[at]
		}
	}
	return nil
}

// statement is what a form says, for people.
func (f *form) statement() string {
	text := f.text
	if f.how == ByExclude && f.edit.IsZero() {
		if f.by != "" {
			text = f.by + " == " + text
		}
		text = "except where " + text
	}
	text = strings.Join(strings.Fields(text), " ")
	if !f.edit.IsZero() {
		if text != "" {
			text += ", "
		}
		text += "in place of " + strings.Join(strings.Fields(f.edit.Text()), " ") + " at " + f.edit.String()
	}
	return diag.Safe(text, 400)
}

// result is what was accepted and left, with the files as they become.
func (c *capturer) result(ctx context.Context) (*Result, error) {
	r := &Result{Unclear: c.unclear, Captured: []Captured{}, Left: []Left{}}
	if len(c.accepted) > 0 {
		var err error
		if r.Files, r.Warnings, err = c.finished(ctx); err != nil {
			return nil, err
		}
	}
	for _, i := range c.accepted {
		f := i.forms[0]
		r.Captured = append(r.Captured, Captured{
			Weave: i.of.weave, Database: diag.Safe(i.of.ns.Database, 200), Collection: diag.Safe(i.of.ns.Collection, 200), Document: i.document, Path: diag.Safe(i.shown, 400),
			Value: change.Value{RawValue: i.value}, How: f.how, Statement: f.statement(), Since: i.since,
		})
	}
	for _, i := range c.left {
		l := Left{Weave: i.of.weave, Database: diag.Safe(i.of.ns.Database, 200), Collection: diag.Safe(i.of.ns.Collection, 200), Document: i.document, Path: diag.Safe(i.shown, 400), Reason: diag.Safe(i.reason, 400)}
		if !slices.Contains(r.Left, l) {
			r.Left = append(r.Left, l)
		}
	}
	return r, nil
}
