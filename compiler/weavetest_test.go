package compiler_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/describe"
	"github.com/hayone1/mongocd/compiler/weavetest"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/doc"
)

// runTests runs the tests of a weave over src.flags; a line for each result.
func runTests(t *testing.T, rules, documents string, o weavetest.Options) (string, *weavetest.Report) {
	t.Helper()
	w, diags := workspace.LoadDir(newWorkspace(t, rules, documents))
	if w == nil {
		t.Fatalf("load:\n%s", renderAll(t, diags))
	}
	report, diags := weavetest.Run(context.Background(), w, o)
	if report == nil {
		return renderAll(t, diags), nil
	}
	var b strings.Builder
	for _, r := range report.Results {
		fmt.Fprintf(&b, "%s %s: %d\n", r.Name, r.Environment, len(r.Failures))
		for _, f := range r.Failures {
			if f.Code != diag.TestFailed {
				t.Errorf("a failure has the code %s", f.Code)
			}
			fmt.Fprintf(&b, "  %d: %s\n", f.Span.Position().Line, f.Message)
			for _, n := range f.Notes {
				fmt.Fprintf(&b, "    %s\n", n)
			}
			for _, r := range f.Related {
				fmt.Fprintf(&b, "    %s\n", r.Message)
			}
		}
	}
	return b.String(), report
}

func TestPassingTests(t *testing.T) {
	const rules = `let few = 5
from src into dst {
  sync flags by name {
    only where on == true
    remove _id
    set n = few
    where stage == "beta" { create late = true }
    check n <= 100
    check count() >= 10
  }
}
`
	for _, test := range []struct{ name, test string }{
		{"fields", `given flags { _id: 1, name: "a", n: 1, stage: "live", on: true } expect flags with { name: "a", n: 5 } without _id, late`},
		{"exactly", `given flags { name: "a", n: 1, stage: "beta", on: true } expect flags exactly { on: true, late: true, n: few, name: "a", stage: "beta" }`},
		{"the type of the data", `given flags { name: "a", n: 1, stage: "x", on: true } expect flags with { name: "a", n: long(5) }`},
		{"counts", `given flags { name: "a", n: 1, stage: "x", on: true } given flags { name: "b", n: 1, stage: "x", on: false }
			expect 1 flags expect no flags with { name: "b" } expect 1 flags with { stage: "x" }`},
		{"an error", `given flags { name: null, n: 1, stage: "x", on: true } expect error bad-identity`},
		{"counts are judged when asked", `given flags { name: "a", n: 1, stage: "x", on: false } expect error matches-nothing`},
		{"aggregates are judged when asked", `given flags { name: "a", n: 1, stage: "x", on: true } expect error check-failed`},
		{"a warning", `given flags { name: "a", n: "text", stage: "x", on: true } expect warning type-changed`},
		{"nothing given", `expect no flags`},
		{"environments", `given flags { name: "a", n: 1, stage: per environment { preprod: "beta", prod: "x" }, on: true }
			expect 1 flags with { stage: per environment { preprod: "beta", prod: "x" } }`},
	} {
		documents := strings.ReplaceAll(flags, `"n": `, `"n": {"$numberLong": "`)
		documents = strings.ReplaceAll(documents, `, "stage"`, `"}, "stage"`)
		got, report := runTests(t, rules+"test \"x\" {\n"+test.test+"\n}\n", documents, weavetest.Options{})
		if report == nil || !report.Passed() || len(report.Results) != 2 {
			t.Errorf("%s:\n%s", test.name, got)
		}
	}
}

func TestFailingTests(t *testing.T) {
	const rules = `from src into dst {
  sync flags by name {
    only where on == true
    set n = n * 2
    check n <= 100
  }
}
`
	for _, test := range []struct{ test, want string }{
		{`given flags { name: "a", n: 1, stage: "x", on: true } expect flags with { name: "a", n: 1, note: "y" } without stage`,
			`  11: in prod: name "a" is not as expected
    n: expected 1, got 2
    note: expected "y", got missing
    stage: expected nothing, got "x"
`},
		{`given flags { name: "a", n: 1, on: true } expect flags exactly { name: "a", n: long(2) }`,
			`  11: in prod: name "a" is not as expected
    n: expected 2 (long), got 2 (int)
    on: expected nothing, got true
`},
		{`given flags { name: "a", n: 1, on: false } expect flags with { name: "a" }`,
			"  11: in prod: no such document comes out: there is none with name \"a\"\n    it was given, and `only where on == true` leaves it out (w.weave:5)\n    what came out: no documents\n"},
		{`given flags { name: "a", n: 1, on: true } given flags { name: "b", n: 1, on: true } expect 1 flags expect no flags with { n: 2 }`,
			`  11: in prod: expected 1, got 2 documents
    there are: name "a"; name "b"
  11: in prod: expected none, got 2 documents like this
    there are: name "a"; name "b"
`},
		{`given flags { name: "a", n: 60, on: true } expect no flags`,
			`  10: in prod: the rules give an error that the test does not expect
    name "a"
    check-failed: this check does not hold in 1 of 1 document
`},
		{`given flags { name: "a", n: 6, on: true } expect error check-failed`,
			`  11: in prod: the rules do not give this error
    there is no error: 1 document of src.flags came out
`},
		{`given flags { name: "a", n: 6, on: true } expect warning no-effect`, "  11: in prod: the rules do not give this warning\n    no-unique-index: no unique index of src.flags covers `name`\n"},
	} {
		got, _ := runTests(t, rules+"test \"x\" for prod {\n"+test.test+"\n}\n", flags, weavetest.Options{})
		if want := "x prod: " + fmt.Sprint(strings.Count(test.want, "in prod")) + "\n" + test.want; got != want {
			t.Errorf("%s\ngot\n%s\nwant\n%s", test.test, got, want)
		}
	}
}

func TestChosenTests(t *testing.T) {
	const rules = `from src into dst { sync flags { check n > 0 } }
test "one" { given flags { _id: 1, n: 0 } expect error check-failed }
test "two" for prod { given flags { _id: 1, n: 1 } expect 1 flags }
`
	got, _ := runTests(t, rules, flags, weavetest.Options{Named: regexp.MustCompile("^t"), Options: workspace.Options{Environments: []string{"prod"}}})
	if got != "two prod: 0\n" {
		t.Error(got)
	}
	got, _ = runTests(t, rules, flags, weavetest.Options{})
	if got != "one preprod: 0\none prod: 0\ntwo prod: 0\n" {
		t.Error(got)
	}
}

// Errors of the extracted data do not keep tests from running, and tests see none of it.
func TestTestsSeeOnlyWhatIsGiven(t *testing.T) {
	const rules = `from src into dst { sync flags { check n < 3 check unique stage } }
test "one" for prod { given flags { _id: 9, n: 1, stage: "beta" } expect 1 flags }
`
	got, report := runTests(t, rules, flags, weavetest.Options{})
	if report == nil || !report.Passed() {
		t.Error(got)
	}
}

func TestCoverage(t *testing.T) {
	const rules = `from src into dst {
  sync flags {
    only where n > 0
    except where n > 1000 expect any
    where stage == "none" expect any {
      set n = 1
      let twice = n * 2
      check twice > 0
    }
    for preprod { create pre = true }
    where stage == "test" expect any { set n = 2 }
    each x in list where x == 1 expect any { remove x }
    mode merge
  }
}
test "a" { given flags { _id: 1, n: 5, stage: "test", list: [2] } expect 1 flags }
`
	documents := strings.ReplaceAll(flags, `"on"`, `"list": [2], "on"`)
	_, report := runTests(t, rules, documents, weavetest.Options{Coverage: true})
	if report == nil {
		t.Fatal("no report")
	}
	var missed []string
	for _, s := range report.Coverage.Missed {
		missed = append(missed, fmt.Sprint(s.Position().Line))
	}
	if got := strings.Join(missed, " "); got != "6 7 8 9 10 14 14" || report.Coverage.Statements != 12 || report.Coverage.Exercised != 5 {
		t.Errorf("missed lines %s, %d of %d", got, report.Coverage.Exercised, report.Coverage.Statements)
	}
}

func parsed(t testing.TB, text string) bson.Raw {
	t.Helper()
	d, err := doc.ParseExtJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestSelector(t *testing.T) {
	d := parsed(t, `{"_id": {"$oid": "64b0c0ffee64b0c0ffee64b0"}, "name": "a,b", "n": {"$numberLong": "5"}, "five": "5", "o": {"p q": [true]}, "at": {"$date": "2026-01-01T00:00:00Z"}, "u": {"$uuid": "00112233-4455-6677-8899-aabbccddeeff"}}`)
	for text, want := range map[string]bool{
		`c[name="a,b"]`: true, `c[n=5]`: true, `c[five=5]`: true, `c[n=5,five=5]`: true, `c[n=6]`: false, `c[_id=64b0c0ffee64b0c0ffee64b0]`: true,
		`c[_id={"$oid": "64b0c0ffee64b0c0ffee64b0"}]`: true, `c[o.'p q'[0]=true]`: true, `c[o.'p q'=[true]]`: true, `c[at=2026-01-01T00:00:00Z]`: true,
		`c[u=00112233-4455-6677-8899-aabbccddeeff]`: true, `c[nope=1]`: false, `c[name=a]`: false,
	} {
		s, err := describe.ParseSelector(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if s.Collection != "c" || s.Matches(d) != want {
			t.Errorf("%s: collection %s, matches %v", text, s.Collection, s.Matches(d))
		}
	}
	for _, text := range []string{"c", "[a=1]", "c[a]", "c[a=1", "c[a b=1]", "c[a[]=1]", "c[=1]", "c[1=1]", `c["x"=1]`} {
		if s, err := describe.ParseSelector(text); err == nil {
			t.Errorf("%s gives no error but %+v", text, s)
		}
	}
}

func FuzzSelector(f *testing.F) {
	for _, text := range []string{`c[name="a,b"]`, `c[o.'p q'[0]=true,n=5]`, `c[_id={"$oid": "64b0c0ffee64b0c0ffee64b0"}]`, "c[a[=1]"} {
		f.Add(text)
	}
	d := parsed(f, `{"a": 1, "o": {"p q": [true]}}`)
	f.Fuzz(func(t *testing.T, text string) {
		if s, err := describe.ParseSelector(text); err == nil {
			s.Matches(d)
		}
	})
}
