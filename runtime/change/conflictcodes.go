package change

// The codes of conflicts in the order in which they are reported, each with its
// texts, when it is found and where its rules stand: for `mongocd explain`, and
// for the order of reports.

import "slices"

// ConflictInfo is one code of conflicts.
type ConflictInfo struct {
	Code string
	// Texts are what it says, one for each way in which it comes up.
	Texts []ConflictText
	// Writing: it is found while writing; any other before anything is written.
	Writing bool
	// Rules is the document that has its rules, with the section: docs/state.md, undo.
	Rules string
}

// ConflictInfos are all codes, in the order they are reported.
func ConflictInfos() []ConflictInfo {
	out := make([]ConflictInfo, len(conflictCodes))
	for i, c := range conflictCodes {
		code := c.texts[0].Code
		out[i] = ConflictInfo{
			Code: code, Texts: slices.Clone(c.texts), Rules: c.rules,
			Writing: slices.Contains([]string{LeaseLost.Code, ChangedWhileRunning.Code, VerifyFailed.Code}, code),
		}
	}
	return out
}

// SortConflicts puts conflicts into the order in which they are reported.
func SortConflicts(conflicts []Conflict) {
	place := func(c Conflict) int {
		return slices.IndexFunc(conflictCodes, func(of codeTexts) bool { return of.texts[0].Code == c.Code })
	}
	slices.SortStableFunc(conflicts, func(a, b Conflict) int { return place(a) - place(b) })
}

// The sections that have the rules.
const (
	rulesSecrets    = "docs/enforcement.md, Secrets"
	rulesLinks      = "docs/enforcement.md, Links"
	rulesMoves      = "docs/enforcement.md, Moves"
	rulesReading    = "docs/enforcement.md, Reading"
	rulesModes      = "docs/enforcement.md, Modes"
	rulesDrift      = "docs/enforcement.md, Drift"
	rulesLists      = "docs/enforcement.md, Lists owned in part"
	rulesWrites     = "docs/enforcement.md, Writes of one document"
	rulesValidators = "docs/enforcement.md, Validators"
	rulesPrune      = "docs/enforcement.md, Prune"
	rulesStructure  = "docs/enforcement.md, Structure"
	rulesConflicts  = "docs/enforcement.md, Conflicts"
	rulesState      = "docs/state.md"
	rulesControl    = "docs/state.md, control"
	rulesRecords    = "docs/state.md, Records"
	rulesSeal       = "docs/state.md, Seal"
	rulesDigest     = "docs/state.md, The plan's digest"
	rulesUndo       = "docs/state.md, undo"
	rulesPrivilege  = "docs/privileges.md"
)

// codeTexts are the texts of one code, and where its rules stand.
type codeTexts struct {
	rules string
	texts []ConflictText
}

//js:table
var conflictCodes = []codeTexts{
	{rulesSecrets, []ConflictText{SecretMissing}},
	{rulesState, []ConflictText{NewerState}},
	{rulesRecords, []ConflictText{DamagedState}},
	{rulesControl, []ConflictText{WrongCluster}},
	{rulesControl, []ConflictText{ClaimEnvironment, ClaimCluster}},
	{rulesControl, []ConflictText{ManagedElsewhere}},
	{rulesUndo, []ConflictText{Held}},
	{rulesControl, []ConflictText{OwnSource}},
	{rulesReading, []ConflictText{WrongKind}},
	{rulesReading, []ConflictText{ViewSourceMissing}},
	{rulesStructure, []ConflictText{ServerLacks, ServerCannot}},
	{rulesStructure, []ConflictText{OptionUnchangeable}},
	{rulesPrune, []ConflictText{PruneEmpty}},
	{rulesPrune, []ConflictText{PruneBound, PruneBoundPercent}},
	{rulesReading, []ConflictText{AmbiguousDestination}},
	{rulesMoves, []ConflictText{MoveBoth, MoveUnclear, MoveTogether}},
	{rulesLinks, []ConflictText{LinkMissing}},
	{rulesModes, []ConflictText{IDChange, IDCollation}},
	{rulesWrites, []ConflictText{ShardKeyChange}},
	{rulesModes, []ConflictText{DestinationOnlyFields}},
	{rulesDrift, []ConflictText{DriftFound, DriftDeleted, DriftInserted}},
	{rulesDrift, []ConflictText{DriftFoundBoth, DriftDeletedBoth, DriftGone, DriftUntold}},
	{rulesModes, []ConflictText{PreservedInside}},
	{rulesLists, []ConflictText{UnclearElement, UnclearList}},
	{rulesWrites, []ConflictText{WriteTooLarge, FieldTwice, CannotSend}},
	{rulesWrites, []ConflictText{IDTaken, MadeIDTaken}},
	{rulesWrites, []ConflictText{UniqueViolation, UniqueCollation, UniqueUnmanaged}},
	{rulesWrites, []ConflictText{UniqueDelete, UniqueCycle}},
	{rulesValidators, []ConflictText{ValidatorViolation}},
	{rulesUndo, []ConflictText{NoSuchRun, NoRun}},
	{rulesUndo, []ConflictText{UndoNewerFirst}},
	{rulesSeal, []ConflictText{JournalKeyMissing, JournalKeyOther, JournalUnsealed, JournalOther, JournalChanged}},
	{rulesUndo, []ConflictText{UndoOutside}},
	{rulesPrivilege, []ConflictText{MissingPrivilege}},
	{rulesControl, []ConflictText{LeaseHeld, LeaseUnnamed}},
	{rulesDigest, []ConflictText{NotApproved}},
	{rulesControl, []ConflictText{LeaseLost, LeaseLostLate}},
	{rulesWrites, []ConflictText{ChangedWhileRunning, ChangedDuplicate}},
	{rulesConflicts, []ConflictText{VerifyFailed, NotKept, WaveDiffers}},
}
