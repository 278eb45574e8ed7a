package pushdown_test

import (
	"strings"
	"testing"

	"github.com/hayone1/mongocd/compiler/eval"
	"github.com/hayone1/mongocd/compiler/pushdown"
)

// Every expression of the tests of compiler/eval is refused, or gives the same bytes in
// the evaluator and on the server, or is at fault in both.
func TestCorpus(t *testing.T) {
	texts, sample := evalTests(t)
	sample = strings.Replace(sample, `, "sym": {"$symbol": "s"}`, "", 1) // the test engine ends every comparison beside one
	d := document(t, sample)
	s := newServer(t, d)
	env := &eval.Env{Name: "prod"}
	counts := map[string]int{}
	refusedBy := map[string]int{}
	var list []pushedText
	for _, text := range texts {
		p, refused, err := compile(env, text)
		switch {
		case err != nil:
			counts["wrong for every document"]++
		case refused != "":
			counts["refused"]++
			refusedBy[refused]++
		default:
			list = append(list, p)
		}
	}
	compare(t, s, list, d, counts)
	t.Logf("%d expressions: %v; refused %v", len(texts), counts, refusedBy)
}

const batch = 24

func compare(t *testing.T, s *server, list []pushedText, d []byte, counts map[string]int) {
	t.Helper()
	for len(list) > 0 {
		n := min(batch, len(list))
		outcomes, errs := s.run(list[:n])
		for i, p := range list[:n] {
			want, got := p.evaluated(d), outcomes[i]
			switch {
			case errs[i] != nil:
				counts["not taken by the engine"]++
				t.Errorf("%s: %v", p.text, errs[i])
			case strings.HasPrefix(got.fault, pushdown.Limit):
				counts["beyond a limit"]++
			case want.fault != "" && got.fault != "":
				counts["at fault in both"]++
				if want.fault != got.fault {
					t.Errorf("%s: %v, not %v", p.text, got, want)
				}
			case want != got:
				counts["wrong"]++
				t.Errorf("%s: %v, not %v", p.text, got, want)
			default:
				counts["same bytes"]++
			}
		}
		list = list[n:]
	}
}
