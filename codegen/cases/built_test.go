package cases

// Artefacts that several tests run, built once. In: an artefact's files. Out: a program
// or a script in a folder that these files share, which goes with the test binary.

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/hayone1/mongocd/codegen"
)

var built struct {
	sync.Mutex
	root string // "": nothing was built
	made map[[sha256.Size]byte]*build
}

// build is what was made of an artefact; path is empty where it could not be made.
type build struct {
	once sync.Once
	path string
}

func TestMain(m *testing.M) {
	code := m.Run()
	if err := os.RemoveAll(built.root); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// builtOnce writes an artefact into a folder and makes something of it there, once for
// all tests that have an artefact with the same files.
func builtOnce(t *testing.T, files []codegen.File, make func(folder string) (path string)) string {
	t.Helper()
	b, folder := buildOf(t, files)
	b.once.Do(func() {
		writeArtefact(t, folder, files)
		b.path = make(folder)
	})
	if b.path == "" {
		t.Fatal("the artefact could not be built: see the first test that failed")
	}
	return b.path
}

// buildOf is the build of an artefact's files, with the folder for them.
func buildOf(t *testing.T, files []codegen.File) (b *build, folder string) {
	t.Helper()
	hash := sha256.New()
	for _, f := range files {
		fmt.Fprintf(hash, "%q %d\n%s", f.Path, len(f.Data), f.Data)
	}
	digest := [sha256.Size]byte(hash.Sum(nil))
	built.Lock()
	defer built.Unlock()
	if built.root == "" {
		var err error
		if built.root, err = os.MkdirTemp("", "mongocd-artefacts-"); err != nil {
			t.Fatal(err)
		}
		built.made = map[[sha256.Size]byte]*build{}
	}
	if b = built.made[digest]; b == nil {
		b = &build{}
		built.made[digest] = b
	}
	return b, filepath.Join(built.root, fmt.Sprintf("%x", digest[:8]))
}
