package cases

// The main job at 10,000 documents of 1 KiB: compile, and each artefact's first
// and second run. Times are logged; what is asserted is what was sent.

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hayone1/mongocd/cmd/testserver/wire"
	"github.com/hayone1/mongocd/runtime/change"
)

const scaleWeave = `weave scale
environments preprod, prod

let host = per environment { preprod: "preprod.example.com", prod: "example.com" }

from src into dst {
  sync items by sku {
    only where archived == false
    set price = price + 0.10
    set url = "https://${host}/${lower(sku)}"
    remove notes.internal
    create promoted = { by: "mongocd", limit: long(5) }
    where stock.count < 10 {
      set stock.low = true
    }
    check price > 0
    prune where archived == false at most 1%
  }
}
`

func TestTenThousandDocuments(t *testing.T) {
	const documents = 10_000
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "scale.weave"), []byte(scaleWeave))
	data := scaleDocuments(documents)
	writeFile(t, filepath.Join(dir, "extracted", "src", "items", "documents.jsonl"), data)
	t.Logf("%d documents, %d bytes each on average", documents, len(data)/documents)

	start := time.Now()
	state := compile(t, dir, "prod")
	t.Logf("compile: %v", time.Since(start).Round(time.Millisecond))
	if got := len(state.Collections[0].Documents); got != documents {
		t.Fatalf("%d documents in the state, want %d", got, documents)
	}
	program := buildGo(t, state)
	script := buildScript(t, state)

	for _, a := range []artefact{goArtefact(program), scriptArtefact(script)} {
		t.Run(a.name, func(t *testing.T) {
			d := newDestination(t, []string{"dst"})
			for i, run := range []string{"first", "second"} {
				d.proxy.Reset()
				start := time.Now()
				r := a.run(t, "apply", d.proxy.URI(), d.redirects(), true)
				took := time.Since(start)
				report := r.report(t, d.original)
				if r.code != change.ExitDone {
					t.Fatalf("%s run: exit %d\n%s", run, r.code, r.stderr)
				}
				commands := d.proxy.Commands()
				writes := wire.Writes(commands)
				t.Logf("%s run: %v, %d commands, %d of them write", run, took.Round(time.Millisecond), len(commands), len(writes))
				counts := report.Collections[0].Counts
				switch {
				case i == 0 && (counts.Insert != documents || report.Outcome != change.Applied):
					t.Errorf("first run: %+v, %s", counts, report.Outcome)
				case i == 1 && (counts.InSync != documents || report.Outcome != change.InSync || len(writes) > 0):
					t.Errorf("second run: %+v, %s, sent %v", counts, report.Outcome, wire.Names(writes))
				}
				// Documents travel in batches: never a round trip for each one.
				if len(commands) > 200 {
					t.Errorf("%s run: %d commands for %d documents", run, len(commands), documents)
				}
			}
		})
	}
}

// scaleDocuments returns lines of about 1 KiB.
func scaleDocuments(n int) []byte {
	var b bytes.Buffer
	text := strings.Repeat("Wool, washed at thirty degrees. ", 21)
	for i := range n {
		fmt.Fprintf(&b, `{"_id":{"$oid":"%024x"},"sku":"SKU-%06d","name":"Article %d","archived":false,"price":{"$numberDecimal":"%d.90"},"url":"","stock":{"count":%d,"low":false,"at":{"$date":{"$numberLong":"%d"}}},"tags":["a%d","b","c"],"notes":{"internal":"x","public":"y"},"weight":{"$numberDouble":"%d.5"},"sold":{"$numberLong":"%d"},"text":"%s"}`+"\n",
			i, i, i, i%500+1, i%50, 1767225600000+int64(i), i%7, i%30, int64(i)*1_000_000_007, text)
	}
	return b.Bytes()
}
