package cases

// Runs that meet, and runs that are asked to end: real processes on the test
// engine, at a moment that the proxy chooses.

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"golang.org/x/tools/txtar"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/cmd/testserver/wire"
)

const leaseWorkspace = `
-- meet.weave --
weave meet
environments prod

from src into dst {
  sync items
}
-- extracted/src/items/documents.jsonl --
{"_id":1,"n":1}
{"_id":2,"n":2}
{"_id":3,"n":3}
{"_id":4,"n":4}
{"_id":5,"n":5}
{"_id":6,"n":6}
`

// launcher starts one of the two artefacts as a process.
type launcher struct {
	name  string
	start func(t *testing.T, d *destination, settings ...string) *process
}

// process is an artefact that applies, one document a batch.
type process struct {
	cmd    *exec.Cmd
	output bytes.Buffer
}

// wait gives the exit code.
func (p *process) wait(t *testing.T) int {
	t.Helper()
	err := p.cmd.Wait()
	if p.cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return p.cmd.ProcessState.ExitCode()
}

// launchers are both artefacts; settings are the values of --wait and --force-unlock.
func launchers(t *testing.T) []launcher {
	t.Helper()
	dir := t.TempDir()
	for _, f := range txtar.Parse([]byte(leaseWorkspace)).Files {
		writeFile(t, filepath.Join(dir, filepath.FromSlash(f.Name)), f.Data)
	}
	state := compile(t, dir, "prod")
	program, script, home := buildGo(t, state), buildScript(t, state), t.TempDir()
	mongosh := engine.MongoshPath(t)
	start := func(t *testing.T, cmd *exec.Cmd, env ...string) *process {
		t.Helper()
		p := &process{cmd: cmd}
		cmd.Env = append(os.Environ(), env...)
		cmd.Stdout, cmd.Stderr = &p.output, &p.output
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		return p
	}
	return []launcher{
		{"go", func(t *testing.T, d *destination, settings ...string) *process {
			args := []string{"apply", "--batch-size", "1", "--database", d.redirects()[0], "--state-database", stateDatabase(d.redirects())}
			for i, flag := range []string{"--wait", "--force-unlock"} {
				if i < len(settings) && settings[i] != "" {
					args = append(args, flag, settings[i])
				}
			}
			return start(t, exec.CommandContext(t.Context(), program, args...), "MONGOCD_DESTINATION_URI="+d.proxy.URI())
		}},
		{"mongosh", func(t *testing.T, d *destination, settings ...string) *process {
			env := []string{"HOME=" + home, "MONGOCD_MODE=apply", "MONGOCD_BATCH_SIZE=1", "MONGOCD_DATABASE=" + d.redirects()[0], "MONGOCD_STATE_DATABASE=" + stateDatabase(d.redirects())}
			for i, variable := range []string{"MONGOCD_WAIT=", "MONGOCD_FORCE_UNLOCK="} {
				if i < len(settings) {
					env = append(env, variable+settings[i])
				}
			}
			return start(t, exec.CommandContext(t.Context(), mongosh, "--quiet", "--norc", d.proxy.URI(), "--file", script), env...)
		}},
	}
}

// atInsert calls f once, before the nth insert into the destination is passed on.
func (d *destination) atInsert(n int, f func()) {
	var mu sync.Mutex
	seen := 0
	d.proxy.OnCommand(func(c wire.Command) {
		if c.Name != "insert" || c.Database != d.prefix+"dst" {
			return
		}
		mu.Lock()
		seen++
		now := seen == n
		mu.Unlock()
		if now {
			f()
		}
	})
}

func (d *destination) count(t *testing.T) int64 {
	t.Helper()
	n, err := d.client.Database(d.prefix+"dst").Collection("items").CountDocuments(t.Context(), bson.D{})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// signalled is how long a process may take to see a signal, on a machine with much else to do.
const signalled = time.Second

// A signal ends a run after the batch that is being sent: it says so, its record
// is there, its lease is not, and running again does the rest.
func TestInterrupted(t *testing.T) {
	for _, l := range launchers(t) {
		for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
			t.Run(fmt.Sprintf("%s/%s", l.name, signal), func(t *testing.T) {
				t.Parallel()
				d := anyDestination(t, []string{"dst"})
				started := make(chan *process, 1)
				d.atInsert(3, func() {
					p := <-started
					started <- p
					if err := p.cmd.Process.Signal(signal); err != nil {
						t.Error(err)
					}
					time.Sleep(signalled) // the signal is there before the answer
				})
				p := l.start(t, d)
				started <- p
				if code := p.wait(t); code != 4 || !strings.Contains(p.output.String(), "interrupted: the run ended before its next write") {
					t.Errorf("exit %d\n%s", code, &p.output)
				}
				if n := d.count(t); n != 3 {
					t.Errorf("%d documents, want 3", n)
				}
				if records := d.remembered(t); !strings.Contains(records, `"outcome":"stopped"`) || strings.Contains(records, `control {"_id":"lease`) {
					t.Errorf("remembered is\n%s", records)
				}
				again := l.start(t, d)
				if code := again.wait(t); code != 0 || d.count(t) != 6 {
					t.Errorf("exit %d, %d documents\n%s", code, d.count(t), &again.output)
				}
			})
		}
	}
}

// A second signal ends a run at once, in the middle of a write that nobody answers: it
// leaves its lease and its record, from which a run that is told to goes on.
func TestSecondSignal(t *testing.T) {
	for _, l := range launchers(t) {
		for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
			t.Run(fmt.Sprintf("%s/%s", l.name, signal), func(t *testing.T) {
				t.Parallel()
				d := anyDestination(t, []string{"dst"})
				held, release := make(chan struct{}), make(chan struct{})
				d.atInsert(3, func() {
					close(held)
					<-release
				})
				p := l.start(t, d)
				<-held
				ended := make(chan int, 1)
				for range 2 {
					if err := p.cmd.Process.Signal(signal); err != nil {
						t.Error(err)
					}
					time.Sleep(signalled) // two that wait for a process would be one
				}
				go func() { ended <- p.wait(t) }()
				select {
				case code := <-ended:
					if code == 0 || code == 4 {
						t.Errorf("exit %d\n%s", code, &p.output)
					}
				case <-time.After(time.Minute):
					t.Error("it waits for its write")
				}
				close(release)
				if records := d.remembered(t); !strings.Contains(records, `control {"_id":"lease`) {
					t.Errorf("remembered is\n%s", records)
				}
				again := l.start(t, d, "", "1")
				if code := again.wait(t); code != 0 || d.count(t) != 6 {
					t.Errorf("exit %d, %d documents\n%s", code, d.count(t), &again.output)
				}
			})
		}
	}
}

// While one run writes, another is refused or waits, whichever engine it is; what
// waited finds nothing left to do. A run that was killed is taken over from.
func TestRunsMeet(t *testing.T) { engine.OnEach(t, testRunsMeet) }

func testRunsMeet(t *testing.T) {
	both := launchers(t)
	for i, first := range both {
		second := both[1-i]
		t.Run(first.name+" first", func(t *testing.T) {
			t.Parallel()
			d := anyDestination(t, []string{"dst"})
			meet, waits := make(chan struct{}), make(chan struct{})
			d.atInsert(2, func() {
				close(meet)
				<-waits
			})
			p := first.start(t, d)
			<-meet
			refused := second.start(t, d)
			if code := refused.wait(t); code != 3 || !strings.Contains(refused.output.String(), "conflict lease-held") ||
				!strings.Contains(refused.output.String(), "the run meet/prod/1 is writing to the database") {
				t.Errorf("exit %d\n%s", code, &refused.output)
			}
			waiting := second.start(t, d, "60s")
			time.AfterFunc(2500*time.Millisecond, func() { close(waits) })
			if code := p.wait(t); code != 0 {
				t.Errorf("exit %d\n%s", code, &p.output)
			}
			if code := waiting.wait(t); code != 0 || !strings.Contains(waiting.output.String(), "result: in-sync, exit 0") {
				t.Errorf("exit %d\n%s", code, &waiting.output)
			}
			if records := d.remembered(t); strings.Contains(records, "meet/prod/2") || strings.Contains(records, `control {"_id":"lease`) {
				t.Errorf("remembered is\n%s", records)
			}
		})
		t.Run(first.name+" is killed", func(t *testing.T) {
			t.Parallel()
			d := anyDestination(t, []string{"dst"})
			started := make(chan *process, 1)
			d.atInsert(3, func() {
				p := <-started
				if err := p.cmd.Process.Kill(); err != nil {
					t.Error(err)
				}
			})
			p := first.start(t, d)
			started <- p
			if code := p.wait(t); code == 0 {
				t.Fatalf("exit %d\n%s", code, &p.output)
			}
			refused := second.start(t, d)
			if code := refused.wait(t); code != 3 {
				t.Errorf("exit %d\n%s", code, &refused.output)
			}
			forced := second.start(t, d, "", "1")
			if code := forced.wait(t); code != 0 || d.count(t) != 6 {
				t.Errorf("exit %d, %d documents\n%s", code, d.count(t), &forced.output)
			}
			if records := d.remembered(t); !strings.Contains(records, `"outcome":"broken-off"`) || !strings.Contains(records, `"outcome":"applied"`) {
				t.Errorf("remembered is\n%s", records)
			}
		})
	}
}

// TestRaceForALease: two runs that have read the same lease, an abandoned one or
// none, send what is to take it at the same time: one of them gets it.
func TestRaceForALease(t *testing.T) { engine.OnEach(t, testRaceForALease) }

func testRaceForALease(t *testing.T) {
	all := launchers(t)
	for _, pair := range [][2]launcher{{all[0], all[0]}, {all[0], all[1]}, {all[1], all[1]}} {
		for _, abandoned := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s and %s, abandoned %v", pair[0].name, pair[1].name, abandoned), func(t *testing.T) {
				t.Parallel()
				d := anyDestination(t, []string{"dst"})
				state := d.client.Database(stateDatabase(d.redirects()))
				if abandoned {
					for collection, record := range map[string]bson.D{
						"control": {{Key: "_id", Value: "lease " + d.prefix + "dst/meet"}, {Key: "format", Value: 1}, {Key: "run", Value: "meet/prod/1"}, {Key: "token", Value: "0123456789abcdef"}, {Key: "expires", Value: bson.NewDateTimeFromTime(time.Now().Add(-time.Second))}},
						"runs": {{Key: "_id", Value: "meet/prod/1"}, {Key: "format", Value: 1}, {Key: "token", Value: "0123456789abcdef"}, {Key: "weave", Value: "meet"}, {Key: "environment", Value: "prod"}, {Key: "n", Value: int64(1)},
							{Key: "artefact", Value: "sha256:0"}, {Key: "compiler", Value: ""}, {Key: "databases", Value: bson.A{"dst"}}, {Key: "labels", Value: bson.A{}}, {Key: "engine", Value: "go"},
							{Key: "started", Value: bson.NewDateTimeFromTime(time.Now().Add(-time.Minute))}, {Key: "outcome", Value: "running"}},
					} {
						if _, err := state.Collection(collection).InsertOne(t.Context(), record); err != nil {
							t.Fatal(err)
						}
					}
				}
				var mu sync.Mutex
				seen, together, lost := 0, make(chan struct{}), make(chan struct{})
				d.proxy.OnCommand(func(c wire.Command) {
					switch {
					case c.Database == state.Name() && c.Collection() == "control" && (c.Name == "update" || c.Name == "insert"):
						mu.Lock()
						seen++
						n := seen
						mu.Unlock()
						if n == 2 {
							close(together)
						}
						<-together
					case c.Database == d.prefix+"dst" && c.Name == "insert":
						<-lost // who has the lease keeps it until the other one has given up
					}
				})
				both := []*process{pair[0].start(t, d), pair[1].start(t, d)}
				codes := make(chan int, 2)
				for _, p := range both {
					go func() {
						_ = p.cmd.Wait() // the exit code says it
						codes <- p.cmd.ProcessState.ExitCode()
					}()
				}
				first := <-codes
				close(lost)
				second := <-codes
				said := both[0].output.String() + both[1].output.String()
				if first != 3 || second != 0 || strings.Count(said, "conflict lease-held") != 1 || strings.Contains(said, "the run  is") || d.count(t) != 6 {
					t.Errorf("exit %d and %d, want 3 and 0; %d documents\n%s", first, second, d.count(t), said)
				}
				records := d.remembered(t)
				if strings.Contains(records, `control {"_id":"lease`) || strings.Contains(records, `"outcome":"broken-off"`) != abandoned {
					t.Errorf("remembered is\n%s", records)
				}
			})
		}
	}
}

var (
	someDate  = regexp.MustCompile(`\{"\$date":\{"\$numberLong":"\d+"\}\}`)
	someToken = regexp.MustCompile(`"[0-9a-f]{16}"`)
)

// TestLeaseOnTheWire: what is sent about a lease, from its taking to its end; the
// clock is asked for before each command that writes a date, and no command has an
// expression (reference/command/hello, reference/command/update).
func TestLeaseOnTheWire(t *testing.T) {
	const set = `{"$set":{"format":1,"run":"meet/prod/RUN","token":TOKEN,"taken":DATE,"expires":DATE}}`
	taken := map[bool][]string{
		false: {`{"insert":"control","comment":"mongocd meet/prod","documents":[{"_id":"lease dst/meet",` + strings.TrimPrefix(set[:len(set)-1], `{"$set":{`) + `],"writeConcern":{"w":"majority"}}`},
		true:  {`{"update":"control","comment":"mongocd meet/prod","updates":[{"q":{"_id":"lease dst/meet","token":TOKEN,"expires":DATE},"u":` + set + `}],"writeConcern":{"w":"majority"}}`},
	}
	for _, l := range launchers(t) {
		for abandoned, take := range taken {
			t.Run(fmt.Sprintf("%s, abandoned %v", l.name, abandoned), func(t *testing.T) {
				d := anyDestination(t, []string{"dst"})
				if abandoned {
					lease := bson.D{{Key: "_id", Value: "lease " + d.prefix + "dst/meet"}, {Key: "format", Value: 1}, {Key: "token", Value: "0123456789abcdef"}, {Key: "expires", Value: bson.NewDateTimeFromTime(time.Now().Add(-time.Second))}}
					if _, err := d.client.Database(stateDatabase(d.redirects())).Collection("control").InsertOne(t.Context(), lease); err != nil {
						t.Fatal(err)
					}
				}
				p := l.start(t, d)
				if code := p.wait(t); code != 0 {
					t.Fatalf("exit %d\n%s", code, &p.output)
				}
				var got []string
				for _, c := range d.proxy.Commands() {
					_, own := c.Body.Lookup("comment").StringValueOK()
					text := d.original(shown(c))
					if own && (c.Name == "hello" || strings.Contains(text, `"lease dst/meet"`)) {
						got = append(got, someToken.ReplaceAllString(someDate.ReplaceAllString(text, "DATE"), "TOKEN"))
					}
				}
				hello := `{"hello":{"$numberInt":"1"},"comment":"mongocd meet/prod"}`
				read := `{"find":"control","batchSize":{"$numberInt":"6"},"comment":"mongocd meet/prod","filter":{"_id":{"$in":["claim dst","collection dst.items","lease dst/meet","hold meet/prod","server capabilities"]}}}`
				check := `{"find":"control","batchSize":{"$numberInt":"2"},"comment":"mongocd meet/prod","filter":{"_id":{"$in":["lease dst/meet"]},"token":TOKEN},"projection":{"_id":{"$numberInt":"1"}}}`
				want := slices.Concat([]string{hello, read, `{"find":"control","batchSize":{"$numberInt":"2"},"comment":"mongocd meet/prod","filter":{"_id":"lease dst/meet"}}`, hello}, take,
					[]string{read}, slices.Repeat([]string{check}, 7), // the collection is created, and six batches
					[]string{`{"delete":"control","comment":"mongocd meet/prod","deletes":[{"q":{"_id":"lease dst/meet","token":TOKEN},"limit":{"$numberInt":"1"}}],"writeConcern":{"w":"majority"}}`})
				for i := range want {
					want[i] = strings.ReplaceAll(strings.ReplaceAll(want[i], `"format":1`, `"format":{"$numberInt":"1"}`), "RUN", "1")
				}
				if !slices.Equal(got, want) {
					t.Errorf("sent\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
				}
			})
		}
	}
}
