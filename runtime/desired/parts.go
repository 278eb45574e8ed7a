package desired

// A state of which databases are enforced apart. In: a state; out: the states of the
// runs that it takes.

// Parts are the states that are enforced one by one: everything outside of fan-outs,
// where there is anything, then each database of a fan-out by name. A state without
// fan-outs is its own only part. What every part has of the whole is shared.
func (s *State) Parts() []*State {
	if len(s.Apart) == 0 {
		return []*State{s}
	}
	at := make(map[string]*State, len(s.Apart)+1)
	parts := make([]*State, 0, len(s.Apart)+1)
	for _, name := range append([]string{""}, s.Apart...) {
		part := *s
		part.Apart, part.Before, part.After, part.Collections = nil, nil, nil, nil
		at[name], parts = &part, append(parts, &part)
	}
	for _, c := range s.Collections {
		part := at[c.Database]
		if part == nil {
			part = at[""]
		}
		part.Collections = append(part.Collections, c)
	}
	for _, h := range s.Before {
		part := at[h.For]
		part.Before = append(part.Before, withoutFor(h))
	}
	for _, h := range s.After {
		part := at[h.For]
		part.After = append(part.After, withoutFor(h))
	}
	if rest := parts[0]; len(rest.Collections)+len(rest.Before)+len(rest.After) == 0 {
		return parts[1:]
	}
	return parts
}

func withoutFor(c Command) Command {
	c.For = ""
	return c
}

// WithoutDocuments is the state with its collections and none of their documents, for what asks for
// none: these are let go.
func (s *State) WithoutDocuments() *State {
	without := *s
	without.Collections = make([]*Collection, len(s.Collections))
	for i, c := range s.Collections {
		with := *c
		with.Documents, with.stored = nil, nil
		without.Collections[i] = &with
	}
	return &without
}
