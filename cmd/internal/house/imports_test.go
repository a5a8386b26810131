package house

import (
	"fmt"
	"go/ast"
	"slices"
	"strconv"
	"strings"
)

// Each room may import itself and the rooms before it.
var rooms = []string{"domain", "eventstore", "projections", "cmd"}

// eachImport calls visit for every import of the module.
func (m *module) eachImport(visit func(f *goFile, importPath string, spec *ast.ImportSpec)) {
	for _, f := range m.files {
		for _, spec := range f.syntax.Imports {
			importPath, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				panic(fmt.Sprintf("%s: the parser let the import %s through: %v", f.path, spec.Path.Value, err))
			}
			visit(f, importPath, spec)
		}
	}
}

// below reports whether the import path is one of the prefixes or below it.
func below(importPath string, prefixes ...string) bool {
	return slices.ContainsFunc(prefixes, func(prefix string) bool {
		return importPath == prefix || strings.HasPrefix(importPath, prefix+"/")
	})
}

// isStandard relies on the convention that only import paths outside the standard library start with a host name.
func isStandard(importPath string) bool {
	first, _, _ := strings.Cut(importPath, "/")
	return !strings.Contains(first, ".") && first != modulePath
}

var importsPointInwards = rule{
	name:    "imports point from cmd to projections to eventstore to domain",
	instead: "move the code to the outer room, or let the outer room hand in a value or a function",
	check: func(m *module) []finding {
		var found []finding
		m.eachImport(func(f *goFile, importPath string, spec *ast.ImportSpec) {
			if spec.Name != nil && spec.Name.Name == "." {
				found = append(found, m.at(f, spec.Pos(), "", "a dot import of "+importPath))
			}
			imported, ok := strings.CutPrefix(importPath, modulePath+"/")
			if !ok {
				return
			}
			room, _, _ := strings.Cut(imported, "/")
			from, to := slices.Index(rooms, f.room()), slices.Index(rooms, room)
			if from < 0 || to < 0 || to > from {
				found = append(found, m.at(f, spec.Pos(), "", f.room()+" importing "+importPath))
			}
		})
		return found
	},
	cases: []ruleCase{
		{
			name: "outwards",
			files: map[string]string{
				"domain/a.go":            "package domain\nimport _ \"aidledger/eventstore\"\n",
				"domain/a_test.go":       "package domain\nimport _ \"aidledger/cmd/internal/demo\"\n",
				"eventstore/a.go":        "package eventstore\nimport _ \"aidledger/projections\"\n",
				"eventstore/local/a.go":  "package local\nimport _ \"aidledger/cmd/internal/web\"\n",
				"projections/a.go":       "package projections\n\nimport _ \"aidledger/cmd/internal/web\"\n",
				"projections/dot.go":     "package projections\nimport . \"aidledger/domain\"\n",
				"tools/a.go":             "package tools\nimport _ \"aidledger/domain\"\n",
				"cmd/internal/x/cmds.go": "package x\nimport _ \"aidledger/commands\"\n",
			},
			want: []string{
				"cmd/internal/x/cmds.go:2", "domain/a.go:2", "domain/a_test.go:2", "eventstore/a.go:2",
				"eventstore/local/a.go:2", "projections/a.go:3", "projections/dot.go:2", "tools/a.go:2",
			},
		},
		{
			name: "inwards",
			files: map[string]string{
				"cmd/aidledger/main.go": "package main\nimport (\n\t_ \"aidledger/cmd/internal/web\"\n\t_ \"aidledger/domain\"\n)\n",
				"eventstore/a.go":       "package eventstore\nimport _ \"aidledger/domain\"\n",
				"projections/a.go":      "package projections\nimport (\n\t_ \"aidledger/domain\"\n\t_ \"aidledger/eventstore\"\n)\n",
				"projections/pg/a.go":   "package pg\nimport _ \"aidledger/projections\"\n",
			},
		},
	},
}

// Some libraries belong to some rooms. The first entry that knows an import decides.
var libraryRooms = []struct {
	libraries []string
	rooms     []string // directories that may import them
	tests     []string // directories whose tests may import them as well
}{
	{
		libraries: []string{"github.com/jackc", "github.com/lib/pq", "database/sql"},
		rooms:     []string{"projections", "cmd"},
	},
	{
		libraries: []string{"github.com/nats-io/nats-server"},
		rooms:     []string{"eventstore/localnats", "cmd"},
		tests:     []string{"eventstore"},
	},
	{
		libraries: []string{"github.com/nats-io"},
		rooms:     []string{"eventstore", "cmd"},
	},
	{
		libraries: []string{"net/http"},
		rooms:     []string{"cmd"},
	},
}

var librariesStayInTheirRooms = rule{
	name:    "PostgreSQL is spoken in projections, NATS in eventstore, HTTP in cmd",
	instead: "ask the room that owns the library for a function with plain types",
	check: func(m *module) []finding {
		var found []finding
		m.eachImport(func(f *goFile, importPath string, spec *ast.ImportSpec) {
			for _, l := range libraryRooms {
				if !below(importPath, l.libraries...) {
					continue
				}
				allowed := slices.ContainsFunc(l.rooms, f.inside) || f.test && slices.ContainsFunc(l.tests, f.inside)
				if !allowed {
					found = append(found, m.at(f, spec.Pos(), "", importPath+" in "+f.dir))
				}
				return
			}
		})
		return found
	},
	cases: []ruleCase{
		{
			name: "in the wrong room",
			files: map[string]string{
				"eventstore/a.go":      "package eventstore\nimport _ \"github.com/jackc/pgx/v5\"\n",
				"eventstore/b.go":      "package eventstore\nimport _ \"github.com/nats-io/nats-server/v2/server\"\n",
				"eventstore/c.go":      "package eventstore\nimport _ \"net/http\"\n",
				"projections/a.go":     "package projections\nimport _ \"github.com/nats-io/nats.go\"\n",
				"projections/b.go":     "package projections\nimport _ \"net/http/httptest\"\n",
				"domain/money_test.go": "package domain\nimport _ \"database/sql/driver\"\n",
			},
			want: []string{
				"domain/money_test.go:2", "eventstore/a.go:2", "eventstore/b.go:2", "eventstore/c.go:2",
				"projections/a.go:2", "projections/b.go:2",
			},
		},
		{
			name: "in its own room",
			files: map[string]string{
				"projections/localpg/a.go": "package localpg\nimport _ \"github.com/jackc/pgx/v5\"\n",
				"eventstore/a.go":          "package eventstore\nimport _ \"github.com/nats-io/nats.go/jetstream\"\n",
				"eventstore/a_test.go":     "package eventstore\nimport _ \"github.com/nats-io/nats-server/v2/server\"\n",
				"eventstore/localnats/a.go": "package localnats\n" +
					"import _ \"github.com/nats-io/nats-server/v2/server\"\n",
				"cmd/internal/web/a.go": "package web\nimport (\n\t_ \"net/http\"\n\t_ \"github.com/jackc/pgx/v5\"\n)\n",
			},
		},
	},
}

// What the domain must not do: read a clock or chance, talk to the system or to the world.
var impurePackages = []string{
	"os", "net", "log", "io", "math/rand", "crypto/rand", "database/sql", "syscall", "unsafe", "runtime",
}

var domainIsPure = rule{
	name:    "domain imports the standard library only, and nothing of it that reads or writes",
	instead: "let the caller hand in the value, such as the time in the command",
	check: func(m *module) []finding {
		var found []finding
		m.eachImport(func(f *goFile, importPath string, spec *ast.ImportSpec) {
			if !f.inside("domain") || f.test || below(importPath, modulePath) {
				return // Tests of the domain may read files, and importsPointInwards judges the module's own packages.
			}
			if !isStandard(importPath) || below(importPath, impurePackages...) {
				found = append(found, m.at(f, spec.Pos(), "", importPath+" in "+f.dir))
			}
		})
		return found
	},
	cases: []ruleCase{
		{
			name: "impure",
			files: map[string]string{
				"domain/a.go":     "package domain\nimport _ \"math/rand/v2\"\nimport _ \"os\"\nimport _ \"log/slog\"\n",
				"domain/iso/b.go": "package iso\nimport (\n\t_ \"net/url\"\n\t_ \"golang.org/x/text/width\"\n)\n",
			},
			want: []string{"domain/a.go:2", "domain/a.go:3", "domain/a.go:4", "domain/iso/b.go:3", "domain/iso/b.go:4"},
		},
		{
			name: "pure, and impure elsewhere",
			files: map[string]string{
				"domain/a.go":      "package domain\nimport (\n\t_ \"encoding/json\"\n\t_ \"math/bits\"\n\t_ \"time\"\n)\n",
				"domain/a_test.go": "package domain\nimport (\n\t_ \"os\"\n\t_ \"pgregory.net/rapid\"\n)\n",
				"eventstore/a.go":  "package eventstore\nimport _ \"os\"\n",
			},
		},
	},
}
