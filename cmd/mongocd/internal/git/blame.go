package git

// Which commits statements are of. In: a workspace, reports with statements; out: the same
// reports, each statement with the commit that last changed the line on which it begins.

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/hayone1/mongocd/runtime/change"
)

// Commits fills in Commit of the statements in reports (change.RuleItem), by one `git blame` for
// each file. What git does not know is left out, and no error: lines that are not
// committed, a workspace outside of a repository, what a shallow or partial clone lacks.
func Commits(ctx context.Context, dir string, reports []*change.Report) error {
	if _, err := exec.LookPath("git"); err != nil {
		return nil
	}
	r, of := &Repository{dir: dir}, linesOf(reports)
	if len(of) == 0 {
		return nil
	}
	shallow, err := r.shallow(ctx)
	if err != nil {
		return ctx.Err()
	}
	for file, lines := range of {
		first, last := 0, 0
		for line := range lines {
			if last = max(last, line); first == 0 || line < first {
				first = line
			}
		}
		// The lists of commits to skip, of the configuration, are cleared: what they name did change the line.
		blamed, err := r.output(ctx, "blame", "--porcelain", "--no-textconv", "--ignore-revs-file=", "-L", fmt.Sprintf("%d,%d", first, last), "--", file)
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			continue
		}
		commits := commitsOf(blamed)
		for line, rules := range lines {
			// The zero id stands for what is not committed. A commit at the edge of a shallow clone has
			// every line that is older, too.
			if id := commits[line]; strings.Trim(id, "0") != "" && !shallow[id] {
				for _, rule := range rules {
					rule.Commit = id
				}
			}
		}
	}
	return nil
}

// linesOf are the statements in reports, by file and line.
func linesOf(reports []*change.Report) map[string]map[int][]*change.RuleItem {
	of := map[string]map[int][]*change.RuleItem{}
	add := func(rules []change.RuleItem) {
		for i := range rules {
			place, _ := cutLast(rules[i].Origin) // FILE:LINE:COLUMN
			file, text := cutLast(place)
			line, err := strconv.Atoi(text)
			if err != nil || line < 1 {
				continue
			}
			if of[file] == nil {
				of[file] = map[int][]*change.RuleItem{}
			}
			of[file][line] = append(of[file][line], &rules[i])
		}
	}
	for _, r := range reports {
		for _, c := range r.Collections {
			for _, d := range c.Documents {
				add(d.Rules)
				for _, x := range d.Changes {
					add(x.Rules)
				}
			}
		}
	}
	return of
}

// cutLast cuts a text at its last colon.
func cutLast(text string) (before, after string) {
	i := strings.LastIndexByte(text, ':')
	return text[:max(i, 0)], text[i+1:]
}

// shallow are the commits at the edge of a shallow clone: those whose parents it lacks.
func (r *Repository) shallow(ctx context.Context) (map[string]bool, error) {
	name, err := r.output(ctx, "rev-parse", "--git-path", "shallow")
	if err != nil {
		return nil, err
	}
	file := strings.TrimSuffix(string(name), "\n")
	if !filepath.IsAbs(file) {
		file = filepath.Join(r.dir, file)
	}
	text, err := os.ReadFile(file)
	if err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	of := map[string]bool{}
	for _, id := range strings.Fields(string(text)) {
		of[id] = true
	}
	return of, nil
}

// commitsOf reads what `git blame --porcelain` says: the commit of each line of the file.
func commitsOf(blamed []byte) map[int]string {
	of := map[int]string{}
	head := true
	for line := range strings.SplitSeq(string(blamed), "\n") {
		// ID SP LINE-THEN SP LINE [SP COUNT], then fields of the commit, then TAB and the line
		if strings.HasPrefix(line, "\t") {
			head = true
		} else if fields := strings.Fields(line); head && len(fields) >= 3 {
			head = false
			if n, err := strconv.Atoi(fields[2]); err == nil {
				of[n] = fields[0]
			}
		}
	}
	return of
}
