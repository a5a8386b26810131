package house

import (
	"fmt"
	"go/ast"
	"go/doc/comment"
	"go/token"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// endsAsSentence reports whether a doc comment ends with a full stop. One that ends with a code block or a list
// must have a sentence or an introduction with a colon before it.
func endsAsSentence(text string) bool {
	blocks := new(comment.Parser).Parse(text).Content
	for _, block := range slices.Backward(blocks) {
		switch b := block.(type) {
		case *comment.Paragraph:
			return endsWithStop(b.Text, b != blocks[len(blocks)-1])
		case *comment.Heading:
			return false
		}
	}
	return false
}

func endsWithStop(text []comment.Text, introduces bool) bool {
	plain := new(comment.Printer).Text(&comment.Doc{Content: []comment.Block{&comment.Paragraph{Text: text}}})
	last := strings.TrimRight(strings.TrimSpace(string(plain)), `)"”`)
	for _, stop := range []string{".", "?", "!", "。"} {
		if strings.HasSuffix(last, stop) {
			return true
		}
	}
	return introduces && strings.HasSuffix(last, ":")
}

// startsWithName reports whether the comment begins with the name, after an article if there is one.
func startsWithName(text string, names ...string) bool {
	for _, article := range []string{"A ", "An ", "The "} {
		if rest, ok := strings.CutPrefix(text, article); ok {
			text = rest
			break
		}
	}
	return slices.ContainsFunc(names, func(name string) bool {
		rest, ok := strings.CutPrefix(text, name)
		next, _ := utf8.DecodeRuneInString(rest)
		return ok && next != '_' && !unicode.IsLetter(next) && !unicode.IsDigit(next)
	})
}

// docFault says what is wrong with a doc comment of one of the names, or returns "".
func docFault(text string, names ...string) string {
	switch {
	case strings.TrimSpace(text) == "":
		return "no comment on " + names[0]
	case !startsWithName(text, names...):
		return fmt.Sprintf("a comment on %s that starts with %q", names[0], firstWords(text))
	case !endsAsSentence(text):
		return "a comment on " + names[0] + " that does not end with a full stop"
	}
	return ""
}

func firstWords(text string) string {
	words := strings.Fields(text)
	return strings.Join(words[:min(3, len(words))], " ")
}

var packagesAreDocumented = rule{
	name:    "each package has one comment of whole sentences",
	instead: `write "Package name ...", for a command "Command name ...", with full stops, in doc.go, main.go or the file named after the package, and nowhere else`,
	check: func(m *module) []finding {
		var found []finding
		first := map[string]*goFile{} // by directory
		documented := map[string]bool{}
		for _, f := range m.files {
			if f.test {
				continue
			}
			if first[f.dir] == nil {
				first[f.dir] = f
			}
			if f.syntax.Doc == nil {
				continue
			}
			if fault := packageDocFault(f, documented[f.dir]); fault != "" {
				found = append(found, m.at(f, f.syntax.Package, "", fault))
			}
			documented[f.dir] = true
		}
		for _, f := range m.files {
			if first[f.dir] == f && !documented[f.dir] {
				found = append(found, m.at(f, f.syntax.Package, "", "no comment on package "+f.syntax.Name.Name))
			}
		}
		return found
	},
	cases: []ruleCase{
		{
			name: "missing, twice, in the wrong file, without name, without full stop",
			files: map[string]string{
				"domain/a.go":         "package domain\n",
				"domain/b.go":         "package domain\n",
				"domain/doc_test.go":  "// Package domain is documented in a test.\npackage domain\n",
				"eventstore/doc.go":   "// Package eventstore is the log.\npackage eventstore\n",
				"eventstore/main.go":  "// Package eventstore is the log.\npackage eventstore\n",
				"projections/read.go": "// Package projections is what people read.\npackage projections\n",
				"cmd/a/main.go":       "// This is a.\npackage main\n",
				"cmd/b/main.go":       "// Command b does it\npackage main\n",
				"cmd/c/doc.go":        "// Package c.\npackage c\n",
			},
			want: []string{
				"cmd/a/main.go:2", "cmd/b/main.go:2", "cmd/c/doc.go:2", "eventstore/main.go:2", "projections/read.go:2",
				"domain/a.go:1",
			},
		},
		{
			name: "once",
			files: map[string]string{
				"domain/doc.go":            "// Package domain has rules.\n//\n// They are these:\n//   - one\npackage domain\n",
				"domain/a.go":              "package domain\n",
				"domain/iso/iso.go":        "// Package iso reads dates.\npackage iso\n",
				"cmd/aidledger/main.go":    "// Command aidledger is a ledger (of aid.)\npackage main\n",
				"cmd/internal/x/x_test.go": "package x\n",
			},
		},
	},
}

func packageDocFault(f *goFile, another bool) string {
	name := f.syntax.Name.Name
	subject := "Package " + name
	if name == "main" {
		subject = "Command " + path.Base(f.dir)
	}
	text := f.syntax.Doc.Text()
	base := path.Base(f.path)
	switch {
	case another:
		return "a second comment on package " + name
	case base != "doc.go" && base != "main.go" && base != name+".go":
		return "the comment on package " + name + " in " + base
	case len(strings.Fields(text)) < 4:
		return "less than a sentence on package " + name
	}
	return docFault(text, subject)
}

var exportedNamesAreDocumented = rule{
	name:    "each exported name has a comment of whole sentences",
	instead: "write what the name promises, as a sentence that starts with it and ends with a full stop",
	check: func(m *module) []finding {
		var found []finding
		for _, f := range m.files {
			if f.test {
				continue
			}
			for _, decl := range f.syntax.Decls {
				switch d := decl.(type) {
				case *ast.FuncDecl:
					receiver := receiverName(d)
					if !d.Name.IsExported() || receiver != "" && !ast.IsExported(receiver) {
						continue
					}
					if fault := docFault(d.Doc.Text(), d.Name.Name); fault != "" {
						found = append(found, m.at(f, d.Pos(), declName(d), fault))
					}
				case *ast.GenDecl:
					found = append(found, m.undocumented(f, d)...)
				}
			}
		}
		return found
	},
	cases: []ruleCase{
		{
			name: "functions and methods",
			files: map[string]string{"domain/a.go": `package domain

func A() {}

// Does B.
func B() {}

// C does it
func C() {}

type t struct{}

// D does it.
func D() {}

// Decide does it.
func (t) Other() {}

// T is exported, so its methods are.
type T[K any] struct{}

func (*T[K]) Get() {}

// Getter is another word.
func (*T[K]) Get2() {}
`},
			want: []string{"domain/a.go:3", "domain/a.go:6", "domain/a.go:9", "domain/a.go:22", "domain/a.go:25"},
		},
		{
			name: "types, constants and variables",
			files: map[string]string{"domain/a.go": `package domain

type A int

const B = 1

// c is a name as well.
var c, D int

const (
	E = 1
	// F is documented.
	F = 2
	// Not F.
	G = 3
)

// Kinds of things
const (
	H = 1
)
`},
			want: []string{"domain/a.go:3", "domain/a.go:5", "domain/a.go:11", "domain/a.go:15", "domain/a.go:19"},
		},
		{
			name: "documented or not exported",
			files: map[string]string{
				"domain/a.go": `package domain

// A Ledger has fields:
//
//	code
type Ledger struct {
	Field int
}

// String implements fmt.Stringer.
func (l *Ledger) String() string { return "" }

// The kinds of refusal.
const (
	KindA = iota // a
	KindB
)

// Least and Most are limits.
const Least, Most = 1, 2

// Reader reads.
type Reader interface {
	Read()
}

type hidden struct{}

func (hidden) Exported() {}

var _ Reader = nil
`,
				"domain/a_test.go": "package domain\nfunc Exported() {}\n",
			},
		},
	},
}

// undocumented looks at types, constants and variables. A comment on a group speaks for all in it.
func (m *module) undocumented(f *goFile, d *ast.GenDecl) []finding {
	if d.Tok == token.IMPORT {
		return nil
	}
	var found []finding
	exported := false
	for _, spec := range d.Specs {
		var doc *ast.CommentGroup
		var names []string
		switch s := spec.(type) {
		case *ast.TypeSpec:
			doc, names = s.Doc, namesToDocument(s.Name)
		case *ast.ValueSpec:
			doc, names = s.Doc, namesToDocument(s.Names...)
		}
		if len(names) == 0 {
			continue
		}
		exported = true
		if !d.Lparen.IsValid() {
			doc = d.Doc
		} else if doc == nil && d.Doc != nil {
			continue
		}
		if fault := docFault(doc.Text(), names...); fault != "" {
			found = append(found, m.at(f, spec.Pos(), names[0], fault))
		}
	}
	if exported && d.Lparen.IsValid() && d.Doc != nil && !endsAsSentence(d.Doc.Text()) {
		found = append(found, m.at(f, d.Pos(), "", "a comment on a group that does not end with a full stop"))
	}
	return found
}

// namesToDocument returns the names of one declaration if one of them is exported. The comment may start with any.
func namesToDocument(idents ...*ast.Ident) []string {
	if !slices.ContainsFunc(idents, (*ast.Ident).IsExported) {
		return nil
	}
	var names []string
	for _, ident := range idents {
		names = append(names, ident.Name)
	}
	return names
}
