package prelude

// Tables that both engines have are declared in Go, where `//js:table` ends the
// comment of a declaration. In: the sources below runtime; out: tables.js, in which
// maxKeys is MAX_KEYS (or has the name behind the mark), a duration is in milliseconds, and a struct an object with
// its fields by their names. UPDATE_GOLDEN=1 go test ./runtime/prelude writes it.

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	sources "github.com/hayone1/mongocd/runtime"
)

const tablesFile = "tables.js"

// TestTables: tables.js has what the declarations in Go say.
func TestTables(t *testing.T) {
	read := newReader(t)
	tables, values := map[string]string{}, map[string]any{}
	for _, p := range read.packages {
		for _, d := range p.all {
			if name := d.constant; name != "" {
				if _, twice := tables[name]; twice {
					t.Errorf("two declarations are %s", name)
				}
				values[name] = read.value(p, d.value, d.typ)
				tables[name] = declarationText(name, values[name])
			}
		}
	}
	var b strings.Builder
	b.WriteString("// Tables that both engines have: made of the declarations in Go that `//js:table`\n// marks, by UPDATE_GOLDEN=1 go test ./runtime/prelude.\n\n")
	names := slices.Sorted(maps.Keys(tables))
	slices.SortStableFunc(names, func(x, y string) int { return depth(values, values[x]) - depth(values, values[y]) })
	for _, name := range names {
		b.WriteString(tables[name])
	}
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(tablesFile, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(tablesFile)
	if err != nil {
		t.Fatal(err)
	}
	if string(text) != b.String() {
		t.Errorf("%s is out of date (UPDATE_GOLDEN=1 rewrites it)", tablesFile)
	}
	if len(tables) < 80 {
		t.Errorf("%d tables", len(tables))
	}
}

// depth is how many references there are from a value to values, one behind the other.
func depth(values map[string]any, v any) int {
	most := 0
	switch v := v.(type) {
	case reference:
		most = 1 + depth(values, values[string(v)])
	case []any:
		for _, x := range v {
			most = max(most, depth(values, x))
		}
	case []field:
		for _, f := range v {
			most = max(most, depth(values, f.value))
		}
	}
	return most
}

// declaration is a constant or a variable of a package.
type declaration struct {
	name       string
	typ, value ast.Expr
	constant   string // its name in JavaScript, when it is marked
}

// sourcePackage is a package below runtime.
type sourcePackage struct {
	path    string
	all     map[string]declaration
	structs map[string]*ast.StructType
	imports map[string]string // path by name
}

// reader evaluates declarations.
type reader struct {
	t        *testing.T
	packages map[string]*sourcePackage // by the folder under runtime
}

const runtimePath = "github.com/hayone1/mongocd/runtime/"

func newReader(t *testing.T) *reader {
	r := &reader{t: t, packages: map[string]*sourcePackage{}}
	err := fs.WalkDir(sources.Files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := sources.Files.ReadFile(name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ParseComments)
		if err != nil {
			return err
		}
		folder := path.Dir(name)
		if r.packages[folder] == nil {
			r.packages[folder] = &sourcePackage{path: folder, all: map[string]declaration{}, structs: map[string]*ast.StructType{}, imports: map[string]string{}}
		}
		r.packages[folder].add(file)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (p *sourcePackage) add(file *ast.File) {
	for _, i := range file.Imports {
		imported, _ := strconv.Unquote(i.Path.Value)
		name := path.Base(imported)
		if i.Name != nil {
			name = i.Name.Name
		}
		p.imports[name] = imported
	}
	for _, d := range file.Decls {
		d, ok := d.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, spec := range d.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				if s, ok := spec.Type.(*ast.StructType); ok {
					p.structs[spec.Name.Name] = s
				}
			case *ast.ValueSpec:
				for i, name := range spec.Names {
					if i >= len(spec.Values) {
						continue
					}
					p.all[name.Name] = declaration{name.Name, spec.Type, spec.Values[i], marked(name.Name, d.Doc, spec.Doc)}
				}
			}
		}
	}
}

// marked is the name in JavaScript of what one of the comments marks; empty: none does.
func marked(name string, comments ...*ast.CommentGroup) string {
	for _, doc := range comments {
		if doc == nil {
			continue
		}
		for _, c := range doc.List {
			if given, ok := strings.CutPrefix(c.Text, "//js:table"); ok {
				return cmp.Or(strings.TrimSpace(given), constantName(name))
			}
		}
	}
	return ""
}

// external are constants of other modules, by import path: durations in milliseconds.
var external = map[string]map[string]int64{
	"crypto/sha256": {"Size": sha256.Size},
	"time":          {"Millisecond": 1, "Second": 1000, "Minute": 60000, "Hour": 3600000},
	"go.mongodb.org/mongo-driver/v2/bson": {
		"TypeDouble": int64(bson.TypeDouble), "TypeString": int64(bson.TypeString), "TypeEmbeddedDocument": int64(bson.TypeEmbeddedDocument), "TypeArray": int64(bson.TypeArray),
		"TypeBinary": int64(bson.TypeBinary), "TypeUndefined": int64(bson.TypeUndefined), "TypeObjectID": int64(bson.TypeObjectID), "TypeBoolean": int64(bson.TypeBoolean),
		"TypeDateTime": int64(bson.TypeDateTime), "TypeNull": int64(bson.TypeNull), "TypeRegex": int64(bson.TypeRegex), "TypeDBPointer": int64(bson.TypeDBPointer),
		"TypeJavaScript": int64(bson.TypeJavaScript), "TypeSymbol": int64(bson.TypeSymbol), "TypeCodeWithScope": int64(bson.TypeCodeWithScope), "TypeInt32": int64(bson.TypeInt32),
		"TypeTimestamp": int64(bson.TypeTimestamp), "TypeInt64": int64(bson.TypeInt64), "TypeDecimal128": int64(bson.TypeDecimal128), "TypeMinKey": int64(bson.TypeMinKey), "TypeMaxKey": int64(bson.TypeMaxKey),
	},
}

// field is one of an object.
type field struct {
	name  string
	value any
}

// reference is the name of another table.
type reference string

// element is value, but a reference to what is a table itself and no text or number.
func (r *reader) element(p *sourcePackage, e, typ ast.Expr) any {
	v := r.value(p, e, typ)
	switch v.(type) {
	case []any, []field:
		if name, ok := e.(*ast.Ident); ok && p.all[name.Name].constant != "" {
			return reference(p.all[name.Name].constant)
		}
	}
	return v
}

// value evaluates an expression of a type, which may be nil: to a string, a bool,
// an int64, []any or []field, with references in these.
func (r *reader) value(p *sourcePackage, e, typ ast.Expr) any {
	switch e := e.(type) {
	case *ast.BasicLit:
		return r.literal(e)
	case *ast.ParenExpr:
		return r.value(p, e.X, typ)
	case *ast.CallExpr: // a conversion
		if len(e.Args) == 1 {
			return r.value(p, e.Args[0], nil)
		}
	case *ast.UnaryExpr:
		if n, ok := r.value(p, e.X, nil).(int64); ok && e.Op == token.SUB {
			return -n
		}
	case *ast.BinaryExpr:
		return r.binary(p, e)
	case *ast.Ident:
		if e.Name == "true" || e.Name == "false" {
			return e.Name == "true"
		}
		if d, ok := p.all[e.Name]; ok {
			return r.value(p, d.value, d.typ)
		}
	case *ast.SelectorExpr:
		return r.selected(p, e)
	case *ast.CompositeLit:
		if e.Type != nil {
			typ = e.Type
		}
		return r.composite(p, e, typ)
	}
	r.t.Fatalf("%s: a table cannot have a %T", p.path, e)
	return nil
}

func (r *reader) literal(e *ast.BasicLit) any {
	if e.Kind == token.STRING {
		s, err := strconv.Unquote(e.Value)
		if err != nil {
			r.t.Fatal(err)
		}
		return s
	}
	n, err := strconv.ParseInt(e.Value, 0, 64)
	if err != nil {
		r.t.Fatal(err)
	}
	return n
}

func (r *reader) binary(p *sourcePackage, e *ast.BinaryExpr) any {
	x, y := r.value(p, e.X, nil), r.value(p, e.Y, nil)
	if s, ok := x.(string); ok && e.Op == token.ADD {
		return s + y.(string)
	}
	n, m := x.(int64), y.(int64)
	switch e.Op {
	case token.ADD:
		return n + m
	case token.SUB:
		return n - m
	case token.MUL:
		return n * m
	case token.SHL:
		return n << m
	}
	r.t.Fatalf("%s: a table cannot have %s", p.path, e.Op)
	return nil
}

// selected is a constant of another package, or a field of a struct.
func (r *reader) selected(p *sourcePackage, e *ast.SelectorExpr) any {
	name := e.Sel.Name
	if x, ok := e.X.(*ast.Ident); ok {
		imported := p.imports[x.Name]
		if n, ok := external[imported][name]; ok {
			return n
		}
		if other := r.packages[strings.TrimPrefix(imported, runtimePath)]; other != nil && imported != "" {
			d, ok := other.all[name]
			if !ok {
				r.t.Fatalf("%s: there is no %s.%s", p.path, x.Name, name)
			}
			return r.value(other, d.value, d.typ)
		}
	}
	fields, _ := r.value(p, e.X, nil).([]field)
	for _, f := range fields {
		if f.name == lowerFirst(name) {
			return f.value
		}
	}
	r.t.Fatalf("%s: a table cannot have .%s", p.path, name)
	return nil
}

func (r *reader) composite(p *sourcePackage, e *ast.CompositeLit, typ ast.Expr) any {
	switch typ := typ.(type) {
	case *ast.ArrayType:
		list := []any{}
		for _, element := range e.Elts {
			list = append(list, r.element(p, element, typ.Elt))
		}
		return list
	case *ast.MapType:
		fields := []field{}
		for _, element := range e.Elts {
			pair := element.(*ast.KeyValueExpr)
			fields = append(fields, field{r.value(p, pair.Key, nil).(string), r.element(p, pair.Value, typ.Value)})
		}
		return fields
	case *ast.StructType:
		return r.object(p, e, typ)
	case *ast.Ident:
		if s := p.structs[typ.Name]; s != nil {
			return r.object(p, e, s)
		}
	case *ast.SelectorExpr:
		if x, ok := typ.X.(*ast.Ident); ok {
			if other := r.packages[strings.TrimPrefix(p.imports[x.Name], runtimePath)]; other != nil && other.structs[typ.Sel.Name] != nil {
				return r.object(p, e, other.structs[typ.Sel.Name])
			}
		}
	}
	r.t.Fatalf("%s: a table cannot have a literal of %T", p.path, typ)
	return nil
}

// object is a struct: the fields that are given.
func (r *reader) object(p *sourcePackage, e *ast.CompositeLit, typ *ast.StructType) any {
	types := map[string]ast.Expr{}
	var names []string
	for _, f := range typ.Fields.List {
		for _, name := range f.Names {
			names = append(names, name.Name)
			types[name.Name] = f.Type
		}
	}
	fields := []field{}
	for i, element := range e.Elts {
		name := ""
		if pair, ok := element.(*ast.KeyValueExpr); ok {
			name, element = pair.Key.(*ast.Ident).Name, pair.Value
		} else {
			name = names[i]
		}
		fields = append(fields, field{lowerFirst(name), r.element(p, element, types[name])})
	}
	return fields
}

func lowerFirst(name string) string { return strings.ToLower(name[:1]) + name[1:] }

var (
	innerWord = regexp.MustCompile(`([a-z0-9])([A-Z])`)
	nextWord  = regexp.MustCompile(`([A-Z])([A-Z][a-z])`)
	plainName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
)

// constantName is the name of a constant in JavaScript: LEDGER_IDS for ledgerIDs.
func constantName(name string) string {
	name = strings.ReplaceAll(name, "IDs", "Ids")
	return strings.ToUpper(nextWord.ReplaceAllString(innerWord.ReplaceAllString(name, "${1}_$2"), "${1}_$2"))
}

// declarationText declares a value, on several lines where it is long.
func declarationText(name string, v any) string {
	const width = 120
	text := fmt.Sprintf("const %s = %s;\n", name, valueText(v))
	if len(text) <= width {
		return text
	}
	var b strings.Builder
	switch v := v.(type) {
	case []any:
		fmt.Fprintf(&b, "const %s = [\n", name)
		for _, x := range v {
			fmt.Fprintf(&b, "  %s,\n", valueText(x))
		}
		b.WriteString("];\n")
	case []field:
		fmt.Fprintf(&b, "const %s = {\n", name)
		for _, f := range v {
			fmt.Fprintf(&b, "  %s: %s,\n", keyText(f.name), valueText(f.value))
		}
		b.WriteString("};\n")
	default:
		return text
	}
	return b.String()
}

func keyText(name string) string {
	if plainName.MatchString(name) {
		return name
	}
	return valueText(name)
}

func valueText(v any) string {
	var parts []string
	switch v := v.(type) {
	case string:
		return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\n", `\n`).Replace(v) + "'"
	case []any:
		for _, x := range v {
			parts = append(parts, valueText(x))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case []field:
		for _, f := range v {
			parts = append(parts, keyText(f.name)+": "+valueText(f.value))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return fmt.Sprint(v)
}
