package stores

// What a connection string has beyond a majority. In: its write and read concern; out:
// commands that ask for it, too. Pure; the rules are docs/enforcement.md, Concerns.

import (
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

// Concerns are what is waited for besides a majority, which everything waits for.
type Concerns struct {
	// Journal: every write waits for the journals of the members.
	Journal bool
	// Last is the `w` that the end of a run waits for, an int32 from 2 or the name of a mode of
	// the replica set; nil: a majority is all.
	Last any
	// Linear: reads make sure that the primary still is one.
	Linear bool
}

// The level of read concern that is beyond a majority, and what is asked for without it.
//
//js:table
const (
	levelMajority     = "majority"
	levelLinearizable = "linearizable"
)

// NewConcerns takes what is stronger than a majority out of w (an int, a string, or nil),
// journal and the level of read concern of a connection string. Of a number of members
// it is not known whether it is a majority: it is waited for besides.
func NewConcerns(w any, journal bool, level string) Concerns {
	c := Concerns{Journal: journal, Linear: level == levelLinearizable}
	switch w := w.(type) {
	case int:
		if w > 1 {
			c.Last = int32(w)
		}
	case string:
		if w != levelMajority && w != "" {
			c.Last = w
		}
	}
	return c
}

// Level is the read concern of reads.
func (c Concerns) Level() string {
	if c.Linear {
		return levelLinearizable
	}
	return levelMajority
}

// Command is a command that asks for a majority, asking for what is beyond it, too.
func (c Concerns) Command(command bson.Raw) bson.Raw {
	if !c.Journal && !c.Linear {
		return command
	}
	out := doc.NewBuilder(len(command) + 32)
	for name, v := range doc.Fields(command) {
		inner, _ := v.DocumentOK()
		switch {
		case name == "writeConcern" && c.Journal:
			with := doc.NewBuilder(len(inner) + 16)
			for name, v := range doc.Fields(inner) {
				if name != "j" {
					with.Append(name, v)
				}
			}
			out.AppendDocument(name, with.Append("j", bson.RawValue{Type: bson.TypeBoolean, Value: []byte{1}}).Raw())
		case name == "readConcern" && c.Linear && textAt(inner, "level") == levelMajority:
			out.AppendDocument(name, doc.NewBuilder(32).AppendString("level", levelLinearizable).Raw())
		default:
			out.Append(name, v)
		}
	}
	return out.Raw()
}

func textAt(d bson.Raw, name string) string {
	text, _ := d.Lookup(name).StringValueOK()
	return text
}
