package compiled

// Where what was compiled is kept. In: --no-cache, the environment, the workspace; out:
// the cache's folder, or why none is used.

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/compiler/cache"
	"github.com/hayone1/mongocd/compiler/paged"
	"github.com/hayone1/mongocd/lang/diag"
)

// cacheVariable names the folder of the cache, or is "off".
const cacheVariable = "MONGOCD_CACHE"

// Cache is that of compilations of a workspace; nil: none is used, and why says so where
// nobody asked for that. It never lies in the workspace, whose files strangers write.
func Cache(c *console.Console, workspace string) (store *cache.Store, why error) {
	dir, given := c.LookupEnv(cacheVariable)
	switch {
	case c.NoCache || dir == "off":
		return nil, nil
	case given && dir != "" && !filepath.IsAbs(dir):
		return nil, fmt.Errorf("%s is no absolute path", cacheVariable)
	case !given || dir == "":
		base, err := os.UserCacheDir()
		if err != nil {
			return nil, err
		}
		dir = filepath.Join(base, "mongocd")
	}
	if inside(workspace, dir) {
		return nil, errors.New("it lies in the workspace")
	}
	store = cache.Open(dir)
	if given && dir != "" { // whoever names a folder wants to see something in it
		store.Worth = 0
	}
	return store, nil
}

// inside reports whether a folder is, or may be, below another one.
func inside(outer, dir string) bool {
	outer, err := filepath.Abs(outer)
	if err != nil {
		return true
	}
	if outer, err = filepath.EvalSymlinks(outer); err != nil {
		return true
	}
	for { // as far as it is there, as it will be made below that
		at, err := filepath.EvalSymlinks(dir)
		if err == nil {
			rest, err := filepath.Rel(outer, at)
			return err != nil || rest != ".." && !strings.HasPrefix(rest, ".."+string(filepath.Separator))
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return false
		}
		dir = parent
	}
}

// sayUnused says, with --verbose, what kept the cache from being used, and documents from
// leaving memory.
func sayUnused(c *console.Console, verbose bool, store *cache.Store, why error, space *paged.Space) error {
	if err := space.Trouble(); verbose && err != nil {
		if err := c.Log(console.LevelInfo, "the documents are held in memory: "+diag.Safe(err.Error(), 300)+" (another folder for them: TMPDIR)"); err != nil {
			return err
		}
	}
	if why == nil {
		why = store.Trouble()
	}
	if !verbose || why == nil {
		return nil
	}
	return c.Log(console.LevelInfo, "the cache of compilations was not used: "+diag.Safe(why.Error(), 300)+fmt.Sprintf(" (another folder: %s; none: --no-cache)", cacheVariable))
}
