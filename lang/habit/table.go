package habit

// operators are what other languages write between or before values.
var operators = map[string]struct{ here, label string }{
	"&&":  {"and", "write `and`"},
	"||":  {"or", "write `or`; for a default value write `??`"},
	"!":   {"not ", "write `not`"},
	"===": {"==", "write `==`"},
	"!==": {"!=", "write `!=`"},
	"<>":  {"!=", "write `!=`"},
	"=~":  {"matches", "write `matches /…/`"},
	"!~":  {"not matches", "write `not matches /…/`"},
	":=":  {"=", "write `=`"},
	"=>":  {"", "for greater or equal write `>=`; there are no arrow functions: write `[… for x in list]`"},
	"=<":  {"<=", "write `<=`"},
	"->":  {"", "the field of a value is taken by `.`"},
	"<=>": {"", "there are `<`, `<=`, `==`, `!=`, `>=` and `>`"},
	"++":  {"", "to count up write `set n = n + 1`; to join texts write `\"${a}${b}\"`"},
	"+=":  {"", "write `set n = n + …`"},
	"-=":  {"", "write `set n = n - …`"},
	"*=":  {"", "write `set n = n * …`"},
	"**":  {"", "there are no powers; multiply"},
	"?":   {"", "for a choice write `if … then … else …`"},
	"*/":  {"", "no comment is open here"},
	"&":   {"and", "write `and`"},
	"|":   {"", "there are no pipes: functions take their values in brackets, `f(x)`; for the other condition write `or`"},
	"^":   {"", "there are no bit operations and no powers"},
	"~":   {"", "for a pattern write `matches /…/`; the empty value is `null`"},
}

// infix are operators of other languages that are words.
var infix = map[string]string{
	"like": "`matches /…/`", "ilike": "`matches /…/i`", "regexp": "`matches /…/`", "rlike": "`matches /…/`", "exists": "`is present`",
	"contains": "`contains(text, part)` or `value in list`", "includes": "`contains(text, part)` or `value in list`",
	"eq": "`==`", "equals": "`==`", "equal": "`==`", "ne": "`!=`", "gt": "`>`", "gte": "`>=`", "ge": "`>=`", "lt": "`<`", "lte": "`<=`", "le": "`<=`",
	"nin": "`not in`", "mod": "`%`", "isnt": "`is not`", "has": "`any … in … has …`", "having": "`and`", "xor": "`!=`", "instanceof": "`is` and a type",
	"of": "`in`", "unless": "`if not …`",
}

// verbs are what statements and declarations begin with elsewhere: one word is
// the word for it here.
var verbs = map[string]string{
	"delete": "did you mean `remove`, for fields? Documents are left out by `except where`", "unset": "remove", "del": "remove", "clear": "remove",
	"filter": "write `only where`", "select": "write `only where`", "match": "write `where CONDITION { … }`, or `only where CONDITION`",
	"exclude": "write `except where`", "skip": "write `except where`", "if": "where", "when": "where",
	"unless": "write `where not … { … }`", "having": "write `only where`",
	"assert": "check", "require": "check", "validate": "check", "must": "check",
	"update": "set", "put": "set", "assign": "set", "append": "add", "push": "add", "foreach": "each", "loop": "each", "while": "each",
	"move": "rename", "keep": "preserve", "protect": "preserve", "collection": "sync", "table": "sync", "const": "let", "var": "let", "def": "let", "val": "let",
	"default": "defaults", "policy": "defaults", "globals": "defaults", "common": "defaults",
	"insert": "document", "join": "lookup", "upsert": "a document that the destination does not have is created: write `sync`, and `create` for a new field",
	"merge": "write `mode merge`, or `sync`", "elif": "write `else where … { … }` behind the block of the `where`", "elseif": "write `else where … { … }` behind the block of the `where`",
	"elsif": "write `else where … { … }` behind the block of the `where`", "otherwise": "write `else { … }` behind the block of the `where`", "else": "`else` stands behind the block of a `where`, and behind the condition of a `check`",
	"switch": "write `where … { … }` for each case, or a value `if … then … else …`", "case": "write `where … { … }` for each case, or a value `if … then … else …`",
	"return": "there are no functions: a value is named by `let`", "function": "there are no functions: a value is named by `let`", "func": "there are no functions: a value is named by `let`",
	"fn": "there are no functions: a value is named by `let`", "class": "there are no functions: a value is named by `let`",
	"pass": "an empty block does nothing: remove it", "end": "a block ends with `}`", "done": "a block ends with `}`", "fi": "a block ends with `}`", "begin": "a block stands in `{ }`",
	"import": "there is no `include` and no import: the weaves of one folder are one", "include": "there is no `include` and no import: the weaves of one folder are one", "use": "write `from SOURCE into DESTINATION { … }`",
	"print": "there is no output: the report shows what a run does", "console": "there is no output: the report shows what a run does", "log": "there is no output: the report shows what a run does", "echo": "there is no output: the report shows what a run does",
	"order": "a collection has no order; the elements of a list have: `sort(list)`", "sort": "a collection has no order; the elements of a list have: `sort(list)`",
	"limit": "write the number that is expected: `only where … expect 5`", "take": "write the number that is expected: `only where … expect 5`",
	"group": "there are no groups; `count()` and `total(…)` are over all documents, in `check`", "variable": "input", "param": "input", "parameter": "input", "env": "environments",
	"createindex": "write `index on PATH`", "dropindex": "write `drop index NAME`", "try": "there are no exceptions: what fails, fails while it is compiled", "throw": "check",
	"inc": "write `set n = n + 1`", "db": "write `sync COLLECTION { … }`", "with": "let", "redefine": "set", "pull": "write `each x in LIST where … { remove x }`",
}

// clauses are words that stand inside statements only.
var clauses = map[string]string{
	"expect": "`expect` stands behind a condition, a path or a `sync`, before the `{`",
	"by":     "`by` stands behind the collection of a `sync`, before the `{`",
	"as":     "`as` stands behind the collection of a `sync`, before the `{`",
	"into":   "`into` stands behind the source of a `from`",
	"given":  "`given` stands in `test \"…\" { }`, at the top of a file",
}

// functions are those of other languages, in lower case: one word is the function
// here that takes the same arguments.
var functions = map[string]string{
	"now": clock, "date.now": clock, "new date": clock, "current_timestamp": clock, "getdate": clock, "today": clock, "sysdate": clock, "datetime.now": clock, "curdate": clock,
	"random": chance, "math.random": chance, "rand": chance, "uuid4": "there is no chance: write the constant `uuid(\"…\")`", "uuidv4": "there is no chance: write the constant `uuid(\"…\")`",
	"env": "the process's environment cannot be read; write `per environment { … }`", "getenv": "the process's environment cannot be read; write `per environment { … }`",
	"exists": "write `ARGS is present`", "has": "write `ARGS is present`", "isset": "write `ARGS is present`", "defined": "write `ARGS is present`", "isnull": "write `ARGS is null`", "is_null": "write `ARGS is null`",
	"isempty": "write `ARGS is empty`", "is_empty": "write `ARGS is empty`", "empty": "write `ARGS is empty`",
	"coalesce": "write `a ?? b`", "ifnull": "write `a ?? b`", "nvl": "write `a ?? b`", "default": "write `a ?? b`", "getordefault": "write `a ?? b`", "iif": "write `if … then … else …`",
	"nullif": "write `if a == b then null else a`", "decode": "write `if … then … else …`",
	"tolower": "lower", "tolowercase": "lower", "lowercase": "lower", "lcase": "lower", "ascii_downcase": "lower", "downcase": "lower", "casefold": "lower", "strtolower": "lower",
	"toupper": "upper", "touppercase": "upper", "uppercase": "upper", "ucase": "upper", "ascii_upcase": "upper", "upcase": "upper", "strtoupper": "upper",
	"substring": "slice", "substr": "slice", "mid": "slice", "sublist": "slice", "len": "length", "size": "length", "strlen": "length", "cardinality": "length", "array_length": "length", "char_length": "length",
	"strip": "trim", "ltrim": "trimStart", "lstrip": "trimStart", "rtrim": "trimEnd", "rstrip": "trimEnd", "lpad": "padStart", "leftpad": "padStart", "zfill": "padStart",
	"regexreplace": "replace", "regexp_replace": "replace", "replaceall": "replace", "gsub": "replace", "sub": "replace", "preg_replace": "replace", "re.sub": "replace",
	"startswith": "startsWith", "starts_with": "startsWith", "endswith": "endsWith", "ends_with": "endsWith", "includes": "contains", "instr": "contains",
	"str": "string", "tostring": "string", "to_string": "string", "tostr": "string", "text": "string", "to_char": "string", "parseint": "int", "toint": "int", "tolong": "long", "integer": "int", "int32": "int", "int64": "long",
	"parsefloat": "double", "float": "double", "todouble": "double", "number": "there is no function `number`: write `decimal(ARGS)`, `int(ARGS)`, `long(ARGS)` or `double(ARGS)`", "tonumber": "decimal", "to_number": "decimal", "todecimal": "decimal",
	"isodate": "date", "todate": "date", "to_date": "date", "datetime": "date", "strptime": "parseDate", "date_parse": "parseDate", "strftime": "formatDate", "date_format": "formatDate",
	"numberlong": "long", "numberint": "int", "numberdecimal": "decimal", "numberdouble": "double", "objectid": "objectId", "bindata": "binary", "minkey": "minKey", "maxkey": "maxKey", "timestamp": "timestamp",
	"regex": "write `/pattern/options`", "regexp": "write `/pattern/options`", "re": "write `/pattern/options`", "test": "write `text matches /…/`", "match": "write `text matches /…/`", "regexp_like": "write `text matches /…/`", "re.match": "write `text matches /…/`",
	"typeof": "write `ARGS is …` and the type", "type": "write `ARGS is …` and the type", "isinstance": "write `x is …` and the type", "array.isarray": "write `ARGS is array`",
	"isnumber": "write `ARGS is number`", "isstring": "write `ARGS is string`", "is_array": "write `ARGS is array`", "islist": "write `ARGS is array`",
	"append": "write `add VALUE to LIST`, or `concat(LIST, [VALUE])`", "push": "write `add VALUE to LIST`, or `concat(LIST, [VALUE])`", "array_append": "write `add VALUE to LIST`, or `concat(LIST, [VALUE])`",
	"map": "write `[… for x in LIST]`", "filter": "write `[x for x in LIST where …]`", "select": "write `[x for x in LIST where …]`", "reduce": "there are no functions as values; `sum`, `min`, `max`, `join` and `flatten` take a list",
	"find": "write `first([x for x in LIST where …])`", "all": "write `every x in LIST has …`", "any": "write `any x in LIST has …`", "range": "write the numbers as a list: `[1, 2, 3]`",
	"unique": "distinct", "uniq": "distinct", "set": "distinct", "sorted": "sort", "reversed": "reverse", "average": "write `sum(x) / length(x)`", "avg": "write `sum(x) / length(x)`", "mean": "write `sum(x) / length(x)`",
	"head": "first", "tail": "write `slice(LIST, 1)`", "concat_ws": "write `join([…], \"-\")`", "strcat": "write a text with `${…}` in it", "format": "write a text with `${…}` in it", "sprintf": "write a text with `${…}` in it", "printf": "write a text with `${…}` in it",
	"to_entries": "entries", "toentries": "entries", "items": "entries", "object.entries": "entries", "with_entries": "write `{ [e.key]: e.value for e in entries(ARGS) }`",
	"from_entries": fromEntries, "fromentries": fromEntries, "object.fromentries": fromEntries, "dict": fromEntries, "todict": fromEntries, "tomap": fromEntries, "toobject": fromEntries, "keyby": fromEntries, "arraytoobject": fromEntries, "objecttoarray": "entries",
	"sortby": sortBy, "sort_by": sortBy, "orderby": sortBy, "order_by": sortBy, "sortarray": sortBy, "regexp_substr": "match", "regexp_extract": "match", "regexp_match": "match", "regexp_matches": "match", "re.search": "match", "capture": "match", "regexfind": "match",
	"object.keys": "keys", "object.values": "values", "object.assign": "merge", "assign": "merge", "extend": "merge",
	"ceiling": "ceil", "math.ceil": "ceil", "math.floor": "floor", "math.round": "round", "math.abs": "abs", "math.min": "min", "math.max": "max", "trunc": "write `if x < 0 then ceil(x) else floor(x)`", "pow": "there are no powers; multiply", "math.pow": "there are no powers; multiply", "mod": "write `a % b`", "greatest": "max", "least": "min",
	"json.stringify": "there is no JSON as text: objects and lists are values", "json.parse": "there is no JSON as text: objects and lists are values", "array.from": "write the list itself", "array.of": "write `[…]`", "list": "write `[…]`",
	"cast": "write `string(x)`, `int(x)` or another type", "convert": "write `string(x)`, `int(x)` or another type", "dateadd": "addDays", "date_add": "addDays", "datediff": "daysBetween", "date_trunc": "startOfDay",
	"hash": "sha256", "md5": "there is `sha256`", "crc32": "there is `sha256`", "input": "an input is read by its name alone", "var": "a value is read by its name alone", "field": "a field is read by its name alone", "get": "a field is read by its path: `a.b`",
	"bool": "write the condition itself: `x == 1`", "boolean": "write the condition itself: `x == 1`", "if": "write `if … then … else …`", "not": "write `not (…)`", "count": "it is `count()`, of all documents, in a `check`",
	"$gt": "write `a > b`", "$gte": "write `a >= b`", "$lt": "write `a < b`", "$lte": "write `a <= b`", "$eq": "write `a == b`", "$ne": "write `a != b`", "$in": "write `a in b`", "lookup": "write the statement `lookup NAME in COLLECTION where CONDITION`", "environment_name": "environment",
}

const (
	clock  = "there is no clock: the same inputs always give the same result"
	chance = "there is no chance: the same inputs always give the same result"

	fromEntries = "write `{ [x.key]: x.value for x in ARGS }`"
	sortBy      = "write `[x for x in LIST sort by x.NAME]`"
)

// methods are those of other languages, in lower case: X is what they are called
// on, ARGS are their arguments, CALL is both.
var methods = map[string]string{
	"touppercase": "upper(X)", "upper": "upper(X)", "upcase": "upper(X)", "toupper": "upper(X)", "tolowercase": "lower(X)", "lower": "lower(X)", "downcase": "lower(X)", "tolower": "lower(X)", "casefold": "lower(X)",
	"trim": "trim(X)", "strip": "trim(X)", "trimstart": "trimStart(X)", "trimleft": "trimStart(X)", "lstrip": "trimStart(X)", "trimend": "trimEnd(X)", "trimright": "trimEnd(X)", "rstrip": "trimEnd(X)",
	"startswith": "startsWith(CALL)", "endswith": "endsWith(CALL)", "hasprefix": "startsWith(CALL)", "hassuffix": "endsWith(CALL)",
	"includes": "ARGS in X` for a list, `contains(CALL)` for a text: `ARGS in X", "contains": "ARGS in X` for a list, `contains(CALL)` for a text: `ARGS in X",
	"indexof": "contains(CALL)", "find": "first([x for x in X where …])", "match": "X matches ARGS", "matches": "X matches ARGS", "test": "ARGS matches X",
	"split": "split(CALL)", "join": "join(CALL)", "replace": "replace(CALL)", "replaceall": "replace(CALL)", "sub": "replace(CALL)", "slice": "slice(CALL)", "substring": "slice(CALL)", "substr": "slice(CALL)", "padstart": "padStart(CALL)", "zfill": "padStart(CALL, \"0\")",
	"concat": "concat(CALL)", "sort": "sort(X)", "sorted": "sort(X)", "reverse": "reverse(X)", "distinct": "distinct(X)", "unique": "distinct(X)", "uniq": "distinct(X)", "flat": "flatten(X)", "flatten": "flatten(X)",
	"map": "[… for x in X]", "filter": "[x for x in X where …]", "where": "[x for x in X where …]", "select": "[… for x in X]", "some": "any x in X has …", "any": "any x in X has …", "every": "every x in X has …", "all": "every x in X has …",
	"foreach": "each x in X { … }", "each": "each x in X { … }", "push": "add ARGS to X", "append": "add ARGS to X", "add": "add ARGS to X", "addtoset": "add ARGS to X", "unshift": "concat([ARGS], X)", "pop": "slice(X, 0, length(X) - 1)",
	"tostring": "string(X)", "to_s": "string(X)", "to_i": "int(X)", "toint": "int(X)", "tofixed": "round(CALL)", "round": "round(CALL)", "floor": "floor(X)", "ceil": "ceil(X)", "abs": "abs(X)", "length": "length(X)", "size": "length(X)", "count": "length(X)", "len": "length(X)",
	"first": "first(X)", "last": "last(X)", "at": "X[ARGS]", "keys": "keys(X)", "values": "values(X)", "items": "entries(X)", "entries": "entries(X)", "merge": "merge(CALL)", "isempty": "X is empty", "is_empty": "X is empty", "isnull": "X is null", "exists": "X is present", "get": "X.…", "equals": "X == ARGS", "sum": "sum(X)", "min": "min(X)", "max": "max(X)",
	"getfullyear": "year(X, \"UTC\")", "getmonth": "month(X, \"UTC\")", "toisostring": "string(X)", "format": "formatDate(CALL, \"UTC\")", "adddays": "addDays(CALL)",
}

// properties are what other languages read behind a dot.
var properties = map[string]string{"length": "length", "size": "length", "count": "length", "len": "length", "first": "first", "last": "last", "keys": "keys", "values": "values"}

// types are words for types, in lower case.
var types = map[string]string{
	"text": "string", "str": "string", "varchar": "string", "char": "string", "integer": "int", "int32": "int", "int64": "long", "bigint": "long", "float": "double", "real": "double", "numeric": "number",
	"boolean": "bool", "list": "array", "map": "object", "dict": "object", "document": "object", "datetime": "date", "time": "date", "oid": "objectId", "objectid": "objectId",
	"undefined": "missing", "absent": "missing", "exists": "present", "none": "null", "nil": "null",
}

// values are bare words that are constants elsewhere.
var values = map[string]string{
	"True": "true", "TRUE": "true", "yes": "true", "Yes": "true", "on": "true", "On": "true", "False": "false", "FALSE": "false", "no": "false", "No": "false", "off": "false", "Off": "false",
	"None": "null", "nil": "null", "NULL": "null", "Null": "null", "Nil": "null", "undefined": "null", "nothing": "null", "NaN": "double(\"NaN\")", "Infinity": "double(\"Infinity\")",
}

// roots are words that stand for the document elsewhere.
var roots = map[string]bool{"doc": true, "document": true, "self": true, "row": true, "record": true, "it": true, "item": true, "entity": true, "root": true, "$root": true, "$$ROOT": true, "ROOT": true, "old": true, "obj": true, "var": true, "data": true, "input": true, "source": true, "src": true, "d": true, "x": true, "_": true, "me": true, "field": true, "fields": true}
