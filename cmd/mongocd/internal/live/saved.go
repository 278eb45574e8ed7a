package live

// Saved plans: `plan --out FILE` and `apply FILE`. In: reports of plans; out: a
// file with them, masked as reports are, and with what they hold for: the
// artefacts, the destination, and the values that were read, by the digest of
// each plan (docs/state.md). The same plan gives the same bytes.

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/version"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/cli"
	"github.com/hayone1/mongocd/runtime/desired"
)

// savedFormat is the version of the file; a newer one is refused.
const savedFormat = 2

// savedPlan is the content of the file.
type savedPlan struct {
	Format int    `json:"format"`
	Kind   string `json:"kind"` // "plan"
	// Compiler is "mongocd VERSION".
	Compiler    string `json:"compiler"`
	Environment string `json:"environment"`
	// Source is "workspace" or "build": with --from.
	Source string `json:"source"`
	// Weaves, Inputs, Databases and StateDatabase are the flags of those names.
	Weaves        []string `json:"weaves"`
	Inputs        []string `json:"inputs"`
	Databases     []string `json:"databases"`
	StateDatabase string   `json:"stateDatabase"`
	// Destination is a digest of the address, without user, password and options.
	Destination string `json:"destination"`
	// HoldsValues: identities and values read at the destination are in Plans.
	HoldsValues bool             `json:"holdsValues"`
	Plans       []savedWeavePlan `json:"plans"`
}

// savedWeavePlan is the plan of one weave, its digest in the report; none when it
// was in sync.
type savedWeavePlan struct {
	// Artefact is the digest of the desired state.
	Artefact string         `json:"artefact"`
	Report   *change.Report `json:"report"`
}

// savePlan writes the file, unless a plan is refused.
func (l *Session) savePlan(o *Options, states []*desired.State, reports []*change.Report) error {
	uri, err := cli.Destination(l.LookupEnv, states[0].Environment)
	if err != nil {
		return console.Usagef("%s", view.Printable(err.Error()))
	}
	p := savedPlan{Format: savedFormat, Kind: "plan", Compiler: version.Program(), Environment: states[0].Environment, Source: "workspace",
		Weaves: append([]string{}, o.Weaves...), Inputs: append([]string{}, o.Inputs...), Databases: append([]string{}, o.Redirections...),
		StateDatabase: o.StateDatabase, Destination: addressDigest(uri)}
	if o.From != "" {
		p.Source = "build"
	}
	for i, report := range reports {
		if len(report.Conflicts) > 0 || report.Failure != nil {
			return l.Log(console.LevelError, fmt.Sprintf("no plan was saved: %s cannot be applied", diag.Safe(report.Weave, 80)))
		}
		artefact, err := states[i].Digest()
		if err != nil {
			return console.Failf("%s", view.Printable(err.Error()))
		}
		p.Plans = append(p.Plans, savedWeavePlan{Artefact: artefact, Report: report})
		for _, c := range report.Collections {
			p.HoldsValues = p.HoldsValues || len(c.Documents)+len(c.Options)+len(c.Indexes) > 0
		}
	}
	text, err := console.IndentedJSON(p)
	if err == nil {
		err = replaceSaved(o.Out, text)
	}
	if err != nil {
		return console.Failf("save the plan: %s", err)
	}
	says := "it holds no values"
	if p.HoldsValues {
		says = "it holds values of the destination (secrets are masked): keep it as you keep those"
	}
	return l.Log(console.LevelInfo, fmt.Sprintf("saved in %s: %s", filepath.ToSlash(o.Out), says))
}

// replaceSaved writes the file for its owner alone, by way of one beside it. It
// never writes over anything but a saved plan.
func replaceSaved(name string, data []byte) error {
	if _, err := readSaved(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is there and is no saved plan: name another file", diag.Quote(filepath.ToSlash(name), 200))
	}
	file, err := os.CreateTemp(filepath.Dir(name), ".plan-") // mode 0600
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	err = errors.Join(err, file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return nil
}

// readSaved reads a saved plan.
func readSaved(name string) (*savedPlan, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var head struct {
		Format int
		Kind   string
	}
	if err := json.Unmarshal(data, &head); err != nil || head.Kind != "plan" {
		return nil, errors.New("it is no saved plan: make one with `mongocd plan --out FILE`")
	}
	if head.Format > savedFormat {
		return nil, fmt.Errorf("it has format %d, written by a newer mongocd: use that one, or plan again", head.Format)
	}
	if head.Format < savedFormat {
		return nil, errors.New("it was written by an older mongocd: plan again")
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	p := &savedPlan{}
	if err := d.Decode(p); err != nil {
		return nil, fmt.Errorf("it cannot be read (%s): plan again", diag.Safe(err.Error(), 200))
	}
	if len(p.Plans) == 0 || slices.ContainsFunc(p.Plans, func(w savedWeavePlan) bool { return w.Report == nil }) {
		return nil, errors.New("it has no plan: plan again")
	}
	return p, nil
}

// checkFormat refuses a report of another version.
func checkFormat(format int) error {
	switch {
	case format > change.ReportFormat:
		return fmt.Errorf("its report has format %d, written by a newer mongocd: use that one", format)
	case format < change.ReportFormat:
		return fmt.Errorf("its report has format %d, written by an older mongocd: use that one, or make it again", format)
	}
	return nil
}

// ReadReports reads the reports in a file: of a saved plan, or as --report or --output json wrote
// them, mongocd or an artefact.
func ReadReports(data []byte) ([]*change.Report, error) {
	if isLines(data) {
		return readLines(data)
	}
	var head struct {
		Format  int
		Kind    string
		Outcome string
		Reports []json.RawMessage
		Plans   []struct{ Report json.RawMessage }
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, fmt.Errorf("it is no JSON (%s)", diag.Safe(err.Error(), 200))
	}
	texts := head.Reports
	switch {
	case head.Kind == "plan":
		for _, p := range head.Plans {
			texts = append(texts, p.Report)
		}
	case head.Outcome != "": // of an artefact
		texts = []json.RawMessage{data}
	case texts == nil:
		return nil, errors.New("it is no saved plan and no report: `mongocd plan --out FILE` makes the one, `--output json` the other")
	}
	var reports []*change.Report
	for _, text := range texts {
		var of struct{ Format int }
		r := &change.Report{}
		err := json.Unmarshal(text, &of)
		switch {
		case err != nil:
		case checkFormat(of.Format) != nil:
			return nil, checkFormat(of.Format)
		default:
			err = json.Unmarshal(text, r)
		}
		if err != nil {
			return nil, fmt.Errorf("its report cannot be read (%s)", diag.Safe(err.Error(), 200))
		}
		reports = append(reports, r)
	}
	return reports, nil
}

// Load makes the options those of a saved plan.
func (o *Options) Load(name string) error {
	if o.Environment != "" || len(o.Weaves)+len(o.Inputs)+len(o.Redirections)+len(o.approved) > 0 {
		return console.Usagef("the saved plan says what is applied: --env, --weave, --input, --database and --approved do not go with it")
	}
	p, err := readSaved(name)
	if err != nil {
		return console.Failf("%s: %s", diag.Quote(filepath.ToSlash(name), 200), err)
	}
	switch {
	case p.Source == "build" && o.From == "":
		return console.Usagef("this plan was made of a build folder: name it with --from")
	case p.Source != "build" && o.From != "":
		return console.Usagef("this plan was made of the workspace: --from does not go with it")
	case o.From == "":
		o.Environment, o.Weaves, o.Inputs = p.Environment, p.Weaves, p.Inputs
	}
	o.Redirections, o.StateDatabase, o.saved = p.Databases, p.StateDatabase, p
	return nil
}

// addressDigest is a digest of where a connection string leads: of the hosts, in
// whatever order, or of the directory.
func addressDigest(uri string) string {
	address := uri
	if scheme, rest, ok := strings.Cut(uri, "://"); ok {
		if end := strings.IndexAny(rest, "/?"); end >= 0 {
			rest = rest[:end]
		}
		rest = strings.ToLower(rest[strings.LastIndexByte(rest, '@')+1:])
		hosts := strings.Split(rest, ",")
		slices.Sort(hosts)
		address = scheme + "://" + strings.Join(hosts, ",")
	}
	sum := sha256.Sum256([]byte(address))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// changed says what is not as it was when the plan was saved, or nothing; and how plans
// differ. What is in sync by now need not be written: that is no change.
func (p *savedPlan) changed(candidates []candidate) (string, []against) {
	var lines []string
	var differ []against
	for _, c := range candidates {
		i := slices.IndexFunc(p.Plans, func(w savedWeavePlan) bool { return w.Report.Weave == c.state.Weave })
		name := diag.Safe(c.state.Weave, 80)
		if i < 0 {
			lines = append(lines, name+": it is not in the saved plan")
			continue
		}
		saved := p.Plans[i]
		artefact, err := c.state.Digest()
		if err != nil {
			return "nothing was written: " + view.Printable(err.Error()), nil
		}
		if artefact != saved.Artefact {
			lines = append(lines, fmt.Sprintf("%s: the artefact is another one: %s was planned, %s is compiled now", name, diag.Safe(saved.Artefact, 80), artefact))
		}
		if c.plan == nil || c.plan.Digest == saved.Report.Digest && artefact == saved.Artefact {
			continue
		}
		if a := comparePlans(saved.Report, c.plan); len(a) > 0 {
			lines, differ = append(lines, name+": the plan is another one"), append(differ, a)
		} else if artefact == saved.Artefact {
			lines = append(lines, name+": values that were read are other ones now")
		}
	}
	for _, w := range p.Plans {
		if !slices.ContainsFunc(candidates, func(c candidate) bool { return c.state.Weave == w.Report.Weave }) {
			lines = append(lines, diag.Safe(w.Report.Weave, 80)+": it was planned and is not there now")
		}
	}
	if len(lines) == 0 {
		return "", nil
	}
	return "nothing was written, because it is not as it was planned:\n  " + strings.Join(lines, "\n  ") + "\nReview a new plan: mongocd plan --out FILE", differ
}
