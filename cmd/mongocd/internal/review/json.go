package review

// A comparison as JSON. Values are canonical Extended JSON.

import (
	"encoding/json"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/describe"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/doc"
)

// diffJSON is what `diff --output json` writes.
type diffJSON struct {
	Format int `json:"format"` // 1
	// Comparison is rules, environments, revisions or destination; From and To name its sides.
	Comparison  string               `json:"comparison"`
	From        string               `json:"from"`
	To          string               `json:"to"`
	Collections []diffCollectionJSON `json:"collections"`
	// Accepted are the messages that the weaves of the second side accept, as diagnostics.
	Accepted []diag.JSON `json:"accepted,omitempty"`
}

// diffCollectionJSON is one collection; From or To is absent on a side that has
// none, both when it is about the whole run.
type diffCollectionJSON struct {
	Weave       string             `json:"weave"`
	Environment string             `json:"environment,omitempty"`
	From        string             `json:"from,omitempty"`
	To          string             `json:"to,omitempty"`
	Before      int                `json:"before"` // documents
	After       int                `json:"after"`
	Same        int                `json:"same"`
	Conflicts   []string           `json:"conflicts,omitempty"`
	Notes       []string           `json:"notes,omitempty"`
	Settings    []diffFieldJSON    `json:"settings"`
	Documents   []diffDocumentJSON `json:"documents"`
}

type diffDocumentJSON struct {
	Action   string          `json:"action"` // change, unknown, make, leave-out, add, remove
	Document string          `json:"document"`
	Origin   string          `json:"origin,omitempty"`
	Changes  []diffFieldJSON `json:"changes"`
}

// diffFieldJSON is one field; Before or After is absent when the field is.
type diffFieldJSON struct {
	Path   string          `json:"path"`
	Before json.RawMessage `json:"before,omitempty"`
	After  json.RawMessage `json:"after,omitempty"`
	// Order: the two differ in the order of fields or elements alone.
	Order bool `json:"order,omitempty"`
	// Unknown are the names of secrets that are not known: there are no values then.
	Unknown []string `json:"unknown,omitempty"`
}

func (c *Comparison) JSON() diffJSON {
	out := diffJSON{Format: 1, Comparison: c.Kind, From: c.From, To: c.To, Collections: []diffCollectionJSON{}}
	if len(c.Accepted) > 0 {
		out.Accepted = diag.ToJSON(c.Accepted)
	}
	for _, p := range c.Found {
		j := diffCollectionJSON{Weave: p.Weave, Environment: p.Environment, From: p.From, To: p.To, Before: p.Before, After: p.After, Same: p.Same,
			Conflicts: p.Conflicts, Notes: p.Notes, Settings: fieldsJSON(p.Settings), Documents: []diffDocumentJSON{}}
		for _, d := range p.Documents {
			j.Documents = append(j.Documents, diffDocumentJSON{Action: d.Action, Document: d.Document, Origin: d.Origin, Changes: fieldsJSON(d.Fields)})
		}
		out.Collections = append(out.Collections, j)
	}
	return out
}

func fieldsJSON(fields []describe.FieldChange) []diffFieldJSON {
	value := func(v bson.RawValue) json.RawMessage {
		if v.Type == 0 {
			return nil
		}
		return doc.AppendCanonicalValue(nil, v)
	}
	out := []diffFieldJSON{}
	for _, f := range fields {
		out = append(out, diffFieldJSON{Path: f.Path, Before: value(f.Before), After: value(f.After), Order: f.Order, Unknown: f.Unknown})
	}
	return out
}
