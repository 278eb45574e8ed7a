// Package safe says which characters are never shown as they are. In: a character;
// out: whether a terminal or a reader's eye could be misled by it. Everything that
// is written for people asks here; the scripts' half, safe.js, is
// made of this table, which a test holds.
package safe

import "unicode"

// table is all of the Unicode categories Cc, Cf, Zl, Zp, Zs (but the space), Cs and
// Co, what has the property Default_Ignorable_Code_Point, non-characters, and the
// blank pattern of Braille: controls, formats, marks of direction, separators,
// spaces that look like another one, fillers and variation selectors, surrogates,
// and what has no meaning of its own. It stands here, so that no version of a
// language or a shell decides.
var table = []unicode.Range32{
	{Lo: 0x00, Hi: 0x1f, Stride: 1}, {Lo: 0x7f, Hi: 0xa0, Stride: 1}, {Lo: 0xad, Hi: 0xad, Stride: 1},
	{Lo: 0x34f, Hi: 0x34f, Stride: 1}, {Lo: 0x600, Hi: 0x605, Stride: 1}, {Lo: 0x61c, Hi: 0x61c, Stride: 1}, {Lo: 0x6dd, Hi: 0x6dd, Stride: 1},
	{Lo: 0x70f, Hi: 0x70f, Stride: 1}, {Lo: 0x890, Hi: 0x891, Stride: 1}, {Lo: 0x8e2, Hi: 0x8e2, Stride: 1},
	{Lo: 0x115f, Hi: 0x1160, Stride: 1}, {Lo: 0x1680, Hi: 0x1680, Stride: 1}, {Lo: 0x17b4, Hi: 0x17b5, Stride: 1}, {Lo: 0x180b, Hi: 0x180f, Stride: 1},
	{Lo: 0x2000, Hi: 0x200f, Stride: 1}, {Lo: 0x2028, Hi: 0x202f, Stride: 1}, {Lo: 0x205f, Hi: 0x206f, Stride: 1}, {Lo: 0x2800, Hi: 0x2800, Stride: 1},
	{Lo: 0x3000, Hi: 0x3000, Stride: 1}, {Lo: 0x3164, Hi: 0x3164, Stride: 1},
	{Lo: 0xd800, Hi: 0xf8ff, Stride: 1}, {Lo: 0xfdd0, Hi: 0xfdef, Stride: 1}, {Lo: 0xfe00, Hi: 0xfe0f, Stride: 1}, {Lo: 0xfeff, Hi: 0xfeff, Stride: 1},
	{Lo: 0xffa0, Hi: 0xffa0, Stride: 1}, {Lo: 0xfff0, Hi: 0xfffb, Stride: 1}, {Lo: 0xfffe, Hi: 0xffff, Stride: 1},
	{Lo: 0x110bd, Hi: 0x110bd, Stride: 1}, {Lo: 0x110cd, Hi: 0x110cd, Stride: 1}, {Lo: 0x13430, Hi: 0x1343f, Stride: 1},
	{Lo: 0x1bca0, Hi: 0x1bca3, Stride: 1}, {Lo: 0x1d173, Hi: 0x1d17a, Stride: 1},
	{Lo: 0x1fffe, Hi: 0x1ffff, Stride: 1}, {Lo: 0x2fffe, Hi: 0x2ffff, Stride: 1}, {Lo: 0x3fffe, Hi: 0x3ffff, Stride: 1}, {Lo: 0x4fffe, Hi: 0x4ffff, Stride: 1},
	{Lo: 0x5fffe, Hi: 0x5ffff, Stride: 1}, {Lo: 0x6fffe, Hi: 0x6ffff, Stride: 1}, {Lo: 0x7fffe, Hi: 0x7ffff, Stride: 1}, {Lo: 0x8fffe, Hi: 0x8ffff, Stride: 1},
	{Lo: 0x9fffe, Hi: 0x9ffff, Stride: 1}, {Lo: 0xafffe, Hi: 0xaffff, Stride: 1}, {Lo: 0xbfffe, Hi: 0xbffff, Stride: 1}, {Lo: 0xcfffe, Hi: 0xcffff, Stride: 1},
	{Lo: 0xdfffe, Hi: 0xdffff, Stride: 1}, {Lo: 0xe0000, Hi: 0xe0fff, Stride: 1}, {Lo: 0xefffe, Hi: 0x10ffff, Stride: 1},
}

// basic has a bit for each character of the Basic Multilingual Plane, higher the rest of
// the table: text of any language is looked through at one speed.
var (
	basic  [1 << 16 / 64]uint64
	higher = &unicode.RangeTable{}
)

func init() {
	for _, r := range table {
		if r.Lo > 0xffff {
			higher.R32 = append(higher.R32, r)
			continue
		}
		for c := r.Lo; c <= r.Hi; c++ {
			basic[c/64] |= 1 << (c % 64)
		}
	}
}

// Hidden reports whether a character is written as an escape.
func Hidden(r rune) bool {
	if uint32(r) <= 0xffff {
		return basic[r/64]&(1<<(r%64)) != 0
	}
	return unicode.Is(higher, r)
}
