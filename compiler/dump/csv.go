package dump

// CSV. In: rows of cells (RFC 4180), names and types of columns; out: documents.
// Without a type a column has that of all its cells: the file is read twice.

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/doc"
)

// header finds the columns and, where they are not said, their types.
func (f *File) header(ctx context.Context) error {
	return f.read(func(r *bufio.Reader) error {
		rows := newRows(f, r)
		names, line := f.options.Columns, 0
		if len(names) == 0 {
			var err error
			switch names, err = rows.next(); {
			case errors.Is(err, io.EOF):
				return f.fault(1, 1, "this file is empty", "its first line names the columns, or --columns does")
			case err != nil:
				return err
			}
			line = 1
		}
		for i, name := range names {
			c, err := parseColumn(name)
			if err != nil {
				at := 0
				if line > 0 {
					_, at = rows.place(i)
				}
				var e *columnError
				errors.As(err, &e)
				return f.fault(line, at, e.message, e.hint)
			}
			f.columns = append(f.columns, c)
		}
		if err := f.collide(line); err != nil {
			return err
		}
		for n := 1; ; n++ {
			cells, err := rows.next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return err
			}
			if n%1000 == 0 && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			for i, cell := range cells {
				if i < len(f.columns) {
					f.columns[i].see(cell)
				}
			}
		}
		for i := range f.columns {
			f.columns[i].settle()
		}
		return nil
	})
}

// collide refuses columns of one name, and one in another: `a` and `a.b`.
func (f *File) collide(line int) error {
	for i, c := range f.columns {
		for _, other := range f.columns[:i] {
			short, long := other.path, c.path
			if len(long) < len(short) {
				short, long = long, short
			}
			if doc.ComparePaths(short, long[:len(short)]) == 0 {
				return f.fault(line, 0, fmt.Sprintf("the columns %s and %s are about one field", diag.Quote(strings.Join(other.path, "."), 64), diag.Quote(strings.Join(c.path, "."), 64)), "give one of them another name; a dot in a name is a field within a field")
			}
		}
	}
	return nil
}

// rows makes a document of each row.
func (f *File) rows(ctx context.Context, r *bufio.Reader, take func(d bson.Raw, line, column int) error) error {
	rows := newRows(f, r)
	if len(f.options.Columns) == 0 {
		if _, err := rows.next(); err != nil {
			return err
		}
	}
	for {
		cells, err := rows.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		line, _ := rows.place(0)
		if len(cells) != len(f.columns) {
			return f.fault(line, 0, fmt.Sprintf("this row has %d cells, and there are %d columns", len(cells), len(f.columns)), "a cell with a comma or a line break in it stands in double quotes")
		}
		var fields tree
		for i, cell := range cells {
			c := &f.columns[i]
			if cell == "" && f.options.IgnoreBlanks {
				continue
			}
			v, why := c.value(cell)
			if why != "" {
				line, column := rows.place(i)
				return f.fault(line, column, fmt.Sprintf("%s of the column %s: %s", diag.Quote(cell, 64), diag.Quote(strings.Join(c.path, "."), 64), why), c.hint(cell))
			}
			fields.put(c.path, v)
		}
		if err := take(fields.document(), line, 1); err != nil {
			return err
		}
	}
}

// rowReader reads rows with their places.
type rowReader struct {
	file *File
	csv  *csv.Reader
}

func newRows(f *File, r *bufio.Reader) *rowReader {
	c := csv.NewReader(r)
	c.FieldsPerRecord, c.ReuseRecord = -1, true
	return &rowReader{f, c}
}

// next is the next row; io.EOF behind the last one.
func (r *rowReader) next() ([]string, error) {
	cells, err := r.csv.Read()
	var syntax *csv.ParseError
	switch {
	case errors.As(err, &syntax):
		hint := "a quote within a quoted cell is written twice, and a cell with a quote in it stands in quotes"
		return nil, r.file.fault(syntax.Line, syntax.Column, "this row is no CSV: "+diag.Safe(syntax.Err.Error(), 120), hint)
	case err != nil && !errors.Is(err, io.EOF):
		return nil, r.file.system(err)
	case err != nil:
		return nil, err
	}
	for i, cell := range cells {
		if !utf8.ValidString(cell) {
			line, column := r.place(i)
			return nil, r.file.fault(line, column, "this cell is no UTF-8 text", "save the file as UTF-8")
		}
	}
	return cells, nil
}

// place is the line and column, in bytes from 1, of a cell of the last row.
func (r *rowReader) place(i int) (line, column int) { return r.csv.FieldPos(i) }

// tree are fields within fields, in the order they came.
type tree struct {
	names  []string
	values []bson.RawValue
	inside []*tree // nil where there is a value
}

func (t *tree) put(path doc.Path, v bson.RawValue) {
	for len(path) > 1 {
		t, path = t.in(path[0]), path[1:]
	}
	t.names, t.values, t.inside = append(t.names, path[0]), append(t.values, v), append(t.inside, nil)
}

func (t *tree) in(name string) *tree {
	for i, n := range t.names {
		if n == name {
			return t.inside[i]
		}
	}
	below := &tree{}
	t.names, t.values, t.inside = append(t.names, name), append(t.values, bson.RawValue{}), append(t.inside, below)
	return below
}

func (t *tree) document() bson.Raw {
	b := doc.NewBuilder(256)
	for i, name := range t.names {
		if below := t.inside[i]; below != nil {
			b.AppendDocument(name, below.document())
			continue
		}
		b.Append(name, t.values[i])
	}
	return b.Raw()
}
