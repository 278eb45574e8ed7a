package zone

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// The digest of zoneinfo.zip, changed together with Version.
const digest = "8f55634d05f8bca1f7bc7c69c5933428c69357e0bdf565e5ba224e3f88ff12e8"

// Version is what the toolchain says that it made its database from, and the
// embedded one is the toolchain's, byte for byte.
func TestVersion(t *testing.T) {
	sum := sha256.Sum256(archive)
	if got := hex.EncodeToString(sum[:]); got != digest {
		t.Errorf("zoneinfo.zip has the digest %s: is Version still right?", got)
	}
	root, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(strings.TrimSpace(string(root)), "lib", "time")
	script, err := os.ReadFile(filepath.Join(dir, "update.bash"))
	if err != nil {
		t.Logf("the Go distribution is not here to compare with: %v", err)
		return
	}
	m := regexp.MustCompile(`(?m)^DATA=(\w+)$`).FindSubmatch(script)
	if m == nil {
		t.Fatal("update.bash names no release")
	}
	if string(m[1]) != Version {
		t.Logf("this Go has the release %s, the program has %s", m[1], Version)
		return
	}
	theirs, err := os.ReadFile(filepath.Join(dir, "zoneinfo.zip"))
	if err != nil {
		t.Fatal(err)
	}
	if string(theirs) != string(archive) {
		t.Errorf("zoneinfo.zip is not the one that this Go has for %s", Version)
	}
}

func TestNames(t *testing.T) {
	names, err := Names()
	if err != nil || len(names) < 590 {
		t.Fatalf("%d zones, %v", len(names), err)
	}
	for _, name := range names {
		if _, ok, err := Load(name); !ok || err != nil {
			t.Errorf("%s: %v %v", name, ok, err)
		}
	}
	// America/Coyhaique is new in the release 2025b.
	if _, ok, _ := Load("America/Coyhaique"); !ok {
		t.Error("the database is older than it says")
	}
	for _, name := range []string{"", "Local", "Factory", "europe/paris", "Europe", "Europe/", "../etc/passwd", "Europe/Paris\x00"} {
		if _, ok, err := Load(name); ok || err != nil {
			t.Errorf("%q: %v %v", name, ok, err)
		}
	}
}

func TestInstant(t *testing.T) {
	tests := []struct{ zone, local, at, gap string }{
		{"UTC", "2026-03-29T02:30:00", "2026-03-29T02:30:00Z", ""},
		{"Europe/Paris", "2026-01-15T12:00:00.5", "2026-01-15T12:00:00.5+01:00", ""},
		{"Europe/Paris", "2026-03-29T01:59:59", "2026-03-29T01:59:59+01:00", ""},
		{"Europe/Paris", "2026-03-29T02:00:00", "2026-03-29T03:00:00+02:00", "2026-03-29T01:00:00Z"},
		{"Europe/Paris", "2026-03-29T02:30:00", "2026-03-29T03:30:00+02:00", "2026-03-29T01:00:00Z"},
		{"Europe/Paris", "2026-03-29T03:00:00", "2026-03-29T03:00:00+02:00", ""},
		{"Europe/Paris", "2026-10-25T02:30:00", "2026-10-25T02:30:00+02:00", ""}, // twice: the first
		{"Europe/Paris", "2026-10-25T03:00:00", "2026-10-25T03:00:00+01:00", ""},
		{"Europe/Paris", "2300-07-01T00:00:00", "2300-07-01T00:00:00+02:00", ""},
		{"Europe/Paris", "1850-07-01T00:00:00", "1850-07-01T00:00:00+00:09", ""},
		{"America/Sao_Paulo", "2018-11-04T00:00:00", "2018-11-04T01:00:00-02:00", "2018-11-04T03:00:00Z"}, // midnight is left out
		{"Pacific/Apia", "2011-12-30T12:00:00", "2011-12-31T12:00:00+14:00", "2011-12-30T10:00:00Z"},      // a day is left out
		{"Australia/Lord_Howe", "2026-10-04T02:15:00", "2026-10-04T02:45:00+11:00", "2026-10-03T15:30:00Z"},
		{"Asia/Manila", "1844-12-31T12:00:00", "1845-01-01T12:00:00+08:03", "1844-12-31T15:56:08Z"},
	}
	for _, tt := range tests {
		l, ok, err := Load(tt.zone)
		if !ok || err != nil {
			t.Fatal(tt.zone, err)
		}
		local, err := time.Parse("2006-01-02T15:04:05", tt.local)
		if err != nil {
			t.Fatal(err)
		}
		at, gap := Instant(local, l, AnyOffset)
		show := ""
		if !gap.IsZero() {
			show = gap.UTC().Format(time.RFC3339)
		}
		if got := at.Format(time.RFC3339Nano); got != tt.at || show != tt.gap {
			t.Errorf("%s in %s: %s, gap %q", tt.local, tt.zone, got, show)
		}
	}
	paris, _, _ := Load("Europe/Paris")
	second, _ := Instant(time.Date(2026, 10, 25, 2, 30, 0, 0, time.UTC), paris, 3600)
	if got := second.Format(time.RFC3339); got != "2026-10-25T02:30:00+01:00" {
		t.Error(got)
	}
}

// Every instant of every zone comes back from its local time, also at both ends
// of what BSON can say.
func TestInstantReverses(t *testing.T) {
	names, err := Names()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		l, _, _ := Load(name)
		for _, ms := range []int64{math.MinInt64, -1e15, -3e12, -2e12, -1e12, 0, 4e11, 8e11, 1.2e12, 1.77e12, 3124220961263, 5e12, 1e15, math.MaxInt64} {
			at := time.UnixMilli(ms).In(l)
			_, offset := at.Zone()
			local := time.Unix(at.Unix()+int64(offset), int64(at.Nanosecond())).UTC()
			if back, _ := Instant(local, l, offset); !back.Equal(at) {
				t.Errorf("%s at %d: %v is not %v", name, ms, back, at)
			}
		}
	}
}
