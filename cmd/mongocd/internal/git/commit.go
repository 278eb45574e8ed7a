package git

// The commit of a workspace, for the record of runs. In: a directory, the variables of CI;
// out: a commit, and whether a folder is kept in git itself.

import (
	"context"
	"errors"
	"os/exec"
	"strings"

	"github.com/hayone1/mongocd/runtime/cli"
)

// Dirty stands behind the commit of a workspace whose files differ from it.
const Dirty = "-dirty"

// Commit is the commit of a workspace: what git has checked out, with Dirty behind it where
// a file that the compiler reads is another one; where git has none, what a variable of CI
// names. Empty: neither knows one.
func Commit(ctx context.Context, dir string, lookup func(string) (string, bool)) (string, error) {
	r := &Repository{dir: dir}
	head, err := r.output(ctx, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
	if err != nil {
		return cli.Commit(lookup), ctx.Err() // no git, no repository, no commit in it, or one of somebody else: git reads none
	}
	id := strings.TrimSpace(string(head))
	// What a file system monitor says is no matter here, and it would be a program of the repository's choice.
	status, err := r.output(ctx, "-c", "core.fsmonitor=false", "status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all", "--", ".")
	if err != nil {
		return "", err
	}
	prefix, err := r.output(ctx, "rev-parse", "--show-prefix")
	if err != nil {
		return "", err
	}
	for _, line := range strings.Split(strings.TrimSuffix(string(status), "\x00"), "\x00") {
		// XY SP NAME, from the top of the repository (git-status)
		if len(line) < 4 {
			continue
		}
		name, in := strings.CutPrefix(line[3:], strings.TrimSuffix(string(prefix), "\n"))
		if in && isRead(name) {
			return id + Dirty, nil
		}
	}
	return id, nil
}

// Keeps reports whether a folder is one that git keeps: in the repository of the workspace,
// and not ignored. The folder need not be there.
func Keeps(ctx context.Context, dir, folder string) (bool, error) {
	_, err := (&Repository{dir: dir}).output(ctx, "--no-literal-pathspecs", "check-ignore", "--quiet", "--", strings.TrimSuffix(folder, "/")+"/")
	var exit *exec.ExitError
	switch {
	case err == nil:
		return false, nil
	case errors.As(err, &exit) && exit.ExitCode() == 1: // git-check-ignore: none is ignored
		return true, nil
	}
	return false, ctx.Err() // no repository, or a folder outside of it
}
