package compiler_test

import (
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// showCond writes a condition for tests.
func showCond(c *desired.Cond) string {
	if c == nil {
		return ""
	}
	var parts []string
	for _, a := range c.Args {
		parts = append(parts, showCond(a))
	}
	for _, v := range c.Values {
		parts = append(parts, string(doc.AppendReview(nil, doc.NewBuilder(64).Append("v", v).Raw(), false)))
	}
	switch c.Op {
	case desired.CondAnd, desired.CondOr:
		return "(" + strings.Join(parts, " "+string(c.Op)+" ") + ")"
	case desired.CondNot:
		return "not " + parts[0]
	}
	for i, p := range parts {
		parts[i] = strings.TrimSuffix(strings.TrimPrefix(p, `{"v": `), "}")
	}
	if c.Word != "" {
		parts = append(parts, c.Word)
	}
	return c.Path.String() + " " + string(c.Op) + " " + strings.Join(parts, ", ")
}

// TestPruneCondition holds how `prune where` is translated, and that the query
// never narrows more than is safe.
func TestPruneCondition(t *testing.T) {
	for _, test := range []struct{ cond, want, filter string }{
		{`n == 1`, `n == 1`, `{"n": {"$eq": 1}}`},
		{`1 == n`, `n == 1`, `{"n": {"$eq": 1}}`},
		{`1 < n`, `n > 1`, `{"n": {"$gte": 1}}`},
		{`n < 1`, `n < 1`, `{}`}, // NaN is below all numbers, and $lt does not find it
		{`name < "m"`, `name < "m"`, `{"name": {"$lte": "m"}}`},
		{`n != 1`, `n != 1`, `{}`},
		{`not (n == 1)`, `not n == 1`, `{}`},
		{`d == 0.1`, `d == {"$numberDecimal": "0.1"}`, `{}`}, // as decimal as the field; not every server compares decimals exactly
		{`n == -5`, `n == -5`, `{"n": {"$eq": -5}}`},
		{`n between 1 and limit`, `n between 1, 7`, `{"n": {"$gte": 1, "$lte": 7}}`},
		{`stage in ["a", "b"]`, `stage in "a", "b"`, `{"stage": {"$in": ["a", "b"]}}`},
		{`stage in stages`, `stage in "x", "y"`, `{"stage": {"$in": ["x", "y"]}}`},
		{`stage not in stages`, `stage not in "x", "y"`, `{}`},
		{`stage in ["a", null]`, `stage in "a", null`, `{"stage": {"$in": ["a", null]}}`},
		{`"all" in tags`, `tags contains "all"`, `{"tags": {"$eq": "all"}}`},
		{`"all" not in tags`, `not tags contains "all"`, `{}`},
		{`note is missing`, `note is missing`, `{"note": {"$exists": false}}`},
		{`limits.users is missing`, `limits.users is missing`, `{}`}, // the server looks into arrays
		{`limits.users is present`, `limits.users is present`, `{"limits.users": {"$exists": true}}`},
		{`note is null`, `note is null`, `{"note": {"$type": "null"}}`},
		{`note is not null`, `note is not null`, `{}`},
		{`tags is array`, `tags is array`, `{}`},
		{`n is long`, `n is long`, `{"n": {"$type": "long"}}`},
		{`n is number`, `n is number`, `{"n": {"$type": "number"}}`},
		{`this.'a.b' == 1`, `'a.b' == 1`, `{}`},
		{`limits == {}`, `limits == {}`, `{}`},
		{`startsWith(name, "dev-")`, `name startsWith "dev-"`, `{"name": {"$gte": "dev-"}}`},
		{`endsWith(name, "-old")`, `name endsWith "-old"`, `{}`},
		{`name == per environment { preprod: "p", prod: "q" }`, `name == "q"`, `{"name": {"$eq": "q"}}`},
		{`n == 1 and name != "x" and on == true`, `(n == 1 and name != "x" and on == true)`, `{"$and": [{"n": {"$eq": 1}}, {"on": {"$eq": true}}]}`},
		{`n == 1 or name == "x"`, `(n == 1 or name == "x")`, `{"$or": [{"n": {"$eq": 1}}, {"name": {"$eq": "x"}}]}`},
		{`n == 1 or name != "x"`, `(n == 1 or name != "x")`, `{}`},
		{`since >= date("2026-01-01T00:00:00Z")`, `since >= {"$date": "2026-01-01T00:00:00.000Z"}`, `{"since": {"$gte": {"$date": "2026-01-01T00:00:00.000Z"}}}`},
		{`owner == objectId("65f0c0ffee0123456789abcd")`, `owner == {"$oid": "65f0c0ffee0123456789abcd"}`, `{"owner": {"$eq": {"$oid": "65f0c0ffee0123456789abcd"}}}`},
	} {
		t.Run(test.cond, func(t *testing.T) {
			dir := newWorkspace(t, "let limit = 7\nlet stages = [\"x\", \"y\"]\nfrom src into dst { sync flags { prune where "+test.cond+" at most 3 } }",
				`{"_id": 1, "name": "a", "n": 1, "d": {"$numberDecimal": "1.5"}, "stage": "x", "on": true, "tags": ["all"], "limits": {"users": 5}, "note": null, "a.b": 1, "since": {"$date": "2026-01-01T00:00:00.000Z"}, "owner": {"$oid": "65f0c0ffee0123456789abcd"}}`+"\n")
			p := states(t, dir, workspace.Options{Environments: []string{"prod"}})["prod dst.flags"].Prune
			if got := showCond(p.Where); got != test.want {
				t.Errorf("condition %s, want %s", got, test.want)
			}
			if got := string(doc.AppendReview(nil, p.Filter, false)); got != test.filter {
				t.Errorf("filter %s, want %s", got, test.filter)
			}
			if err := bson.Raw(p.Filter).Validate(); err != nil {
				t.Errorf("filter: %v", err)
			}
		})
	}
}
