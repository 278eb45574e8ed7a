package pipeline

// What a program of pipelines has in it. In: pipelines.json as codegen/pipeline writes it,
// canonical Extended JSON; out: a State. A script has the same in its text.

import (
	"errors"
	"fmt"
	"io/fs"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// FileName is the file of a program that holds its pipelines.
const FileName = "pipelines.json"

// Format is the number of the file format.
const Format = 1

// State is what one weave wants of one environment.
type State struct {
	Format      int          `bson:"format"`
	Weave       string       `bson:"weave"`
	Environment string       `bson:"environment"`
	Compiler    string       `bson:"compiler"`
	Collections []Collection `bson:"collections"`
}

// Collection is a collection of the destination and where its documents come from; both
// names are [database, collection]. What its pipelines are is said in compiler/pushdown.
type Collection struct {
	Origin string   `bson:"origin"`
	Source []string `bson:"source"`
	Into   []string `bson:"into"`
	// On are the names of the fields that identify a document.
	On []string `bson:"on"`
	// Lookups are the collections that lookups read, in the database of the source.
	Lookups []string `bson:"lookups"`
	// Inserts and Updates say whether missing documents are inserted and differing ones updated.
	Inserts bool `bson:"inserts"`
	Updates bool `bson:"updates"`
	// Digest is of the pipelines, and names the work of a run.
	Digest    string    `bson:"digest"`
	Pipelines Pipelines `bson:"pipelines"`
}

// Pipelines are those of a collection.
type Pipelines struct {
	Wanted      []bson.Raw    `bson:"wanted"`
	Found       []bson.Raw    `bson:"found"`
	State       bson.RawValue `bson:"state"`
	Beside      bson.RawValue `bson:"beside,omitempty"`
	Inserts     []bson.Raw    `bson:"inserts"`
	Updates     []bson.Raw    `bson:"updates"`
	WhenMatched []bson.Raw    `bson:"whenMatched"`
	// Deep says of a document of work whether WhenMatchedDeep is for it.
	Deep            bson.RawValue `bson:"deep,omitempty"`
	WhenMatchedDeep []bson.Raw    `bson:"whenMatchedDeep,omitempty"`
	Prune           *Prune        `bson:"prune,omitempty"`
}

// Prune is what is deleted.
type Prune struct {
	Origin     string        `bson:"origin"`
	AtMost     int64         `bson:"atMost"`
	Percent    bool          `bson:"percent"`
	Scope      []bson.Raw    `bson:"scope"`
	Candidates []bson.Raw    `bson:"candidates"`
	Look       bson.Raw      `bson:"look"`
	Changed    bson.RawValue `bson:"changed"`
}

// Read reads the file of a program.
func Read(files fs.FS) (*State, error) {
	text, err := fs.ReadFile(files, FileName)
	if err != nil {
		return nil, err
	}
	return Parse(text)
}

// Parse reads the text of the file.
func Parse(text []byte) (*State, error) {
	var raw bson.Raw
	if err := bson.UnmarshalExtJSON(text, true, &raw); err != nil {
		return nil, fmt.Errorf("%s is not Extended JSON: %w", FileName, err)
	}
	var s State
	if err := bson.Unmarshal(raw, &s); err != nil {
		return nil, fmt.Errorf("%s holds no pipelines: %w", FileName, err)
	}
	if s.Format != Format {
		return nil, fmt.Errorf("%s has the format %d; this program reads %d", FileName, s.Format, Format)
	}
	for _, c := range s.Collections {
		if len(c.Source) != 2 || len(c.Into) != 2 || len(c.On) == 0 || c.Digest == "" || c.Pipelines.State.Type == 0 {
			return nil, errors.New(FileName + " is damaged: a collection of it is not whole")
		}
	}
	return &s, nil
}
