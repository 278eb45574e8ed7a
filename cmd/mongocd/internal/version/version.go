// Package version is which mongocd this is: what the toolchain and a release recorded of the build.
package version

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"golang.org/x/mod/module"
)

// A release sets these by the linker; else the toolchain's record of the checkout is read.
var (
	dev    = "0.1.0-dev" // the version, without v
	commit string        // its hash
	date   string        // of the commit, RFC 3339
)

const (
	self   = "github.com/hayone1/mongocd"
	driver = "go.mongodb.org/mongo-driver/v2"
)

// Program is written into manifests: "mongocd VERSION".
func Program() string {
	if m := Release(); m != nil {
		return "mongocd " + strings.TrimPrefix(m.Version, "v")
	}
	return "mongocd " + dev
}

// Release is the released module that this program was built from, with its sum, as
// `go install …@VERSION` and `go tool` do; nil: it was built from a checkout, and no
// version of the module is known to be the same.
func Release() *debug.Module {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return nil
	}
	for _, m := range append(info.Deps, &info.Main) { // it is a dependency where it is a tool of another module
		if m.Path == self && m.Sum != "" && m.Replace == nil {
			return m
		}
	}
	return nil
}

// Build is what is known of a build. Nothing in it is of the machine that built it.
type Build struct {
	Format     int    `json:"format"` // 1
	Kind       string `json:"kind"`   // version
	Version    string `json:"version"`
	Commit     string `json:"commit,omitempty"`     // its hash, or as much of it as is known; "": not recorded
	CommitDate string `json:"commitDate,omitempty"` // RFC 3339, UTC
	Modified   bool   `json:"modified"`             // the checkout had other changes
	Sum        string `json:"sum,omitempty"`        // of the released module, as in go.sum
	Go         string `json:"go"`                   // the toolchain
	Platform   string `json:"platform"`             // os/arch
	Driver     string `json:"driver"`               // of MongoDB's driver
}

// Of is this program's build.
func Of() Build {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	b := Build{Format: 1, Kind: "version", Version: strings.TrimPrefix(Program(), "mongocd "), Commit: commit, CommitDate: date, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	if b.Commit == "" && info.Main.Path == self {
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				b.Commit = s.Value
			case "vcs.time":
				b.CommitDate = s.Value
			case "vcs.modified":
				b.Modified = s.Value == "true"
			}
		}
	}
	if m := Release(); m != nil {
		b.Sum = m.Sum
		if b.Commit == "" && module.IsPseudoVersion(m.Version) { // it names its commit
			b.Commit, _ = module.PseudoVersionRev(m.Version)
			if at, err := module.PseudoVersionTime(m.Version); err == nil {
				b.CommitDate = at.UTC().Format("2006-01-02T15:04:05Z")
			}
		}
	}
	if i := slices.IndexFunc(info.Deps, func(m *debug.Module) bool { return m.Path == driver }); i >= 0 {
		b.Driver = info.Deps[i].Version
	}
	return b
}

// Text is the build for people: the version alone in the first line.
func (b Build) Text() string {
	from := "not recorded"
	if b.Commit != "" {
		from = b.Commit
		if b.CommitDate != "" {
			from += " of " + b.CommitDate
		}
		if b.Modified {
			from += ", with changes that are in no commit"
		}
	}
	return fmt.Sprintf("mongocd %s\ncommit  %s\ngo      %s %s\ndriver  %s\n", b.Version, from, b.Go, b.Platform, b.Driver)
}
