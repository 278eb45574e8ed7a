package cli

// Secrets. In: an environment lookup and the names that a state has; out: the
// texts of those that are given.

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// SecretsDirVariable names the directory that has a file for each secret.
//
//js:table SECRETS_DIR
const SecretsDirVariable = "MONGOCD_SECRETS_DIR"

// Secrets returns the texts of those of the names that are given: by the
// environment variable NAME, the file that NAME_FILE names, or the file NAME in
// MONGOCD_SECRETS_DIR, in this order; an empty variable is not given. One line
// break at the end of a file is not part of the text. The error names the
// variable or file, and never holds a text.
func Secrets(lookup func(string) (string, bool), names []string) (map[string]string, error) {
	given := map[string]string{}
	folder, _ := lookup(SecretsDirVariable)
	for _, name := range names {
		value, _ := lookup(name)
		file, _ := lookup(name + "_FILE")
		optional := false
		switch {
		case value != "" && file != "":
			return nil, fmt.Errorf("%s and %s_FILE are both set: unset one of them", name, name)
		case file == "" && folder != "" && value == "":
			file, optional = filepath.Join(folder, name), true
		}
		if file != "" {
			data, err := os.ReadFile(file)
			if optional && errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return nil, fmt.Errorf("the secret %s cannot be read from the file %s", name, file)
			}
			value = strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r")
		} else if value == "" {
			continue
		}
		if !utf8.ValidString(value) {
			return nil, fmt.Errorf("the secret %s is not UTF-8 text", name)
		}
		given[name] = value
	}
	return given, nil
}

// JournalKeyVariable is how the key of the journal is given, as a secret is.
//
//js:table JOURNAL_KEY
const JournalKeyVariable = "MONGOCD_JOURNAL_KEY"

// JournalKey is the key that seals and encrypts what undo writes back; empty: none is given.
func JournalKey(lookup func(string) (string, bool)) (string, error) {
	given, err := Secrets(lookup, []string{JournalKeyVariable})
	return given[JournalKeyVariable], err
}
