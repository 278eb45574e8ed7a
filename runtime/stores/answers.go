package stores

// What servers answer when they refuse, and what networks say, in words. In: the code of an
// answer and what was said; out: what it means and the edit to make, to stand below what was
// said. Both engines and extract have it from here; docs/server-messages.md lists it.

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Answer is an error code of servers (MongoDB manual: reference/error-codes; the names are
// those of MongoDB's src/mongo/base/error_codes.yml, where it has them).
type Answer struct {
	Code  int
	Name  string
	Means string
	Fix   string
}

// What several answers have for a fix.
const (
	fixAgain   = "Run again; if it stays, look at the server's log."
	fixMembers = "Check the members of the replica set, then run again."
	fixDialect = "`mongocd doctor` lists what this server lacks; take the statement out of the weave for this environment, or use another server."
	fixServer  = "Compare the server's version with what the weave asks for: `mongocd doctor` shows both."
	fixSmaller = "Split the document, or leave large fields out (`omit`, `preserve`)."
	fixIndexes = "Compare `indexes` of the weave with the indexes at the destination: `mongocd plan` shows both; drop or rename one of them."
	fixRights  = "Check the user's rights: docs/privileges.md and `mongocd privileges` have the least role for each command."
	fixUser    = "Check user, password and authSource of the connection string; with authMechanism, the token, certificate or role that it signs in with."
)

// Answers are those that a run meets, sorted by code.
//
//js:table SERVER_ANSWERS
var Answers = []Answer{
	{1, "InternalError", "the server failed at this, without a code of its own", fixDialect},
	{2, "BadValue", "the server does not take a value of the command", fixServer},
	{6, "HostUnreachable", "a member of the cluster cannot be reached from the one that answered", fixMembers},
	{7, "HostNotFound", "a member of the cluster has a name that the one that answered does not find", fixMembers},
	{9, "FailedToParse", "the server does not understand a part of the command", fixDialect},
	{11, "UserNotFound", "the user is not in the database that was asked", fixUser},
	{13, "Unauthorized", "the user may not do this", fixRights},
	{14, "TypeMismatch", "the server wants another type at a place of the command", fixServer},
	{18, "AuthenticationFailed", "the user was not accepted", fixUser},
	{20, "IllegalOperation", "this kind of server or collection does not do this", fixDialect},
	{24, "LockTimeout", "another operation held the collection for too long", fixAgain},
	{26, "NamespaceNotFound", "the collection or database is not there any more", "Find out who drops it; run again: what is missing is created."},
	{27, "IndexNotFound", "the index is not there any more", "Find out who else changes the indexes; run again."},
	{28, "PathNotViable", "a path leads through a value that is no document", "Look at the document at the destination: a parent of the path is a number, a text or an array there."},
	{43, "CursorNotFound", "the server gave up reading in the middle", "Run again; where reading takes longer than 10 minutes, raise cursorTimeoutMillis, or read less at once."},
	{48, "NamespaceExists", "the collection is there already", "Another program has created the collection meanwhile: run again."},
	{50, "MaxTimeMSExpired", "the time limit of the call was reached", "Check that the address is right, that the network lets this machine reach it, and that the server is not overloaded; raise the time limit (--timeout) if the work is large."},
	{52, "DollarPrefixedFieldName", "the server takes no name that begins with $ here", "Rename the field in the weave, or use a server that takes such names (MongoDB 5.0)."},
	{57, "DottedFieldName", "the server takes no name with a dot here", "Rename the field in the weave, or use a server that takes such names (MongoDB 5.0)."},
	{59, "CommandNotFound", "the server does not know the command", fixDialect},
	{64, "WriteConcernTimeout", "the write was made, and not enough members confirmed it in time", fixMembers},
	{66, "ImmutableField", "a field cannot be changed: _id, or one of the shard key", "Insert the document anew with the value, and take the old one out."},
	{67, "CannotCreateIndex", "the server cannot make such an index", "Look at the line of the index in the weave: its kind, its options, and how many the collection may have."},
	{72, "InvalidOptions", "options do not go together, or are unknown to this server", fixServer},
	{73, "InvalidNamespace", "the name of a database or collection cannot be used", "Give it another name with `as` in the weave: without $ and NUL, and no longer than 255 bytes with the database."},
	{79, "UnknownReplWriteConcern", "the write concern of the connection string names a mode that the replica set has not", "Name a mode of the replica set as `w` of the connection string, or take it out: mongocd writes with majority in any case."},
	{85, "IndexOptionsConflict", "an index with these keys or this name is there with other options", fixIndexes},
	{86, "IndexKeySpecsConflict", "an index of this name is there with other keys", fixIndexes},
	{89, "NetworkTimeout", "a member of the cluster did not answer another one in time", fixMembers},
	{91, "ShutdownInProgress", "the server is being shut down", fixAgain},
	{96, "OperationFailed", "the server could not carry the operation out", fixAgain},
	{100, "UnsatisfiableWriteConcern", "the replica set has fewer members than the write concern asks for", fixMembers},
	{112, "WriteConflict", "another operation wrote the same document at that moment", fixAgain},
	{115, "CommandNotSupported", "the server knows the command, and does not carry it out", fixDialect},
	{121, "DocumentValidationFailure", "the collection's validator forbids the document", "Change the document by the weave's rules, or the validator (`options`)."},
	{125, "CommandFailed", "the server could not carry the command out", fixAgain},
	{133, "FailedToSatisfyReadPreference", "no member of the cluster fits the read preference", fixMembers},
	{134, "ReadConcernMajorityNotAvailableYet", "the server has no majority to read from yet", fixAgain},
	{136, "CappedPositionLost", "a capped collection was overwritten while it was read", fixAgain},
	{146, "ExceededMemoryLimit", "the server would need more memory for this than it may use", "Make the filters of the sync narrower, or give the server more memory."},
	{166, "CommandNotSupportedOnView", "what has this name at the destination is a view", "Give the collection another name with `as`, or drop the view."},
	{168, "InvalidPipelineOperator", "the server does not know an operator", fixDialect},
	{189, "PrimarySteppedDown", "the primary stepped down", fixAgain},
	{197, "InvalidIndexSpecificationOption", "the server does not know an option of the index", fixServer},
	{202, "NetworkInterfaceExceededTimeLimit", "a member of the cluster did not answer another one in time", fixMembers},
	{225, "TransactionTooOld", "a newer transaction of the session began", fixAgain},
	{238, "NotImplemented", "the server has not built this yet", fixDialect},
	{239, "SnapshotTooOld", "the server keeps the moment no longer that was to be read", fixAgain},
	{246, "SnapshotUnavailable", "the server has not the moment that was to be read", fixAgain},
	{251, "NoSuchTransaction", "the server ended the transaction: it took too long, or the primary changed", fixAgain},
	{261, "TooManyLogicalSessions", "the server has as many sessions as it takes", "Find out which programs open sessions and do not end them; run again in half an hour."},
	{262, "ExceededTimeLimit", "the operation took longer than the server lets it", fixAgain},
	{263, "OperationNotSupportedInTransaction", "the server does not do this in a transaction", fixDialect},
	{292, "QueryExceededMemoryLimitNoDiskUseAllowed", "sorting or grouping took more memory than the server gives without its disk", "Add an index, or let the server use its disk (allowDiskUseByDefault)."},
	{303, "FeatureNotSupported", "the service does not have this feature", fixDialect},
	{323, "APIStrictError", "the connection asks for the Stable API alone, which has not this command", "Take apiStrict out of what opens the connection."},
	{334, "MechanismUnavailable", "the server does not know this way of authentication", "Check authMechanism of the connection string."},
	{391, "ReauthenticationRequired", "the login has expired", "Get a new token or password, and run again."},
	{8000, "AtlasError", "Atlas refuses this: bad authentication, a limit of the cluster's tier (storage, connections, operations a second), or a command that the tier has not", "Read what it says; in Atlas look at Database Access, Network Access and the cluster's tier. A free or shared tier has 512 MB to 5 GB, and 100 to 500 operations a second."},
	{9001, "SocketException", "the connection between members, or to this machine, broke", fixMembers},
	{10107, "NotWritablePrimary", "the member that was asked is not the primary any more", "Run again: the driver looks for the new primary. Name all members, or the replica set (replicaSet=NAME), in the connection string, and take directConnection out."},
	{10334, "BSONObjectTooLarge", "a document would have more than 16 MiB", fixSmaller},
	{11000, "DuplicateKey", "a unique index has this value already", "Look for documents with the same values at the destination."},
	{11600, "InterruptedAtShutdown", "the server is being shut down", fixAgain},
	{11601, "Interrupted", "somebody ended the operation (killOp)", fixAgain},
	{11602, "InterruptedDueToReplStateChange", "the member that was asked stopped being the primary", fixAgain},
	{13388, "StaleConfig", "the router did not know yet where the collection lies", fixAgain},
	{13435, "NotPrimaryNoSecondaryOk", "the member that was asked is not the primary", "Name all members, or the replica set (replicaSet=NAME), in the connection string, and take directConnection out."},
	{13436, "NotPrimaryOrSecondary", "the member that was asked is just starting, or catching up", fixAgain},
	{14031, "OutOfDiskSpace", "the server's disk is full", "Free some of the disk, or make it larger, and run again."},
	{16500, "RequestRateTooLarge", "the service limits requests to what was paid for", "Raise the throughput (RU/s), or send less at once (--batch-size), and run again."},
	{17280, "KeyTooLong", "a value is too long for an index", "Shorten the value, or leave it out of the index; MongoDB 4.2 and newer have no such limit."},
	{17419, "ResultingDocumentTooLarge", "a document would have more than 16 MiB after the update", fixSmaller},
	{40324, "UnrecognizedStage", "the server does not know a stage of a pipeline", fixDialect},
	{40415, "UnknownField", "the server does not know a field of the command", fixServer},
	{50768, "NotSupportedOnThisTier", "the service does not have this on this tier", fixDialect},
}

// Trouble is what a network or a driver says, without a code of a server.
type Trouble struct {
	Name string
	// Says are parts of it: of Go's packages and driver, and of Node and its driver; in lower case.
	Says  []string
	Means string
	Fix   string
}

// Troubles are looked through in this order.
//
//js:table NETWORK_TROUBLES
var Troubles = []Trouble{
	{"certificate of an unknown authority", []string{"certificate signed by unknown authority", "self-signed certificate", "self signed certificate", "unable to verify the first certificate", "unable to get local issuer certificate"},
		"the server's certificate is of an authority that this machine does not know", "Name the authority's file with tlsCAFile=FILE in the connection string (mongosh: --tlsCAFile FILE)."},
	{"certificate that has expired", []string{"certificate has expired"},
		"the server's certificate has expired, or a clock is wrong", "Renew the server's certificate; check the date of this machine."},
	{"certificate of another name", []string{"certificate is valid for", "does not match certificate's altnames", "cannot validate certificate for", "certificate is not valid for any names"},
		"the server's certificate is for another name than the connection string has", "Use a name that the certificate has in the connection string."},
	{"client certificate", []string{"tls: certificate required", "tls: bad certificate", "alert certificate required", "alert bad certificate", "handshake failure"},
		"the server wants a certificate of the client, or has no version of TLS in common with it", "Name the client's certificate with tlsCertificateKeyFile=FILE in the connection string; check the versions of TLS that the server takes."},
	{"no TLS", []string{"first record does not look like a tls handshake", "wrong version number", "packet length too long"},
		"the server does not speak TLS on this port", "Take tls=true out of the connection string, or use the port with TLS."},
	{"cut connection", []string{"incomplete read of", "connection reset by peer", "econnreset", "broken pipe", "epipe"}, // signing in, too: nobody said no
		"the connection was closed before the server answered, in signing in where the message says so; nothing is known of the user", "Look at the server's log, and at what stands between (a proxy, a firewall, a limit of connections, TLS), and run it again."},
	{"authentication", []string{"auth error", "authentication failed", "bad auth", "unable to authenticate"},
		"the user was not accepted", fixUser},
	{"name not found", []string{"no such host", "enotfound", "eai_again", "querysrv", "name resolution"},
		"the name of the server is not found (of mongodb+srv: its SRV or TXT record)", "Check the name in the connection string, and that this machine asks a name server that knows it."},
	{"connection refused", []string{"connection refused", "econnrefused"},
		"nothing answers on this address and port", "Check host and port, that the server runs, and that it listens on that address (bindIp)."},
	{"no server to select", []string{"server selection error", "server selection timeout", "no primary"},
		"no server of the kind that is needed was found in time: a primary", "Check the members of the replica set, the name of it (replicaSet=NAME), the network and its list of allowed addresses; directConnection=true reaches a single member."},
	{"time limit", []string{"context deadline exceeded", "i/o timeout", "etimedout", "timed out"},
		"no answer came in time", "Check that the address is right, that the network lets this machine reach it, and that the server is not overloaded; raise the time limit (--timeout) if the work is large."},
}

// What to look at when nothing more is known of an error: of a network, of a server.
//
//js:table
const (
	AdviceNetwork = "Check the network and the server; running again continues where this run stopped."
	AdviceOther   = "Check what the server says against its version and its log."
)

// retryHint is how services with a limit of requests say when to come again.
var retryHint = regexp.MustCompile(`(?i)retry-?after-?ms=([0-9]{1,9})`)

// Advice is what an error means and what to do about it, in two lines: by the code of the
// server's answer (0: none), else by what was said. Empty: nothing is known.
func Advice(code int, said string) string {
	if i := slices.IndexFunc(Answers, func(a Answer) bool { return a.Code == code }); i >= 0 {
		a, hint := Answers[i], ""
		if m := retryHint.FindStringSubmatch(said); m != nil {
			hint = fmt.Sprintf(" It asks to come again in %s ms.", m[1])
		}
		return fmt.Sprintf("%s (%d): %s.%s\n%s", a.Name, a.Code, a.Means, hint, a.Fix)
	}
	said = strings.ToLower(said)
	for _, t := range Troubles {
		if slices.ContainsFunc(t.Says, func(part string) bool { return strings.Contains(said, part) }) {
			return fmt.Sprintf("What this means: %s.\n%s", t.Means, t.Fix)
		}
	}
	return ""
}
