package mongosh

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/runtime/desired"
)

func TestSpeedTMP(t *testing.T) {
	client, uri := connect(t)
	freshDatabase(t, client, "f_speed")
	c := collection(t, "f_speed", "c", desired.Replace)
	for i := range 10000 {
		c.Documents = append(c.Documents, desired.Document{Raw: parse(t, fmt.Sprintf(`{"_id": {"$oid": "%024x"}, "name": "item-%d", "price": {"$numberDecimal": "%d.10"}, "count": %d, "long": {"$numberLong": "%d"}, "f": %d.5, "when": {"$date": {"$numberLong": "%d"}}, "tags": ["a", "b", "%d"], "limits": {"users": 5, "text": "%s"}}`, i, i, i, i, i, i, i*1000, i, strings.Repeat("lorem ipsum ", 60)))})
	}
	path := script(t, state(c), "")
	info, _ := os.Stat(path)
	t.Log("script", info.Size())
	for _, mode := range []string{"plan", "apply", "apply", "verify", "plan"} {
		start := time.Now()
		run := engine.Mongosh(t, uri, path, "MONGOCD_MODE="+mode)
		t.Logf("%s %v exit %d\n%.400s%s", mode, time.Since(start), run.Code, run.Stdout, run.Stderr)
	}
}
