package house

import (
	"go/ast"
	"slices"
)

// Ways to leave a test without a failure and without having tested.
var skips = []string{"Skip", "Skipf", "SkipNow"}

var noTestIsSkipped = rule{
	name:    "no test is skipped or shortened",
	instead: "start what the test needs, or fail and say how to install it",
	exceptions: map[string]string{
		"cmd/internal/chaos/chaos_test.go TestEveryScenarioHoldsAndFailsWithoutItsProtection": "Full disks and power cuts need root, which the tests must not ask a person for; aidledger chaos tells what was not run.",
	},
	check: func(m *module) []finding {
		var found []finding
		for _, f := range m.files {
			found = append(found, m.uses(f, "testing", "Short")...)
			testing := f.importName("testing")
			for _, decl := range f.syntax.Decls {
				ast.Walk(skipVisitor{m, f, declName(decl), testing, nil, &found}, decl)
			}
		}
		return found
	},
	cases: []ruleCase{
		{
			name: "skipped",
			files: map[string]string{"domain/a_test.go": `package domain

import "testing"

func TestA(t *testing.T) {
	t.Skip("later")
}

func FuzzB(f *testing.F) {
	f.Fuzz(func(tt *testing.T, b []byte) {
		tt.SkipNow()
	})
}

func start(tb testing.TB) {
	if testing.Short() {
		tb.Skipf("%d", 1)
	}
}
`},
			want: []string{"domain/a_test.go:16", "domain/a_test.go:6", "domain/a_test.go:11", "domain/a_test.go:17"},
		},
		{
			name: "a property that discards a draw, a decoder that skips an element",
			files: map[string]string{"domain/a_test.go": `package domain

import (
	"encoding/xml"
	"testing"

	"pgregory.net/rapid"
)

func TestA(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		t.Skip("not this draw")
	})
	var d *xml.Decoder
	d.Skip()
}
`},
		},
	},
}

// A skipVisitor finds skips. It knows the parameters of the functions around it, innermost last.
type skipVisitor struct {
	m       *module
	f       *goFile
	decl    string
	testing string // the name under which the file imports testing
	scopes  []map[string]bool
	found   *[]finding
}

// Visit follows functions into their bodies with their parameters in scope.
func (v skipVisitor) Visit(node ast.Node) ast.Visitor {
	switch n := node.(type) {
	case *ast.FuncDecl:
		v.scopes = append(v.scopes[:len(v.scopes):len(v.scopes)], v.testParameters(n.Type))
	case *ast.FuncLit:
		v.scopes = append(v.scopes[:len(v.scopes):len(v.scopes)], v.testParameters(n.Type))
	case *ast.CallExpr:
		selector, ok := n.Fun.(*ast.SelectorExpr)
		if !ok {
			break
		}
		receiver, ok := selector.X.(*ast.Ident)
		if ok && v.isTest(receiver.Name) && slices.Contains(skips, selector.Sel.Name) {
			*v.found = append(*v.found, v.m.at(v.f, n.Pos(), v.decl, receiver.Name+"."+selector.Sel.Name))
		}
	}
	return v
}

// testParameters returns the parameters of a function, and of each whether it is a *testing.T or the like.
func (v skipVisitor) testParameters(function *ast.FuncType) map[string]bool {
	parameters := map[string]bool{}
	for _, field := range function.Params.List {
		expr := field.Type
		if star, ok := expr.(*ast.StarExpr); ok {
			expr = star.X
		}
		selector, ok := expr.(*ast.SelectorExpr)
		isTest := false
		if ok {
			pkg, ok := selector.X.(*ast.Ident)
			isTest = ok && v.testing != "" && pkg.Name == v.testing
		}
		for _, name := range field.Names {
			parameters[name.Name] = isTest
		}
	}
	return parameters
}

func (v skipVisitor) isTest(name string) bool {
	for i := len(v.scopes) - 1; i >= 0; i-- {
		if isTest, ok := v.scopes[i][name]; ok {
			return isTest
		}
	}
	return false
}
