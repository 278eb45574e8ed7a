package propose

// Fields that destinations are likely to have for themselves. In: documents; out: paths
// whose names and types are those of counters and of times of use.

import (
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

// counted are the last words of names of counters; used are names of times of use and groups those of objects of such
// fields, in lower case and without separators.
var (
	counted = []string{"count", "counter", "hits", "views", "visits", "uses", "usages", "downloads", "attempts", "impressions", "clicks"}
	used    = []string{"lastseen", "lastseenat", "lastused", "lastusedat", "lastlogin", "lastloginat", "lastaccess", "lastaccessedat", "lastrun", "lastrunat", "lastsync", "lastsyncat", "lastsyncedat"}
	groups  = []string{"stats", "statistics", "metrics", "counters", "usage"}
)

// maxCounters bounds what is proposed for a collection: names can be data.
const maxCounters = 10

// counters are the paths, at the top and one below it, in the order they are met.
func (c *Collection) counters() []doc.Path {
	var out []doc.Path
	add := func(path doc.Path) {
		if len(out) < maxCounters && !slices.ContainsFunc(out, func(p doc.Path) bool { return slices.Equal(p, path) }) {
			out = append(out, slices.Clone(path))
		}
	}
	for _, d := range c.Documents {
		for name, v := range doc.Fields(d) {
			switch {
			case doc.IsDocument(v) && slices.Contains(groups, plain(name)):
				add(doc.Path{name})
			case doc.IsDocument(v):
				for below, v := range doc.Fields(v.Document()) {
					if counter(below, v) {
						add(doc.Path{name, below})
					}
				}
			case counter(name, v):
				add(doc.Path{name})
			}
		}
	}
	return out
}

func counter(name string, v bson.RawValue) bool {
	switch doc.TypeName(v) {
	case "int", "long", "double":
		return slices.Contains(counted, lastWord(name)) // viewCount, but not discount
	case "date":
		return slices.Contains(used, plain(name))
	}
	return false
}

func plain(name string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(name))
}

// lastWord is the last word of a name in lower case, words being told apart by a
// separator or a capital letter.
func lastWord(name string) string {
	at := strings.LastIndexFunc(name, func(r rune) bool { return r == '_' || r == '-' || r >= 'A' && r <= 'Z' })
	if at < 0 {
		return strings.ToLower(name)
	}
	return strings.ToLower(strings.TrimLeft(name[at:], "_-"))
}
