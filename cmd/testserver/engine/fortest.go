package engine

// For tests: one server for a whole test binary, and mongosh with a private home.
// In: the test. Out: a URI or a finished mongosh run. What is missing fails the test and says how to get it.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestURIVariable names a real server that replaces the embedded engine in all tests.
const TestURIVariable = "MONGOCD_TEST_URI"

var shared struct {
	sync.Mutex
	servers map[string]*Server // by engine
}

// OnEach runs a test on every engine that is installed, as a subtest of its name: ForTest of that subtest, and of those
// below it, is that engine. It is for what has to hold on servers of any kind; in CI all engines have to be there.
// Where MONGOCD_TEST_URI names a server, the test runs on that one.
func OnEach(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	if os.Getenv(TestURIVariable) != "" {
		t.Run("server", test)
		return
	}
	for _, name := range names {
		if _, err := commandLine(name, "", false); err != nil && name != Default() && os.Getenv("CI") == "" {
			continue
		}
		t.Run(name, test)
	}
}

// of is the engine of a test: that of OnEach, else the default one.
func of(t testing.TB) string {
	for part := range strings.SplitSeq(t.Name(), "/") {
		if slices.Contains(names, part) {
			return part
		}
	}
	return Default()
}

// ForTest returns a server's URI: MONGOCD_TEST_URI, else one engine for all tests of this test binary, which ends with
// the binary. Tests keep apart by using databases of their own. A missing engine fails the test; only with -short, and
// not in CI, it skips.
func ForTest(t testing.TB) string {
	t.Helper()
	if uri := os.Getenv(TestURIVariable); uri != "" {
		return uri
	}
	shared.Lock()
	defer shared.Unlock()
	name := of(t)
	if server := shared.servers[name]; server != nil {
		select {
		case <-server.ended:
			t.Log("the shared engine had ended; starting another one")
		default:
			return server.URI()
		}
	}
	server, err := Start(context.Background(), Options{Engine: name}) // outlives this test on purpose
	if err != nil {
		missing(t, err)
	}
	if shared.servers == nil {
		shared.servers = map[string]*Server{}
	}
	shared.servers[name] = server
	return server.URI()
}

// RequireExact is for a test that SecantusPython cannot serve, for the reason given: where only that engine is
// installed the test skips, naming engine and reason; in CI it fails.
func RequireExact(t testing.TB, reason string) {
	t.Helper()
	if os.Getenv(TestURIVariable) != "" || of(t) == SecantusRust {
		return
	}
	text := fmt.Sprintf("engine %s does not serve this: %s; `make tools` installs %s", SecantusPython, reason, SecantusRust)
	if os.Getenv("CI") != "" {
		t.Fatal(text)
	}
	t.Skip(text)
}

// MongoshPath returns the pinned mongosh; when it is missing, as ForTest does.
func MongoshPath(t testing.TB) string {
	t.Helper()
	path, err := mongoshPath()
	if err != nil {
		missing(t, err)
	}
	return path
}

func missing(t testing.TB, err error) {
	t.Helper()
	if testing.Short() && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	t.Fatal(err)
}

// Run is how a mongosh process ended.
type Run struct {
	Stdout, Stderr string
	Code           int
	Resident       int64 // as Resident says
}

// Resident is the most that a process that has ended had in memory, in bytes (getrusage(2)); no less than its parent had
// when it was started, and 0 where the system does not say.
func Resident(p *os.ProcessState) int64 {
	usage, ok := p.SysUsage().(*syscall.Rusage)
	switch {
	case !ok:
		return 0
	case runtime.GOOS == "darwin":
		return usage.Maxrss // bytes there
	}
	return usage.Maxrss * 1024
}

// mongoshConfig stops mongosh from calling home and from copying every script into a log file.
const mongoshConfig = `{"enableTelemetry":false,"disableLogging":true}`

func configureMongosh(home string) error {
	config := filepath.Join(home, ".mongodb", "mongosh", "config")
	if err := os.MkdirAll(filepath.Dir(config), 0o700); err != nil {
		return err
	}
	return os.WriteFile(config, []byte(mongoshConfig), 0o600)
}

// MongoshHome is a home for a mongosh that a test starts itself.
func MongoshHome(t testing.TB) string {
	t.Helper()
	home := t.TempDir()
	if err := configureMongosh(home); err != nil {
		t.Fatal(err)
	}
	return home
}

// Mongosh runs a script file against uri ("" = no connection) with the pinned mongosh, a private home and env on top of
// this process's environment. A script that fails is no error of the test: see Run.Code.
func Mongosh(t testing.TB, uri, script string, env ...string) Run {
	t.Helper()
	MongoshPath(t)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute) // for what hangs: no test fails because much else runs
	defer cancel()
	run, err := RunMongosh(ctx, uri, script, env...)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// RunMongosh is Mongosh outside of tests. Its error says that mongosh could not be run or was stopped by ctx.
func RunMongosh(ctx context.Context, uri, script string, env ...string) (run Run, err error) {
	path, err := mongoshPath()
	if err != nil {
		return Run{}, err
	}
	home, err := os.MkdirTemp("", "mongocd-mongosh-")
	if err != nil {
		return Run{}, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(home)) }()
	if err := configureMongosh(home); err != nil {
		return Run{}, err
	}
	target := uri
	if target == "" {
		target = "--nodb"
	}
	cmd := exec.CommandContext(ctx, path, "--quiet", "--norc", target, "--file", script)
	cmd.Env = append(append(os.Environ(), "HOME="+home), env...)
	cmd.WaitDelay = 5 * time.Second
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	run = Run{Stdout: stdout.String(), Stderr: stderr.String(), Code: cmd.ProcessState.ExitCode(), Resident: Resident(cmd.ProcessState)}
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return run, fmt.Errorf("mongosh %s: %w\n%s%s", script, context.Cause(ctx), run.Stdout, run.Stderr)
	case errors.As(err, &exit):
		return run, nil
	}
	return run, err
}

func mongoshPath() (string, error) {
	return tool("mongosh", "node_modules", ".bin", "mongosh")
}
