package desired

// The digests of a build folder's files, in its manifest: how `compile` knows
// what a person edited since. In: files, or a manifest's text; out: Outputs.

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

// Output is a file of a build folder. Path is relative to it, with slashes.
type Output struct {
	Path string
	// SHA256 is in hex: of the file's bytes, for the manifest of its text without
	// `outputs`.
	SHA256 string
}

const outputsField = "outputs"

// OutputOf is the Output of a file that is no manifest.
func OutputOf(path string, data []byte) Output {
	sum := sha256.Sum256(data)
	return Output{Path: path, SHA256: hex.EncodeToString(sum[:])}
}

// appendOutputs adds `outputs` to a manifest: itself, the files of documents and others.
func appendOutputs(manifest bson.Raw, others, documents []Output) bson.Raw {
	all := append([]Output{OutputOf(ManifestName, manifestText(manifest))}, documents...)
	for _, o := range others {
		if !slices.ContainsFunc(all, func(a Output) bool { return a.Path == o.Path }) {
			all = append(all, o)
		}
	}
	slices.SortFunc(all, func(a, b Output) int { return cmp.Compare(a.Path, b.Path) })
	outputs := doc.NewBuilder(128 * len(all))
	for _, o := range all {
		outputs.AppendString(o.Path, o.SHA256)
	}
	return doc.Appended(manifest, outputsField, object(outputs))
}

// ReadOutputs returns what the text of a manifest records of the folder's files,
// and the manifest's own Output as it is now. The list is empty when nothing is
// recorded. The state itself is not read.
func ReadOutputs(text []byte) (recorded []Output, itself Output, err error) {
	manifest, err := parseManifest(text)
	if err != nil {
		return nil, Output{}, err
	}
	if v, ok := doc.Get(manifest, doc.Path{outputsField}); ok {
		if recorded, err = outputsOf(v); err != nil {
			return nil, Output{}, fmt.Errorf("%s: %w", ManifestName, err)
		}
	}
	return recorded, OutputOf(ManifestName, manifestText(doc.Without(manifest, outputsField))), nil
}

// commit is the form of State.Commit.
var commit = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})(-dirty)?$`)

// CommitOf is the commit that the text of a manifest names; empty: none, or the text is no manifest.
func CommitOf(text []byte) string {
	manifest, err := parseManifest(text)
	if err != nil {
		return ""
	}
	v, _ := doc.Get(manifest, doc.Path{"commit"})
	id, _ := v.StringValueOK()
	if !commit.MatchString(id) {
		return ""
	}
	return id
}

func outputsOf(v bson.RawValue) ([]Output, error) {
	d, err := doc.AsObject(outputsField, v)
	if err != nil {
		return nil, err
	}
	outputs := []Output{}
	err = eachField(outputsField, d, func(name string, v bson.RawValue) error {
		digest, err := doc.AsString(name, v)
		outputs = append(outputs, Output{Path: name, SHA256: digest})
		return err
	})
	return outputs, err
}
