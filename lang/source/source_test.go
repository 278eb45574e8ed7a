package source

import "testing"

func TestPosition(t *testing.T) {
	f := NewFile("a.weave", "\ufeffé日x\r\n\n\ty")
	for _, test := range []struct {
		offset int
		want   Position
	}{
		{-1, Position{1, 1}}, {0, Position{1, 1}}, {2, Position{1, 2}}, {5, Position{1, 3}}, {6, Position{1, 4}}, {8, Position{2, 1}},
		{9, Position{3, 1}}, {10, Position{3, 2}}, {11, Position{3, 3}}, {99, Position{3, 3}},
	} {
		if got := f.Position(test.offset); got != test.want {
			t.Errorf("offset %d is at %v, want %v", test.offset, got, test.want)
		}
	}
	for n, want := range map[int]string{0: "", 1: "é日x", 2: "", 3: "\ty", 4: ""} {
		if got := f.Line(n); got != want {
			t.Errorf("line %d is %q, want %q", n, got, want)
		}
	}
	for n, want := range map[int]int{0: 0, 1: 0, 2: 8, 3: 9, 4: 11} {
		if got := f.LineStart(n); got != want {
			t.Errorf("line %d starts at %d, want %d", n, got, want)
		}
	}
	if f.Lines() != 3 || NewFile("", "").Lines() != 1 {
		t.Error("wrong count of lines")
	}
}

func TestSpan(t *testing.T) {
	f := NewFile("a.weave", "ab\ncd")
	s, u := Span{File: f, Start: 0, End: 2}, Span{File: f, Start: 3, End: 4}
	if got := s.To(u).Text(); got != "ab\nc" {
		t.Errorf("the range over both is %q", got)
	}
	if u.To(s) != s.To(u) || s.To(Span{}) != s || (Span{}).To(s) != s {
		t.Error("To does not cover both sides, or a span that is nowhere")
	}
	if u.String() != "a.weave:2:1" || (Span{}).String() != "-" {
		t.Errorf("places are %s and %s", u, Span{})
	}
	if !(Span{}).IsZero() || s.IsZero() || (Span{}).Text() != "" || (Span{}).Position() != (Position{}) {
		t.Error("the zero span is not nowhere")
	}
}
