package mongosh

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/runtime/desired"
)

// TestUsage: settings that make no sense are told on stderr, with exit code 64.
func TestUsage(t *testing.T) {
	js := newVM(t)
	js.Run("var " + strings.TrimPrefix(stateText(t, state(collection(t, "shop", "c", desired.Exact), collection(t, "other", "c", desired.Exact))), "const "))
	usage := js.Function(`(name, value) => engine.readSettings({[name]: value}, engine.readState(mongocdState)).usage || ''`)
	for _, test := range []struct{ name, value, want string }{
		{"MONGOCD_MODE", "aply", `MONGOCD_MODE is "aply": it can be plan, apply, verify, status, undo, runs, release-hold, claim, doctor; did you mean apply?`},
		{"MONGOCD_MODE", "", ""},
		{"MONGOCD_OUTPUT", "xml", `MONGOCD_OUTPUT is "xml": it can be text, markdown, json`},
		{"MONGOCD_REPORT", "r.jsonl", ""},
		{"MONGOCD_APPROVED", "null", `MONGOCD_APPROVED is "null": it is not the digest of a plan, which is sha256: and 64 hex digits`},
		{"MONGOCD_BATCH_SIZE", "0", `MONGOCD_BATCH_SIZE is "0": it can be 1 to 1000`},
		{"MONGOCD_BATCH_SIZE", "7", ""},
		{"MONGOCD_DATABASE", "shop", "MONGOCD_DATABASE is \"shop\": it has the form OLD=NEW,OLD=NEW; only databases of a fan-out (`for each`) can be chosen, and this weave has none"},
		{"MONGOCD_DATABASE", "shop=a,shop=b", `MONGOCD_DATABASE: "shop" is redirected twice`},
		{"MONGOCD_DATABASE", "shp=x", `this weave writes no database "shp": it has "shop", "other"`},
		{"MONGOCD_DATABASE", "shop=other", `shop.c and other.c would both be other.c: redirect their databases to different ones`},
		{"MONGOCD_DATABASE", "shop=other,other=shop", ""},
		{"MONGOCD_DATABASE", "shop=local", `shop.c would be written to the database "local", which is the server's own`},
		{"MONGOCD_DATABASE", "shop=mongocd", `shop.c would be written to the database "mongocd", which keeps what runs remember: name another one for that`},
		{"MONGOCD_STATE_DATABASE", "other", `other.c would be written to the database "other", which keeps what runs remember: name another one for that`},
		{"MONGOCD_STATE_DATABASE", "admin", `the state database cannot be "admin"`},
		{"MONGOCD_STATE_DATABASE", "a.b", `the state database cannot be "a.b"`},
		{"MONGOCD_STATE_DATABASE", "ours", ""},
		{"MONGOCD_WAIT", "1h30m5s", ""},
		{"MONGOCD_WAIT", "soon", `MONGOCD_WAIT is "soon": it has the form 90s, 5m or 1h30m`},
		{"MONGOCD_LABELS", "commit", `MONGOCD_LABELS is "commit": it has the form NAME=VALUE,NAME=VALUE`},
		{"MONGOCD_LABELS", "a=1,a=2", `MONGOCD_LABELS: "a" is given twice`},
		{"MONGOCD_LABELS", "a=1=2,b=", ""},
	} {
		if got := usage(test.name, test.value).String(); got != test.want {
			t.Errorf("%s=%s: got %q, want %q", test.name, test.value, got, test.want)
		}
	}

	_, uri := connect(t)
	path := script(t, state(collection(t, "shop", "c", desired.Exact, `{"_id": 1}`)), "")
	if run := engine.Mongosh(t, uri, path, "MONGOCD_MODE=runs", "MONGOCD_REPORT=r.jsonl"); run.Code != 64 || !strings.HasPrefix(run.Stderr, `mongocd: MONGOCD_REPORT is "r.jsonl": runs makes no report, and is one JSON document`) {
		t.Errorf("exit %d\n%s%s", run.Code, run.Stdout, run.Stderr)
	}
	full := filepath.Join(t.TempDir(), "full.jsonl")
	if err := os.Symlink("/dev/full", full); err != nil { // takes nothing
		t.Fatal(err)
	}
	if run := engine.Mongosh(t, uri, path, "MONGOCD_REPORT="+full); run.Code != 1 || !strings.Contains(run.Stderr, "mongocd: the report cannot be written: ENOSPC") || !strings.Contains(run.Stderr, "is not whole") {
		t.Errorf("exit %d\n%s%s", run.Code, run.Stdout, run.Stderr)
	}
	if run := engine.Mongosh(t, uri, path, "MONGOCD_MODE=aply"); run.Code != 64 || !strings.HasPrefix(run.Stderr, "mongocd: MONGOCD_MODE is") || run.Stdout != "" {
		t.Errorf("exit %d\n%s%s", run.Code, run.Stdout, run.Stderr)
	}
	if run := engine.Mongosh(t, "", path, "MONGOCD_OUTPUT=json"); run.Code != 1 || !strings.Contains(run.Stdout, `"stage": "connect"`) {
		t.Errorf("no connection: exit %d\n%s%s", run.Code, run.Stdout, run.Stderr)
	}
	run := engine.Mongosh(t, uri, path, "MONGOCD_DATABASE=shop=f_redirected", "MONGOCD_DETAILED_EXITCODE=1")
	if run.Code != 2 || !strings.Contains(run.Stdout, "f_redirected.c (exact)") {
		t.Errorf("redirect: exit %d\n%s%s", run.Code, run.Stdout, run.Stderr)
	}
}
