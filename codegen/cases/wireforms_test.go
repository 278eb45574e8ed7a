package cases

// Commands as text, and what of sessions and transactions is in them.

import (
	"maps"
	"slices"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/cmd/testserver/wire"
	"github.com/hayone1/mongocd/runtime/doc"
)

// ofSessions are the fields that a driver adds (MongoDB manual: reference/mongodb-wire-protocol,
// reference/server-sessions, core/transactions), and the time that it has left.
var ofSessions = []string{"lsid", "$clusterTime", "$db", "$readPreference", "txnNumber", "startTransaction", "autocommit", "readConcern", "maxTimeMS"}

// shown is a command as text: its name first, other fields sorted, document
// sequences as the arrays that the manual has, `multi: false`, the default, left out.
func shown(c wire.Command) string {
	fields := map[string]bson.RawValue{}
	for name, v := range doc.Fields(without(c.Body, ofSessions...)) {
		fields[name] = v
	}
	for _, statements := range []string{"documents", "updates", "deletes"} {
		var list []bson.RawValue
		for _, d := range c.Statements(statements) {
			if multi, ok := d.Lookup("multi").BooleanOK(); statements == "updates" && ok && !multi {
				d = without(d, "multi")
			}
			list = append(list, bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: d})
		}
		if len(list) > 0 {
			fields[statements] = doc.Array(list...)
		}
	}
	b := doc.NewBuilder(len(c.Body)).Append(c.Name, fields[c.Name])
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if name != c.Name {
			b.Append(name, fields[name])
		}
	}
	return string(doc.AppendCanonical(nil, b.Raw()))
}

// wantRetryable: every write of documents can be sent again by the driver.
func wantRetryable(t *testing.T, commands []wire.Command) {
	t.Helper()
	for _, c := range wire.Writes(commands) {
		if name := c.Name; name != "insert" && name != "update" && name != "delete" {
			continue
		}
		if c.Body.Lookup("lsid").Type == 0 || c.Body.Lookup("txnNumber").Type == 0 {
			t.Errorf("the %s has no lsid and txnNumber: %s", c.Name, c.Body)
		}
	}
}

// wantTransaction: the reads and writes are one transaction, which is committed with a majority.
func wantTransaction(t *testing.T, commands []wire.Command) {
	t.Helper()
	started := slices.IndexFunc(commands, func(c wire.Command) bool { return c.Body.Lookup("startTransaction").Type != 0 })
	if started < 0 {
		t.Fatal("no transaction was started")
	}
	first := commands[started].Body
	if first.Lookup("readConcern", "level").StringValue() != "snapshot" {
		t.Errorf("the transaction does not read a snapshot: %s", first)
	}
	same := func(c wire.Command) bool {
		number, ok := c.Body.Lookup("txnNumber").AsInt64OK()
		autocommit, _ := c.Body.Lookup("autocommit").BooleanOK()
		return ok && number == first.Lookup("txnNumber").AsInt64() && !autocommit && c.Body.Lookup("lsid").Equal(first.Lookup("lsid"))
	}
	for _, c := range commands[started:] {
		switch {
		case !same(c):
			t.Errorf("the %s is not of the transaction: %s", c.Name, c.Body)
		case c.Name == "commitTransaction":
			if c.Body.Lookup("$db").StringValue() != "admin" || c.Body.Lookup("writeConcern", "w").StringValue() != "majority" {
				t.Errorf("commit: %s", c.Body)
			}
			return
		case c.Body.Lookup("writeConcern").Type != 0:
			t.Errorf("the %s of a transaction has a write concern of its own: %s", c.Name, c.Body)
		}
	}
	t.Error("the transaction was not committed")
}
