package control

// What records of the state database look like. In: a record as it was read; out:
// nothing, or a damagedError that says what is wrong. Every record passes here
// before anything of it counts, so that no forged or damaged one is half believed
// (docs/state.md, Records).

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/doc"
)

// recordFields are the fields of each kind of record and of the documents in
// them: name and type, with ? where it may be missing, […] for arrays. A type
// that is a kind is a document of that kind. Nothing else may be there.
//
//js:table
var recordFields = map[string]string{
	"claim":      "_id text, format format, environment text, cluster cluster, run text?",
	"cluster":    "set string, hosts [string]",
	"collection": "_id text, format format, weave text, environment text, run text?, buckets buckets?",
	"hold":       "_id text, format format, held [held]",
	"held":       "artefact text, run text, databases [text]?",
	"lease":      "_id text, format format, run text?, token text?, taken date?, expires date",
	"server":     "_id text, format format, version string, build string, has [text], lacks [text], untried [text], probed date",
	"run": "_id text, format format, token text, weave text, environment text, n number, artefact text, compiler string, databases [text], labels [label], " +
		"engine engine, started date, ended date?, outcome outcome, counts counts?, undone date?, collections [text]?, seal seal?, chain digest?, records count?, journal digest?, group text?",
	"label":        "name text, value string",
	"counts":       "inserted count, updated count, deleted count, collections count, indexes count, options count",
	"journal":      "_id text, format format, run text, database text, collection text, action action, keep [path], keepNames [string], data binary, more true?, together text?, cipher cipher?, chain digest?",
	"insert":       "_id any, key key, identity document?, digest digest, secretId true?",
	"update":       "_id any, key key, identity document?, links [link]?, fields [field], masked masked?, secretId true?",
	"field":        "path path, before any?, place position?, after any?, by [string]?, secret true?",
	"masked":       "secrets [path], paths [path], names [string]",
	"replace":      "_id any, key key, identity document?, links [link]?, before document, after document, masked masked?, secret true?, secretId true?",
	"delete":       "_id any, key key, identity document?, links [link]?, before document, masked masked?, secret true?, secretId true?",
	"link":         "path path, _id any, database text?, collection text, identity document",
	"create":       "",
	"create-index": "after index",
	"drop-index":   "before index",
	"change-index": "before index, after index",
	"options":      "before document?, after document?",
	"ledger":       "_id text, format format, run text, digest key, data binary",
}

// recordWords are the types that are one of some texts.
//
//js:table
var recordWords = map[string][]string{
	"engine":  {"go", "mongosh"},
	"outcome": {"running", "applied", "stopped", "broken-off"},
	"seal":    {"sha256", "hmac-sha256"},
	"cipher":  {"aes-256-gcm"},
	"action":  {"insert", "update", "replace", "delete", "create", "create-index", "drop-index", "change-index", "options"},
}

// mostRecords is the greatest number of a run, of a journal's records and of what
// was counted: JavaScript has them exactly.
//
//js:table
const mostRecords = 1<<53 - 1

// endOfDates is the year 10000.
//
//js:table
const endOfDates = 253402300800000

// damagedError is a record that is not as mongocd writes it.
type damagedError struct{ collection, id, why, way string }

func (e *damagedError) Error() string {
	return fmt.Sprintf("the record %s in the collection %s of the state database is not as mongocd writes it: %s\n%s", change.Clean(e.id), e.collection, e.why, e.way)
}

// newerError is a record that a newer version wrote.
type newerError struct{ id, format string }

func (e *newerError) Error() string {
	return fmt.Sprintf("the record %s was written by a newer mongocd: it has format %s\nUse the newest version of mongocd that is used for this destination", change.Clean(e.id), e.format)
}

// What to do about a damaged record.
const (
	wayClaim   = "`claim` writes it anew, after it has shown what it says."
	wayHold    = "`release-hold` deletes it, after it has shown what it says."
	wayLease   = "When no run is writing, delete it: the next run makes it again."
	wayServer  = "Delete it: the next run that needs it makes it again."
	wayRun     = "Delete it with its journal: the run cannot be undone any more, and git has what is wanted."
	wayJournal = "Nothing was written back. Undo by hand what is to be undone, or apply an older build; then delete the run's record and its journal."
	wayLedger  = "Delete it: the next apply that writes to the collection makes it again."
)

func isDamaged(err error) bool {
	var bad *damagedError
	return errors.As(err, &bad)
}

// recordWays are the ways by the kind of record, recordPlaces the collections.
//
//js:table
var (
	recordWays   = map[string]string{"claim": wayClaim, "collection": wayClaim, "hold": wayHold, "lease": wayLease, "server": wayServer, "run": wayRun, "journal": wayJournal, "ledger": wayLedger}
	recordPlaces = map[string]string{
		"claim": controlCollection, "collection": controlCollection, "hold": controlCollection, "lease": controlCollection, "server": controlCollection,
		"run": runsCollection, "journal": JournalCollection, "ledger": ledgerCollection,
	}
)

// damaged is the error for a record of a kind.
func damaged(kind string, d bson.Raw, why string) error {
	return &damagedError{recordPlaces[kind], recordID(d), why, recordWays[kind]}
}

// recordID is a record's `_id` as text, whatever it is.
func recordID(d bson.Raw) string {
	v, _ := doc.Get(d, doc.Path{"_id"})
	if s, ok := v.StringValueOK(); ok {
		return s
	}
	if v.Type == 0 {
		return "(without _id)"
	}
	return string(doc.CanonicalValue(v))
}

// checkRecord reports what is wrong with a record of a kind.
func checkRecord(kind string, d bson.Raw) error {
	if format, ok := doc.Get(d, doc.Path{"format"}); ok {
		if n, whole := wholeOf(format); whole && n > stateFormat {
			return &newerError{recordID(d), strconv.FormatInt(n, 10)}
		}
	}
	if why := checkFields(kind, d, ""); why != "" {
		return damaged(kind, d, why)
	}
	return nil
}

// wholeOf is a number that is whole.
func wholeOf(v bson.RawValue) (int64, bool) {
	if x, ok := v.DoubleOK(); ok && (x != math.Trunc(x) || math.Abs(x) > mostRecords) {
		return 0, false
	}
	return v.AsInt64OK()
}

// checkFields says what is wrong with a document of a kind at a place; empty: nothing.
func checkFields(kind string, d bson.Raw, at string) string {
	wanted := map[string]string{}
	for _, part := range strings.Split(recordFields[kind], ", ") {
		if name, typ, ok := strings.Cut(part, " "); ok {
			wanted[name] = typ
		}
	}
	seen := map[string]bool{}
	for name, v := range doc.Fields(d) {
		typ, known := wanted[name]
		switch where := at + (doc.Path{name}).String(); {
		case !known && (!utf8.ValidString(name) || strings.ContainsRune(name, utf8.RuneError)):
			return "it has a field with a name that is not valid UTF-8"
		case !known:
			return "it has a field " + fieldName(where) + ", which this version does not know"
		case seen[name]:
			return fieldName(where) + " is there twice"
		default:
			if why := checkValue(strings.TrimSuffix(typ, "?"), v, where); why != "" {
				return why
			}
		}
		seen[name] = true
	}
	for _, part := range strings.Split(recordFields[kind], ", ") {
		if name, typ, ok := strings.Cut(part, " "); ok && !seen[name] && !strings.HasSuffix(typ, "?") {
			return fieldName(at+name) + " is missing"
		}
	}
	return ""
}

// fieldName is a name in a message: it may be anything.
func fieldName(name string) string { return change.Clean(change.Shorten(name)) }

func checkValue(typ string, v bson.RawValue, at string) string {
	if of, ok := strings.CutPrefix(typ, "["); ok {
		if v.Type != bson.TypeArray {
			return fieldName(at) + " is no array"
		}
		n := 0
		for _, e := range doc.Fields(v.Value) {
			if why := checkValue(strings.TrimSuffix(of, "]"), e, at+"["+strconv.Itoa(n)+"]"); why != "" {
				return why
			}
			n++
		}
		return ""
	}
	if _, nested := recordFields[typ]; nested {
		if v.Type != bson.TypeEmbeddedDocument {
			return fieldName(at) + " is no document"
		}
		return checkFields(typ, v.Value, at+".")
	}
	if !ofType(typ, v) {
		return fieldName(at) + " is no " + typeWords(typ)
	}
	return ""
}

// typeWords describe a type in messages.
func typeWords(typ string) string {
	if words := recordWords[typ]; words != nil {
		return "text of " + strings.Join(words, ", ")
	}
	return map[string]string{
		"text": "text of at least one character", "string": "text", "format": "format (int 1)", "date": "date of the years 1970 to 9999", "number": "number of a run (long from 1)",
		"count": "number (long from 0)", "buckets": "number of buckets (int 1, 64 or 4096)", "position": "position (int from 0)", "true": "true",
		"binary": "binary data (subtype 0)", "key": "binary data of 16 bytes", "digest": "binary data of 32 bytes", "path": "path: an array of one name or more",
		"document": "document", "index": "description of an index", "any": "value",
	}[typ]
}

// ofType reports whether a value has one of the types that are no kinds.
func ofType(typ string, v bson.RawValue) bool {
	if words := recordWords[typ]; words != nil {
		s, ok := v.StringValueOK()
		return ok && slices.Contains(words, s)
	}
	number := func() int64 { // -1: none
		switch v.Type {
		case bson.TypeInt32:
			return max(-1, int64(v.Int32()))
		case bson.TypeInt64:
			return max(-1, v.Int64())
		}
		return -1
	}
	size := func() int {
		if v.Type != bson.TypeBinary || v.Value[4] != 0 {
			return -1
		}
		return int(int32(binary.LittleEndian.Uint32(v.Value)))
	}
	switch typ {
	case "text":
		s, ok := v.StringValueOK()
		return ok && s != ""
	case "string":
		return v.Type == bson.TypeString
	case "format":
		return v.Type == bson.TypeInt32 && number() == stateFormat
	case "date":
		return v.Type == bson.TypeDateTime && v.DateTime() >= 0 && v.DateTime() < endOfDates
	case "number":
		return v.Type == bson.TypeInt64 && number() >= 1 && number() <= mostRecords
	case "count":
		return v.Type == bson.TypeInt64 && number() >= 0 && number() <= mostRecords
	case "buckets":
		return v.Type == bson.TypeInt32 && slices.Contains([]int64{1, 64, 4096}, number())
	case "position":
		return v.Type == bson.TypeInt32 && number() >= 0
	case "true":
		return v.Type == bson.TypeBoolean && v.Boolean()
	case "binary":
		return size() >= 0
	case "key":
		return size() == keySize
	case "digest":
		return size() == sealSize
	case "path":
		names := 0
		if v.Type != bson.TypeArray {
			return false
		}
		for _, e := range doc.Fields(v.Value) {
			if e.Type != bson.TypeString {
				return false
			}
			names++
		}
		return names > 0
	case "document":
		return v.Type == bson.TypeEmbeddedDocument
	case "index":
		if v.Type != bson.TypeEmbeddedDocument {
			return false
		}
		name, _ := doc.Get(v.Value, doc.Path{"name"})
		key, _ := doc.Get(v.Value, doc.Path{"key"})
		return name.Type == bson.TypeString && len(name.Value) > 5 && key.Type == bson.TypeEmbeddedDocument && len(key.Value) > len(doc.Empty)
	}
	return typ == "any"
}

// Refused is an error that is a conflict: what earlier runs left, or what another run
// does, forbids it.
type Refused struct{ change.Conflict }

func (e *Refused) Error() string { return e.Message }

// refuse makes one.
func refuse(t change.ConflictText, pairs ...string) *Refused { return &Refused{t.Conflict(pairs...)} }

// Conflict is the conflict that an error of this package is; false: it is none.
func (d *Database) Conflict(err error) (change.Conflict, bool) {
	var bad *damagedError
	var newer *newerError
	var refused *Refused
	switch {
	case errors.As(err, &refused):
		return refused.Conflict, true
	case errors.As(err, &bad):
		return change.DamagedState.Conflict("record", change.Clean(bad.id), "database", change.Clean(d.Name), "collection", bad.collection, "why", bad.why, "way", bad.way), true
	case errors.As(err, &newer):
		return change.NewerState.Conflict("database", change.Clean(d.Name), "record", change.Clean(newer.id), "format", newer.format), true
	}
	return change.Conflict{}, false
}

// controlKind is the kind of a record in `control`, by its `_id`.
func controlKind(d bson.Raw) string {
	kind, _, _ := strings.Cut(recordID(d), " ")
	return kind
}
