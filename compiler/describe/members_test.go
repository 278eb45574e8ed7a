package describe

import (
	"testing"

	"github.com/hayone1/mongocd/runtime/desired"
)

// Databases of a fan-out are the same ones in every environment by what their names do
// not have in common.
func TestMemberNames(t *testing.T) {
	for _, test := range []struct {
		apart []string
		name  string
		want  string
	}{
		{nil, "shop", ""},
		{[]string{"pre_t001", "pre_t002"}, "pre_t002", "\x00t002"},
		{[]string{"shop_t001"}, "shop_t001", "\x00t001"},
		{[]string{"acme", "bell"}, "bell", "\x00bell"},
		{[]string{"t001", "t002"}, "t001", "\x00t001"},
	} {
		if got := memberNames(&desired.State{Apart: test.apart})[test.name]; got != test.want {
			t.Errorf("%q of %q: %q, want %q", test.name, test.apart, got, test.want)
		}
	}
}
