package pushdown

// The functions: which are pushed down, which under a condition, which not, and why.

// Mark says how far a function is pushed down.
type Mark struct {
	// Function is its name.
	Function string
	// Condition is empty where it is always exact; else what must hold of a document, or
	// of what is written: other documents are at fault.
	Condition string
	// Refused is empty where it is pushed down; else why it is not.
	Refused string
}

// Marks are the functions in the order of the reference.
func Marks() []Mark {
	out := make([]Mark, len(marks))
	copy(out, marks)
	return out
}

const (
	ascii    = "texts of ASCII"
	utc      = "the zone is `\"UTC\"`, or none is given"
	constant = "the arguments are constants"
)

var marks = []Mark{
	{"lower", ascii, ""}, {"upper", ascii, ""},
	{"trim", "", ""}, {"trimStart", "", ""}, {"trimEnd", "", ""},
	{"replace", "what is replaced is a constant text", ""},
	{"split", "the separator is a constant text", ""},
	{"join", "all elements are texts", ""},
	{"slice", "the positions are constants", ""},
	{"startsWith", "", ""}, {"endsWith", "", ""}, {"contains", "", ""},
	{"match", "", "PCRE chooses another match than RE2 among several"},
	{"padStart", "", "no operator repeats a text"},
	{"length", "", ""},
	{"string", "texts, booleans, integers, ids, dates of the years 0 to 9999, decimals of at most 17 characters", ""},
	{"int", "a number of type int, or a long that fits", ""},
	{"long", "a number of type int or long", ""},
	{"double", "a double, or an integer up to 2^53", ""},
	{"decimal", "a decimal, or an integer", ""},
	{"round", "", "MongoDB rounds the binary value of a double, and pads decimals with zeros"},
	{"floor", "integers, and doubles up to 2^53", ""}, {"ceil", "integers, and doubles up to 2^53", ""},
	{"abs", "finite numbers", ""},
	{"min", "", "MongoDB orders values of different types, which is an error here"},
	{"max", "", "MongoDB orders values of different types, which is an error here"},
	{"div", "integers up to 2^53", ""},
	{"first", "", ""}, {"last", "", ""},
	{"sort", "", "servers before 5.2 cannot sort a list within a document"},
	{"reverse", "", ""},
	{"distinct", "no doubles beside decimals", ""},
	{"sum", "", "MongoDB rounds, widens integers and leaves out what is no number"},
	{"concat", "", ""}, {"flatten", "", ""},
	{"keys", "", ""}, {"values", "", ""}, {"entries", "", ""},
	{"merge", "objects, each an argument", ""},
	{"addDays", utc + "; the days are a constant", ""},
	{"addHours", "the hours are a constant", ""},
	{"addMonths", utc + "; the months are a constant", ""},
	{"startOfDay", "", "the server's release of the time zone database is another one"},
	{"startOfMonth", "", "the server's release of the time zone database is another one"},
	{"year", utc, ""}, {"month", utc, ""}, {"dayOfMonth", utc, ""},
	{"formatDate", "", "formats and time zones are the server's own"},
	{"parseDate", "", "formats and time zones are the server's own"},
	{"daysBetween", "", "the server's release of the time zone database is another one"},
	{"objectId", constant, ""}, {"date", constant, ""}, {"uuid", constant, ""},
	{"uuid5", constant, ""},
	{"binary", constant, ""}, {"timestamp", constant, ""}, {"minKey", constant, ""}, {"maxKey", constant, ""},
	{"sha256", constant, ""},
	{"environment", "", ""},
	{"secret", "", "no command of a pipeline may hold one"},
	{"link", "", "it is for tests"},
	{"count", "", "it is about all finished documents"},
	{"total", "", "it is about all finished documents"},
}
