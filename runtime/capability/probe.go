package capability

// A probe: the trials, made in collections of their own that are dropped after. In: a
// database in which commands can be sent; out: which features it has. Every command is
// sent whether the ones before were refused or not, so that their number is bounded.

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// scratchPrefix begins the names of all collections of probes.
//
//js:table
const scratchPrefix = "probe."

// ProbeActions are the actions that a probe takes in its database, on collections that it
// makes: without one of them it does not know what it cannot try.
var ProbeActions = []string{"collMod", "createCollection", "createIndex", "dropCollection", "find", "insert", "listCollections", "listIndexes", "remove", "update"}

// scratchAge is how old the collections of a probe are, in milliseconds, when they are
// taken for those of one that was killed.
//
//js:table
const scratchAge = 600000

// Place is the database in which a probe is made.
type Place struct {
	// Send sends a command to the database, again where that may help.
	Send func(ctx context.Context, command bson.D) (bson.Raw, error)
	// Transact carries operations on a collection out together, or none of them.
	Transact func(ctx context.Context, collection string, ops []stores.Op) (stores.Result, error)
	// Now is the server's clock, in milliseconds since 1970, and Token tells this probe
	// from all others: both are in the names of its collections.
	Now   int64
	Token string
	// Transactions: the server says that it has some.
	Transactions bool
}

// Probe makes all trials. What the server refuses it lacks, but for what the user may not
// do; the error is for one that did not answer.
func Probe(ctx context.Context, place Place, server Server) (*Capabilities, error) {
	p := &probe{Place: place, scratch: scratchPrefix + strconv.FormatInt(place.Now, 10) + "." + place.Token, lacks: map[string]bool{}, untried: map[string]bool{}}
	err := p.all(ctx)
	for _, name := range p.made {
		if gone := p.drop(context.WithoutCancel(ctx), name); err == nil {
			err = gone
		}
	}
	if err != nil && stores.Code(err) != stores.CodeUnauthorized {
		return nil, err
	}
	for _, f := range Features {
		if err != nil { // nothing more could be tried
			p.untried[f.Name] = true
		}
	}
	c := &Capabilities{Server: server, Has: []string{}, Lacks: []string{}, Untried: []string{}}
	for _, f := range Features {
		switch {
		case p.lacks[f.Name]:
			c.Lacks = append(c.Lacks, f.Name)
		case p.untried[f.Name]:
			c.Untried = append(c.Untried, f.Name)
		default:
			c.Has = append(c.Has, f.Name)
		}
	}
	for _, list := range [][]string{c.Has, c.Lacks, c.Untried} {
		slices.Sort(list)
	}
	return c, nil
}

type probe struct {
	Place
	scratch        string
	made           []string // collections, in the order in which they are dropped
	lacks, untried map[string]bool
}

func (p *probe) all(ctx context.Context) error {
	for _, part := range []func(context.Context) error{p.documents, p.transactions, p.indexes, p.collections} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	return nil
}

// judge takes in whether a feature is as it should be.
func (p *probe) judge(feature string, is bool) {
	if !is {
		p.lacks[feature] = true
	}
}

// refused takes in the error of what features were tried with; it returns one that the
// server did not answer with.
func (p *probe) refused(err error, features ...string) error {
	if err != nil && !stores.IsRefused(err) {
		return err
	}
	for _, f := range features {
		switch {
		case stores.Code(err) == stores.CodeUnauthorized:
			p.untried[f] = true
		case err != nil:
			p.lacks[f] = true
		}
	}
	return nil
}

// try sends a command by which features are tried; nil is the reply of one that was refused.
func (p *probe) try(ctx context.Context, command bson.D, features ...string) (bson.Raw, error) {
	reply, err := p.Send(ctx, command)
	return reply, p.refused(err, features...)
}

// write sends statements in one command.
func (p *probe) write(ctx context.Context, command, collection, list string, values bson.A) (bson.Raw, error) {
	return p.Send(ctx, bson.D{
		{Key: command, Value: collection}, {Key: list, Value: values}, {Key: "ordered", Value: false}, {Key: "writeConcern", Value: bson.D{{Key: "w", Value: "majority"}}},
	})
}

// drop drops a collection; one that is not there, or that the user may not drop, stays.
func (p *probe) drop(ctx context.Context, name string) error {
	_, err := p.try(ctx, bson.D{{Key: "drop", Value: name}})
	return err
}

// text is the text of a trial with the names of this probe's collections.
func (p *probe) text(s string) string { return strings.ReplaceAll(s, "SCRATCH", p.scratch) }

// parse is a document of the tables of trials.
func (p *probe) parse(s string) bson.Raw {
	d, err := doc.ParseExtJSON([]byte(p.text(s)))
	if err != nil {
		panic(err) // a mistake of trials.go
	}
	return d
}

// documents makes the trials with documents.
func (p *probe) documents(ctx context.Context) error {
	p.made = append(p.made, p.scratch)
	var inserts, updates []trialStatement
	for _, t := range documentTrials {
		d := p.parse(t.Insert)
		inserts = append(inserts, trialStatement{t.Feature, d})
		if t.Update == "" {
			continue
		}
		q := bson.D{{Key: "_id", Value: d.Lookup("_id")}}
		if t.Guard != "" {
			for name, v := range doc.Fields(p.parse(t.Guard)) {
				q = append(q, bson.E{Key: name, Value: v})
			}
		}
		updates = append(updates, trialStatement{t.Feature, bson.D{{Key: "q", Value: q}, {Key: "u", Value: p.parse(`{"u":` + t.Update + `}`).Lookup("u")}}})
	}
	if err := p.batch(ctx, "insert", "documents", inserts); err != nil {
		return err
	}
	if err := p.batch(ctx, "update", "updates", updates); err != nil {
		return err
	}
	find := bson.D{{Key: "find", Value: p.scratch}, {Key: "filter", Value: bson.D{}}, {Key: "batchSize", Value: int32(1000)}}
	reply, err := p.try(ctx, append(slices.Clone(find), bson.E{Key: "readConcern", Value: bson.D{{Key: "level", Value: "majority"}}}), CanReadMajority)
	if err == nil && reply == nil {
		reply, err = p.Send(ctx, find)
	}
	if err != nil {
		return err
	}
	found := map[string]bson.Raw{}
	for _, d := range firstBatch(reply) {
		id, _ := d.Lookup("_id").StringValueOK()
		found[id] = d
	}
	for _, t := range documentTrials {
		d := p.parse(t.Insert)
		after := d
		if t.After != "" {
			after = p.parse(t.After)
		}
		p.judge(t.Feature, slices.Equal(found[d.Lookup("_id").StringValue()], after))
	}
	return nil
}

// trialStatement is a document or a statement, and what is tried with it.
type trialStatement struct {
	feature string
	value   any
}

// batch sends statements in one command; one by one where the command as a whole is
// refused.
func (p *probe) batch(ctx context.Context, command, list string, all []trialStatement) error {
	send := func(some []trialStatement) error {
		values := bson.A{}
		for _, s := range some {
			values = append(values, s.value)
		}
		_, err := p.write(ctx, command, p.scratch, list, values)
		return err
	}
	err := send(all)
	if err == nil || !stores.IsRefused(err) || stores.Code(err) == stores.CodeUnauthorized {
		return err
	}
	for i := range all {
		if err := p.refused(send(all[i:i+1]), all[i].feature); err != nil {
			return err
		}
	}
	return nil
}

// transactions commits one, and has another one end with a duplicate key.
func (p *probe) transactions(ctx context.Context) error {
	if !p.Transactions {
		p.judge(CanTransactions, false)
		return nil
	}
	insert := func(id string) stores.Op {
		return stores.Op{Action: stores.Insert, Document: doc.NewBuilder(32).AppendString("_id", id).Raw()}
	}
	for i, ids := range trialsTogether {
		result, err := p.Transact(ctx, p.scratch, []stores.Op{insert(ids[0]), insert(ids[1])})
		p.judge(CanTransactions, err != nil || (result.Done() == len(ids)) == (i == 0))
		if err := p.refused(err, CanTransactions); err != nil {
			return err
		}
	}
	reply, err := p.Send(ctx, bson.D{{Key: "find", Value: p.scratch}, {Key: "filter", Value: bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: slices.Concat(trialsTogether...)}}}}}})
	if err != nil {
		return err
	}
	p.judge(CanTransactions, len(firstBatch(reply)) == 2)
	return nil
}

// indexes makes the trials with indexes, in a collection of their own.
func (p *probe) indexes(ctx context.Context) error {
	name := p.scratch + ".indexed"
	p.made = append(p.made, name)
	var features []string
	documents, expected := bson.A{}, map[int]string{} // which of them are refused, and by what
	for _, t := range indexTrials {
		features = append(features, t.Feature)
		command := bson.D{{Key: "createIndexes", Value: name}, {Key: "indexes", Value: bson.A{p.parse(t.Spec)}}}
		if _, err := p.try(ctx, command, t.Feature); err != nil {
			return err
		}
		for i, d := range t.Documents {
			if i == len(t.Documents)-1 {
				expected[len(documents)] = t.Feature
			}
			documents = append(documents, p.parse(d))
		}
	}
	reply, err := p.write(ctx, "insert", name, "documents", documents)
	if err != nil {
		return err
	}
	codes := writeCodes(reply)
	for i, feature := range expected {
		p.judge(feature, codes[i] == stores.CodeDuplicateKey || p.untried[feature])
	}
	if _, err := p.try(ctx, append(bson.D{{Key: "collMod", Value: name}}, elements(p.parse(trialOfTTL))...), CanChangeTTL); err != nil {
		return err
	}
	reply, err = p.try(ctx, bson.D{{Key: "listIndexes", Value: name}, {Key: "cursor", Value: bson.D{{Key: "batchSize", Value: int32(1000)}}}}, append(features, CanChangeTTL)...)
	if err != nil || reply == nil {
		return err
	}
	for _, t := range indexTrials {
		spec := p.parse(t.Spec)
		listed := named(firstBatch(reply), spec.Lookup("name").StringValue())
		p.judge(t.Feature, contains(listed, p.parse(t.Listed)) || p.untried[t.Feature])
	}
	p.judge(CanChangeTTL, contains(named(firstBatch(reply), "t"), p.parse(trialTTLAfter)) || p.untried[CanChangeTTL] || p.untried[CanTTLIndex])
	return nil
}

// collections makes the trials with the options of collections, and drops what a probe
// has left that was killed.
func (p *probe) collections(ctx context.Context) error {
	features := []string{CanChangeValidator, CanValidatorHolds}
	for _, t := range collectionTrials {
		features = append(features, t.Feature)
		name := p.text(t.Name)
		p.made = append([]string{name}, p.made...) // a view goes before what it reads
		if _, err := p.try(ctx, append(bson.D{{Key: "create", Value: name}}, elements(p.parse(t.Options))...), t.Feature); err != nil {
			return err
		}
	}
	if p.untried[CanValidator] {
		p.untried[CanValidatorHolds] = true
	}
	reply, err := p.write(ctx, "insert", p.text(collectionTrials[0].Name), "documents", bson.A{p.parse(trialForbidden)})
	if err != nil {
		return err
	}
	p.judge(CanValidatorHolds, writeCodes(reply)[0] == stores.CodeDocumentValidationFailure || p.untried[CanValidatorHolds])
	if _, err := p.try(ctx, append(bson.D{{Key: "collMod", Value: p.scratch + ".indexed"}}, elements(p.parse(trialOfValidator))...), CanChangeValidator); err != nil {
		return err
	}
	reply, err = p.try(ctx, bson.D{{Key: "listCollections", Value: int32(1)}, {Key: "cursor", Value: bson.D{{Key: "batchSize", Value: int32(1000)}}}}, features...)
	if err != nil || reply == nil {
		return err
	}
	there := firstBatch(reply)
	for _, t := range collectionTrials {
		p.judge(t.Feature, contains(named(there, p.text(t.Name)), p.parse(t.Listed)) || p.untried[t.Feature])
	}
	p.judge(CanChangeValidator, contains(named(there, p.scratch+".indexed"), p.parse(trialValidatorAfter)) || p.untried[CanChangeValidator])
	for _, d := range there {
		if name, _ := d.Lookup("name").StringValueOK(); leftOver(name, p.Now) {
			p.made = append(p.made, name)
		}
	}
	return nil
}

// leftOver reports whether a collection is of a probe that ended long ago.
func leftOver(name string, now int64) bool {
	rest, ok := strings.CutPrefix(name, scratchPrefix)
	if !ok {
		return false
	}
	digits, _, _ := strings.Cut(rest, ".")
	made, err := strconv.ParseInt(digits, 10, 64)
	return err == nil && now-made > scratchAge
}

// contains reports whether a document has what another one says, at any depth.
func contains(d, wanted bson.Raw) bool {
	for name, v := range doc.Fields(wanted) {
		found, ok := doc.Get(d, doc.Path{name})
		if !ok {
			return false
		}
		inner, isDocument := v.DocumentOK()
		if there, ok := found.DocumentOK(); isDocument && ok {
			if !contains(there, inner) {
				return false
			}
			continue
		}
		if !doc.Same(found, v) {
			return false
		}
	}
	return true
}

// named is the document of a name; empty: there is none.
func named(all []bson.Raw, name string) bson.Raw {
	for _, d := range all {
		if v, _ := d.Lookup("name").StringValueOK(); v == name {
			return d
		}
	}
	return doc.Empty
}

// firstBatch is that of a reply with a cursor.
func firstBatch(reply bson.Raw) []bson.Raw {
	var out []bson.Raw
	list, _ := reply.Lookup("cursor", "firstBatch").ArrayOK()
	for _, v := range doc.Fields(bson.Raw(list)) {
		if d, ok := v.DocumentOK(); ok {
			out = append(out, d)
		}
	}
	return out
}

// writeCodes are the codes of the errors of single writes, by their index.
func writeCodes(reply bson.Raw) map[int]int {
	codes := map[int]int{}
	list, _ := reply.Lookup("writeErrors").ArrayOK()
	for _, v := range doc.Fields(bson.Raw(list)) {
		d, _ := v.DocumentOK()
		index, _ := d.Lookup("index").AsInt64OK()
		code, _ := d.Lookup("code").AsInt64OK()
		codes[int(index)] = int(code)
	}
	return codes
}

// elements are the fields of a document.
func elements(d bson.Raw) bson.D {
	var out bson.D
	for name, v := range doc.Fields(d) {
		out = append(out, bson.E{Key: name, Value: v})
	}
	return out
}
