package engine

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// childVariable makes the test binary start an engine, say so and wait, for TestEndsWithParent to kill it.
const childVariable = "MONGOCD_ENGINE_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) == "" {
		os.Exit(m.Run())
	}
	server, err := Start(context.Background(), Options{})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(server.PID())
	select {}
}

func TestKeepsDataWhenStoppedAndWhenKilled(t *testing.T) {
	for _, name := range engines(t) {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for run, end := range []func(*Server) error{(*Server).Stop, (*Server).Kill, (*Server).Stop} {
				server, err := Start(t.Context(), Options{Engine: name, DataDir: dir})
				if err != nil {
					t.Fatal(err)
				}
				coll := connect(t, server.URI()).Database("kept").Collection("runs")
				if n, err := coll.CountDocuments(t.Context(), bson.D{}); err != nil || n != int64(run) {
					t.Errorf("run %d: %d documents, %v", run, n, err)
				}
				if _, err := coll.InsertOne(t.Context(), bson.D{{Key: "_id", Value: run}}); err != nil {
					t.Error(err)
				}
				if err := end(server); err != nil {
					t.Error(err)
				}
				if running(server.PID()) {
					t.Errorf("run %d: the server still runs", run)
				}
			}
		})
	}
}

func TestStopRemovesTemporaryData(t *testing.T) {
	skipOrFailWithout(t)
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	server, err := Start(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Stop(); err != nil {
		t.Error(err)
	}
	if err := server.Stop(); err != nil {
		t.Errorf("stopping again: %v", err)
	}
	if err := server.Kill(); err == nil {
		t.Error("killing a stopped server must say so")
	}
	if left, err := os.ReadDir(temporary); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestEndsWithParent(t *testing.T) {
	skipOrFailWithout(t)
	temporary := t.TempDir()
	parent := exec.Command(os.Args[0])
	parent.Env = append(os.Environ(), childVariable+"=1", "TMPDIR="+temporary)
	output, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(output).ReadString('\n')
	pid, atoiErr := strconv.Atoi(strings.TrimSpace(line))
	if err != nil || atoiErr != nil {
		t.Fatalf("the child said %q, %v", line, err)
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait() // reports the kill
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		left, err := os.ReadDir(temporary)
		if err == nil && len(left) == 0 && !running(pid) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("server running: %v; left behind: %v, %v", running(pid), left, err)
		}
	}
}

func TestSaysHowToInstall(t *testing.T) {
	t.Setenv(toolsVariable, t.TempDir())
	_, err := Start(t.Context(), Options{})
	if err == nil || !strings.Contains(err.Error(), "make tools") {
		t.Errorf("got %v", err)
	}
	if _, err := Start(t.Context(), Options{Engine: "nonesuch"}); err == nil || !strings.Contains(err.Error(), SecantusRust) {
		t.Errorf("got %v", err)
	}
}

func TestServerThatEndsAtOnceIsExplained(t *testing.T) {
	skipOrFailWithout(t)
	file := t.TempDir() + "/a-file"
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Start(t.Context(), Options{DataDir: file}); err == nil || !strings.Contains(err.Error(), "ended at once") {
		t.Errorf("got %v", err)
	}
}

func TestOnEach(t *testing.T) {
	uris := map[string]bool{}
	OnEach(t, func(t *testing.T) {
		t.Run("below", func(t *testing.T) { uris[ForTest(t)] = true })
	})
	if want := len(engines(t)); os.Getenv(TestURIVariable) == "" && len(uris) != want {
		t.Errorf("%d servers for %d engines", len(uris), want)
	}
}

func TestMongosh(t *testing.T) {
	script := t.TempDir() + "/script.js"
	text := `print(db.getSiblingDB("engine").c.insertOne({}).acknowledged, process.env.GREETING); process.stderr.write("warned"); quit(3)`
	if err := os.WriteFile(script, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	run := Mongosh(t, ForTest(t), script, "GREETING=hello")
	if run.Resident < 50<<20 {
		t.Errorf("mongosh had %d bytes resident", run.Resident)
	}
	if want := (Run{Stdout: "true hello\n", Stderr: "warned", Code: 3, Resident: run.Resident}); run != want {
		t.Errorf("got %+v, want %+v", run, want)
	}
}

// engines lists the installed engines; at least one must be.
func engines(t *testing.T) []string {
	skipOrFailWithout(t)
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		_, err := commandLine(name, "", false)
		return err != nil
	})
}

func skipOrFailWithout(t *testing.T) {
	t.Helper()
	if _, err := commandLine(Default(), "", false); err != nil {
		missing(t, err)
	}
}

func connect(t *testing.T, uri string) *mongo.Client {
	t.Helper()
	client, err := mongo.Connect(options.Client().ApplyURI(uri).SetServerSelectionTimeout(time.Second))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Disconnect(context.Background()) })
	return client
}

func running(pid int) bool { return syscall.Kill(pid, 0) == nil }
