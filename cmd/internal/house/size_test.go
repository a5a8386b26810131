package house

import (
	"fmt"
	"go/ast"
)

const (
	fileLinesMax     = 600
	functionLinesMax = 70
)

var filesAreShort = rule{
	name:    fmt.Sprintf("a file has at most %d lines", fileLinesMax),
	instead: "split it, one idea in each file",
	check: func(m *module) []finding {
		var found []finding
		for _, f := range m.files {
			if f.lines > fileLinesMax {
				found = append(found, m.at(f, f.syntax.Package, "", fmt.Sprintf("%d lines", f.lines)))
			}
		}
		return found
	},
	cases: []ruleCase{
		{
			name:  "one line too many",
			files: map[string]string{"domain/a.go": "package domain\n" + lines(fileLinesMax)},
			want:  []string{"domain/a.go:1"},
		},
		{
			name:  "just short enough",
			files: map[string]string{"domain/a.go": "package domain\n" + lines(fileLinesMax-1)},
		},
	},
}

var functionsAreShort = rule{
	name:    fmt.Sprintf("a function has at most %d lines", functionLinesMax),
	instead: "give a part of it a name",
	check: func(m *module) []finding {
		var found []finding
		for _, f := range m.files {
			for _, decl := range f.syntax.Decls {
				d, ok := decl.(*ast.FuncDecl)
				if !ok {
					continue
				}
				n := m.lines(d)
				if f.test {
					n -= m.tableLines(d.Body)
				}
				if n > functionLinesMax {
					found = append(found, m.at(f, d.Pos(), declName(d), fmt.Sprintf("%s with %d lines", declName(d), n)))
				}
			}
		}
		return found
	},
	cases: []ruleCase{
		{
			name: "one line too many",
			files: map[string]string{
				"domain/a.go":      "package domain\nfunc a() {\n" + lines(functionLinesMax-1) + "}\n",
				"domain/a_test.go": "package domain\nfunc b() {\n_ = []int{\n}\n" + lines(functionLinesMax-1) + "}\n",
				"domain/b.go":      "package domain\nfunc c() {\n_ = []int{\n" + lines(functionLinesMax) + "}\n}\n",
				"domain/b_test.go": "package domain\nfunc d() {\n_ = []func(){func() {\n" + lines(functionLinesMax) + "}}\n}\n",
			},
			want: []string{"domain/a.go:2", "domain/a_test.go:2", "domain/b.go:2", "domain/b_test.go:2"},
		},
		{
			name: "just short enough, and a long table in a test",
			files: map[string]string{
				"domain/a.go":      "package domain\nfunc a() {\n" + lines(functionLinesMax-2) + "}\n",
				"domain/a_test.go": "package domain\nfunc b() {\n_ = []int{\n" + lines(functionLinesMax) + "}\n}\n",
			},
		},
	},
}

func (m *module) lines(node ast.Node) int {
	return m.fset.Position(node.End()).Line - m.fset.Position(node.Pos()).Line + 1
}

// tableLines counts the lines that tables add to a function. They are data: a test may have many. Functions in
// tables are not.
func (m *module) tableLines(body *ast.BlockStmt) int {
	if body == nil {
		return 0
	}
	n := 0
	ast.Inspect(body, func(node ast.Node) bool {
		table, ok := node.(*ast.CompositeLit)
		if !ok {
			return true
		}
		n += m.lines(table) - 1
		ast.Inspect(table, func(node ast.Node) bool {
			function, ok := node.(*ast.FuncLit)
			if ok {
				n -= m.lines(function) - 1
			}
			return !ok
		})
		return false
	})
	return n
}

// lines returns n empty comments.
func lines(n int) string {
	var all []byte
	for range n {
		all = append(all, "//\n"...)
	}
	return string(all)
}
