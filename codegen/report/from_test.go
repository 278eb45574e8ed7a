package report

// Reports as pages: whatever a report says, its page shows it as text.

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/cmd/testserver/browser"
	"github.com/hayone1/mongocd/codegen/cases/hostile"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/safe"
)

// fill puts a text into every string below v, and into every value: as it is, in
// documents and arrays, as a name.
func fill(v reflect.Value, text string) {
	switch {
	case v.Type() == reflect.TypeFor[change.Value]():
		name := strings.ReplaceAll(text, "\x00", "")
		inner := new(doc.Builder).AppendString(name, text).Raw()
		list := doc.Array(doc.String(text), doc.Embed(inner))
		v.Set(reflect.ValueOf(change.DocumentValue(new(doc.Builder).AppendString("k", text).AppendArray(name+"x", list).Raw())))
	case v.Kind() == reflect.String:
		v.SetString(text)
	case v.Kind() == reflect.Bool:
		v.SetBool(true)
	case v.CanInt():
		v.SetInt(1)
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), text)
	case v.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			fill(v.Index(i), text)
		}
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				fill(v.Field(i), text)
			}
		}
	}
}

// reportOf is a report that is made of one text.
func reportOf(text string) *change.Report {
	r := &change.Report{}
	fill(reflect.ValueOf(r).Elem(), text)
	c := &r.Collections[0]
	c.Documents[0].Action = "delete"
	for i, kind := range []string{change.KindMoved, change.KindOrdered} {
		c.Documents[1].Changes[i].Kind = kind
	}
	return r
}

// TestOfHostile: every text of a page but values is safe to look at, and says all that
// the report says; the page is whole.
func TestOfHostile(t *testing.T) {
	var reports []*change.Report
	for _, text := range hostile.Texts {
		reports = append(reports, reportOf(text))
	}
	p := Of("mongocd test", reports)
	var seen func(v reflect.Value, path string)
	seen = func(v reflect.Value, path string) {
		switch v.Kind() {
		case reflect.String:
			if strings.HasSuffix(path, "Before") || strings.HasSuffix(path, "After") || strings.HasSuffix(path, "Document") || strings.HasSuffix(path, "Of") || strings.Contains(path, ".At") {
				return // the page escapes them
			}
			for _, r := range v.String() {
				if r != '\n' && safe.Hidden(r) {
					t.Errorf("%s has %U: %q", path, r, v.String())
				}
			}
		case reflect.Slice:
			for i := range v.Len() {
				seen(v.Index(i), path)
			}
		case reflect.Struct:
			for i := range v.NumField() {
				seen(v.Field(i), path+"."+v.Type().Field(i).Name)
			}
		}
	}
	seen(reflect.ValueOf(p), "")
	tab := open(t, browser.ForTest(t), p, true)
	clean(t, tab, "opening")
	items := 0
	for _, r := range p.Runs {
		for _, s := range r.Sections {
			items += len(s.Items)
		}
	}
	if got, want := tab.Text(`document.getElementById('status').textContent.replace(/\D/g, '')`), fmt.Sprint(items); got != want || items < 10*len(hostile.Texts) {
		t.Errorf("%s of %s are listed", got, want)
	}
	tab.Eval(`(async () => {
		const list = document.getElementById('list');
		for (let i = 0; i < 200; i++) {
			list.dispatchEvent(new KeyboardEvent('keydown', { key: 'PageDown', bubbles: true }));
			await new Promise((r) => setTimeout(r));
		}
	})()`, nil)
	clean(t, tab, "going through them")
}

// TestOf: nothing that a report says is left out of its page.
func TestOf(t *testing.T) {
	r := &change.Report{}
	n := 0
	var number func(v reflect.Value) // every string is another one
	number = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.String:
			n++
			v.SetString(fmt.Sprintf("text%dx", n))
		case reflect.Pointer:
			if !v.IsNil() {
				number(v.Elem())
			}
		case reflect.Slice:
			for i := range v.Len() {
				number(v.Index(i))
			}
		case reflect.Struct:
			if v.Type() == reflect.TypeFor[change.Value]() {
				n++
				v.Set(reflect.ValueOf(change.DocumentValue(new(doc.Builder).Append("k", doc.String(fmt.Sprintf("text%dx", n))).Raw())))
				return
			}
			for i := range v.NumField() {
				if v.Field(i).CanSet() {
					number(v.Field(i))
				}
			}
		}
	}
	fill(reflect.ValueOf(r).Elem(), "x")
	number(reflect.ValueOf(r).Elem())
	text, err := json.Marshal(Of("mongocd test", []*change.Report{r}))
	if err != nil {
		t.Fatal(err)
	}
	// What the path, a note or the sign of a change says in other words.
	otherwise := regexp.MustCompile(`^\.Leases\.|\.At\b|\.Fields$|\.Kind$|\.Indexes\.Action$|\.Conflicts\.Paths$`)
	var look func(v reflect.Value, path string)
	look = func(v reflect.Value, path string) {
		switch {
		case v.Type() == reflect.TypeFor[change.Value]():
			value, _ := v.Interface().(change.Value)
			k, _ := doc.Get(bson.Raw(value.Value), doc.Path{"k"})
			look(reflect.ValueOf(k.StringValue()), path)
		case v.Kind() == reflect.String:
			if !strings.Contains(string(text), v.String()) && !otherwise.MatchString(path) {
				t.Errorf("%s is not in the page", path)
			}
		case v.Kind() == reflect.Pointer && !v.IsNil():
			look(v.Elem(), path)
		case v.Kind() == reflect.Slice:
			for i := range v.Len() {
				look(v.Index(i), path)
			}
		case v.Kind() == reflect.Struct:
			for i := range v.NumField() {
				look(v.Field(i), path+"."+v.Type().Field(i).Name)
			}
		}
	}
	look(reflect.ValueOf(r), "")
}

// TestAlikeTexts: long texts in which the same differs are put together, whatever stands
// around it, but not those of another cause.
func TestAlikeTexts(t *testing.T) {
	c := change.CollectionReport{Database: "shop", Collection: "mails", Mode: "merge"}
	for i := range 6 {
		text := func(host string) change.Value {
			return change.Value{RawValue: doc.String(fmt.Sprintf("%s %d, https://%s.example.com/", strings.Repeat("Words of its own. ", 6), i, host))}
		}
		x := change.Change{Kind: change.KindChanged, Path: "html", Before: text("preprod"), After: text("app")}
		if i > 3 {
			x.Cause = "rules"
		}
		id := new(doc.Builder).AppendInt32("n", int32(i)).Raw()
		c.Documents = append(c.Documents, change.DocumentItem{Action: "update", Identity: change.DocumentValue(id), Changes: []change.Change{x}})
	}
	other := c
	other.Documents = slices.Clone(c.Documents)
	for i := range other.Documents { // in another environment all texts are others, and the edit is the same
		x := c.Documents[i].Changes[0]
		in := func(v change.Value) change.Value {
			return change.Value{RawValue: doc.String("Somewhere else. " + v.StringValue())}
		}
		x.Before, x.After = in(x.Before), in(x.After)
		other.Documents[i].Changes = []change.Change{x}
	}
	p := Of("mongocd test", []*change.Report{
		{Command: "plan", Weave: "shop", Environment: "preprod", Collections: []change.CollectionReport{c}}, {Command: "plan", Weave: "shop", Environment: "prod", Collections: []change.CollectionReport{other}},
	})
	tab := open(t, browser.ForTest(t), p, true)
	tab.Press("g")
	tab.Wait(`document.getElementById('detail').innerText.includes('4 documents with this change')`)
	if got := tab.Text(`document.getElementById('detail').innerText`); !strings.Contains(got, "As in {n: 0}; around it the others have texts of their own.") {
		t.Errorf("the detail says\n%s", got)
	}
	if got := tab.Text(`[...document.querySelectorAll('.line .name')].map((e) => e.textContent).join()`); !strings.Contains(got, "4 documents shop.mails · preprod, prod") || !strings.Contains(got, "2 documents shop.mails · preprod, prod") {
		t.Errorf("the list has %s", got)
	}
	clean(t, tab, "putting texts together")
}

// fanOut is a report of an environment whose weave writes databases that are alike: in each
// are a document that changes, with `_id`s and a run of its own, one that is inserted and an
// index; in the last one the document changes to another value.
func fanOut(environment string, databases ...string) *change.Report {
	r := &change.Report{Command: "plan", Weave: "shop", Environment: environment, Outcome: change.Changes}
	value := func(text string) change.Value {
		v := change.Value{}
		if err := v.UnmarshalJSON([]byte(text)); err != nil {
			panic(err)
		}
		return v
	}
	for i, database := range databases {
		id, rollout := fmt.Sprint(len(environment)*100+i), "5"
		if i == len(databases)-1 {
			rollout = "7"
		}
		c := change.CollectionReport{Database: database, Collection: "flags", Mode: "merge", Origin: "a.weave:2:3",
			Indexes: []change.IndexItem{{Action: "create", Name: "name_1", Spec: value(`{"key":{"name":1}}`)}},
			Documents: []change.DocumentItem{
				{Action: "insert", Identity: value(`{"name":"new"}`), ID: value(id), Document: value(`{"_id":` + id + `,"name":"new","on":true}`)},
				{Action: "update", Identity: value(`{"name":"old"}`), ID: value(id), Changes: []change.Change{
					{Kind: change.KindChanged, Path: "rollout", Before: value("1"), After: value(rollout), Cause: "destination", Since: "shop/" + environment + "/" + id},
					{Kind: change.KindChanged, Path: "owner", Before: value(id + "1"), After: value(id + "2"), Links: []change.LinkItem{
						{At: []string{}, ID: value(id + "1"), Database: database, Collection: "users", Identity: value(`{"name":"a"}`)}, {At: []string{}, ID: value(id + "2"), Database: database, Collection: "users", Identity: value(`{"name":"b"}`)}}},
				}},
			}}
		r.Collections = append(r.Collections, c)
	}
	return r
}

// TestOnce: what environments and databases have in common is one line; one environment, or
// one database, is shown when it is asked for.
func TestOnce(t *testing.T) {
	tab := open(t, browser.ForTest(t), Of("mongocd test", []*change.Report{fanOut("preprod", "t1", "t2", "t3", "t4", "t5"), fanOut("prod", "t1", "t2", "t6")}), true)
	lines := func(want ...string) {
		t.Helper()
		if got := tab.Text(`[...document.querySelectorAll('.line')].map((e) => e.querySelector('.name').textContent).join('\n')`); got != strings.Join(want, "\n") {
			t.Errorf("the list has\n%s\nwant\n%s", got, strings.Join(want, "\n"))
		}
	}
	lines("flags in t1, t2, t3, t4 and 2 more · preprod, prod", "index name_1", `{name: "new"}`, "flags in t1, t2, t3, t4 · preprod, prod", `{name: "old"}`, "flags in t5, t6 · preprod, prod", `{name: "old"}`)
	if got := tab.Text(`document.getElementById('status').textContent`); got != "24 changes" {
		t.Errorf("status: %s", got)
	}
	tab.Press("j")
	for _, want := range []string{"The same in flags in t1, t2, t3, t4 and 2 more · preprod, prod"} {
		if got := tab.Text(`document.getElementById('detail').innerText`); !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if got := tab.Text(`document.querySelectorAll('#detail .places li').length`); got != "8" {
		t.Errorf("%s places are named", got)
	}
	tab.Press("g")
	lines("flags in t1, t2, t3, t4 and 2 more · preprod, prod", "index name_1", `{name: "new"}`, "Changes of documents, alike ones together",
		"1 document flags in t1, t2, t3, t4 and 2 more · preprod, prod", "1 document flags in t1, t2, t3, t4 · preprod, prod", "1 document flags in t5, t6 · preprod, prod")
	tab.Press("g")

	// An environment with more than three such databases has one row for the collection.
	rows := `[...document.querySelectorAll('.row')]`
	if got := tab.Text(rows + `.map((e) => e.querySelector('.name').textContent).join('\n')`); got != "Everything\npreprod changes\nflags in 5 databases\nprod changes\nt1.flags\nt2.flags\nt6.flags" {
		t.Errorf("the overview has\n%s", got)
	}
	tab.Eval(rows+`[2].click()`, nil)
	lines("flags in t1, t2, t3, t4 and 1 more · preprod", "index name_1", `{name: "new"}`, "flags in t1, t2, t3, t4 · preprod", `{name: "old"}`, "t5.flags · preprod", `{name: "old"}`)
	tab.Eval(rows+`[6].click()`, nil)
	lines("t6.flags · prod", "index name_1", `{name: "new"}`, `{name: "old"}`)
	clean(t, tab, "grouping")
}
