package house

import (
	"fmt"
	"go/ast"
	"go/token"
	"path"
	"slices"
	"strings"
)

// One interface for this many lines, but a small module may have interfacesMin.
const (
	linesPerInterface = 1000
	interfacesMin     = 3
)

var interfacesAreFew = rule{
	name:    fmt.Sprintf("at most one interface in %d lines, or %d", linesPerInterface, interfacesMin),
	instead: "take the concrete type or a function; an interface is for a seam that has two real sides",
	check: func(m *module) []finding {
		var found []finding
		total := 0
		for _, f := range m.files {
			if f.test {
				continue
			}
			total += f.lines
			for _, decl := range f.syntax.Decls {
				ast.Inspect(decl, func(node ast.Node) bool {
					if i, ok := node.(*ast.InterfaceType); ok && hasMethods(i) {
						found = append(found, m.at(f, i.Pos(), declName(decl), "an interface in "+declName(decl)))
					}
					return true
				})
			}
		}
		most := max(interfacesMin, total/linesPerInterface)
		if len(found) <= most {
			return nil
		}
		for i := range found {
			found[i].what += fmt.Sprintf(", one of %d where %d are allowed", len(found), most)
		}
		return found
	},
	cases: []ruleCase{
		{
			name: "one too many",
			files: map[string]string{
				"domain/a.go": "package domain\ntype a interface{ A() }\ntype b interface{ a }\ntype c interface{ C() }\n",
				"cmd/b.go":    "package cmd\nfunc b(x interface{ B() }) {}\n",
			},
			want: []string{"cmd/b.go:2", "domain/a.go:2", "domain/a.go:3", "domain/a.go:4"},
		},
		{
			name: "no more than allowed; constraints and tests do not count",
			files: map[string]string{
				"domain/a.go":      "package domain\ntype a interface{ A() }\ntype b interface{ a }\ntype c interface{ C() }\n",
				"domain/b.go":      "package domain\ntype n interface{ ~int | ~int64 }\nvar e interface{}\n",
				"domain/a_test.go": "package domain\ntype d interface{ D() }\n",
			},
		},
		{
			name: "a long module may have more",
			files: map[string]string{
				"domain/a.go": "package domain\n" + strings.Repeat("type a interface{ A() }\n", 4) + lines(4*linesPerInterface),
			},
		},
	},
}

// hasMethods tells an interface with behaviour from an empty one and from a set of types.
func hasMethods(i *ast.InterfaceType) bool {
	return slices.ContainsFunc(i.Methods.List, func(field *ast.Field) bool {
		switch t := field.Type.(type) {
		case *ast.UnaryExpr:
			return t.Op != token.TILDE
		case *ast.BinaryExpr:
			return t.Op != token.OR
		}
		return true
	})
}

// Names that say nothing about what a package knows.
var emptyNames = []string{
	"util", "utils", "common", "helper", "helpers", "manager", "managers", "service", "services",
	"repository", "repositories", "dto", "dtos",
}

var packagesAreNamedAfterNouns = rule{
	name:    "a package is named after the thing that it knows",
	instead: "name the thing, or move the code to the package that uses it",
	check: func(m *module) []finding {
		var found []finding
		seen := map[string]bool{}
		for _, f := range m.files {
			name := strings.TrimSuffix(f.syntax.Name.Name, "_test")
			if seen[f.dir+" "+name] {
				continue
			}
			seen[f.dir+" "+name] = true
			if slices.Contains(emptyNames, name) || slices.Contains(emptyNames, path.Base(f.dir)) {
				found = append(found, m.at(f, f.syntax.Name.Pos(), "", "package "+name+" in "+f.dir))
			}
		}
		return found
	},
	cases: []ruleCase{
		{
			name: "empty names",
			files: map[string]string{
				"domain/utils/a.go":         "package utils\n",
				"domain/utils/b.go":         "package utils\n",
				"projections/dto/a.go":      "package rows\n",
				"eventstore/x/x_test.go":    "package helpers_test\n",
				"cmd/internal/service/a.go": "package service\n",
			},
			want: []string{
				"cmd/internal/service/a.go:1", "domain/utils/a.go:1", "eventstore/x/x_test.go:1", "projections/dto/a.go:1",
			},
		},
		{
			name:  "a noun",
			files: map[string]string{"eventstore/localnats/a.go": "package localnats\n"},
		},
	},
}

// What may be at the top of the repository, so that a newcomer sees the rooms at one glance.
var agreedEntries = []string{
	"cmd", "domain", "eventstore", "projections", "docs", ".ci",
	"go.mod", "go.sum", "docker-compose.yml", "Dockerfile", ".dockerignore", ".gitignore", "Makefile",
	"README.md", "CHANGELOG.md", "LICENSE",
}

var topLevelIsAgreed = rule{
	name:    "the top of the repository has only the agreed entries",
	instead: "put it into a room or into docs",
	check: func(m *module) []finding {
		var found []finding
		for _, entry := range m.top {
			if !slices.Contains(agreedEntries, entry) {
				found = append(found, finding{path: entry, line: 1, what: entry})
			}
		}
		return found
	},
	cases: []ruleCase{
		{
			name:  "others",
			files: map[string]string{"pkg/money/a.go": "package money\n", "setup.sh": "", "go.mod": ""},
			want:  []string{"pkg:1", "setup.sh:1"},
		},
		{
			name:  "agreed",
			files: map[string]string{"domain/a.go": "package domain\n", "README.md": "", ".ci/run": ""},
		},
	},
}
