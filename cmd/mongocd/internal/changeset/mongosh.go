package changeset

// A script for mongosh. In: a Plan; out: its text. It looks at everything that the plan
// has read before it writes anything, and each write has the guard of the plan in its
// filter: what somebody changed meanwhile, and a second run, are refused.

import (
	"fmt"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/codegen/js"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/doc"
)

// running is what the script does with its steps.
const running = `
const read = (text) => EJSON.parse(text, { relaxed: false });
let differs = 0;
for (const s of steps) {
  if (s.look === '') continue;
  const found = db.getSiblingDB(s.database).runCommand(read(s.look)).cursor.firstBatch.length;
  if (found !== s.found) {
    differs++;
    print('not as planned: ' + s.title);
  }
}
if (differs > 0) {
  print('nothing was written: plan again');
  process.exit(3);
}
let done = 0;
for (const s of steps) {
  let why = '';
  try {
    const reply = db.getSiblingDB(s.database).runCommand(read(s.command));
    if (s.writes >= 0 && reply.n !== s.writes || (reply.writeErrors || []).length > 0 || reply.writeConcernError) {
      why = 'it is not as planned, or the server refused it';
      if ((reply.writeErrors || []).length > 0) why += ' (code ' + reply.writeErrors[0].code + ')';
      if (reply.writeConcernError) why += ' (write concern)';
    }
  } catch (e) {
    why = 'the server refused it (code ' + Number(e.code) + ')';
  }
  if (why !== '') {
    print('stopped at step ' + (done + 1) + ' of ' + steps.length + ', ' + s.title + ': ' + why);
    process.exit(done > 0 ? 4 : 1);
  }
  done++;
}
print(done + ' of ' + steps.length + ' steps done: ' + plan);
`

// Mongosh is the script.
func Mongosh(p Plan) string {
	var b strings.Builder
	fmt.Fprintf(&b, "// What `mongocd apply` would write: weave %s for %s. Run it with mongosh, as it is or not at all.\n", change.Clean(p.Weave), change.Clean(p.Environment))
	b.WriteString("// Exit codes: 0 done; 1 failed; 3 not as planned, nothing written; 4 stopped after something was written.\n")
	b.WriteString("// mongocd knows nothing of what it writes: there is no undo.\n\n")
	fmt.Fprintf(&b, "const plan = %s;\nconst steps = [\n", js.Quote(p.Digest))
	for _, s := range p.Steps {
		look := ""
		if d := s.Look.command(); d != nil {
			look = text(d)
		}
		fmt.Fprintf(&b, "  {\n    title: %s,\n    database: %s,\n    look: %s,\n    found: %d,\n    command: %s,\n    writes: %d,\n  },\n",
			js.Quote(s.Title), js.Quote(s.Command.Database), js.Quote(look), s.Found, js.Quote(text(s.Command.Document)), s.Writes)
	}
	b.WriteString("];\n" + running)
	return b.String()
}

// command is the command that looks; nil: nothing is looked at.
func (l Look) command() bson.Raw {
	switch {
	case l.Named:
		return doc.NewBuilder(128).AppendInt32("listCollections", 1).AppendDocument("filter", doc.NewBuilder(64).AppendString("name", l.Collection).Raw()).
			Append("nameOnly", bson.RawValue{Type: bson.TypeBoolean, Value: []byte{1}}).Raw()
	case l.Filter != nil:
		return doc.NewBuilder(256).AppendString("find", l.Collection).AppendDocument("filter", l.Filter).
			AppendDocument("projection", doc.NewBuilder(16).AppendInt32("_id", 1).Raw()).AppendInt32("limit", 2).
			Append("singleBatch", bson.RawValue{Type: bson.TypeBoolean, Value: []byte{1}}).Raw()
	}
	return nil
}
