package change

import (
	"strings"
	"testing"

	"github.com/hayone1/mongocd/runtime/doc"
)

func TestShow(t *testing.T) {
	tests := []struct{ in, want string }{
		{`"a\"b\\c\n\u202e"`, `"a\"b\\c\n\u{202e}"`},
		{`{"$numberInt":"5"}`, "5"},
		{`{"$numberDouble":"5.0"}`, "5.0"},
		{`{"$numberLong":"5"}`, "long(5)"},
		{`{"$numberDecimal":"1.10"}`, "decimal(1.10)"},
		{`{"$date":{"$numberLong":"0"}}`, `date("1970-01-01T00:00:00.000Z")`},
		{`{"$date":{"$numberLong":"-62167219200001"}}`, `date(-62167219200001)`},
		{`{"$binary":{"base64":"ABEiM0RVZneImaq7zN3u/w==","subType":"04"}}`, `uuid("00112233-4455-6677-8899-aabbccddeeff")`},
		{`{"$binary":{"base64":"AA==","subType":"80"}}`, `binary("AA==", 128)`},
		{`{"$timestamp":{"t":5,"i":1}}`, "timestamp(5, 1)"},
		{`{"$regularExpression":{"pattern":"a/\u0007","options":"i"}}`, `/a/\u{7}/i`},
		{`{"$minKey":1}`, "minKey()"},
		{`{"$undefined":true}`, "undefined"},
		{`{"a b":[true,null,{}]}`, `{'a b': [true, null, {}]}`},
		{`"` + strings.Repeat("é", 90) + `"`, `"` + strings.Repeat("é", 78) + "…"},
	}
	for _, test := range tests {
		v, err := doc.ParseExtJSONValue([]byte(test.in))
		if err != nil {
			t.Fatal(err)
		}
		if got := ShowValue(v); got != test.want {
			t.Errorf("%s\ngot  %s\nwant %s", test.in, got, test.want)
		}
	}
}

func TestFill(t *testing.T) {
	if got := Fill("{a} and {b}, {a}", "a", "{b}", "b", "2"); got != "{b} and 2, {b}" {
		t.Error(got)
	}
}
