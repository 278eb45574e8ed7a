package mongosh

// Records of what runs remember that are damaged.

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
)

// TestDamagedRecords changes every field of every record, at random: an engine
// refuses, with nothing written, or does what is right. MONGOCD_SOAK=N makes N of them.
func TestDamagedRecords(t *testing.T) {
	cases, number := 300, uint64(17)
	if soak := os.Getenv("MONGOCD_SOAK"); soak != "" {
		n, err := strconv.Atoi(soak)
		if err != nil {
			t.Fatalf("MONGOCD_SOAK: %v", err)
		}
		cases, number = n, rand.Uint64()
	}
	t.Logf("%d cases, seed 17 %d", cases, number)
	e := newEngines(t, forgedData)
	defer func() { freshDatabase(t, e.database.Client(), forgedState) }()
	g := gen{rand.New(rand.NewPCG(17, number))}
	a := attack(t, e, "")
	a.records["control"] = append(a.records["control"],
		bson.D{{Key: "_id", Value: "hold w/e"}, {Key: "format", Value: int32(1)}, {Key: "held", Value: bson.A{bson.D{{Key: "artefact", Value: "sha256:00"}, {Key: "run", Value: "w/e/1"}, {Key: "databases", Value: bson.A{forgedData}}}}}},
		bson.D{{Key: "_id", Value: "lease f_forged/w"}, {Key: "format", Value: int32(1)}, {Key: "run", Value: "w/e/1"}, {Key: "token", Value: "0"}, {Key: "taken", Value: bson.DateTime(0)}, {Key: "expires", Value: bson.DateTime(0)}})
	live := stored(t, e.database.Collection("c"))
	found := map[string]int{}
	for i := 0; found["refused"]+found["right"] < cases; i++ {
		records := a.copies()
		kind := pick(g, []string{"control", "control", "runs", "journal", "journal", "journal", "ledger"})
		n := g.IntN(len(records[kind]))
		changed := damage(t, g, kind, &records[kind][n])
		sealed := g.IntN(2) == 0 && kind != "control" && kind != "ledger"
		if sealed {
			sealAgain(t, records, "")
		}
		if err := a.put(records); err != nil {
			found["not stored"]++ // a server refuses such an _id
			continue
		}
		drifted := g.IntN(2) == 0
		seed(t, e.database.Collection("c"), live, nil)
		if drifted { // there is something to apply
			if _, err := e.database.Collection("c").DeleteOne(t.Context(), bson.D{{Key: "_id", Value: int32(3)}}); err != nil {
				t.Fatal(err)
			}
		}
		world := a.documents()
		command := pick(g, map[string][]string{
			"control": {"plan", "apply", "undo", "claim", "release-hold"}, "runs": {"runs", "undo", "apply"}, "journal": {"undo"}, "ledger": {"plan", "undo", "apply"},
		}[kind])
		engine := pick(g, []string{"go", "js"})
		fail := func(format string, args ...any) {
			t.Helper()
			t.Fatalf("case %d, %s by %s, %s %v, %s, sealed %t, drifted %t: %s\n%s", i, command, engine, kind, value(a.records[kind][n], "_id"), changed, sealed, drifted,
				fmt.Sprintf(format, args...), a.latest)
		}
		exit := func() int {
			defer func() {
				if v := recover(); v != nil {
					fail("it panicked: %v", v)
				}
			}()
			return a.run(engine, command, "", "")
		}()
		after := a.documents()
		if bad := a.outside(); bad != "" {
			fail("%s", bad)
		}
		switch {
		case strings.Contains(a.latest, "made a mistake"):
			fail("it made a mistake")
		case exit == change.ExitRefused || exit == change.ExitFailed && command == "runs":
			if !slices.Equal(after, world) {
				fail("it refused, and wrote")
			}
			if !strings.Contains(a.latest, "is not as mongocd writes it") && !strings.Contains(a.latest, "newer mongocd") && !strings.Contains(a.latest, `"fix"`) {
				fail("it does not say why")
			}
			said := a.latest
			other := map[string]string{"go": "js", "js": "go"}[engine]
			if a.run(other, command, "", ""); a.latest != said {
				fail("the other engine says otherwise:\n%s", said)
			}
			found["refused"]++
		case exit != change.ExitDone:
			fail("it ended with %d", exit)
		case command == "apply" && len(after) != len(a.world):
			fail("it did not apply: %s", after)
		case command != "apply" && command != "undo" && !slices.Equal(after, world):
			fail("it wrote")
		case command == "runs" && !strings.Contains(a.latest, `"id": "w/e/1"`) && !strings.HasPrefix(changed, "weave") && !strings.HasPrefix(changed, "environment"):
			fail("it leaves the run out")
		default:
			found["right"]++
		}
	}
	t.Log(found)
}

// damage changes something in a record, and says what.
func damage(t testing.TB, g gen, kind string, d *bson.D) string {
	if kind == "journal" && g.IntN(3) > 0 {
		data := value(*d, "data").(bson.Binary).Data
		if g.IntN(4) == 0 {
			data = slices.Clone(data)
			n := g.IntN(len(data))
			data[n] ^= byte(1 + g.IntN(255))
			if g.IntN(3) == 0 {
				data = data[:n]
			}
			setValue(d, "data", bson.Binary{Data: data})
			return "bytes of its data"
		}
		var item bson.D
		size := binary.LittleEndian.Uint32(data)
		if err := bson.Unmarshal(data[:size], &item); err != nil {
			t.Fatal(err)
		}
		what := "an item's " + alter(g, &item)
		setValue(d, "data", bson.Binary{Data: append(marshalled(t, item), data[size:]...)})
		return what
	}
	for {
		before := *d
		what := alter(g, d)
		if value(*d, "_id") == value(before, "_id") || kind == "journal" { // else it is another record
			return what
		}
		*d = before
	}
}

func alter(g gen, d *bson.D) string {
	if len(*d) == 0 || g.IntN(12) == 0 {
		*d = append(slices.Clone(*d), bson.E{Key: pick(g, []string{"more", "together", "x", "", "$set", "secret", "buckets", "undone"}), Value: pick(g, oddValues)})
		return "more fields: " + (*d)[len(*d)-1].Key
	}
	i := g.IntN(len(*d))
	e := (*d)[i]
	out := slices.Clone(*d)
	switch inner := e.Value.(type) {
	case bson.D:
		if len(inner) > 0 && g.IntN(2) == 0 {
			what := alter(g, &inner)
			out[i].Value, *d = inner, out
			return e.Key + "." + what
		}
		_ = inner
	case bson.A:
		if len(inner) > 0 && g.IntN(2) == 0 {
			inner = slices.Clone(inner)
			n := g.IntN(len(inner))
			if of, ok := inner[n].(bson.D); ok && g.IntN(2) == 0 {
				alter(g, &of)
				inner[n] = of
			} else {
				inner[n] = pick(g, oddValues)
			}
			out[i].Value, *d = inner, out
			return e.Key + "[]"
		}
	}
	if g.IntN(5) == 0 {
		*d = slices.Delete(out, i, i+1)
		return e.Key + " gone"
	}
	out[i].Value = pick(g, oddValues)
	*d = out
	return fmt.Sprintf("%s: %#v", e.Key, out[i].Value)
}
