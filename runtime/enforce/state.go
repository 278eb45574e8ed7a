package enforce

// What runs remember at the destination (docs/state.md), as one run sees it. In:
// hello and the records of `control` that concern the run; out: conflicts, and
// the records that this run adds. lease.go and runs.go have the rest.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/layout"
	"github.com/hayone1/mongocd/runtime/stores"
)

// codeUnauthorized: MongoDB manual, reference/error-codes.
const codeUnauthorized = 13

// control is what a run found at the destination, and what it holds there.
type control struct {
	server   stores.Server // nil: a directory, which remembers nothing
	clock    stores.Clock
	database string
	comment  string
	wire     int32 // the server's wire version; 0: a destination that lacks nothing

	cluster  cluster
	claims   map[string]claim  // by database
	managers map[string]string // weaves, by namespace
	ledgers  map[string]ledgerOf
	lifts    []string // runs whose entries of the hold end when this artefact has been applied

	token  string   // of this run's leases and record
	leases []lease  // that this run holds
	sent   []sent   // writes of this run that are not known to be done under its leases
	others []string // notes on the other runs whose leases were found
	run    record
}

// cluster is which cluster hello says that the destination is.
type cluster struct {
	set     string
	hosts   []string // sorted
	sharded bool     // a router of a sharded cluster answered
}

// text is the short name of a cluster in messages.
func (c cluster) text() string {
	switch {
	case c.set != "":
		return c.set
	case len(c.hosts) > 0:
		return strings.Join(c.hosts, ",")
	}
	return "of one server"
}

// claim is who writes to a database.
type claim struct {
	environment string
	cluster     cluster
}

func newControl(store stores.Store, state *desired.State, options Options, clock stores.Clock) *control {
	c := &control{clock: clock, database: options.stateDatabase(), comment: "mongocd " + state.Weave + "/" + state.Environment}
	c.server, _ = store.(stores.Server)
	return c
}

// command sends a command that can be repeated as it is to the state database.
func (c *control) command(ctx context.Context, command bson.D) (bson.Raw, error) {
	return c.send(ctx, c.database, append(command, bson.E{Key: "comment", Value: c.comment}))
}

// write is command with the write concern majority; a refusal of a single write
// is the error, too, other than a duplicate key.
func (c *control) write(ctx context.Context, command bson.D) (reply bson.Raw, duplicate bool, err error) {
	reply, err = c.command(ctx, append(command, bson.E{Key: "writeConcern", Value: bson.D{{Key: "w", Value: "majority"}}}))
	if stores.Code(err) == codeDuplicateKey {
		return nil, true, nil
	}
	if err != nil {
		return nil, false, err
	}
	list, _ := reply.Lookup("writeErrors").ArrayOK()
	for _, e := range doc.Fields(bson.Raw(list)) {
		d := e.Document()
		if code, _ := d.Lookup("code").AsInt64OK(); code == codeDuplicateKey {
			duplicate = true
			continue
		}
		message, _ := d.Lookup("errmsg").StringValueOK()
		return nil, false, fmt.Errorf("writing to %s was refused: %s", change.Clean(c.database), change.Clean(message))
	}
	return reply, duplicate, nil
}

// codeDuplicateKey: MongoDB manual, reference/error-codes.
const codeDuplicateKey = 11000

func (c *control) send(ctx context.Context, database string, command bson.D) (bson.Raw, error) {
	raw, err := bson.Marshal(command)
	if err != nil {
		return nil, fmt.Errorf("a command for the database %s: %w", change.Clean(database), err)
	}
	return stores.Again(ctx, c.clock, func() (bson.Raw, error) { return c.server.Command(ctx, database, raw) })
}

// find gives the first batch of a find, which is all of it.
func (c *control) find(ctx context.Context, collection string, filter bson.D, more ...bson.E) ([]bson.Raw, error) {
	command := bson.D{{Key: "find", Value: collection}, {Key: "filter", Value: filter}}
	command = append(append(command, more...), bson.E{Key: "readConcern", Value: bson.D{{Key: "level", Value: "majority"}}})
	reply, err := c.command(ctx, command)
	if err != nil {
		return nil, err
	}
	var found []bson.Raw
	list, _ := reply.Lookup("cursor", "firstBatch").ArrayOK()
	for _, v := range doc.Fields(bson.Raw(list)) {
		found = append(found, v.Document())
	}
	if id, _ := reply.Lookup("cursor", "id").AsInt64OK(); id != 0 && !slices.ContainsFunc(more, func(e bson.E) bool { return e.Key == "singleBatch" }) {
		return nil, fmt.Errorf("the collection %s of the database %s holds more than can be read at once", collection, change.Clean(c.database))
	}
	return found, nil
}

// updateOne changes the record that a filter matches; false when there is none.
func (c *control) updateOne(ctx context.Context, collection string, filter, change bson.D) (bool, error) {
	reply, _, err := c.write(ctx, bson.D{{Key: "update", Value: collection}, {Key: "updates", Value: bson.A{bson.D{
		{Key: "q", Value: filter}, {Key: "u", Value: change},
	}}}})
	if err != nil {
		return false, err
	}
	n, _ := reply.Lookup("n").AsInt64OK()
	return n > 0, nil
}

func (c *control) askHello(ctx context.Context) (bson.Raw, error) {
	return c.send(ctx, "admin", bson.D{{Key: "hello", Value: int32(1)}, {Key: "comment", Value: c.comment}})
}

// serverTime is the server's clock, in milliseconds since 1970. hello says it on
// every server; `$$NOW` is known to some, and to others not everywhere.
func (c *control) serverTime(ctx context.Context) (int64, error) {
	reply, err := c.askHello(ctx)
	if err != nil {
		return 0, err
	}
	now, ok := reply.Lookup("localTime").DateTimeOK()
	if !ok {
		return 0, errors.New("the server does not say its time: hello has no localTime")
	}
	return now, nil
}

// hello asks which cluster this is, and how new the server is.
func (c *control) hello(ctx context.Context) error {
	reply, err := c.askHello(ctx)
	if err != nil {
		return err
	}
	c.told(reply)
	return nil
}

// told takes in what hello says.
func (c *control) told(reply bson.Raw) {
	c.cluster.heard(reply)
	wire, _ := reply.Lookup("maxWireVersion").AsInt64OK()
	c.wire = int32(wire)
	list, _ := reply.Lookup("hosts").ArrayOK()
	for _, v := range doc.Fields(bson.Raw(list)) {
		if host, ok := v.StringValueOK(); ok {
			c.cluster.hosts = append(c.cluster.hosts, host)
		}
	}
	slices.Sort(c.cluster.hosts)
}

// remembered reads what earlier runs left, and reports what stands in the way.
// It reads nothing at a directory.
func (r *run) remembered(ctx context.Context) error {
	c := r.control
	if c.server == nil {
		if r.options.Hello != nil {
			c.told(r.options.Hello)
		}
		return nil
	}
	if err := c.hello(ctx); err != nil {
		return err
	}
	if err := r.readControl(ctx); err != nil {
		return err
	}
	return r.wrongCluster()
}

// databases are those that the state writes to, sorted.
func (r *run) databases() []string {
	names := slices.Clone(r.names)
	for _, c := range r.state.Collections {
		names = append(names, r.namespace(c).Database)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func claimID(database string) string { return "claim " + database }
func collectionID(ns string) string  { return "collection " + ns }
func (r *run) holdID() string        { return "hold " + r.state.Weave + "/" + r.state.Environment }
func (r *run) leaseID(database string) string {
	return "lease " + database + "/" + r.state.Weave
}

// readControl reads the records that concern the run, and reports conflicts.
func (r *run) readControl(ctx context.Context) error {
	c := r.control
	c.claims, c.managers, c.ledgers, c.lifts, c.others = map[string]claim{}, map[string]string{}, map[string]ledgerOf{}, nil, nil
	ids := bson.A{}
	for _, database := range r.databases() {
		ids = append(ids, claimID(database))
	}
	for _, collection := range r.state.Collections {
		ids = append(ids, collectionID(r.namespace(collection).String()))
	}
	for _, database := range r.databases() {
		ids = append(ids, r.leaseID(database))
	}
	ids = append(ids, r.holdID())
	size := bson.E{Key: "batchSize", Value: int32(len(ids) + 1)}
	found, err := c.find(ctx, controlCollection, bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}}, size)
	if err != nil {
		if stores.Code(err) == codeUnauthorized && r.report.Command != "apply" {
			r.report.Notes = append(r.report.Notes, change.Fill(noteStateUnread, "database", c.database))
			return nil
		}
		return err
	}
	slices.SortFunc(found, func(a, b bson.Raw) int { return doc.Compare(a.Lookup("_id"), b.Lookup("_id")) })
	var hold bson.Raw
	for _, d := range found {
		if err := checkRecord(controlKind(d), d); err != nil {
			if err := r.noted(err); !errors.Is(err, errConflict) {
				return err
			}
			continue
		}
		what, name, _ := strings.Cut(recordID(d), " ")
		switch what {
		case "claim":
			c.claims[name] = readClaim(d)
		case "collection":
			c.managers[name], _ = d.Lookup("weave").StringValueOK()
			if ledger, ok := readLedgerOf(d); ok {
				c.ledgers[name] = ledger
			}
		case "hold":
			hold = d
		case "lease":
			if run, _ := d.Lookup("run").StringValueOK(); run != "" && !bytes.Equal(d.Lookup("token").Value, doc.String(c.token).Value) {
				database, _, _ := strings.Cut(name, "/")
				c.others = append(c.others, change.Fill(noteOther, "run", change.Clean(run), "database", change.Clean(database)))
			}
		}
	}
	r.claimed()
	r.managedElsewhere(found)
	return r.held(hold)
}

func readClaim(d bson.Raw) claim {
	var out claim
	out.environment, _ = d.Lookup("environment").StringValueOK()
	out.cluster.set, _ = d.Lookup("cluster", "set").StringValueOK()
	hosts, _ := d.Lookup("cluster", "hosts").ArrayOK()
	for _, v := range doc.Fields(bson.Raw(hosts)) {
		if host, ok := v.StringValueOK(); ok {
			out.cluster.hosts = append(out.cluster.hosts, host)
		}
	}
	return out
}

// conflict adds one of the whole run.
func (r *run) conflict(t change.ConflictText, pairs ...string) *change.Conflict {
	r.report.Conflicts = append(r.report.Conflicts, t.Conflict(pairs...))
	return &r.report.Conflicts[len(r.report.Conflicts)-1]
}

// wrongCluster holds `cluster matches` against what hello said.
func (r *run) wrongCluster() error {
	wanted := r.state.Cluster
	if wanted == nil {
		return nil
	}
	pattern := wanted.Pattern
	if wanted.Options != "" {
		pattern = "(?" + wanted.Options + ")" + pattern
	}
	expression, err := regexp.Compile(pattern)
	if err != nil {
		return fmt.Errorf("`cluster matches` of the state (%s): %w", change.Clean(wanted.Origin), err)
	}
	found := r.control.cluster
	if found.set != "" && expression.MatchString(found.set) || slices.ContainsFunc(found.hosts, expression.MatchString) {
		return nil
	}
	set, hosts := "none", "none"
	if found.set != "" {
		set = change.Clean(found.set)
	}
	if len(found.hosts) > 0 {
		hosts = change.Clean(strings.Join(found.hosts, ", "))
	}
	r.conflict(change.WrongCluster, "set", set, "hosts", hosts, "pattern", change.Clean(wanted.Pattern), "options", wanted.Options).Origin = wanted.Origin
	return nil
}

// claimed holds the claims of the databases against this run.
func (r *run) claimed() {
	for _, database := range r.databases() {
		claim, ok := r.control.claims[database]
		switch {
		case !ok:
		case claim.environment != r.state.Environment:
			r.conflict(change.ClaimEnvironment, "database", change.Clean(database), "claimed", change.Clean(claim.environment),
				"environment", change.Clean(r.state.Environment)).Database = database
		case claim.cluster.other(r.control.cluster):
			r.conflict(change.ClaimCluster, "database", change.Clean(database), "claimed", change.Clean(claim.cluster.text()),
				"found", change.Clean(r.control.cluster.text())).Database = database
		}
	}
}

// other: the names of the sets differ, or both name hosts and share none. A
// member may be exchanged.
func (c cluster) other(found cluster) bool {
	if c.set != found.set {
		return true
	}
	return len(c.hosts) > 0 && len(found.hosts) > 0 &&
		!slices.ContainsFunc(c.hosts, func(host string) bool { return slices.Contains(found.hosts, host) })
}

// managedElsewhere reports the collections that another weave manages.
func (r *run) managedElsewhere(found []bson.Raw) {
	for _, c := range r.state.Collections {
		ns := r.namespace(c)
		weave, ok := r.control.managers[ns.String()]
		if !ok || weave == r.state.Weave {
			continue
		}
		environment := ""
		for _, d := range found {
			if id, _ := d.Lookup("_id").StringValueOK(); id == collectionID(ns.String()) {
				environment, _ = d.Lookup("environment").StringValueOK()
			}
		}
		conflict := r.conflict(change.ManagedElsewhere, "weave", change.Clean(weave), "environment", change.Clean(environment))
		conflict.Database, conflict.Collection, conflict.Origin = ns.Database, ns.Collection, c.Origin
	}
}

// held reports a hold on this artefact in one of the databases. Verify notes it
// and goes on: it tells whether the destination is in the state. Undo does not care.
func (r *run) held(hold bson.Raw) error {
	if hold == nil || r.report.Command == "undo" {
		return nil
	}
	artefact, err := r.artefact()
	if err != nil {
		return err
	}
	var lifts []string
	list, _ := hold.Lookup("held").ArrayOK()
	for _, v := range doc.Fields(bson.Raw(list)) {
		d, ok := v.DocumentOK()
		if !ok || !sharing(texts(d.Lookup("databases")), r.databases()) {
			continue
		}
		run, _ := d.Lookup("run").StringValueOK()
		held, _ := d.Lookup("artefact").StringValueOK()
		switch {
		case held == artefact && r.report.Command == "verify":
			r.report.Notes = append(r.report.Notes, change.Fill(noteHeld, "run", change.Clean(run)))
			return nil
		case held == artefact:
			r.conflict(change.Held, "run", change.Clean(run), "artefact", artefact)
			return nil
		}
		lifts = append(lifts, run)
	}
	r.control.lifts = lifts
	return nil
}

// lift takes the entries out of the hold that end as another artefact has been
// applied to their databases; a hold without entries goes. An undo in another
// database may add one meanwhile.
func (r *run) lift(ctx context.Context) error {
	runs := bson.A{}
	for _, run := range r.control.lifts {
		runs = append(runs, run)
	}
	pull := bson.D{{Key: "$pull", Value: bson.D{{Key: "held", Value: bson.D{{Key: "run", Value: bson.D{{Key: "$in", Value: runs}}}}}}}}
	_, _, err := r.control.write(ctx, bson.D{{Key: "update", Value: controlCollection}, {Key: "updates", Value: bson.A{bson.D{
		{Key: "q", Value: bson.D{{Key: "_id", Value: r.holdID()}}}, {Key: "u", Value: pull},
	}}}})
	if err != nil {
		return err
	}
	return r.deleteOf(ctx, controlCollection, bson.D{{Key: "_id", Value: r.holdID()}, {Key: "held", Value: bson.D{{Key: "$size", Value: int32(0)}}}})
}

// sharing reports whether two lists of databases have one in common. A list that
// a record does not have may be of any.
func sharing(a, b []string) bool {
	return len(a) == 0 || len(b) == 0 || slices.ContainsFunc(a, func(name string) bool { return slices.Contains(b, name) })
}

// artefact is the digest of what was compiled.
func (r *run) artefact() (string, error) {
	if r.digest == "" {
		digest, err := r.compiled.Digest()
		if err != nil {
			return "", fmt.Errorf("the digest of the state cannot be calculated: %w", err)
		}
		r.digest = digest
	}
	return r.digest, nil
}

// ownSource reports whether a destination collection is one that the data was
// extracted from.
func (r *run) ownSource(info *stores.CollectionInfo) bool {
	return info != nil && len(info.UUID) > 0 && !r.options.SameCluster && slices.Contains(r.state.Sources, layout.SourceID(info.UUID))
}

// claim writes the claims and managers that are missing. Another run may have
// been faster: then everything is read again.
func (r *run) claim(ctx context.Context) error {
	c := r.control
	var records bson.A
	for _, database := range r.databases() {
		if _, ok := c.claims[database]; !ok {
			hosts := bson.A{}
			for _, host := range c.cluster.hosts {
				hosts = append(hosts, host)
			}
			records = append(records, bson.D{
				{Key: "_id", Value: claimID(database)}, {Key: "format", Value: int32(stateFormat)},
				{Key: "environment", Value: r.state.Environment},
				{Key: "cluster", Value: bson.D{{Key: "set", Value: c.cluster.set}, {Key: "hosts", Value: hosts}}},
				{Key: "run", Value: c.run.id},
			})
		}
	}
	for _, collection := range r.state.Collections {
		ns := r.namespace(collection).String()
		if _, ok := c.managers[ns]; !ok {
			records = append(records, bson.D{
				{Key: "_id", Value: collectionID(ns)}, {Key: "format", Value: int32(stateFormat)},
				{Key: "weave", Value: r.state.Weave}, {Key: "environment", Value: r.state.Environment},
			})
		}
	}
	if len(records) == 0 {
		return nil
	}
	_, duplicate, err := c.write(ctx, bson.D{{Key: "insert", Value: controlCollection}, {Key: "documents", Value: records}, {Key: "ordered", Value: false}})
	if err != nil || !duplicate {
		return err
	}
	if err := r.readControl(ctx); err != nil {
		return err
	}
	if len(r.report.Conflicts) > 0 {
		return errConflict
	}
	return nil
}
