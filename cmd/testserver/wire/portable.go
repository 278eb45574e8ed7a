package wire

import (
	"fmt"
	"slices"
	"strings"
)

// Part is something that runs ask of a server, as Uses calls it.
type Part struct {
	Use string
	// Needs is the capability without which it is not sent; empty: it is of the core
	// dialect, which every server has to know.
	Needs string
	// Shown is the case, or else the test, that sends it.
	Shown string
}

// Asks says which parts of a command that a run has sent are not in Parts; nil when all
// are. What is not a run's is none of it: a driver's and a shell's own commands, and
// the commands that a weave has in `before` and `after`, which are sent as they are.
func Asks(c Command) error {
	comment, _ := c.Body.Lookup("comment").StringValueOK()
	if !strings.HasPrefix(comment, "mongocd ") {
		return nil
	}
	var outside []string
	for _, use := range Uses(c) {
		if !slices.ContainsFunc(Parts, func(p Part) bool { return p.Use == use }) {
			outside = append(outside, use)
		}
	}
	if len(outside) > 0 {
		return fmt.Errorf("%s: not in the table of docs/portability.md (Parts)", strings.Join(outside, ", "))
	}
	return nil
}

// HookField is a field that is sent with a command of `before` or `after` though its
// author did not write it.
type HookField struct{ Name, By string }

// HookFields are all of them; TestHooksOnTheWire holds both engines to them.
var HookFields = []HookField{
	{"$clusterTime", "drivers, of a session"},
	{"$db", "drivers: the database of `on`, or of `into`"},
	{"$readPreference", "drivers: primary"},
	{"lsid", "drivers, of a session"},
	{"maxTimeMS", "the Go driver: what is left of the time that a command has"},
}

// Parts are all that runs send, in the order of their names, kind by kind.
var Parts = []Part{
	{"aggregate: cursor", "", "structure-index-create"},
	{"aggregate: pipeline", "", "structure-index-create"},
	{"collMod of an index: expireAfterSeconds", "change-ttl", "TestCommandsOnTheWire"},
	{"collMod of an index: hidden", "hidden-index", "TestCommandsOnTheWire"},
	{"collMod of an index: prepareUnique", "", "TestCommandsOnTheWire"},
	{"collMod of an index: unique", "", "TestCommandsOnTheWire"},
	{"collMod: cappedMax", "", "TestCases"},
	{"collMod: cappedSize", "", "TestCases"},
	{"collMod: changeStreamPreAndPostImages", "pre-images", "TestCases"},
	{"collMod: expireAfterSeconds", "", "TestCases"},
	{"collMod: pipeline", "view", "structure-options-kinds"},
	{"collMod: timeseries", "", "TestCases"},
	{"collMod: validationAction", "", "TestCases"},
	{"collMod: validationLevel", "", "structure-options"},
	{"collMod: validator", "change-validator", "structure-options"},
	{"collMod: viewOn", "view", "structure-options-kinds"},
	{"command aggregate", "", "structure-index-create"},
	{"command buildInfo", "", "structure-index-create"},
	{"command collMod", "", "structure-options"},
	{"command connectionStatus", "", "rules-change"},
	{"command count", "", "rules-change"},
	{"command create", "", "structure-kinds-create"},
	{"command createIndexes", "", "structure-index-create"},
	{"command delete", "", "moved"},
	{"command dropIndexes", "", "structure-index-change"},
	{"command find", "", "rules-change"},
	{"command getMore", "", "TestTenThousandDocuments"},
	{"command hello", "", "rules-change"},
	{"command insert", "", "rules-change"},
	{"command listCollections", "", "TestCases"},
	{"command listIndexes", "", "TestCases"},
	{"command update", "", "rules-change"},
	{"connectionStatus: showPrivileges", "", "rules-change"},
	{"count: query", "", "TestRandomStatesAgainstTheModel"},
	{"createIndexes: indexes", "", "structure-index-create"},
	{"delete: deletes", "", "moved"},
	{"delete: ordered", "", "moved"},
	{"dropIndexes: index", "", "structure-index-change"},
	{"expression $eq", "whole-guard", "name-dollar-top"},
	{"expression $literal", "whole-guard", "name-dollar-top"},
	{"expression $sum", "", "structure-index-create"},
	{"filter $and", "", "TestCases"},
	{"filter $eq", "", "rules-change"},
	{"filter $exists", "", "rules-change"},
	{"filter $expr", "whole-guard", "name-dollar-top"},
	{"filter $gte", "", "TestCases"},
	{"filter $in", "", "rules-change"},
	{"filter $lte", "", "TestCases"},
	{"filter $not", "", "rules-change"},
	{"filter $or", "", "TestCases"},
	{"filter $size", "", "TestCases"},
	{"filter $type", "", "rules-change"},
	{"find: batchSize", "", "TestCases"},
	{"find: collation", "collation", "identity-collation"},
	{"find: filter", "", "rules-change"},
	{"find: limit", "", "TestCases"},
	{"find: projection", "", "TestCases"},
	{"find: singleBatch", "", "TestCases"},
	{"find: skip", "", "TestCases"},
	{"find: sort", "", "TestCases"},
	{"getMore: batchSize", "", "TestTenThousandDocuments"},
	{"getMore: collection", "", "TestTenThousandDocuments"},
	{"insert: documents", "", "rules-change"},
	{"insert: ordered", "", "rules-change"},
	{"kind of indexes: 2d", "", "TestCommandsOnTheWire"},
	{"kind of indexes: 2dsphere", "", "TestCommandsOnTheWire"},
	{"kind of indexes: hashed", "", "TestCommandsOnTheWire"},
	{"kind of indexes: text", "", "TestCommandsOnTheWire"},
	{"listCollections: cursor", "", "TestCases"},
	{"listCollections: filter", "", "TestCases"},
	{"listCollections: nameOnly", "", "TestCases"},
	{"listIndexes: cursor", "", "TestCases"},
	{"option of collections: capped", "capped", "structure-kinds-create"},
	{"option of collections: changeStreamPreAndPostImages", "pre-images", "TestCases"},
	{"option of collections: clusteredIndex", "clustered", "structure-kinds-create"},
	{"option of collections: collation", "collation", "structure-collation"},
	{"option of collections: expireAfterSeconds", "", "structure-kinds-create"},
	{"option of collections: max", "capped", "structure-kinds-create"},
	{"option of collections: pipeline", "view", "structure-kinds-create"},
	{"option of collections: size", "capped", "structure-kinds-create"},
	{"option of collections: timeseries", "time-series", "structure-kinds-create"},
	{"option of collections: validationAction", "validator", "TestCases"},
	{"option of collections: validationLevel", "validator", "TestCases"},
	{"option of collections: validator", "validator", "structure-missing-collection"},
	{"option of collections: viewOn", "view", "structure-kinds-create"},
	{"option of indexes: 2dsphereIndexVersion", "", "TestCases"},
	{"option of indexes: bits", "", "TestCases"},
	{"option of indexes: collation", "collated-index", "structure-collation"},
	{"option of indexes: default_language", "", "TestCommandsOnTheWire"},
	{"option of indexes: expireAfterSeconds", "ttl-index", "TestCases"},
	{"option of indexes: hidden", "hidden-index", "TestCases"},
	{"option of indexes: max", "", "TestCases"},
	{"option of indexes: min", "", "TestCases"},
	{"option of indexes: partialFilterExpression", "partial-index", "TestCases"},
	{"option of indexes: sparse", "", "TestCases"},
	{"option of indexes: unique", "unique-index", "structure-index-create"},
	{"option of indexes: v", "", "TestCases"},
	{"option of indexes: weights", "", "TestCommandsOnTheWire"},
	{"option of indexes: wildcardProjection", "", "TestCommandsOnTheWire"},
	{"stage $collStats", "", "structure-index-create"},
	{"stage $group", "", "structure-index-create"},
	{"stage $replaceWith", "update-pipeline", "name-dollar-top"},
	{"statement: collation", "", "TestCases"},
	{"statement: multi", "", "TestCases"},
	{"statement: upsert", "", "TestCases"},
	{"update $set", "", "rules-change"},
	{"update $unset", "", "rules-change"},
	{"update by a document", "", "name-empty-top"},
	{"update by a pipeline", "update-pipeline", "name-dollar-top"},
	{"update: ordered", "", "rules-change"},
	{"update: updates", "", "rules-change"},
	{"variable $$ROOT", "whole-guard", "name-dollar-top"},
}
