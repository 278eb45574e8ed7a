package enforce

// What there is to know of each conflict's code, for `mongocd explain`: its
// texts with their placeholders, when it is found, and where its rules stand.

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

// ConflictText is what a conflict says and the edit to make; `{name}` stands
// for what a run fills in.
type ConflictText struct{ Message, Fix string }

// ConflictInfos are all codes, in the order they are reported.
func ConflictInfos() []ConflictInfo {
	out := make([]ConflictInfo, len(conflictOrder))
	for i, code := range conflictOrder {
		in := conflictRules[code]
		out[i] = ConflictInfo{
			Code: code, Rules: in.rules,
			Writing: slices.Contains([]string{LeaseLost, ChangedWhileRunning, VerifyFailed}, code),
		}
		for _, t := range in.texts {
			out[i].Texts = append(out[i].Texts, ConflictText{Message: t.message, Fix: t.fix})
		}
	}
	return out
}

// The sections that have the rules.
const (
	rulesSecrets    = "docs/enforcement.md, Secrets"
	rulesLinks      = "docs/enforcement.md, Links"
	rulesReading    = "docs/enforcement.md, Reading"
	rulesModes      = "docs/enforcement.md, Modes"
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

// codeTexts are the texts of a code, and where its rules stand.
type codeTexts struct {
	rules string
	texts []text
}

var conflictRules = map[string]codeTexts{
	SecretMissing:         {rulesSecrets, []text{textSecretMissing}},
	NewerState:            {rulesState, []text{textNewerState}},
	DamagedState:          {rulesRecords, []text{textDamagedState}},
	WrongCluster:          {rulesControl, []text{textWrongCluster}},
	ClaimMismatch:         {rulesControl, []text{textClaimEnvironment, textClaimCluster}},
	ManagedElsewhere:      {rulesControl, []text{textManagedElsewhere}},
	Held:                  {rulesUndo, []text{textHeld}},
	OwnSource:             {rulesControl, []text{textOwnSource}},
	WrongKind:             {rulesReading, []text{textWrongKind}},
	ViewSourceMissing:     {rulesReading, []text{textViewSourceMissing}},
	ServerLacks:           {rulesStructure, []text{textServerLacks}},
	OptionUnchangeable:    {rulesStructure, []text{textOptionUnchangeable}},
	PruneEmpty:            {rulesPrune, []text{textPruneEmpty}},
	PruneBound:            {rulesPrune, []text{textPruneBound, textPruneBoundPercent}},
	AmbiguousDestination:  {rulesReading, []text{textAmbiguous}},
	LinkMissing:           {rulesLinks, []text{textLinkMissing}},
	IDChange:              {rulesModes, []text{textIDChange, textIDCollation}},
	ShardKeyChange:        {rulesWrites, []text{textShardKeyChange}},
	DestinationOnlyFields: {rulesModes, []text{textDestinationOnly}},
	PreservedInside:       {rulesModes, []text{textPreservedInside}},
	CannotGuard:           {rulesWrites, []text{textTooLarge, textTwice, textCannotSend}},
	IDTaken:               {rulesWrites, []text{textIDTaken, textMadeIDTaken}},
	UniqueViolation:       {rulesWrites, []text{textUnique, textUniqueCollation, textUniqueUnmanaged}},
	UniqueCycle:           {rulesWrites, []text{textUniqueDelete, textUniqueCycle}},
	ValidatorViolation:    {rulesValidators, []text{textValidator}},
	NoSuchRun:             {rulesUndo, []text{textNoSuchRun, textNoRun}},
	UndoNewerFirst:        {rulesUndo, []text{textUndoNewerFirst}},
	JournalMismatch:       {rulesSeal, []text{textJournalKeyMissing, textJournalKeyOther, textJournalUnsealed, textJournalDigest, textJournalChanged}},
	UndoOutside:           {rulesUndo, []text{textUndoOutside}},
	MissingPrivilege:      {rulesPrivilege, []text{textMissingPrivilege}},
	LeaseHeld:             {rulesControl, []text{textLeaseHeld, textLeaseUnnamed}},
	NotApproved:           {rulesDigest, []text{textNotApproved}},
	LeaseLost:             {rulesControl, []text{textLeaseLost, textLeaseLostLate}},
	ChangedWhileRunning:   {rulesWrites, []text{textChanged, textChangedDuplicate}},
	VerifyFailed:          {rulesConflicts, []text{textVerify}},
}
