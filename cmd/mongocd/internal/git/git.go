// Package git reads a workspace as it was at a git revision, and says of which commits its
// statements are.
//
// In: a directory in a repository, a revision; out: the .weave files, the extracted
// and the pinned data of then, written into another directory. The git program reads objects
// (`ls-tree`, `cat-file`); neither work tree nor index is looked at or touched.
// `git blame` looks at the files as they are, and touches nothing.
package git

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/child"
	"github.com/hayone1/mongocd/lang/diag"
)

// Repository is the repository that a workspace is in.
type Repository struct {
	dir    string // of the workspace
	prefix string // of the workspace in the repository: "" or "a/b/"
}

// Open finds the repository of a directory.
func Open(ctx context.Context, dir string) (*Repository, error) {
	if _, err := exec.LookPath("git"); err != nil {
		return nil, errors.New("--from reads revisions with git, and there is no program `git` on PATH: install it")
	}
	r := &Repository{dir: dir}
	prefix, err := r.output(ctx, "rev-parse", "--show-prefix")
	if err != nil {
		return nil, fmt.Errorf("--from needs a workspace that is kept in git: %w", err)
	}
	r.prefix = strings.TrimSuffix(string(prefix), "\n")
	return r, nil
}

// command is a git command that only reads.
func (r *Repository) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "git", append([]string{"--no-replace-objects", "--literal-pathspecs"}, args...)...)
	cmd.Dir = r.dir
	// What a hook of git sets is about its own directory, not the workspace's.
	cmd.Env = slices.DeleteFunc(child.Environment(), func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return slices.Contains([]string{"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"}, name)
	})
	cmd.Env = append(cmd.Env, "LC_ALL=C", "GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0")
	return cmd
}

// output runs a command; the error is what git says.
func (r *Repository) output(ctx context.Context, args ...string) ([]byte, error) {
	cmd := r.command(ctx, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, gitError(err, &stderr)
	}
	return out, nil
}

// failure is what git says, and how it ended.
type failure struct {
	says  string
	cause error
}

func (f *failure) Error() string { return f.says }
func (f *failure) Unwrap() error { return f.cause }

func gitError(err error, stderr *bytes.Buffer) error {
	text := strings.TrimPrefix(strings.TrimSpace(stderr.String()), "fatal: ")
	if text == "" {
		text = err.Error()
	}
	return &failure{"git: " + diag.Safe(text, 300), err}
}

// blob is a file of a revision.
type blob struct{ name, id string }

// CopyWorkspace writes what the compiler reads of the workspace at a revision
// into an empty directory.
func (r *Repository) CopyWorkspace(ctx context.Context, revision, into string) error {
	blobs, err := r.files(ctx, revision)
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(into)
	if err != nil {
		return err
	}
	err = r.copyBlobs(ctx, blobs, root)
	return errors.Join(err, root.Close())
}

// files lists the plain files that the compiler reads. Symbolic links and
// submodules are none.
func (r *Repository) files(ctx context.Context, revision string) ([]blob, error) {
	if strings.HasPrefix(revision, "-") || strings.ContainsAny(revision, ":\x00\n") {
		return nil, fmt.Errorf("%s is no revision: name a commit, a branch or a tag", diag.Quote(revision, 80))
	}
	commit, err := r.output(ctx, "rev-parse", "--verify", "--quiet", revision+"^{commit}")
	if err != nil {
		return nil, fmt.Errorf("there is no revision %s in this repository; in a shallow clone, fetch it first", diag.Quote(revision, 80))
	}
	id, folder := strings.TrimSpace(string(commit)), strings.TrimSuffix(r.prefix, "/")
	if folder != "" {
		// One entry, or none when the workspace was not there yet. What git cannot
		// read, such as an object that a partial clone lacks, is an error of its own.
		entry, err := r.output(ctx, "ls-tree", "-z", "--full-tree", id, folder)
		if err != nil {
			return nil, err
		}
		if head, _, _ := strings.Cut(string(entry), "\t"); !strings.HasPrefix(head, "040000 tree ") {
			return nil, nil
		}
	}
	listed, err := r.output(ctx, "ls-tree", "-r", "-z", "--full-tree", id+":"+folder)
	if err != nil {
		return nil, err
	}
	var blobs []blob
	for _, line := range strings.Split(strings.TrimSuffix(string(listed), "\x00"), "\x00") {
		// MODE SP TYPE SP ID TAB NAME (git-ls-tree)
		head, name, ok := strings.Cut(line, "\t")
		fields := strings.Fields(head)
		if !ok || len(fields) != 3 || !strings.HasPrefix(fields[0], "100") {
			continue
		}
		if isRead(name) {
			blobs = append(blobs, blob{name, fields[2]})
		}
	}
	return blobs, nil
}

// isRead reports whether the compiler reads a file of the workspace.
func isRead(name string) bool {
	return strings.HasPrefix(name, "extracted/") || strings.HasPrefix(name, "releases/") || strings.HasSuffix(name, ".weave")
}

// copyBlobs asks one `git cat-file` for all files and writes them.
func (r *Repository) copyBlobs(ctx context.Context, blobs []blob, root *os.Root) (err error) {
	if len(blobs) == 0 {
		return nil
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // an error below ends git
	cmd := r.command(ctx, "cat-file", "--batch")
	var ids strings.Builder
	for _, b := range blobs {
		ids.WriteString(b.id + "\n")
	}
	cmd.Stdin = strings.NewReader(ids.String())
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			cancel()
		}
		if ended := cmd.Wait(); ended != nil && err == nil {
			err = gitError(ended, &stderr)
		}
	}()
	out := bufio.NewReaderSize(pipe, 1<<16)
	for _, b := range blobs {
		// ID SP TYPE SP SIZE LF CONTENT LF (git-cat-file, batch output)
		head, err := out.ReadString('\n')
		if err != nil {
			return fmt.Errorf("git ended before %s: %w", diag.Quote(b.name, 200), err)
		}
		fields := strings.Fields(head)
		if len(fields) != 3 || fields[1] != "blob" {
			return fmt.Errorf("git has not got %s (%s): fetch the whole repository", diag.Quote(b.name, 200), diag.Safe(strings.TrimSpace(head), 100))
		}
		size, err := strconv.ParseInt(fields[2], 10, 64)
		if err != nil {
			return fmt.Errorf("git gave no size for %s: %w", diag.Quote(b.name, 200), err)
		}
		if err := writeBlob(root, b.name, io.LimitReader(out, size), size); err != nil {
			return err
		}
		if _, err := out.Discard(1); err != nil {
			return fmt.Errorf("git ended after %s: %w", diag.Quote(b.name, 200), err)
		}
	}
	return nil
}

// writeBlob writes one file below the root, which no name leads out of.
func writeBlob(root *os.Root, name string, content io.Reader, size int64) (err error) {
	if err := root.MkdirAll(path.Dir(name), 0o700); err != nil {
		return err
	}
	file, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	n, err := io.Copy(file, content)
	if err == nil && n != size {
		err = fmt.Errorf("git gave %d of %d bytes of %s", n, size, diag.Quote(name, 200))
	}
	return err
}
