package house

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// matches returns the lines of the text where the pattern stands.
func (t textFile) matches(pattern *regexp.Regexp) []finding {
	var found []finding
	for i, line := range strings.Split(t.content, "\n") {
		if what := pattern.FindString(line); what != "" {
			found = append(found, finding{path: t.path, line: i + 1, what: strings.TrimSpace(what)})
		}
	}
	return found
}

// The words are put together here and below, so that this file does not contain what it looks for.
var unfinished = regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|X` + `XX)\b`)

var workIsFinished = rule{
	name:    "no note about work that is left",
	instead: "do it now, or open an issue",
	exceptions: map[string]string{
		"domain/currency.go": "Its list of codes names XXX, the code of ISO 4217 for no currency.",
	},
	check: func(m *module) []finding {
		var found []finding
		for _, text := range m.texts {
			if path.Ext(text.path) != ".go" && !isData(text.path) {
				found = append(found, text.matches(unfinished)...)
			}
		}
		for _, f := range m.files {
			for _, group := range f.syntax.Comments {
				for _, line := range group.List {
					if what := unfinished.FindString(line.Text); what != "" {
						found = append(found, m.at(f, line.Pos(), "", what))
					}
				}
			}
		}
		return found
	},
	cases: []ruleCase{
		{
			name: "left for later",
			files: map[string]string{
				"domain/a.go":       "package domain\n// TO" + "DO: later\n/* FIX" + "ME */\n",
				"docs/a.md":         "# Title\nX" + "XX\n",
				"projections/a.sql": "-- TO" + "DO\n",
				"Makefile":          "# FIX" + "ME\n",
			},
			want: []string{"Makefile:1", "docs/a.md:2", "projections/a.sql:1", "domain/a.go:2", "domain/a.go:3"},
		},
		{
			name: "the currency code for no currency, a template for a name, data",
			files: map[string]string{
				"domain/a.go":              "package domain\nvar none = \"X" + "XX\"\n",
				".ci/run":                  "mktemp name.X" + "XXXXX\n",
				"domain/testdata/iso.json": "\"X" + "XX\"\n",
				"cmd/demo/rates.csv":       "X" + "XX\n",
			},
		},
	},
}

// isData tells files that come from elsewhere, or stand for such files, from those that people here write.
func isData(name string) bool {
	return strings.Contains(name, "testdata/") || slices.Contains([]string{".csv", ".json", ".xml"}, path.Ext(name))
}

// A path of the kind that exists on one machine only. In a URL something else stands before it.
var machinePaths = regexp.MustCompile(`(^|[^\w.~/:-])(file://)?/(work|root|home|Users)/`)

var noMachinePaths = rule{
	name:    "no path of somebody's machine",
	instead: "use a path within the repository, t.TempDir or a flag",
	exceptions: map[string]string{
		"projections/localpg/installation.go": "Homebrew on Linux is at the same place on every machine.",
	},
	check: func(m *module) []finding {
		var found []finding
		for _, text := range m.texts {
			found = append(found, text.matches(machinePaths)...)
		}
		return found
	},
	cases: []ruleCase{
		{
			name: "somebody's",
			files: map[string]string{
				"domain/a.go":  "package domain\nvar a = \"/" + "work/main\"\n",
				"docs/a.md":    "Title\n\n/" + "home/me/aidledger\n",
				"docs/b.md":    "See file:///" + "root/x.\n",
				".ci/run":      "cd=/" + "Users/me\n",
				"testdata/a.t": "open /" + "home/me: no such file\n",
			},
			want: []string{".ci/run:1", "docs/a.md:3", "docs/b.md:1", "domain/a.go:2", "testdata/a.t:1"},
		},
		{
			name: "of the system, relative, in a URL",
			files: map[string]string{
				"docs/a.md": "/var/lib/aidledger, $HOME/home/x, ../work/a, https://example.org/home/page, /homes/\n",
			},
		},
	},
}

// Hosts of package and image registries, with a bar for each dot. Names of modules and images need no host.
var registryHosts = regexp.MustCompile(`(^|[^\w.-])(` + strings.NewReplacer("|", `\.`, " ", "|").Replace(
	"proxy|golang|org sum|golang|org goproxy|io goproxy|cn "+
		"registry|npmjs|org registry|yarnpkg|com registry|npmmirror|com unpkg|com cdn|jsdelivr|net "+
		"pypi|org files|pythonhosted|org rubygems|org crates|io static|crates|io index|crates|io "+
		"repo|maven|apache|org repo1|maven|org "+
		"docker|io registry-1|docker|io index|docker|io hub|docker|com gcr|io ghcr|io quay|io public|ecr|aws "+
		"mcr|microsoft|com "+
		"deb|debian|org security|debian|org archive|ubuntu|com dl-cdn|alpinelinux|org "+
		"mirrors|aliyun|com mirrors|tuna|tsinghua|edu|cn") + `)([^\w.-]|\.?$|\.\s)`)

var noRegistryHosts = rule{
	name:    "no host of a package registry",
	instead: "leave the choice to the settings of the machine",
	check: func(m *module) []finding {
		var found []finding
		for _, text := range m.texts {
			found = append(found, text.matches(registryHosts)...)
		}
		return found
	},
	cases: []ruleCase{
		{
			name: "named",
			files: map[string]string{
				".ci/run":    "export GOPROXY=https://proxy.golang" + ".org,direct\n",
				"Dockerfile": "FROM ghcr" + ".io/a/b\nFROM golang:1.26\nFROM docker" + ".io/library/golang\n",
				"docs/a.md":  "Packages come from crates" + ".io.\n",
			},
			want: []string{".ci/run:1", "Dockerfile:1", "Dockerfile:3", "docs/a.md:1"},
		},
		{
			name: "names without a host of a registry",
			files: map[string]string{
				"go.mod":     "require github.com/nats-io/nats.go v1.55.0\n",
				"Dockerfile": "FROM golang:1.26\n",
				"docs/a.md":  "https://pkg.go.dev and mygcr" + ".io.example.org\n",
			},
		},
	},
}
