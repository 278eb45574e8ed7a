package capability

// A probe: the trials, made in collections of their own that are dropped after. In: a
// database in which commands can be sent; out: which features it has. Every command is
// sent whether the ones before were refused or not, so that their number is bounded.

import (
	"context"
	"errors"
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
// do, and for what it refuses of everything; the error is for one that did not answer.
func Probe(ctx context.Context, place Place, server Server) (*Capabilities, error) {
	p := &probe{Place: place, scratch: scratchPrefix + strconv.FormatInt(place.Now, 10) + "." + place.Token, lacks: map[string]bool{}, untried: map[string]bool{}}
	err := p.all(ctx)
	refusal := (*nothingTaken)(nil)
	ended := errors.As(err, &refusal) || stores.Code(err) == stores.CodeUnauthorized // nothing more could be tried
	if ended {
		err = nil
	}
	for _, name := range p.made {
		if gone := p.drop(context.WithoutCancel(ctx), name); err == nil {
			err = gone
		}
	}
	if err != nil {
		return nil, err
	}
	c := &Capabilities{Server: server, Has: []string{}, Lacks: []string{}, Untried: []string{}}
	if refusal != nil {
		c.Refusal = refusal.message
	}
	for _, f := range Features {
		switch {
		case p.lacks[f.Name] && refusal == nil:
			c.Lacks = append(c.Lacks, f.Name)
		case ended || p.untried[f.Name]:
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

// nothingTaken is the error of a server that took no document at all.
type nothingTaken struct{ message string }

func (e *nothingTaken) Error() string { return e.message }

type probe struct {
	Place
	scratch        string
	made           []string // collections, in the order in which they are dropped
	lacks, untried map[string]bool
	said           string // what the server answered to the first document that it refused
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
// server did not answer with, and one that says nothing of a feature as it may go by.
func (p *probe) refused(err error, features ...string) error {
	if err != nil && (!stores.IsRefused(err) || stores.Retryable(err)) {
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
	if len(found) == 0 && p.said != "" {
		return &nothingTaken{p.said}
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
		reply, err := p.write(ctx, command, p.scratch, list, values)
		if stores.IsRefused(err) {
			p.saying(err.Error())
		}
		for _, d := range documentsOf(reply.Lookup("writeErrors")) {
			message, _ := d.Lookup("errmsg").StringValueOK()
			p.saying(message)
		}
		return err
	}
	err := send(all)
	if err == nil || !stores.IsRefused(err) || stores.Retryable(err) || stores.Code(err) == stores.CodeUnauthorized {
		return err
	}
	for i := range all {
		if err := p.refused(send(all[i:i+1]), all[i].feature); err != nil {
			return err
		}
	}
	return nil
}

// saying keeps the first line of the first message.
func (p *probe) saying(message string) {
	if p.said == "" {
		p.said, _, _ = strings.Cut(message, "\n")
	}
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
	var refused []string
	for _, t := range collectionTrials {
		features = append(features, t.Feature)
		done, err := p.create(ctx, t.Name, t.Options, t.Feature)
		if err != nil {
			return err
		}
		if !done {
			refused = append(refused, t.Feature)
		}
	}
	if len(refused) > 0 { // is it the option?
		plain, err := p.create(ctx, plainCollection, "{}")
		if err != nil {
			return err
		}
		for _, f := range refused {
			if !plain {
				delete(p.lacks, f)
				p.untried[f] = true
			}
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

// create creates a collection; done: the server did.
func (p *probe) create(ctx context.Context, name, options string, features ...string) (done bool, err error) {
	name = p.text(name)
	p.made = append([]string{name}, p.made...) // a view goes before what it reads
	reply, err := p.try(ctx, append(bson.D{{Key: "create", Value: name}}, elements(p.parse(options))...), features...)
	return reply != nil, err
}
