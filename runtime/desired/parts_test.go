package desired

import "testing"

// A state without documents has all else, and the state that it was made of keeps them.
func TestWithoutDocuments(t *testing.T) {
	c := &Collection{Database: "d", Name: "c", Origin: "f.weave:1:1", Documents: make([]Document, 3), stored: &stored{}}
	s := &State{Weave: "w", Environment: "e", Collections: []*Collection{c, {Database: "d", Name: "other"}}}
	got := s.WithoutDocuments()
	of := got.Collections[0]
	if got.Weave != "w" || got.Environment != "e" || len(got.Collections) != 2 || of.Namespace() != "d.c" || of.Origin != c.Origin || of.Documents != nil || of.stored != nil {
		t.Errorf("%+v with %+v", got, of)
	}
	if len(c.Documents) != 3 || c.stored == nil || s.Collections[0] != c {
		t.Errorf("the state has %+v", c)
	}
}
