package job

import (
	"slices"
	"strings"
	"testing"

	"github.com/hayone1/mongocd/runtime/desired"
)

// What is referred to comes first; where nothing says otherwise, and within a
// cycle, the order is that of the list.
func TestReferencedFirst(t *testing.T) {
	for _, test := range []struct{ references, want string }{
		{"", "abcdef"},
		{"ab", "bacdef"},
		{"ac ad", "cdabef"},
		{"ad db", "bdacef"},
		{"ab bc ca", "abcdef"},
		{"ac ca bd", "acdbef"},
		{"ad da de", "eadbcf"},
		{"af fb bf", "bfacde"},
		{"aa", "abcdef"},
		{"fe ed dc cb ba", "abcdef"},
		{"ab bc cd de ef", "fedcba"},
	} {
		var list []*desired.Collection
		for _, name := range strings.Split("abcdef", "") {
			list = append(list, &desired.Collection{Name: name})
		}
		of := func(name byte) *desired.Collection { return list[name-'a'] }
		to := map[*desired.Collection][]*desired.Collection{}
		for _, pair := range strings.Fields(test.references) {
			to[of(pair[0])] = append(to[of(pair[0])], of(pair[1]))
		}
		before := slices.Clone(list)
		got := ""
		for _, c := range referencedFirst(list, to) {
			got += c.Name
		}
		if got != test.want {
			t.Errorf("%q: %s, want %s", test.references, got, test.want)
		}
		if !slices.Equal(list, before) {
			t.Errorf("%q: the list was changed", test.references)
		}
	}
}
