package main

// Results on stdout. In: text, or a value; out: it, as it is or as JSON.

import (
	"bytes"
	"encoding/json"
	"io"

	"github.com/hayone1/mongocd/runtime/change/view"
)

func (a *app) print(text string) error {
	if _, err := io.WriteString(a.stdout, text); err != nil {
		return failf("print: %s", err)
	}
	return nil
}

// writeJSON writes one document on stdout.
func (a *app) writeJSON(v any) error {
	text, err := indentedJSON(v)
	if err == nil {
		_, err = a.stdout.Write(text)
	}
	if err != nil {
		return failf("write: %s", err)
	}
	return nil
}

// indentedJSON is a value as JSON that is safe on a terminal.
func indentedJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(v)
	return view.EscapeJSON(b.Bytes()), err
}
