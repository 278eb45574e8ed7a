package cli

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSecrets(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	file := write("some", "from file\r\n")
	write("B", "from directory\n\n")
	write("D", "\xff")
	tests := []struct {
		env, want map[string]string
		err       string
	}{
		{nil, map[string]string{}, ""},
		{map[string]string{"A": "a", "B": ""}, map[string]string{"A": "a"}, ""},
		{map[string]string{"A_FILE": file, SecretsDirVariable: folder}, map[string]string{"A": "from file", "B": "from directory\n"}, ""},
		{map[string]string{"B": "b", SecretsDirVariable: folder}, map[string]string{"B": "b"}, ""},
		{map[string]string{"A": "a", "A_FILE": file}, nil, "A and A_FILE are both set"},
		{map[string]string{"A_FILE": file + "x"}, nil, "the secret A cannot be read from the file"},
		{map[string]string{"A": "a\xff"}, nil, "the secret A is not UTF-8 text"},
		{map[string]string{SecretsDirVariable: folder + "x"}, map[string]string{}, ""},
	}
	for _, test := range tests {
		got, err := Secrets(func(name string) (string, bool) { v, ok := test.env[name]; return v, ok }, []string{"A", "B"})
		if !maps.Equal(got, test.want) || (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
			t.Errorf("%v: %q, %v", test.env, got, err)
		}
	}
}
