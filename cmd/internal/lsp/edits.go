package lsp

// Edits that are offered: those of diagnostics, and formatting; and to show results. In: a document and a
// range; out: code actions and text edits. Every edit is against the text that the
// request was about.

import (
	"context"
	"fmt"
	"strings"

	"github.com/hayone1/mongocd/compiler/query"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/format"
	"github.com/hayone1/mongocd/lang/source"
)

// Kinds of code actions.
const (
	quickFix = "quickfix"
	fixAll   = "source.fixAll"
	show     = "show" // a result, which changes nothing
)

type codeActionParams struct {
	TextDocument textDocument `json:"textDocument"`
	Range        rang         `json:"range"`
	Context      struct {
		Only []string `json:"only"`
	} `json:"context"`
}

// wants reports whether a kind of code action is asked for.
func (p codeActionParams) wants(kind string) bool {
	for _, only := range p.Context.Only {
		if kind == only || strings.HasPrefix(kind, only+".") {
			return true
		}
	}
	return len(p.Context.Only) == 0
}

// codeAction offers the edits of the diagnostics that a range touches.
func answerCodeAction(ctx context.Context, s *server, p codeActionParams) (any, error) {
	f, err := s.file(p.TextDocument.URI)
	if err != nil {
		return nil, err
	}
	a, err := f.snapshot.Analyse(ctx)
	if err != nil {
		return nil, err
	}
	at := f.span(p.Range)
	out := []codeAction{}
	add := func(a codeAction) {
		for _, other := range out {
			if other.Title == a.Title && other.Diagnostics[0].Range == a.Diagnostics[0].Range {
				return // the message of other environments has the same edit
			}
		}
		out = append(out, a)
	}
	var all diag.List
	for _, d := range a.Diagnostics {
		if d.Span.File != f.File || d.Severity == diag.Accepted {
			continue
		}
		touches := d.Span.Start <= at.End && at.Start <= d.Span.End
		if d.Fix != nil {
			all = append(all, d)
			if touches && p.wants(quickFix) {
				add(codeAction{Title: title(d.Fix), Kind: quickFix, IsPreferred: true, Diagnostics: []diagnostic{s.diagnostic(f.in, d)}, Edit: f.edit(d.Fix)})
			}
		}
		if touches && p.wants(quickFix) {
			for _, fix := range f.snapshot.Mending(d) {
				add(codeAction{Title: title(fix), Kind: quickFix, Diagnostics: []diagnostic{s.diagnostic(f.in, d)}, Edit: f.edit(fix)})
			}
		}
		if insert := f.snapshot.Accepting(d); touches && insert != nil && p.wants(quickFix) {
			add(codeAction{Title: fmt.Sprintf("Accept this %s with a reason", d.Code), Kind: quickFix, Diagnostics: []diagnostic{s.diagnostic(f.in, d)}, Edit: f.edit(insert)})
		}
	}
	if p.wants(show) {
		out = append(out, f.showing(p)...)
	}
	if fixes := apart(all); len(fixes) > 0 && p.wants(fixAll) && len(p.Context.Only) > 0 {
		out = append(out, codeAction{Title: "Make all edits that mongocd knows", Kind: fixAll, Edit: f.edit(fixes...)})
	}
	return out, nil
}

// showing offers to show what the expressions at a range give.
func (f *file) showing(p codeActionParams) []codeAction {
	f.server.mutex.Lock()
	environment := f.server.client.Options.Environment
	f.server.mutex.Unlock()
	where := "in each environment"
	if environment != "" {
		where = "in " + diag.Safe(environment, 80)
	}
	var out []codeAction
	at := f.span(p.Range)
	for _, x := range query.ExpressionsAt(f.snapshot, f.Name, at.Start, at.End) {
		part := f.location(x).Range
		title := fmt.Sprintf("Show the result of `%s` %s", short(x), where)
		out = append(out, codeAction{Title: title, Kind: show, Command: &command{Title: title, Command: showResult,
			Arguments: []any{commandParams{URI: p.TextDocument.URI, Position: part.Start, Range: &part, Environment: environment}}}})
	}
	return out
}

// apart are the edits of diagnostics that do not overlap, in order of the text.
func apart(l diag.List) []*diag.Fix {
	var out []*diag.Fix
	for _, d := range l {
		free := true
		for _, other := range out {
			free = free && (d.Fix.Span.End <= other.Span.Start || other.Span.End <= d.Fix.Span.Start) && d.Fix.Span != other.Span
		}
		if free {
			out = append(out, d.Fix)
		}
	}
	return out
}

// title says what an edit does.
func title(fix *diag.Fix) string {
	was, is := diag.Safe(fix.Span.Text(), 40), diag.Safe(fix.Text, 60)
	switch {
	case fix.Span.Start == fix.Span.End:
		return fmt.Sprintf("Write `%s` here", strings.TrimSpace(is))
	case fix.Text == "":
		return fmt.Sprintf("Remove `%s`", was)
	}
	return fmt.Sprintf("Write `%s` for `%s`", strings.TrimSpace(is), strings.TrimSpace(was))
}

// edit is edits of files as the protocol has them.
func (f *file) edit(fixes ...*diag.Fix) *workspaceEdit {
	var out workspaceEdit
	at := map[*source.File]int{}
	for _, fix := range fixes {
		i, ok := at[fix.Span.File]
		if !ok {
			var d documentEdit
			d.TextDocument.URI, d.TextDocument.Version = f.server.uriOf(f.in, fix.Span.File.Name), f.server.versionOf(f.in, fix.Span.File.Name)
			i = len(out.DocumentChanges)
			at[fix.Span.File] = i
			out.DocumentChanges = append(out.DocumentChanges, d)
		}
		d := &out.DocumentChanges[i]
		d.Edits = append(d.Edits, textEdit{Range: f.location(fix.Span).Range, NewText: fix.Text})
	}
	f.server.mutex.Lock()
	defer f.server.mutex.Unlock()
	if !f.server.client.Capabilities.Workspace.WorkspaceEdit.DocumentChanges {
		out.Changes = map[string][]textEdit{}
		for _, d := range out.DocumentChanges {
			out.Changes[d.TextDocument.URI] = d.Edits
		}
		out.DocumentChanges = nil
	}
	return &out
}

type formattingParams struct {
	TextDocument textDocument `json:"textDocument"`
	Range        *rang        `json:"range"`
	Position     *position    `json:"position"`
}

func answerFormatting(_ context.Context, s *server, p formattingParams) (any, error) {
	f, err := s.file(p.TextDocument.URI)
	if err != nil {
		return nil, err
	}
	return f.formatted(0, len(f.Text)), nil
}

// rangeFormatting makes the edits of formatting that a range touches.
func answerRangeFormatting(_ context.Context, s *server, p formattingParams) (any, error) {
	f, err := s.file(p.TextDocument.URI)
	if err != nil {
		return nil, err
	}
	if p.Range == nil {
		return f.formatted(0, len(f.Text)), nil
	}
	at := f.span(*p.Range)
	return f.formatted(at.Start, at.End), nil
}

// typeFormatting formats the block that a `}` has closed.
func answerTypeFormatting(_ context.Context, s *server, p formattingParams) (any, error) {
	f, err := s.file(p.TextDocument.URI)
	if err != nil {
		return nil, err
	}
	if p.Position == nil {
		return []textEdit{}, nil
	}
	end := f.lines.offset(*p.Position)
	at := f.snapshot.Closed(f.Name, end)
	if at.File == nil {
		return []textEdit{}, nil
	}
	return f.formatted(at.Start, at.End), nil
}

// formatted are the edits between two offsets that formatting makes, line by line;
// none where the text has errors.
func (f *file) formatted(from, to int) []textEdit {
	out := []textEdit{}
	text, errs := format.Format(f.File)
	if len(errs) > 0 {
		return out
	}
	for _, c := range format.Edits(f.Text, text) {
		if c.Start <= to && from <= c.End {
			out = append(out, textEdit{Range: f.lines.rang(c.Start, c.End), NewText: c.Text})
		}
	}
	return out
}
