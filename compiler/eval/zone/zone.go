// Package zone has the IANA Time Zone Database: the same one wherever the
// compiler runs. In: names of zones. Out: locations, and local times made
// instants by rules that do not depend on chance.
//
// zoneinfo.zip is lib/time/zoneinfo.zip of the Go distribution, made from the
// release Version of the database, which is in the public domain. It is embedded
// because the time package prefers the files of the machine to its own copy. To
// take a newer one, copy the file of a newer Go and change Version and the
// digest in the test.
package zone

import (
	"archive/zip"
	"bytes"
	_ "embed"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
)

// Version is the release of the database.
const Version = "2025c"

//go:embed zoneinfo.zip
var archive []byte

// open reads the directory of the archive: the zones by name.
var open = sync.OnceValues(func() (map[string]*zip.File, error) {
	r, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return nil, err
	}
	files := make(map[string]*zip.File, len(r.File))
	for _, f := range r.File {
		// Factory is what the database calls a machine that was not set up.
		if !strings.HasSuffix(f.Name, "/") && f.Name != "Factory" {
			files[f.Name] = f
		}
	}
	return files, nil
})

// loaded has the locations that were asked for, by name.
var loaded sync.Map

// Load gives the zone of a name of the database ("Europe/Paris", "UTC"), spelled
// as there; false when there is none. The error means that the program was built
// wrongly.
func Load(name string) (*time.Location, bool, error) {
	if l, ok := loaded.Load(name); ok {
		return l.(*time.Location), true, nil
	}
	files, err := open()
	if err != nil {
		return nil, false, err
	}
	f := files[name]
	if f == nil {
		return nil, false, nil
	}
	l, err := read(f)
	if err != nil {
		return nil, false, err
	}
	loaded.Store(name, l)
	return l, true, nil
}

func read(f *zip.File) (*time.Location, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		return nil, err
	}
	return time.LoadLocationFromTZData(f.Name, data)
}

// Names are all names of zones, sorted.
func Names() ([]string, error) {
	files, err := open()
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	return names, nil
}

// reach is longer than any offset from UTC that a zone ever had.
const reach = 26 * 60 * 60

// AnyOffset is no offset of any zone.
const AnyOffset = 1 << 30

// Instant gives the instant at which the clocks of a zone show a local time,
// which is given as if it were UTC.
//
// Where clocks are put back, a local time comes twice: it is the one whose offset
// is prefer (in seconds, or AnyOffset), else the first. Where they are put
// forward, a local time is left out, gap is the instant at which that happens
// and at is as much later as they are put forward; otherwise gap is zero.
func Instant(local time.Time, l *time.Location, prefer int) (at, gap time.Time) {
	want := local.Unix()
	instant := func(offset int) time.Time {
		return time.Unix(want-int64(offset), int64(local.Nanosecond())).In(l)
	}
	var first, late time.Time // late: where the time is left out
	before := 0               // the offset of the period before
	for p := time.Unix(want-reach, 0).In(l); p.Unix() <= want+reach; {
		_, offset := p.Zone()
		at := instant(offset)
		if _, there := at.Zone(); there == offset {
			if offset == prefer {
				return at, time.Time{}
			}
			if first.IsZero() || at.Before(first) {
				first = at
			}
		}
		change := p.Unix()
		if gap.IsZero() && change > want-reach && before < offset && want-int64(before) >= change && want-int64(offset) < change {
			late, gap = instant(before), p
		}
		before = offset
		_, end := p.ZoneBounds()
		if end.IsZero() {
			break
		}
		if !end.After(p) { // at the end of leap years, ZoneBounds is a day early
			end = p.Add(24 * time.Hour)
		}
		p = end
	}
	if first.IsZero() {
		return late, gap
	}
	return first, time.Time{}
}
