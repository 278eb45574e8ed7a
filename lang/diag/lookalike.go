// Letters of other scripts that look like Latin ones.
package diag

import (
	"fmt"
	"strings"
)

// latin is the letter that a letter of another script looks like.
var latin = map[rune]rune{
	'а': 'a', 'е': 'e', 'о': 'o', 'р': 'p', 'с': 'c', 'у': 'y', 'х': 'x', 'і': 'i', 'ј': 'j', 'ѕ': 's', 'ԁ': 'd', 'һ': 'h', 'к': 'k', 'м': 'm', 'т': 't', 'в': 'b', 'н': 'h', 'ԛ': 'q', 'ԝ': 'w', 'ѵ': 'v', 'ӏ': 'l',
	'А': 'A', 'В': 'B', 'Е': 'E', 'К': 'K', 'М': 'M', 'Н': 'H', 'О': 'O', 'Р': 'P', 'С': 'C', 'Т': 'T', 'У': 'Y', 'Х': 'X', 'І': 'I', 'Ј': 'J', 'Ѕ': 'S',
	'α': 'a', 'ο': 'o', 'ν': 'v', 'ρ': 'p', 'τ': 't', 'υ': 'u', 'ι': 'i', 'κ': 'k', 'χ': 'x', 'γ': 'y', 'ω': 'w', 'η': 'n',
	'Α': 'A', 'Β': 'B', 'Ε': 'E', 'Ζ': 'Z', 'Η': 'H', 'Ι': 'I', 'Κ': 'K', 'Μ': 'M', 'Ν': 'N', 'Ο': 'O', 'Ρ': 'P', 'Τ': 'T', 'Υ': 'Y', 'Χ': 'X',
	'ı': 'i', 'ſ': 's', 'ɑ': 'a', 'ɡ': 'g', 'ⅼ': 'l', 'ⅰ': 'i', 'ⅽ': 'c', 'ⅾ': 'd', 'ⅿ': 'm', 'ⅹ': 'x', 'ⅴ': 'v',
}

// Lookalike returns the sentence about a word that differs from one of the
// candidates only in letters of another script, which look the same; "" when it
// does not.
func Lookalike(word string, candidates []string) string {
	var odd rune
	plain := strings.Map(func(r rune) rune {
		l, ok := latin[r]
		if r >= 0xff01 && r <= 0xff5e { // full width
			l, ok = r-0xfee0, true
		}
		if !ok {
			return r
		}
		if odd == 0 {
			odd = r
		}
		return l
	}, word)
	if odd == 0 {
		return ""
	}
	for _, c := range candidates {
		if c == plain {
			return fmt.Sprintf("write `%s`: the letter `%c` is U+%04X, which only looks like that of `%s`", plain, odd, odd, plain)
		}
	}
	return ""
}
