package diag

import "github.com/hayone1/mongocd/runtime/near"

// Suggest returns the candidate that word most likely stands for, or "" when none is
// near (near.Word). Among equals the first candidate wins, so callers pass them in a
// fixed order.
func Suggest(word string, candidates []string) string { return near.Word(word, candidates) }
