package parser

import (
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/hayone1/mongocd/lang/source"
)

// A file that is no text gives one message; one with a few bad bytes is read.
func TestNoText(t *testing.T) {
	weave := "weave w\nenvironments x\nfrom a into b { sync c by d { set e = \"été\" } }\n"
	wide := func(mark bool, low, high int) string {
		var out []byte
		text := weave
		if mark {
			text = "\ufeff" + weave
		}
		for _, u := range utf16.Encode([]rune(text)) {
			pair := [2]byte{}
			pair[low], pair[high] = byte(u), byte(u>>8)
			out = append(out, pair[:]...)
		}
		return string(out)
	}
	var bytes strings.Builder
	for i := range 4096 {
		bytes.WriteByte(byte(i * i >> 3))
	}
	for name, text := range map[string]string{
		"bytes": bytes.String(), "zeros": strings.Repeat("\x00", 5000), "little": wide(false, 0, 1), "big": wide(false, 1, 0),
		"marked little": wide(true, 0, 1), "marked big": wide(true, 1, 0), "gzip": "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xcb\x48\xcd\xc9\xc9\x07\x00\x86\xa6\x10\x36\x05\x00\x00\x00",
	} {
		_, errs := Parse(source.NewFile(name, text))
		if len(errs) != 1 || strings.Contains(errs[0].Message, "UTF-16") != strings.Contains(name, "big") && strings.Contains(errs[0].Message, "UTF-16") != strings.Contains(name, "little") {
			t.Errorf("%s: %v", name, errs)
		}
	}
	if _, errs := Parse(source.NewFile("a.weave", weave)); len(errs) > 0 {
		t.Error(errs)
	}
	if _, errs := Parse(source.NewFile("a.weave", strings.ReplaceAll(weave, "é", "\xe9"))); len(errs) != 2 {
		t.Errorf("two bad bytes in a text: %v", errs)
	}
}
