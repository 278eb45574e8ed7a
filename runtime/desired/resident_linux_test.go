package desired

import (
	"embed"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"testing"
)

//go:embed *.go
var sources embed.FS

// The pages of the program's file go, and what lies in them is there still.
func TestLetGo(t *testing.T) {
	fileBytes := func() int {
		t.Helper()
		status, err := os.ReadFile("/proc/self/status")
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(status), "RssFile:")
		kib, err := strconv.Atoi(strings.Fields(rest)[0])
		if err != nil {
			t.Fatal(err)
		}
		return kib << 10
	}
	all := func() (text string) {
		t.Helper()
		names, err := fs.Glob(sources, "*.go")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			data, err := fs.ReadFile(sources, name)
			if err != nil {
				t.Fatal(err)
			}
			text += string(data)
		}
		return text
	}
	before := all()
	if len(readOnly()) == 0 {
		t.Fatal("no pages of this program's file are known to be read only")
	}
	was := fileBytes()
	letGo()
	if now := fileBytes(); now >= was {
		t.Errorf("%d bytes of the file were resident, and %d are", was, now)
	}
	if all() != before {
		t.Error("what is embedded is another text now")
	}
}
