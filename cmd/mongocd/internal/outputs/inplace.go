package outputs

// One file of the user's, written again. In: a folder, a name, a text; out: the file with
// that text, or as it was.

import (
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
)

// WriteInPlace replaces a file by way of a temporary one beside it, keeping its mode.
func WriteInPlace(root *os.Root, name, text string) error {
	info, err := root.Stat(name)
	if err != nil {
		return err
	}
	temporary := filepath.Join(filepath.Dir(name), ".mongocd-"+rand.Text()) // a name of its own: no link that is there already
	file, err := root.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	err = errors.Join(err, file.Chmod(info.Mode().Perm()), file.Sync(), file.Close())
	if err == nil {
		err = root.Rename(temporary, name)
	}
	if err != nil {
		return errors.Join(err, root.Remove(temporary))
	}
	return nil
}
