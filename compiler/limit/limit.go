// Package limit bounds what one compilation may take, so that the files of a
// stranger (the pull request of a fork) can take neither the machine nor the day.
//
// In: what is used, as it is used, from several goroutines at once. Out: what was
// exceeded, if anything. The limits are far above what configuration and reference
// data need; docs/limits.md has all of mongocd, with what to do.
package limit

import (
	"fmt"
	"sync/atomic"

	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
)

const (
	// DocumentSteps are the steps for one document: one for each element that is gone
	// through and each document that a lookup looks at, and more for long texts and
	// large values. A step takes some ten to a few hundred nanoseconds.
	DocumentSteps = 10_000_000
	// Steps are those of a whole compilation.
	Steps = 10_000_000_000
	// Documents are the documents that a compilation goes through, those of each
	// environment and weave counted.
	Documents = 10_000_000
	// Bytes are those of the finished documents and the large constants of a compilation.
	Bytes = 4 << 30
	// Databases are those of one fan-out.
	Databases = 10_000
)

// Budget counts what a compilation has used. nil counts nothing.
type Budget struct {
	steps, documents, bytes atomic.Int64
}

// AddSteps counts steps; false: there are no more.
func (b *Budget) AddSteps(n int) bool { return b == nil || b.steps.Add(int64(n)) <= Steps }

// AddDocuments counts documents; false: there may be no more.
func (b *Budget) AddDocuments(n int) bool { return b == nil || b.documents.Add(int64(n)) <= Documents }

// AddBytes counts bytes; false: there may be no more.
func (b *Budget) AddBytes(n int) bool { return b == nil || b.bytes.Add(int64(n)) <= Bytes }

// Used is what was used.
type Used struct{ Steps, Documents, Bytes int64 }

// Add adds what was used more.
func (u *Used) Add(more Used) {
	u.Steps += more.Steps
	u.Documents += more.Documents
	u.Bytes += more.Bytes
}

// Used is what was used so far; of none, nothing.
func (b *Budget) Used() Used {
	if b == nil {
		return Used{}
	}
	return Used{b.steps.Load(), b.documents.Load(), b.bytes.Load()}
}

// Since is what was used after an earlier time.
func (b *Budget) Since(before Used) Used {
	now := b.Used()
	return Used{now.Steps - before.Steps, now.Documents - before.Documents, now.Bytes - before.Bytes}
}

// Add counts what was used before, for the same.
func (b *Budget) Add(u Used) {
	if b == nil {
		return
	}
	b.steps.Add(u.Steps)
	b.documents.Add(u.Documents)
	b.bytes.Add(u.Bytes)
}

// Spent reports whether a limit is exceeded.
func (b *Budget) Spent() bool {
	return b != nil && (b.steps.Load() > Steps || b.documents.Load() > Documents || b.bytes.Load() > Bytes)
}

// Diagnostic says which limit is exceeded; at is where that showed. It is for a
// Budget that is Spent.
func (b *Budget) Diagnostic(at source.Span) diag.Diagnostic {
	d := diag.Diagnostic{Code: diag.LimitExceeded, Span: at}
	less := "compile fewer environments or weaves at a time: `--env`, `--weave`"
	switch {
	case b.documents.Load() > Documents:
		d.Message = fmt.Sprintf("a compilation goes through %d documents at most, those of each environment counted; with this collection they are more", Documents)
		d.Notes = []string{less, "take fewer: `only where …`"}
	case b.bytes.Load() > Bytes:
		d.Message = fmt.Sprintf("the documents of a compilation have %d GiB at most, those of each environment counted; here they become more", Bytes>>30)
		d.Notes = []string{less, "look for a text or a list that the rules make larger and larger"}
	default:
		d.Message = fmt.Sprintf("a compilation takes %d steps at most; here they become more", int64(Steps))
		d.Notes = []string{"a step goes through one element of a list, or looks at one document: look for lists within lists, and for a `lookup` without `==`", less}
	}
	return d
}
