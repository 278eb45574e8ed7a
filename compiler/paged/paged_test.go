package paged

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// texts are n texts of sizes around size.
func texts(n, size int) [][]byte {
	out := make([][]byte, n)
	for i := range out {
		out[i] = bytes.Repeat([]byte(fmt.Sprint(i, " ")), size/4*(1+i%7))
	}
	return out
}

// TestKeep: what is kept by several goroutines, more than a segment of it, and pieces larger than
// one, are the same bytes, with the pages there and gone.
func TestKeep(t *testing.T) {
	s := New(1 << 20)
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() {
			for n, size := range []int{1, 300, 30_000, 30_000, segment / 280} {
				list := texts(100, size)
				s.Keep(len(list), func(i int) *[]byte { return &list[i] })
				s.Touched(1 << 20)
				for i, want := range texts(100, size) {
					if !bytes.Equal(list[i], want) {
						t.Errorf("%d: text %d is another one", n, i)
						return
					}
				}
			}
		})
	}
	group.Wait()
	if err := s.Trouble(); err != nil {
		t.Error(err)
	}
	if (len(s.all) > 1) != Mapped {
		t.Errorf("%d segments", len(s.all))
	}
	var none *Space
	list := texts(3, 8)
	none.Keep(3, func(i int) *[]byte { return &list[i] })
	none.Touched(Worth)
	if none.Trouble() != nil || !bytes.Equal(list[2], texts(3, 8)[2]) {
		t.Error("without a space they are others")
	}
}

// TestText: what is written, whatever size was said, and the error of who writes.
func TestText(t *testing.T) {
	for _, s := range []*Space{nil, New(0), New(Worth)} {
		for _, size := range []int{0, 10, 3 << 20} {
			want := strings.Repeat("line\n", size)
			got, err := s.Text(size, func(w io.Writer) error {
				_, err := io.WriteString(w, want)
				return err
			})
			s.LetGo()
			if err != nil || string(got) != want || s.Trouble() != nil {
				t.Errorf("%d bytes: %d, %v, %v", len(want), len(got), err, s.Trouble())
			}
		}
		no := errors.New("no")
		if _, err := s.Text(1, func(io.Writer) error { return no }); !errors.Is(err, no) || s.Trouble() != nil {
			t.Errorf("the error is %v; %v", err, s.Trouble())
		}
	}
}

// TestNoFile: where no file can be made all stays in memory, and it is said why.
func TestNoFile(t *testing.T) {
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "none"))
	t.Setenv("TMP", os.Getenv("TMPDIR"))
	if !Mapped {
		return
	}
	s := New(0)
	list := texts(1000, 100)
	s.Keep(len(list), func(i int) *[]byte { return &list[i] })
	got, err := s.Text(1, func(w io.Writer) error {
		_, err := io.WriteString(w, "text")
		return err
	})
	if err != nil || string(got) != "text" || s.Trouble() == nil || len(s.all) > 0 {
		t.Errorf("%q, %v, %v", got, err, s.Trouble())
	}
	for i, want := range texts(1000, 100) {
		if !bytes.Equal(list[i], want) {
			t.Fatalf("text %d is another one", i)
		}
	}
}
