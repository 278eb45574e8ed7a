package change

// What a run has written so far. In: counts of collections; out: their sums. Plain data.

// Tally counts what is written of each collection of a state; nil: nothing was to be
// done.
type Tally []*Done

// Of is the count of a collection; a later observation may find work where the one
// before had none.
func (t Tally) Of(i int) *Done {
	if t[i] == nil {
		t[i] = &Done{}
	}
	return t[i]
}

// Deleted is how many documents of a collection were deleted.
func (t Tally) Deleted(i int) int {
	if t[i] == nil {
		return 0
	}
	return t[i].Deleted
}

// Counts are the sums of all.
func (t Tally) Counts() RunCounts {
	var n RunCounts
	for _, d := range t {
		if d == nil {
			continue
		}
		n.Inserted, n.Updated, n.Deleted = n.Inserted+int64(d.Inserted), n.Updated+int64(d.Updated), n.Deleted+int64(d.Deleted)
		n.Indexes += int64(d.Indexes + d.ChangedIndexes + d.DroppedIndexes)
		n.Options += int64(d.Options)
		if d.Created {
			n.Collections++
		}
	}
	return n
}
