package main

import (
	"fmt"
	"strings"

	"github.com/hayone1/mongocd/compiler/cache"
	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/compiler/extract"
	"github.com/hayone1/mongocd/compiler/limit"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/parser"
	"github.com/hayone1/mongocd/lang/token"
	"github.com/hayone1/mongocd/runtime/doc"
)

// limitsTable is the table of docs/limits.md: the constants themselves.
func limitsTable() string {
	var b strings.Builder
	b.WriteString("| of | at most | beyond it | what to do |\n|---|---|---|---|\n")
	mebibytes := func(n int) string { return fmt.Sprintf("%d MiB", n>>20) }
	count := func(n int) string {
		text := fmt.Sprint(n)
		for i := len(text) - 3; i > 0; i -= 3 {
			text = text[:i] + "," + text[i:]
		}
		return text
	}
	for _, row := range []struct {
		of, most string
		code     diag.Code
		edit     string
	}{
		{"a `.weave` file", mebibytes(workspace.MaxSource), diag.UnreadableFile, "split it"},
		{"the `pin.json` of an environment", mebibytes(workspace.MaxPin), diag.BadPin, "it is some 120 bytes a collection: split the workspace"},
		{"brackets within brackets", count(token.MaxNesting) + " levels", diag.NestedTooDeeply, "name inner parts with `let`"},
		{"an expression without brackets", count(parser.MaxExpression) + " levels", diag.NestedTooDeeply, "name parts of it with `let`"},
		{"a value that a rule makes, a document", mebibytes(value.MaxSize), diag.ResultTooLarge, "MongoDB takes no larger one: shorten it, or leave a field out"},
		{"the nesting of a document", count(doc.MaxDepth) + " levels", diag.ResultTooDeep, "MongoDB takes no deeper one"},
		{"the steps for one document", count(limit.DocumentSteps), diag.TooManySteps, "find an element by a `lookup` with `==`; take fewer with `where` first"},
		{"the steps of a compilation", count(limit.Steps), diag.LimitExceeded, "compile fewer environments at a time (`--env`), or as above"},
		{"the documents of a compilation, each environment counted", count(limit.Documents), diag.LimitExceeded, "`--env`, `--weave`, `only where …`"},
		{"the finished documents of a compilation together", fmt.Sprintf("%d GiB", limit.Bytes>>30), diag.LimitExceeded, "`--env`, `--weave`; look for what the rules make larger and larger"},
		{"the databases of a fan-out", count(limit.Databases), diag.LimitExceeded, "take fewer with `where`, and the others in another weave"},
		{"the documents of a collection to extract", count(extract.MaxDocuments), "", "`--max-documents`; `only where …`; is it configuration?"},
		{"the size of a collection to extract", mebibytes(extract.MaxBytes), "", "`--max-size`, and as above"},
		{"what is kept of compilations, in the user's cache folder", fmt.Sprintf("%d GiB", cache.Limit>>30), "oldest", "nothing: what was used longest ago goes"},
		{"what is kept of one weave in one environment", mebibytes(cache.EntryLimit), "none", "nothing: it is compiled anew each time"},
	} {
		beyond := "`extract` refuses it"
		switch row.code {
		case "":
		case "oldest":
			beyond = "the oldest goes"
		case "none":
			beyond = "it is not kept"
		default:
			beyond = "`" + string(row.code) + "`"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", row.of, row.most, beyond, row.edit)
	}
	return b.String()
}
