package pipeline

// What is wanted and what is there, side by side in the collection of work; what may not be
// written; what there is to do.

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// refusals are the documented rules of $merge, before anything is written (MongoDB manual, $merge).
func (r *run) refusals(ctx context.Context, t *task) ([]string, error) {
	var out []string
	kind := func(c *mongo.Collection) (*mongo.CollectionSpecification, error) {
		list, err := c.Database().ListCollectionSpecifications(ctx, one("name", c.Name()))
		if err != nil || len(list) == 0 {
			return nil, err
		}
		return &list[0], nil
	}
	source, err := kind(t.source)
	if err != nil {
		return nil, err
	}
	into, err := kind(t.into)
	if err != nil {
		return nil, err
	}
	on := strings.Join(t.On, ", ")
	if source == nil {
		out = append(out, "there is no collection "+strings.Join(t.Source, ".")+" on this cluster, which is the source")
	}
	for _, name := range t.Lookups { // $lookup takes one that is not there for an empty one
		there, err := kind(t.source.Database().Collection(name))
		if err != nil {
			return nil, err
		}
		if there == nil {
			out = append(out, "there is no collection "+t.Source[0]+"."+name+" on this cluster, which `lookup` reads")
		}
	}
	if slices.Equal(t.Source, t.Into) {
		out = append(out, "the source is the destination")
	}
	if t.Pipelines.Prune != nil {
		hello, err := r.client.Database("admin").RunCommand(ctx, one("hello", 1)).Raw()
		if err != nil {
			return nil, err
		}
		if router, _ := hello.Lookup("msg").StringValueOK(); hello.Lookup("setName").Type == 0 && router != "isdbgrid" {
			out = append(out, "`prune` deletes in transactions, which this server has not: it is no replica set")
		}
	}
	if into == nil {
		if !slices.Equal(t.On, []string{"_id"}) {
			out = append(out, "the collection is missing, and $merge needs a unique index over "+on+": create both")
		}
		return out, nil
	}
	if into.Type != "collection" {
		return append(out, "it is a "+into.Type+", and $merge writes to collections only"), nil
	}
	if capped, _ := into.Options.Lookup("capped").BooleanOK(); capped {
		out = append(out, "it is capped: its documents cannot be updated so")
	}
	indexes, err := t.into.Indexes().List(ctx)
	if err != nil {
		return nil, err
	}
	var list []bson.Raw
	if err := indexes.All(ctx, &list); err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(list, t.identifies) {
		fields := make([]string, len(t.On))
		for i, name := range t.On {
			fields[i] = fmt.Sprintf("%q: 1", name)
		}
		out = append(out, fmt.Sprintf("$merge needs a unique index over exactly %s, not partial and without a collation: db.%s.createIndex({%s}, {unique: true})", on, t.Into[1], strings.Join(fields, ", ")))
	}
	if key := r.shardKey(ctx, t); slices.ContainsFunc(key, func(name string) bool { return !slices.Contains(t.On, name) }) {
		out = append(out, "its shard key ("+strings.Join(key, ", ")+") is not part of what identifies a document ("+on+"): name the fields of the key in `by`")
	}
	return out, nil
}

// identifies reports whether $merge takes an index for the identity.
func (t *task) identifies(index bson.Raw) bool {
	key, _ := index.Lookup("key").DocumentOK()
	names := fieldNames(key)
	unique, _ := index.Lookup("unique").BooleanOK()
	same := len(names) == len(t.On) && !slices.ContainsFunc(t.On, func(name string) bool { return !slices.Contains(names, name) })
	return same && (unique || slices.Equal(names, []string{"_id"})) && index.Lookup("partialFilterExpression").Type == 0 && index.Lookup("collation").Type == 0
}

func fieldNames(d bson.Raw) []string {
	elements, _ := d.Elements() // of a reply, which the driver has read
	var out []string
	for _, e := range elements {
		out = append(out, e.Key())
	}
	return out
}

// shardKey are the fields of the shard key; none where there is none, or it may not be read: $merge itself says it then.
func (r *run) shardKey(ctx context.Context, t *task) []string {
	found, err := r.client.Database("config").Collection("collections").FindOne(ctx, bson.D{{Key: "_id", Value: t.title()}, {Key: "dropped", Value: one("$ne", true)}}).Raw()
	if err != nil {
		return nil
	}
	key, _ := found.Lookup("key").DocumentOK()
	return fieldNames(key)
}

var onID = []string{"_id"}

func (r *run) stage(ctx context.Context, t *task) error {
	if err := t.work.Drop(ctx); err != nil {
		return err
	}
	if _, err := t.work.Indexes().CreateOne(ctx, mongo.IndexModel{Keys: bson.D{{Key: "done", Value: 1}, {Key: "_id", Value: 1}}}); err != nil {
		return err
	}
	if err := r.merge(ctx, t.source, stages(t.Pipelines.Wanted), t.work, onID, bson.A{one("$set", one("twice", true))}, "insert"); err != nil {
		return err
	}
	if err := r.merge(ctx, t.into, stages(t.Pipelines.Found), t.work, onID, bson.A{one("$set", one("s", "$$new.s"))}, "discard"); err != nil {
		return err
	}
	if p := t.Pipelines.Prune; p != nil {
		return r.merge(ctx, t.into, stages(p.Candidates), t.work, onID, "keepExisting", "insert")
	}
	return nil
}

func (r *run) drop(ctx context.Context, t *task) error {
	if err := t.work.Drop(ctx); err != nil {
		return err
	}
	_, err := r.progress.DeleteOne(ctx, one("_id", t.name))
	return err
}

func (r *run) dropAll(ctx context.Context, tasks []*task) error {
	for _, t := range tasks {
		if err := r.drop(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

// found is how many documents of work are in each state, and the first of each.
type found struct {
	n      map[string]int64
	ids    map[string][]bson.RawValue
	faults []bson.Raw // {_id: {code, at}, n, first}
	paths  []string   // of fields that the destination alone has
}

var shownStates = []string{"twice", "inside", "beside", "prune", "insert", "update"}

// count reads the work once.
func (r *run) count(ctx context.Context, t *task) (*found, error) {
	facets := bson.D{{Key: "counts", Value: bson.A{one("$group", bson.D{{Key: "_id", Value: "$z"}, {Key: "n", Value: one("$sum", 1)}})}},
		{Key: "faults", Value: bson.A{one("$match", one("z", "fault")), one("$group", bson.D{{Key: "_id", Value: "$f"}, {Key: "n", Value: one("$sum", 1)}, {Key: "first", Value: one("$min", "$_id")}}),
			one("$sort", bson.D{{Key: "n", Value: -1}, {Key: "_id", Value: 1}}), one("$limit", 20)}}}
	for _, state := range shownStates {
		facets = append(facets, bson.E{Key: state, Value: bson.A{one("$match", one("z", state)), one("$sort", one("_id", 1)), one("$limit", 5), one("$project", bson.D{{Key: "_id", Value: 1}, {Key: "b", Value: 1}})}})
	}
	seen := bson.D{{Key: "z", Value: t.Pipelines.State}, {Key: "f", Value: 1}}
	if t.Pipelines.Beside.Type != 0 {
		seen = append(seen, bson.E{Key: "b", Value: t.Pipelines.Beside})
	}
	match := bson.D{}
	if t.resumes {
		match = one("done", one("$nin", t.gone()))
	}
	got, err := r.all(ctx, t.work, bson.A{one("$match", match), one("$project", seen), one("$facet", facets)})
	if err != nil {
		return nil, err
	}
	if len(got) != 1 {
		return nil, fmt.Errorf("$facet gave %d documents", len(got))
	}
	var facet struct {
		Counts []struct {
			State string `bson:"_id"`
			N     int64  `bson:"n"`
		} `bson:"counts"`
		Faults []bson.Raw `bson:"faults"`
	}
	if err := bson.Unmarshal(got[0], &facet); err != nil {
		return nil, err
	}
	f := &found{n: map[string]int64{}, ids: map[string][]bson.RawValue{}, faults: facet.Faults}
	for _, c := range facet.Counts {
		f.n[c.State] = c.N
	}
	for _, state := range shownStates {
		var list []struct {
			ID     bson.RawValue `bson:"_id"`
			Beside [][]string    `bson:"b"`
		}
		if err := got[0].Lookup(state).Unmarshal(&list); err != nil {
			return nil, err
		}
		for _, d := range list {
			f.ids[state] = append(f.ids[state], d.ID)
			for _, path := range d.Beside {
				if text := strings.Join(path, "."); state == "beside" && !slices.Contains(f.paths, text) {
					f.paths = append(f.paths, text)
				}
			}
		}
	}
	return f, nil
}

// shownID is a value as relaxed Extended JSON.
func shownID(v bson.RawValue) string {
	text, err := bson.MarshalExtJSON(bson.D{{Key: "v", Value: v}}, false, false)
	if err != nil {
		return "(a value that cannot be shown)"
	}
	return strings.TrimSuffix(strings.TrimPrefix(string(text), `{"v":`), "}")
}

func first(ids []bson.RawValue) string {
	if len(ids) == 0 {
		return ""
	}
	var texts []string
	for _, id := range ids[:min(5, len(ids))] {
		texts = append(texts, shownID(id))
	}
	return " The first: " + strings.Join(texts, ", ")
}

func (r *run) show(ctx context.Context, t *task) error {
	n, ids := t.found.n, t.found.ids
	line := t.title() + " from " + strings.Join(t.Source, ".") + " (" + t.Origin + "): "
	if t.resumes {
		line += "goes on; still "
	}
	missing := " that are not there, "
	if t.Inserts {
		missing = " to insert, "
	}
	line += fmt.Sprintf("%d%s%d to update, ", n["insert"], missing, n["update"])
	if t.Pipelines.Prune != nil {
		line += fmt.Sprintf("%d to delete, ", n["prune"])
	}
	r.say(line + fmt.Sprintf("%d in sync", n["same"]))
	if n["insert"] > 0 && t.Inserts {
		r.say("  insert:" + first(ids["insert"]))
	}
	if n["update"] > 0 {
		r.say("  update:" + first(ids["update"]))
	}
	if n["prune"] > 0 {
		r.say("  delete:" + first(ids["prune"]))
	}
	if n["twice"] > 0 {
		r.say(fmt.Sprintf("  %d identities are those of several documents.%s", n["twice"], first(ids["twice"])))
	}
	if n["inside"] > 0 {
		r.say(fmt.Sprintf("  preserved-inside: %d documents have a field that is preserved within what would be written over.%s", n["inside"], first(ids["inside"])))
	}
	if n["beside"] > 0 {
		r.say(fmt.Sprintf("  destination-only-fields: %d documents have fields that only the destination has.%s; fields: %s. Write `preserve` or `ignore` of them, `mode merge` to keep all such, or `mode exact` to remove them",
			n["beside"], first(ids["beside"]), strings.Join(t.found.paths[:min(5, len(t.found.paths))], ", ")))
	}
	for _, g := range t.found.faults {
		id := g.Lookup("first")
		if d, ok := id.DocumentOK(); ok && d.Lookup("fault").Type != 0 {
			id = d.Lookup("fault")
		}
		code, _ := g.Lookup("_id", "code").StringValueOK()
		at, _ := g.Lookup("_id", "at").StringValueOK()
		count, _ := g.Lookup("n").AsInt64OK()
		r.say(fmt.Sprintf("  %s at %s: %d documents, _id %s for one", code, at, count, shownID(id)))
	}
	if r.Mode != "plan" {
		return nil
	}
	access, err := r.access(ctx, t)
	r.say("  the source: " + access)
	return err
}

// access is how the server reads the source, of its own explanation.
func (r *run) access(ctx context.Context, t *task) (string, error) {
	command := bson.D{{Key: "aggregate", Value: t.source.Name()}, {Key: "pipeline", Value: stages(t.Pipelines.Wanted)}, {Key: "cursor", Value: bson.D{}}}
	explained, err := t.source.Database().RunCommand(ctx, bson.D{{Key: "explain", Value: command}, {Key: "verbosity", Value: "queryPlanner"}}).Raw()
	if err != nil {
		return "the server does not explain how it is read", ctx.Err()
	}
	index, scans := planned(explained)
	switch {
	case index != "":
		return "uses index " + index, nil
	case !scans:
		return "its explanation does not say how it is read", nil
	}
	n, err := t.source.EstimatedDocumentCount(ctx)
	return fmt.Sprintf("scans all %d", n), err
}

// planned finds the first index, or the scan of a collection, that an explanation names.
func planned(d bson.Raw) (index string, scans bool) {
	elements, _ := d.Elements() // of a reply, which the driver has read
	for _, e := range elements {
		switch v := e.Value(); {
		case e.Key() == "indexName" && v.Type == bson.TypeString:
			return v.StringValue(), scans
		case e.Key() == "stage" && v.Type == bson.TypeString:
			scans = scans || v.StringValue() == "COLLSCAN"
		case v.Type == bson.TypeEmbeddedDocument, v.Type == bson.TypeArray:
			i, s := planned(v.Value)
			if scans = scans || s; i != "" {
				return i, scans
			}
		}
	}
	return "", scans
}

// bound is why that of `prune` refuses; empty: it does not. It is counted before the first write.
func (r *run) bound(ctx context.Context, t *task) (string, error) {
	p, n := t.Pipelines.Prune, t.found.n
	if p == nil || t.resumes {
		return "", nil
	}
	if n["insert"]+n["update"]+n["same"] == 0 {
		return fmt.Sprintf("%s: prune-empty: no document is wanted, and `prune` (%s) would delete all in its scope", t.title(), p.Origin), nil
	}
	most := p.AtMost
	if p.Percent {
		counted, err := r.all(ctx, t.into, stages(p.Scope, one("$count", "n")))
		if err != nil {
			return "", err
		}
		var scope int64
		if len(counted) > 0 {
			scope, _ = counted[0].Lookup("n").AsInt64OK()
		}
		most = scope * p.AtMost / 100
	}
	if n["prune"] <= most {
		return "", nil
	}
	return fmt.Sprintf("%s: prune-bound: %d documents would be deleted, and `prune` (%s) allows %d", t.title(), n["prune"], p.Origin, most), nil
}
