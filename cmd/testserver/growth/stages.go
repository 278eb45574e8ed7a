package main

// The stages over one number of one shape. In: both; out: what each stage took, the sizes and the commands. The
// engine is started for it alone, and each run of a stage starts where the one before it in the table ends.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/cmd/testserver/wire"
)

// measured is one number of one shape. Stages that were not run are missing in took and commands.
type measured struct {
	shape           shape
	number, runs    int
	took            map[stage]took
	commands        map[stage]int64
	data            int64 // bytes that were extracted
	program, script int64 // bytes of the artefacts: the built program; the script with what is beside it
}

type stage string

const (
	extracting     stage = "extract"
	extractingSame stage = "extract, nothing changed"
	exporting      stage = "mongoexport"
	compilingGo    stage = "compile, Go program"
	compilingSh    stage = "compile, mongosh script"
	compilingSame  stage = "compile, Go program, nothing changed"
	compilingOne   stage = "compile, Go program, a document changed"
	building       stage = "go build of the program"
	planning       stage = "program: plan of what is missing"
	applying       stage = "program: apply into empty"
	inSync         stage = "program: apply, in sync"
	undoing        stage = "program: undo"
	shApplying     stage = "script: apply into empty"
	shInSync       stage = "script: apply, in sync"
	importing      stage = "mongoimport --mode=upsert into empty"
	importingSame  stage = "mongoimport --mode=upsert, nothing new"
)

// order is how the table shows them.
var order = []stage{extracting, extractingSame, exporting, compilingGo, compilingSh, compilingSame, compilingOne, building, planning, applying, inSync, undoing, shApplying, shInSync, importing, importingSame}

// world is where one number is measured.
type world struct {
	measured
	ctx                context.Context
	dir, mongocd       string
	cache              string // beside dir: one in the workspace is not used
	program, script    string
	uri                string
	client             *mongo.Client
	progress           io.Writer
	importer, exporter string // "": not on PATH
	runsOf             map[stage][]took
}

func measure(ctx context.Context, of shape, number, runs int, progress io.Writer) (m measured, err error) {
	dir, err := os.MkdirTemp("", "mongocd-growth-")
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	kept, err := os.MkdirTemp("", "mongocd-growth-cache-")
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(kept)) }()
	server, err := engine.Start(ctx, engine.Options{})
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	client, err := mongo.Connect(options.Client().ApplyURI(server.URI()))
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, client.Disconnect(context.WithoutCancel(ctx))) }()
	w := &world{measured: measured{shape: of, number: number, runs: runs, took: map[stage]took{}, commands: map[stage]int64{}}, ctx: ctx, dir: dir, cache: kept,
		mongocd: filepath.Join(dir, "mongocd"), uri: server.URI(), client: client, progress: progress, runsOf: map[stage][]took{}}
	if of.peers() {
		w.importer, _ = exec.LookPath("mongoimport") // its row is named as missing
		w.exporter, _ = exec.LookPath("mongoexport")
	}
	if err := w.prepare(); err != nil {
		return m, err
	}
	for range runs {
		if err := w.once(); err != nil {
			return m, err
		}
	}
	for s, of := range w.runsOf {
		w.took[s] = median(of)
	}
	return w.measured, w.count()
}

// prepare builds mongocd, writes the weave, and fills the source.
func (w *world) prepare() error {
	if _, err := process(w.ctx, ".", nil, "go", "build", "-trimpath", "-o", w.mongocd, "github.com/hayone1/mongocd/cmd/mongocd"); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(w.dir, "scale.weave"), []byte(w.shape.weave), 0o600); err != nil {
		return err
	}
	return w.shape.fill(w.ctx, w.client, w.number)
}

// run measures one stage. Arguments are the program and its own.
func (w *world) run(s stage, env []string, args ...string) error {
	if _, err := fmt.Fprintf(w.progress, "%d %s: %s\n", w.number, w.shape.name, s); err != nil {
		return err
	}
	t, err := process(w.ctx, w.dir, env, args[0], args[1:]...)
	w.runsOf[s] = append(w.runsOf[s], t)
	return err
}

// once runs each stage once.
func (w *world) once() error {
	if err := os.RemoveAll(filepath.Join(w.dir, "extracted")); err != nil { // of the run before
		return err
	}
	for _, s := range []stage{extracting, extractingSame} {
		if err := w.run(s, []string{"MONGOCD_SOURCE_URI=" + w.uri}, w.mongocd, "--quiet", "extract", "--max-documents", "10000000", "--max-size", "100GiB"); err != nil {
			return err
		}
	}
	if w.exporter != "" {
		if err := w.run(exporting, nil, w.exporter, "--quiet", "--uri="+w.uri, "--db="+source, "--collection="+collection, "--out="+filepath.Join(w.dir, "exported.json")); err != nil {
			return err
		}
	}
	if err := w.compiled(); err != nil {
		return err
	}
	if err := w.released(); err != nil {
		return err
	}
	return w.peers()
}

// compiled makes both artefacts, each by a compile of its own that has nothing of an earlier one.
func (w *world) compiled() (err error) {
	if w.data, err = size(filepath.Join(w.dir, "extracted")); err != nil {
		return err
	}
	build := filepath.Join(w.dir, "build", "prod", "scale")
	w.program, w.script = filepath.Join(build, "scale"), filepath.Join(w.dir, "script", "prod", "scale", "mongosh.js")
	kept := "MONGOCD_CACHE=" + w.cache
	compile := func(s stage, cache string, args ...string) error {
		return w.run(s, []string{cache}, append([]string{w.mongocd, "--quiet", "compile"}, args...)...)
	}
	if err := errors.Join(compile(compilingSh, "MONGOCD_CACHE=off", "--target", "mongosh", "--out", "script"), compile(compilingGo, "MONGOCD_CACHE=off", "--target", "go"),
		os.RemoveAll(w.cache)); err != nil {
		return err
	}
	if _, err := process(w.ctx, w.dir, []string{kept}, w.mongocd, "--quiet", "compile", "--target", "go", "--out", "again"); err != nil {
		return err
	}
	if err := compile(compilingSame, kept, "--target", "go", "--out", "again"); err != nil {
		return err
	}
	edit, undo, err := changed(filepath.Join(w.dir, "extracted"), w.shape.middle(w.number))
	if err == nil {
		err = errors.Join(edit(), compile(compilingOne, kept, "--target", "go", "--out", "again", "--with-edits"), undo())
	}
	if err != nil {
		return err
	}
	t, err := process(w.ctx, build, nil, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", w.program, ".")
	w.runsOf[building] = append(w.runsOf[building], t)
	if err != nil {
		return err
	}
	if w.measured.program, err = size(w.program); err != nil {
		return err
	}
	w.measured.script, err = size(filepath.Dir(w.script))
	return err
}

// released runs the artefacts, each on a destination of its own.
func (w *world) released() error {
	env := []string{"MONGOCD_DESTINATION_URI=" + w.uri}
	for _, s := range []stage{planning, applying, inSync} {
		args := []string{w.program, "apply", "--quiet"}
		if s == planning {
			args[1] = "plan"
		}
		if err := w.run(s, env, args...); err != nil {
			return err
		}
	}
	if err := w.run(undoing, env, w.program, "undo", "--last", "--quiet"); err != nil {
		return err
	}
	if err := w.dropped(); err != nil {
		return err
	}
	if w.number > w.shape.scriptMost() {
		return nil
	}
	for _, s := range []stage{shApplying, shInSync} {
		if _, err := fmt.Fprintf(w.progress, "%d %s: %s\n", w.number, w.shape.name, s); err != nil {
			return err
		}
		if err := settle(w.ctx); err != nil {
			return err
		}
		began := time.Now()
		r, err := engine.RunMongosh(w.ctx, w.uri, w.script, "MONGOCD_MODE=apply", "MONGOCD_QUIET=1")
		if err == nil && r.Code != 0 {
			err = fmt.Errorf("%s: exit code %d\n%s", s, r.Code, tail([]byte(r.Stdout+r.Stderr)))
		}
		if err != nil {
			return err
		}
		w.runsOf[s] = append(w.runsOf[s], took{time.Since(began), r.Resident})
	}
	return w.dropped()
}

// peers upserts the extracted documents with mongoimport, twice.
func (w *world) peers() error {
	if w.importer == "" {
		return nil
	}
	file := filepath.Join(w.dir, "exported.json")
	if w.exporter == "" {
		return nil // what it takes is what mongoexport writes
	}
	for _, s := range []stage{importing, importingSame} {
		if err := w.run(s, nil, w.importer, "--quiet", "--uri="+w.uri, "--db="+destination, "--collection="+collection, "--mode=upsert", "--file="+file); err != nil {
			return err
		}
	}
	return w.dropped()
}

// count runs the program once more through a proxy, which takes time, and counts what it sends.
func (w *world) count() error {
	u, err := url.Parse(w.uri)
	if err != nil {
		return err
	}
	proxy, err := wire.Start(w.ctx, u.Host)
	if err != nil {
		return err
	}
	var sent atomic.Int64
	proxy.OnCommand(func(wire.Command) {
		sent.Add(1)
		proxy.Reset() // their documents would fill the memory
	})
	env := []string{"MONGOCD_DESTINATION_URI=" + proxy.URI()}
	for _, of := range []struct {
		stage stage
		args  []string
	}{{planning, []string{"plan"}}, {applying, []string{"apply"}}, {inSync, []string{"apply"}}, {undoing, []string{"undo", "--last"}}} {
		sent.Store(0)
		if _, err := process(w.ctx, w.dir, env, w.program, append(of.args, "--quiet")...); err != nil {
			return errors.Join(err, proxy.Close())
		}
		w.commands[of.stage] = sent.Load()
	}
	return errors.Join(proxy.Close(), w.dropped())
}

// dropped is a destination with nothing in it, and with nothing known of runs.
func (w *world) dropped() error {
	for _, name := range append(w.shape.databases(w.number), "mongocd") {
		if err := w.client.Database(name).Drop(w.ctx); err != nil {
			return fmt.Errorf("drop %s: %w", name, err)
		}
	}
	return nil
}
