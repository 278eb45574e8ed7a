package cases

// Commands of `before` and `after` on the wire: what their author wrote, once, with
// nothing but what docs/portability.md says is added.

import (
	"path/filepath"
	"slices"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/cmd/testserver/wire"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

func TestHooksOnTheWire(t *testing.T) {
	c, err := readCase(filepath.Join(corpus, "engine-hooks.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	c.writeWorkspace(t, dir)
	state, _ := compileWith(t, dir, c.options())
	hooks := slices.Concat(state.Before, state.After)
	for _, collection := range state.Collections {
		if collection.Name != "quiet" { // it has nothing to write
			hooks = slices.Concat(hooks, collection.Before, collection.After)
		}
	}
	var seen []string
	for _, a := range []artefact{goProgram(t, state), scriptArtefact(buildScript(t, state))} {
		d := newDestination(t, databasesOf(c.before, c.after))
		d.load(t, c.before)
		d.proxy.Reset()
		if r := a.run(t, "apply", d.proxy.URI(), d.redirects(), false); r.code != 0 {
			t.Fatalf("%s: exit %d\n%s%s", a.name, r.code, r.stdout, r.stderr)
		}
		commands := d.proxy.Commands()
		commands = commands[max(0, slices.IndexFunc(commands, func(c wire.Command) bool { is, _ := sentAs(hooks[0], c, d); return is })):] // a client pings, too, as it connects
		for _, h := range hooks {
			sent := 0
			for _, command := range commands {
				if is, added := sentAs(h, command, d); is {
					sent++
					seen = append(seen, added...)
					for _, name := range added {
						if !slices.ContainsFunc(wire.HookFields, func(f wire.HookField) bool { return f.Name == name }) {
							t.Errorf("%s sends %s of a hook, which docs/portability.md does not say: %s", a.name, name, command.Body)
						}
					}
				}
			}
			if sent != 1 {
				t.Errorf("%s: %s was sent %d times", a.name, h.Command, sent)
			}
		}
	}
	for _, f := range wire.HookFields {
		if !slices.Contains(seen, f.Name) {
			t.Errorf("docs/portability.md says that %s is sent with hooks, and it is not", f.Name)
		}
	}
}

// sentAs reports whether a command is a hook's, byte for byte in what the author wrote;
// added are the names of the fields behind.
func sentAs(h desired.Command, c wire.Command, d *destination) (is bool, added []string) {
	if d.original(c.Database) != h.Database {
		return false, nil
	}
	type field struct {
		name  string
		value bson.RawValue
	}
	var wrote, sent []field
	for name, v := range doc.Fields(h.Command) {
		wrote = append(wrote, field{name, v})
	}
	for name, v := range doc.Fields(c.Body) {
		sent = append(sent, field{name, v})
	}
	if len(sent) < len(wrote) {
		return false, nil
	}
	for i, f := range wrote {
		if f.name != sent[i].name || !doc.Identical(f.value, sent[i].value) {
			return false, nil
		}
	}
	for _, f := range sent[len(wrote):] {
		added = append(added, f.name)
	}
	return true, added
}
