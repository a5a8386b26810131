package house

import (
	"go/ast"
	"go/token"
	"path"
	"regexp"
	"strings"
)

var domainHasNoFloats = rule{
	name:    "domain has no floating point",
	instead: "count in whole minor units, with int64 or math/big",
	check: func(m *module) []finding {
		var found []finding
		for _, f := range m.files {
			if !f.inside("domain") || f.test {
				continue
			}
			found = append(found, m.uses(f, "strconv", "ParseFloat", "FormatFloat", "AppendFloat")...)
			for _, decl := range f.syntax.Decls {
				ast.Inspect(decl, func(node ast.Node) bool {
					if what := floatHere(node); what != "" {
						found = append(found, m.at(f, node.Pos(), declName(decl), what))
					}
					return true
				})
			}
		}
		return found
	},
	cases: []ruleCase{
		{
			name: "as type, literal, conversion and text",
			files: map[string]string{
				"domain/a.go":     "package domain\nvar a float64\nvar b = 1.5\nfunc c(n int) { _ = float32(n) }\n",
				"domain/iso/b.go": "package iso\nimport \"strconv\"\nvar a, _ = strconv.ParseFloat(\"1\", 64)\n",
			},
			want: []string{"domain/a.go:2", "domain/a.go:3", "domain/a.go:4", "domain/iso/b.go:3"},
		},
		{
			name: "whole numbers, and floats elsewhere",
			files: map[string]string{
				"domain/a.go":      "package domain\n// Not a float64.\nvar a int64 = 1_000\nconst wan = 1e4\n",
				"domain/a_test.go": "package domain\nvar a float64\n",
				"projections/a.go": "package projections\nvar seconds float64\n",
			},
		},
	},
}

// floatHere says how the node itself is floating point, or returns "".
func floatHere(node ast.Node) string {
	switch n := node.(type) {
	case *ast.Ident:
		if n.Name == "float32" || n.Name == "float64" {
			return n.Name
		}
	case *ast.BasicLit:
		// 1e8 is a whole number, and Go lets it be an integer constant.
		if n.Kind == token.FLOAT && strings.ContainsAny(n.Value, ".-pP") {
			return "the floating point number " + n.Value
		}
	}
	return ""
}

var (
	moneyNames = regexp.MustCompile(`(?i)amount|money|total`)
	sqlFloats  = regexp.MustCompile(`(?i)\b(real|double\s+precision|float[48]?)\b`)
)

var moneyIsNeverFloat = rule{
	name:    "an amount, money or a total is never floating point",
	instead: "count in whole minor units, with int64 in Go and bigint or numeric in SQL",
	check: func(m *module) []finding {
		var found []finding
		for _, f := range m.files {
			if f.inside("domain") {
				continue
			}
			for _, decl := range f.syntax.Decls {
				ast.Inspect(decl, func(node ast.Node) bool {
					if name := floatMoney(node); name != "" {
						found = append(found, m.at(f, node.Pos(), declName(decl), name+" as floating point"))
					}
					return true
				})
			}
		}
		for _, text := range m.texts {
			if path.Ext(text.path) != ".sql" {
				continue
			}
			for i, line := range strings.Split(text.content, "\n") {
				statement, _, _ := strings.Cut(line, "--")
				if what := sqlFloats.FindString(statement); what != "" {
					found = append(found, finding{path: text.path, line: i + 1, what: "the type " + what})
				}
			}
		}
		return found
	},
	cases: []ruleCase{
		{
			name: "in every kind of declaration",
			files: map[string]string{
				"cmd/a/a.go": `package a

type Amount float64

type row struct {
	Total []float64
	Money map[string]float32
}

var totalPaid = 1.5

func show(amount float64) (money float64) {
	subtotal := float64(1) * 2
	_ = subtotal
	return
}

func Total() float64 { return 0 }
`,
				"projections/a.sql": "create table a (\n\tamount double precision,\n\ttotal REAL\n);\n",
			},
			want: []string{
				"cmd/a/a.go:3", "cmd/a/a.go:6", "cmd/a/a.go:7", "cmd/a/a.go:10", "cmd/a/a.go:12", "cmd/a/a.go:12",
				"cmd/a/a.go:13", "cmd/a/a.go:18", "projections/a.sql:2", "projections/a.sql:3",
			},
		},
		{
			name: "other things in floating point, and money in whole numbers",
			files: map[string]string{
				"cmd/a/a.go": `package a

type totals struct {
	Amount  int64
	Seconds float64
}

func total(seconds float64) int64 {
	rate := 1.5
	totals := map[string]int64{}
	return int64(rate) + totals[""]
}
`,
				"projections/a.sql": "-- a real table\ncreate table a (amount bigint, realised bigint);\n",
			},
		},
	},
}

// floatMoney returns the name that the node declares, if it sounds like money and is floating point.
func floatMoney(node ast.Node) string {
	switch n := node.(type) {
	case *ast.TypeSpec:
		return moneyName(isFloat(n.Type), n.Name)
	case *ast.ValueSpec:
		float := isFloat(n.Type)
		for _, value := range n.Values {
			float = float || isFloat(value)
		}
		return moneyName(float, n.Names...)
	case *ast.Field:
		return moneyName(isFloat(n.Type), n.Names...)
	case *ast.FuncDecl:
		if n.Type.Results == nil {
			return ""
		}
		for _, result := range n.Type.Results.List {
			// A named result is a field of its own.
			if name := moneyName(len(result.Names) == 0 && isFloat(result.Type), n.Name); name != "" {
				return name
			}
		}
	case *ast.AssignStmt:
		for i, target := range n.Lhs {
			name, ok := target.(*ast.Ident)
			if ok && n.Tok == token.DEFINE && len(n.Lhs) == len(n.Rhs) && moneyName(isFloat(n.Rhs[i]), name) != "" {
				return name.Name
			}
		}
	}
	return ""
}

func moneyName(float bool, names ...*ast.Ident) string {
	for _, name := range names {
		if float && moneyNames.MatchString(name.Name) {
			return name.Name
		}
	}
	return ""
}

// isFloat reports whether a type or a value is floating point, as far as its text tells. It does not look into
// structs and functions, whose fields are declarations of their own, nor into what a call is given.
func isFloat(expr ast.Expr) bool {
	if expr == nil {
		return false
	}
	float := false
	ast.Inspect(expr, func(node ast.Node) bool {
		switch n := node.(type) {
		case *ast.StructType, *ast.FuncType, *ast.FuncLit, *ast.InterfaceType:
			return false
		case *ast.CallExpr:
			float = float || isFloat(n.Fun)
			return false
		case ast.Node:
			float = float || floatHere(n) != ""
		}
		return true
	})
	return float
}
