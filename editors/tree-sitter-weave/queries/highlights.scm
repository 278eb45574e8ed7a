; What a later pattern says of a node counts.

(identifier) @variable
(path . (identifier) @variable)
(field_name) @property
(name) @constant
(weave name: (name) @module)
(environment_entry name: (name) @type)
(sync collection: (name) @type)
(amend collection: (name) @type)
(given collection: (name) @type)
(lookup collection: (name) @type)
(link collection: (name) @type)
(reference collection: (name) @type)
(fan_out collection: (name) @type)
(entry environment: (name) @type)
(for environment: (name) @type)
(input type: (identifier) @type)
(comparison type: (identifier) @type)
(accept code: (name) @label)
(mode mode: (identifier) @constant.builtin)
(drift policy: (identifier) @constant.builtin)
(call function: (identifier) @function)
(call function: (identifier) @function.builtin
  (#any-of? @function.builtin 
    "abs" "addDays" "addHours" "addMonths" "binary" "ceil" "concat" "contains" "count" "date" "dayOfMonth" "daysBetween"
    "decimal" "distinct" "div" "double" "endsWith" "entries" "environment" "first" "flatten" "floor" "formatDate" "int"
    "join" "keys" "last" "length" "link" "long" "lower" "match" "max" "maxKey" "merge" "min"
    "minKey" "month" "objectId" "padStart" "parseDate" "replace" "reverse" "round" "secret" "sha256" "slice" "sort"
    "split" "startOfDay" "startOfMonth" "startsWith" "string" "sum" "timestamp" "total" "trim" "trimEnd" "trimStart" "upper"
    "uuid" "uuid5" "values" "year"))
((identifier) @variable.builtin (#eq? @variable.builtin "this"))

[(input name: (identifier) @variable.parameter)
 (let name: (identifier) @variable.parameter)
 (lookup name: (identifier) @variable.parameter)
 (each name: (identifier) @variable.parameter)
 (fan_out name: (identifier) @variable.parameter)
 (quantified name: (identifier) @variable.parameter)
 (for_each name: (identifier) @variable.parameter)]

[
  "weave" "environments" "environment" "source" "input" "from" "defaults" "amend" "test" "accept" "given" "expect" "sync" "only" "except"
  "lookup" "let" "set" "create" "remove" "rename" "add" "each" "where" "for" "document" "moved" "check" "warn" "mode" "redact" "omit" "link"
  "preserve" "ignore" "absent" "elements" "ensure" "prune" "backup" "drift" "indexes" "index" "drop" "options" "before" "after" "run"
  "language" "cluster" "database" "into" "error" "warning" "no" "with" "exactly" "without" "all" "as" "by" "to" "more" "at" "depth" "of"
  "unique" "refers" "most" "keep" "exact" "none" "on" "asc" "desc" "text" "hashed" "per" "else"
] @keyword
(not_secret . _ @keyword)
["and" "or" "not" "in" "is" "matches" "between" "any" "every" "has" "sort" (if "if") (if "then") (if "else")] @keyword.operator

["==" "!=" "<" "<=" ">" ">=" "??" "+" "-" "*" "/" "%" "="] @operator
["." "," ":"] @punctuation.delimiter
["{" "}" "[" "]" "(" ")"] @punctuation.bracket

(number) @number
[(true) (false)] @boolean
(null) @constant.builtin
(regex) @string.regexp
[(text) (raw_text)] @string
(escape) @string.escape
(interpolation "${" @punctuation.special "}" @punctuation.special)
(comment) @comment
