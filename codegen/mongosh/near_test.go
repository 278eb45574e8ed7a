package mongosh

// What misspelt settings of a script were meant to be: the rule is near.Word's.

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/near"
)

func TestNear(t *testing.T) {
	js := newVM(t)
	word := js.Function(`(word, candidates) => engine.nearWord(word, JSON.parse(candidates))`)
	r := rand.New(rand.NewPCG(18, 1))
	known := []string{"mode", "APPROVED", "allow_unknown", "plan", "run", "runs", "state-database", "é", "set", "sett", ""}
	list := `["` + strings.Join(known, `","`) + `"]`
	meant := 0
	for range 3000 {
		text := []rune(known[r.IntN(len(known))])
		for range r.IntN(4) {
			at, letter := r.IntN(len(text)+1), []rune("aeMSd_-é\U0001f600")[r.IntN(9)]
			switch r.IntN(3) {
			case 0:
				text = append(text[:at:at], append([]rune{letter}, text[at:]...)...)
			case 1:
				text = append(text[:at:at], text[min(at+1, len(text)):]...)
			default:
				if at > 0 && at < len(text) {
					text[at-1], text[at] = text[at], text[at-1]
				}
			}
		}
		want := near.Word(string(text), known)
		if got := word(string(text), list).String(); got != want {
			t.Fatalf("%q: %q in JavaScript, %q in Go", string(text), got, want)
		}
		if want != "" {
			meant++
		}
	}
	if meant < 1000 {
		t.Errorf("%d words were meant to be another one", meant)
	}
}

// A setting with a misspelt name is refused; variables of other programs, and secrets, are not.
func TestMisspeltSettings(t *testing.T) {
	js := newVM(t)
	c := collection(t, "shop", "c", desired.Exact, `{"_id": 1, "key": "x"}`)
	c.Documents[0].Secrets = []desired.Secret{{Path: []string{"key"}, Parts: []desired.SecretPart{{Name: "MONGOCD_APROVE"}}}}
	js.Run("var " + strings.TrimPrefix(stateText(t, state(c)), "const "))
	usage := js.Function(`(name) => engine.readSettings({[name]: 'x', MONGOCD_MODE: 'plan'}, engine.readState(mongocdState)).usage || ''`)
	for name, want := range map[string]string{
		"MONGOCD_APROVED":              `"MONGOCD_APROVED" is no setting; did you mean MONGOCD_APPROVED?`,
		"MONGOCD_DATABASES":            `"MONGOCD_DATABASES" is no setting; did you mean MONGOCD_DATABASE?`,
		"MONGOCD_SAMECLUSTER":          `"MONGOCD_SAMECLUSTER" is no setting; did you mean MONGOCD_SAME_CLUSTER?`,
		"MONGOCD_mode":                 `"MONGOCD_mode" is no setting; did you mean MONGOCD_MODE?`,
		"MONGOCD_SECRET_DIR":           `"MONGOCD_SECRET_DIR" is no setting; did you mean MONGOCD_SECRETS_DIR?`,
		"MONGOCD_APROVE":               "",
		"MONGOCD_URI":                  "",
		"MONGOCD_SOURCE_URI":           "",
		"MONGOCD_DESTINATION_URI":      "",
		"MONGOCD_DESTINATION_URI_PROD": "",
		"MONGOCD_DESTINATION_URI_FILE": "",
		"MONGOCD_TESTSERVER_URI":       "",
		"MONGOCD_VERSION":              "",
		"APROVED":                      "",
		"MONGOD_APPROVED":              "",
	} {
		if got := usage(name).String(); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}
