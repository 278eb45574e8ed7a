package layout

// File names. In: the key of a document, or the name of a database, source or
// collection; out: a name that is safe on every file system, says what it can
// to people, and is another one for every other key, whatever else there is.

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

const (
	maxPlainName = 120
	maxReadable  = 60
	keyDigits    = 8 // bytes of the digest in a name
)

// EncodeName returns the file or folder name for a name in what is generated
// (artefacts are found by it, so it stays): itself when it is plain, else EncodeKey of the text.
func EncodeName(name string) string { return EncodeKey(doc.String(name)) }

// FolderName returns the folder of extracted data for the name of a source,
// database or collection: itself when it is plain; with ~ and the small letter for
// each capital where that makes it plain (price~lists); else EncodeName. It is
// another one for every other name, also where case does not count: ~ is in no plain
// name, stands before a letter for a capital, and what an EncodeName could be is none.
func FolderName(name string) string {
	if isPlain(name) {
		return name
	}
	var b strings.Builder
	for i := range len(name) {
		switch c := name[i]; {
		case c >= 'A' && c <= 'Z':
			b.WriteByte('~')
			b.WriteByte(c + 'a' - 'A')
		case isPlainByte(c):
			b.WriteByte(c)
		default:
			return EncodeName(name)
		}
	}
	if s := b.String(); s != "" && len(s) <= maxPlainName && !isDevice(s) && !endsInDigest(s) {
		return s
	}
	return EncodeName(name)
}

// endsInDigest reports whether a folder's name ends as EncodeName's do.
func endsInDigest(folder string) bool {
	at := strings.LastIndexByte(folder, '~')
	return at >= 0 && len(folder)-at-1 == 2*keyDigits && strings.Trim(folder[at+1:], "0123456789abcdef") == ""
}

// nameOf is the name that a folder's name gives back: itself, unless FolderName
// wrote capitals in it.
func nameOf(folder string) string {
	var b strings.Builder
	for i := 0; i < len(folder); i++ {
		c := folder[i]
		if c == '~' && i+1 < len(folder) {
			i++
			c = folder[i] - 'a' + 'A'
		}
		b.WriteByte(c)
	}
	if name := b.String(); FolderName(name) == folder {
		return name
	}
	return folder
}

// EncodeKey returns the file name, without extension, for a key: a single
// string of 1 to 120 characters of [a-z0-9_-] that is no Windows device name is
// the name; anything else is its readable part, ~, and 16 hex digits of the SHA-256
// of the key's BSON (an array of the values).
func EncodeKey(key ...bson.RawValue) string {
	if len(key) == 1 {
		if s, ok := key[0].StringValueOK(); ok && isPlain(s) {
			return s
		}
	}
	digest := keyDigest(key)
	return readable(key) + "~" + hex.EncodeToString(digest[:keyDigits])
}

// keyDigest is the SHA-256 of the key's BSON; its first digit chooses the shard.
func keyDigest(key []bson.RawValue) [sha256.Size]byte {
	return sha256.Sum256(doc.Array(key...).Value)
}

func isPlain(s string) bool {
	if s == "" || len(s) > maxPlainName || isDevice(s) {
		return false
	}
	for i := range len(s) {
		if !isPlainByte(s[i]) {
			return false
		}
	}
	return true
}

func isPlainByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_' || c == '-'
}

// isDevice reports whether Windows takes the name for a device, whatever its extension.
func isDevice(s string) bool {
	switch s {
	case "con", "prn", "aux", "nul":
		return true
	}
	return len(s) == 4 && (s[:3] == "com" || s[:3] == "lpt") && s[3] >= '0' && s[3] <= '9'
}

// readable is what people can recognise of a key: lower-case letters, digits, _ and -;
// every run of other characters is one dash. It may be empty.
func readable(key []bson.RawValue) string {
	var b strings.Builder
	for i, v := range key {
		if i > 0 && b.Len() > 0 {
			b.WriteByte('-')
		}
		for _, r := range readableText(v) {
			if b.Len() >= maxReadable {
				break
			}
			if r >= 'A' && r <= 'Z' {
				r += 'a' - 'A'
			}
			if r < 0x80 && isPlainByte(byte(r)) {
				b.WriteByte(byte(r))
			} else if s := b.String(); s != "" && s[len(s)-1] != '-' {
				b.WriteByte('-')
			}
		}
	}
	return strings.TrimRight(b.String(), "-")
}

func readableText(v bson.RawValue) string {
	if s, ok := v.StringValueOK(); ok {
		return s
	}
	switch v.Type {
	case bson.TypeObjectID:
		id := v.ObjectID()
		return hex.EncodeToString(id[:])
	case bson.TypeBinary:
		if doc.TypeName(v) == "uuid" {
			return strings.TrimPrefix(doc.Show(v, 80), "uuid")
		}
		return ""
	}
	return doc.Show(v, 2*maxReadable)
}
