package compare

import (
	"fmt"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

func values(t *testing.T, text string) []bson.RawValue {
	var out []bson.RawValue
	for _, v := range doc.Fields(bson.Raw(parse(t, `{"v": `+text+`}`).Lookup("v").Value)) {
		out = append(out, v)
	}
	return out
}

func TestHolds(t *testing.T) {
	tests := []struct {
		op     desired.CondOp
		path   string
		values string
		word   string
		doc    string
		want   bool
	}{
		{"==", "a", `[1]`, "", `{"a": 1.0}`, true},
		{"==", "a", `[1]`, "", `{"a": [1]}`, false},
		{"==", "a", `[null]`, "", `{}`, false},
		{"!=", "a", `[1]`, "", `{}`, true},
		{"!=", "a", `[1]`, "", `{"a": null}`, true},
		{"<", "a", `[5]`, "", `{"a": {"$numberDecimal": "4.99"}}`, true},
		{"<", "a", `[5]`, "", `{"a": "4"}`, false},
		{"<=", "a", `["b"]`, "", `{"a": "b"}`, true},
		{">", "a", `[5]`, "", `{"a": 5}`, false},
		{">=", "a/b", `[5]`, "", `{"a": {"b": 5}}`, true},
		{">=", "a/b", `[5]`, "", `{"a": [{"b": 5}]}`, false},
		{"between", "a", `[1, 3]`, "", `{"a": 3}`, true},
		{"between", "a", `[1, 3]`, "", `{"a": 3.5}`, false},
		{"in", "a", `[1, "x"]`, "", `{"a": "x"}`, true},
		{"not in", "a", `[1, "x"]`, "", `{}`, true},
		{"is", "a", `[]`, "missing", `{}`, true},
		{"is", "a", `[]`, "missing", `{"a": null}`, false},
		{"is", "a", `[]`, "present", `{"a": null}`, true},
		{"is", "a", `[]`, "null", `{"a": null}`, true},
		{"is", "a", `[]`, "number", `{"a": {"$numberDecimal": "1"}}`, true},
		{"is", "a", `[]`, "binary", `{"a": {"$uuid": "00112233-4455-6677-8899-aabbccddeeff"}}`, true},
		{"is not", "a", `[]`, "int", `{}`, true},
		{"contains", "a", `[2]`, "", `{"a": [1, 2.0]}`, true},
		{"contains", "a", `[2]`, "", `{"a": 2}`, false},
		{"startsWith", "a", `["x-"]`, "", `{"a": "x-1"}`, true},
		{"startsWith", "a", `["x-"]`, "", `{"a": ["x-1"]}`, false},
		{"endsWith", "a", `["-x"]`, "", `{"a": "1-x"}`, true},
	}
	for _, test := range tests {
		t.Run(fmt.Sprint(test.path, test.op, test.values, test.word, test.doc), func(t *testing.T) {
			c := &desired.Cond{Op: test.op, Path: strings.Split(test.path, "/"), Values: values(t, test.values), Word: test.word}
			if got := holds(c, parse(t, test.doc)); got != test.want {
				t.Errorf("holds = %v", got)
			}
			if got := holds(&desired.Cond{Op: desired.CondNot, Args: []*desired.Cond{c}}, parse(t, test.doc)); got == test.want {
				t.Errorf("not: holds = %v", got)
			}
			both := []*desired.Cond{c, {Op: desired.CondNot, Args: []*desired.Cond{c}}}
			if holds(&desired.Cond{Op: desired.CondAnd, Args: both}, parse(t, test.doc)) || !holds(&desired.Cond{Op: desired.CondOr, Args: both}, parse(t, test.doc)) {
				t.Error("and, or of it and its opposite")
			}
		})
	}
	if !holds(nil, parse(t, `{}`)) {
		t.Error("no condition holds for everything")
	}
}

func TestPruneBound(t *testing.T) {
	for _, test := range []struct {
		prune desired.Prune
		scope int
		want  int64
	}{
		{desired.Prune{AtMost: 5}, 100, 5},
		{desired.Prune{AtMost: 10, Percent: true}, 99, 9},
		{desired.Prune{AtMost: 10, Percent: true}, 9, 0},
	} {
		if got := pruneBound(&test.prune, test.scope); got != test.want {
			t.Errorf("%+v of %d: %d, want %d", test.prune, test.scope, got, test.want)
		}
	}
}

func TestDeletionGuard(t *testing.T) {
	for text, want := range map[string]string{
		`{"_id": 1, "a": {"b": 1}, "c": null}`: "present a={b: 1} c=null absent",
		`{"_id": 1, "a.b": 1}`:                 "whole {_id: 1, 'a.b': 1}",
		`{"_id": 1, "a": 1, "a": 2}`:           "whole {_id: 1, a: 1, a: 2}",
	} {
		if got := describeGuard(Deletion(parse(t, text)).Op.Guard); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}
