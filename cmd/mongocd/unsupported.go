package main

// Warnings about what an artefact would refuse to run for: the desired states
// of a compilation in, one warning for a statement out.

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/hayone1/mongocd/compiler"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
)

// notCarriedOut warns of statements that the engines of this version do not
// carry out, once for all environments.
func notCarriedOut(w *compiler.Workspace, r *compiler.Result) diag.List {
	type statement struct{ name, origin string }
	environments := map[statement][]string{}
	var order []statement
	for _, state := range r.States {
		for _, f := range state.Unsupported() {
			s := statement{f.Name, f.Origin}
			list := environments[s]
			if list == nil {
				order = append(order, s)
			}
			if len(list) == 0 || list[len(list)-1] != state.Environment {
				environments[s] = append(list, state.Environment)
			}
		}
	}
	var out diag.List
	for _, s := range order {
		d := diag.Diagnostic{
			Severity: diag.Warning, Code: diag.NotCarriedOut, Span: lineAt(w, s.origin),
			Message: fmt.Sprintf("the artefact for %s will refuse to run: this version does not carry out `%s`", strings.Join(environments[s], ", "), s.name),
			Notes:   []string{"remove the statement, or wait with it for a version that carries it out"},
		}
		if d.Span.IsZero() {
			d.Notes = append([]string{"it comes from " + s.origin}, d.Notes...)
		}
		out = append(out, d)
	}
	return out
}

// lineAt is the text from a place, as source.Span.String writes it, to the end
// of its line; nowhere when no file of the workspace has it.
func lineAt(w *compiler.Workspace, origin string) source.Span {
	for _, weave := range w.Weaves {
		for _, f := range weave.Files {
			rest, ok := strings.CutPrefix(origin, f.Name+":")
			if !ok {
				continue
			}
			l, c, _ := strings.Cut(rest, ":")
			line, err := strconv.Atoi(l)
			column, err2 := strconv.Atoi(c)
			text := f.Line(line)
			if err != nil || err2 != nil || column < 1 || column > len([]rune(text)) {
				continue
			}
			start := f.LineStart(line)
			return source.Span{File: f, Start: start + len(string([]rune(text)[:column-1])), End: start + len(strings.TrimRight(text, " {\t"))}
		}
	}
	return source.Span{}
}
