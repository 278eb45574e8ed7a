package pipeline

// Between two clusters of one Atlas project. In: where each collection comes from, and what
// of its documents the rules read. Out: a script for a federated database instance, which
// brings that beside the destination, under the same names; what goes on from there is the
// script or the program, on the cluster of the destination (MongoDB manual, Atlas Data
// Federation, "$merge": into.atlas writes to a cluster of the same project, and all other
// fields are those of the server's `$merge`).

import (
	"crypto/sha256"
	"fmt"
	"regexp"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/codegen/js"
)

// FederationName is the name of that script.
const FederationName = "pipeline.federation.js"

// Federation is the cluster of the destination.
type Federation struct {
	Project string // the project's id
	Cluster string // its name
}

var federationForm = regexp.MustCompile(`^([0-9a-f]{24})/([A-Za-z0-9][A-Za-z0-9-]{0,63})$`)

// ParseFederation reads PROJECT/CLUSTER.
func ParseFederation(text string) (*Federation, error) {
	m := federationForm.FindStringSubmatch(text)
	if m == nil {
		return nil, fmt.Errorf("%q is not PROJECT/CLUSTER: the id of the Atlas project, 24 hexadecimal digits, and the name of the cluster in it that has the destination", text)
	}
	return &Federation{Project: m[1], Cluster: m[2]}, nil
}

const federationHeader = `// %[1]s for environment %[2]s, made by %[3]s.
// Brings what the rules read beside the destination, from another cluster of the Atlas
// project, under the same names. pipeline.js goes on from there, on that cluster.
//
//   1. mongosh URI_OF_THE_DESTINATION: drop these copies, if there are older ones. What
//      the source has no more would stay in them.
//   2. mongosh URI_OF_THE_FEDERATED_INSTANCE --file pipeline.federation.js
//   3. mongosh URI_OF_THE_DESTINATION --file pipeline.js
//
// The federated database instance has the databases and collections of the source cluster
// under their own names. Its $merge takes nothing back when it fails: run it again.
//
// sha256 of everything after the next empty line: %[4]x

`

func federationScript(s State, collections []collection) (string, error) {
	var body strings.Builder
	body.WriteString("const copies = [")
	seen := map[[2]string]bool{}
	for _, c := range collections {
		if len(c.Lookups) > 0 {
			return "", fmt.Errorf("%s: `lookup` reads all of %s.%s, of which no copy is made between clusters: bring it beside the destination, and leave out --federation", c.Origin, c.SourceDatabase, c.Lookups[0])
		}
		from := [2]string{c.SourceDatabase, c.Source}
		if seen[from] {
			return "", fmt.Errorf("%s: %s.%s goes to two destinations, and its copy can have the documents of one alone: write a weave for each", c.Origin, from[0], from[1])
		}
		seen[from] = true
		into := bson.D{{Key: "atlas", Value: bson.D{{Key: "projectId", Value: s.Federation.Project}, {Key: "clusterName", Value: s.Federation.Cluster}, {Key: "db", Value: from[0]}, {Key: "coll", Value: from[1]}}}}
		merge := bson.D{{Key: "into", Value: into}, {Key: "on", Value: "_id"}, {Key: "whenMatched", Value: "replace"}, {Key: "whenNotMatched", Value: "insert"}}
		stages := append(append(bson.A{}, c.Read...), bson.D{{Key: "$merge", Value: merge}})
		text, err := bson.MarshalExtJSON(bson.D{{Key: "stages", Value: stages}}, true, false)
		if err != nil {
			return "", fmt.Errorf("%s: %w", c.Origin, err)
		}
		fmt.Fprintf(&body, "{\n  from: %s,\n  pipeline: %s,\n}, ", js.Strings(from[:]), js.Quote(string(text)))
	}
	body.WriteString(`];
for (const [i, c] of copies.entries()) {
  db.getSiblingDB(c.from[0]).getCollection(c.from[1]).aggregate(EJSON.parse(c.pipeline, { relaxed: false }).stages).toArray();
  print('copied ' + (i + 1) + ' of ' + copies.length);
}
`)
	return fmt.Sprintf(federationHeader, js.Quote(s.Weave), js.Quote(s.Environment), js.Quote(s.Compiler), sha256.Sum256([]byte(body.String()))) + body.String(), nil
}
