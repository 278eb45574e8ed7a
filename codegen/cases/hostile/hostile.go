// Package hostile has what people and attackers put into documents, names and keys,
// for the tests that hold that nothing of it is more than text.
package hostile

import "strings"

// Texts are what something in the way might take for more than text: quotes, markup,
// operators, names that languages have a meaning for, paths, escapes of terminals,
// marks of direction.
var Texts = []string{
	`'`, `"`, "`", `\`, `\'`, `\"`, `\u0041`, "\\`${1}", `${process.exit(9)}`, `$(touch /tmp/hostile)`, "`touch /tmp/hostile`", `; rm -rf ~ #`,
	`'); process.exit(9); ('`, `*/ process.exit(9) /*`, "//\nprocess.exit(9)", `</script><!-- ]]> -->`, `{{.}}`, `%s%n%d`, `{identity}`, "{{`{{`}}",
	`$where`, `$function`, `$expr`, `$set`, `$`, `$$ROOT`, `$literal`, `$oid`, `$date`, `$numberLong`, `$code`, `$ref`, `$a.b`,
	`__proto__`, `constructor`, `prototype`, `toString`, `hasOwnProperty`, `_bsontype`, `then`, `length`, `toBSON`, `inspect`, `undefined`, `NaN`,
	`a.b`, `.`, `..`, `a.`, `.a`, `a..b`, `../../../../etc/passwd`, `..\..\x`, `/etc/passwd`, `C:\x`, `~root`, `CON`, `nul.json`, `a/b`, "-rf", "--output",
	`0`, `10`, `2`, `01`, `-1`, `1e3`, `9007199254740993`,
	"\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "\x1b]8;;http://example.com\x1b\\link", "\r\x1b[2K", "\x07\x08\x7f", "\u009b31m", "\u0085",
	"\u202eevil\u202c", "\u2066x\u2069", "\u200e\u200f\u061c", "\u2028", "\u2029", "\ufeff", "\u200b", "\U000e0041", "\u0000", "a\u0000b",
	"\u00ad", "a\ufe0fb", "\u034f", "\u180e", "\u2003", "\u2060", "\u2800", "\u3000", "\u3164", "\ue000", "\U000e0100", "\U0001d173",
	"line\nfeed", "tab\t", "\r\n", " ", "  a  ", "a b", "\u00a0", "\u00e9", "e\u0301", "İ", "ß", "\U0001f6d2", "\uffff", "\ufffd", "\U0010ffff",
	"| a | b |", "**bold**", "[x](http://example.com)", "<img src=x onerror=alert(1)>", "@everyone", "```\nfence", "# head", "::error::x", "##[error]x",
	"true", "null", "~", "- a", "a: b", "&a", "*a", strings.Repeat("x", 300), strings.Repeat("\u202e", 100),
}
