package workspace

// Extracted files that somebody changed: what the rules would promote is not
// what the source has, and no rule says so.

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/compiler/words"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/runtime/layout"
)

// maxEdits is how many files a message names.
const maxEdits = 8

// edited reports the files of a collection that are not as its lock has them.
func (c *Collection) edited(withEdits bool) diag.List {
	folder := diag.Safe(c.Folder, 200)
	d := diag.Diagnostic{Code: diag.EditedExtract}
	switch {
	case c.unmerged:
		d.Message = fmt.Sprintf("%s/mongocd.lock has the marks of a merge conflict", folder)
		d.Notes = []string{"so nobody can tell which files are as they were extracted", "when the other files are as you want them, run `mongocd extract --relock`: it writes the lock anew"}
	case len(c.edits) > 0:
		d.Message = fmt.Sprintf("%d file%s of %s %s not as extracted", len(c.edits), words.Plural(len(c.edits)), folder, map[bool]string{true: "is", false: "are"}[len(c.edits) == 1])
		for i, e := range c.edits {
			if i == maxEdits {
				d.Notes = append(d.Notes, fmt.Sprintf("… and %d more", len(c.edits)-maxEdits))
				break
			}
			d.Notes = append(d.Notes, fmt.Sprintf("%s: %s/%s", e.How, folder, diag.Safe(e.File, 200)))
		}
		if !slices.ContainsFunc(c.edits, func(e layout.Edit) bool { return !e.LineEnds }) {
			d.Notes = append(d.Notes, "only the ends of their lines differ: they are CRLF here, as git makes them with core.autocrlf",
				"write `extracted/** -text` into .gitattributes, and let git write the files again: delete extracted/, then `git checkout -- extracted`")
			break
		}
		d.Notes = append(d.Notes, "to promote something else than the source has, write it as a rule (`set`, `remove`, `document`, `except where`), and take the source's files again: `mongocd extract --discard-edits`",
			"after a git merge of extracted files, run `mongocd extract --relock`")
	default:
		return nil
	}
	if withEdits {
		d.Severity = diag.Warning
		return diag.List{d}
	}
	d.Notes = append(d.Notes, "to go on with the files as they are, this time: `--with-edits`")
	return diag.List{d}
}

// badLock warns of a lock that does not tell, or not of all files, whether they are as
// they were extracted; at is a statement that needs the collection.
func (c *Collection) badLock(at source.Span) diag.List {
	folder := diag.Safe(c.Folder, 200)
	d := diag.Diagnostic{Code: diag.BadLock, Severity: diag.Warning, Span: at}
	switch {
	case c.unlocked:
		d.Message = fmt.Sprintf("%s/mongocd.lock is missing, though collection.json is as `mongocd extract` writes it", folder)
		d.Notes = []string{"so nobody can tell whether these files are as they were extracted",
			"take the lock from git again, or, when the files are as you want them, write it anew: `mongocd extract --relock`",
			"if the files are yours, and no more those of a source, leave `layout` out of collection.json"}
	case len(c.badLines) > 0:
		d.Message = fmt.Sprintf("line %d of %s/mongocd.lock is neither a digest with the name of a file nor the source", c.badLines[0], folder)
		if more := len(c.badLines) - 1; more > 0 {
			d.Notes = append(d.Notes, fmt.Sprintf("and %d more line%s", more, words.Plural(more)))
		}
		d.Notes = append(d.Notes, "take the lock from git again, or, when the files are as you want them, write it anew: `mongocd extract --relock`")
	default:
		return nil
	}
	return diag.List{d}
}

// Place is the file, and where it has several the line, of a document.
func (c *Collection) Place(i int) string {
	at := diag.Safe(c.Folder+"/"+c.Read[i].File, 300)
	if strings.HasSuffix(c.Read[i].File, ".jsonl") {
		at += fmt.Sprintf(":%d", c.Read[i].Line)
	}
	return at
}
