package workspace

// What is compiled: the weaves and environments that the options choose, each a
// Job with the values of its inputs and the collections that it is about.

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/compiler/cache"
	"github.com/hayone1/mongocd/compiler/eval"
	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/compiler/limit"
	"github.com/hayone1/mongocd/compiler/paged"
	"github.com/hayone1/mongocd/lang/check"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/desired"
)

// Job is one weave in one environment. Nothing changes it once it is made.
type Job struct {
	Weave       *Weave
	Environment string
	// values are those of the weave's inputs by name, inputs the same for the state.
	values map[string]value.Value
	Inputs []desired.InputValue
	// Targets are the collections that it is about.
	Targets []*Target
	// Budget counts what the compilation that the job is of has used; nil: nobody does.
	Budget *limit.Budget
	// Space is that of the options.
	Space *paged.Space
	// Cache has what rules gave for files of documents before; nil: there is none.
	Cache *cache.Store
	// pin is the data of the environment; nil: what was extracted.
	pin *Pin
}

// Pinned reports whether the environment is compiled with pinned data.
func (j *Job) Pinned() bool { return j.pin != nil }

// Jobs are the environments and weaves that the options choose, sorted, with
// their collections. It reads the names of the extracted or pinned ones, no data.
func (w *Workspace) Jobs(o Options) ([]*Job, diag.List) {
	jobs, diags := w.chosen(o)
	if diags.HasErrors() {
		return nil, diags
	}
	if diags = append(diags, w.pin(jobs)...); diags.HasErrors() {
		return nil, diags
	}
	return jobs, append(diags, w.expand(jobs)...)
}

// pin gives the jobs the pins of their environments.
func (w *Workspace) pin(jobs []*Job) diag.List {
	diags := w.misnamedPins()
	pins := map[string]*Pin{}
	for _, j := range jobs {
		p, read := pins[j.Environment]
		if !read {
			var found diag.List
			p, found = w.PinOf(j.Environment)
			pins[j.Environment], diags = p, append(diags, found...)
		}
		j.pin = p
	}
	return diags
}

// chosen are the jobs with the values of their inputs.
func (w *Workspace) chosen(o Options) ([]*Job, diag.List) {
	var diags diag.List
	names := make([]string, len(w.Weaves))
	for i, weave := range w.Weaves {
		names[i] = weave.Module.Name
	}
	for _, name := range o.Weaves {
		if !slices.Contains(names, name) {
			diags = append(diags, Unknown(diag.UnknownWeave, "weave", name, names))
		}
	}
	all := w.Environments()
	var chosen []string
	for _, name := range o.Environments {
		members := w.Members(name)
		if len(members) == 0 {
			diags = append(diags, w.NoEnvironment(name))
		}
		chosen = append(chosen, members...)
	}
	var jobs []*Job
	for _, env := range all {
		if len(o.Environments) > 0 && !slices.Contains(chosen, env) {
			continue
		}
		for _, weave := range w.Weaves {
			if slices.Contains(weave.Module.Environments, env) && (len(o.Weaves) == 0 || slices.Contains(o.Weaves, weave.Module.Name)) {
				jobs = append(jobs, &Job{Weave: weave, Environment: env})
			}
		}
	}
	diags = append(diags, w.giveInputs(jobs, o.Inputs)...)
	slices.SortStableFunc(jobs, func(a, b *Job) int {
		if a.Environment != b.Environment {
			return strings.Compare(a.Environment, b.Environment)
		}
		return strings.Compare(a.Weave.Module.Name, b.Weave.Module.Name)
	})
	return jobs, diags
}

// Unknown is the error for a name from the command line.
func Unknown(code diag.Code, what, name string, known []string) diag.Diagnostic {
	d := diag.Diagnostic{Code: code, Message: fmt.Sprintf("there is no %s %s", what, diag.Quote(name, 64)),
		Notes: []string{"there are " + strings.Join(known, ", ")}}
	if near := diag.Suggest(name, known); near != "" {
		d.Notes = append([]string{fmt.Sprintf("did you mean %s?", near)}, d.Notes...)
	}
	return d
}

// Lets evaluates the inputs and the constants of the top level.
func (j *Job) Lets() (map[string]value.Value, []*value.Error) {
	env := j.Env(map[string]value.Value{})
	maps.Copy(env.Lets, j.values)
	for _, l := range j.Weave.Module.Lets {
		v, errs := env.Constant(l.Value)
		if len(errs) > 0 {
			return nil, errs
		}
		env.Lets[l.Name.Text] = v
	}
	return env.Lets, nil
}

// Env is where expressions of the weave are evaluated.
func (j *Job) Env(lets map[string]value.Value) *eval.Env {
	env := &eval.Env{Name: j.Environment, Covered: j.Weave.Module.Covered, Lets: lets, Budget: j.Budget}
	for group, members := range j.Weave.Module.Groups {
		if slices.Contains(members, j.Environment) {
			env.Groups = append(env.Groups, group)
		}
	}
	slices.Sort(env.Groups)
	return env
}

// Identity are the identity paths of a sync.
func Identity(s *check.Sync) [][]string {
	if len(s.By) == 0 {
		return [][]string{{"_id"}}
	}
	out := make([][]string, len(s.By))
	for i, p := range s.By {
		out[i] = check.Fields(p)
	}
	return out
}
