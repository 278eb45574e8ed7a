//go:build editors

package editors

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestNeovim runs neovim/session.lua in a Neovim without a screen, with the built server.
func TestNeovim(t *testing.T) {
	nvim, err := exec.LookPath("nvim")
	if err != nil {
		t.Fatal("Neovim is missing. On Debian: apt-get install neovim")
	}
	program, err := filepath.Abs("../bin/mongocd")
	if err != nil {
		t.Fatal(err)
	}
	session, err := filepath.Abs("neovim/session.lua")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../examples/planets")); err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	cmd := exec.CommandContext(t.Context(), nvim, "--headless", "--clean", "-u", "NONE", "-i", "NONE", "-S", session)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "MONGOCD="+program, "WEAVE=planets.weave", "HOME="+home, "XDG_STATE_HOME="+home, "XDG_CACHE_HOME="+home, "XDG_DATA_HOME="+home, "XDG_CONFIG_HOME="+home)
	said, err := cmd.CombinedOutput()
	if err != nil || strings.Count(string(said), "ok: ") != 8 {
		t.Errorf("%v:\n%s", err, said)
	}
}
