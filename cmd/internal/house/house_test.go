package house

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// A rule is one rule of the house.
type rule struct {
	name       string            // a statement that holds while the rule is kept
	instead    string            // what to do when it is broken
	exceptions map[string]string // place, as finding.place gives it, to the reason why it may break the rule
	check      func(*module) []finding
	cases      []ruleCase
}

// A ruleCase is a small module and where the rule must find it broken, each as path:line. A rule has at least one
// case that breaks it and one that does not.
type ruleCase struct {
	name  string
	files map[string]string
	want  []string
}

// A finding is one place that breaks a rule.
type finding struct {
	path string
	line int
	name string // the declaration around the place, if there is one
	what string // what is there
}

// place names the finding in a list of exceptions. It has no line number, because those move.
func (f finding) place() string {
	return strings.TrimSpace(f.path + " " + f.name)
}

var rules = []rule{
	importsPointInwards,
	librariesStayInTheirRooms,
	domainIsPure,
	packagesAreDocumented,
	exportedNamesAreDocumented,
	filesAreShort,
	functionsAreShort,
	domainHasNoClock,
	clockIsInjected,
	testsDoNotSleep,
	domainHasNoFloats,
	moneyIsNeverFloat,
	interfacesAreFew,
	packagesAreNamedAfterNouns,
	topLevelIsAgreed,
	workIsFinished,
	noTestIsSkipped,
	noMachinePaths,
	noRegistryHosts,
}

// violations applies the rule and its exceptions. An exception without a reason or without use is a violation too.
func (r rule) violations(m *module) []finding {
	var found []finding
	used := map[string]bool{}
	for _, f := range r.check(m) {
		if _, ok := r.exceptions[f.place()]; ok {
			used[f.place()] = true
			continue
		}
		found = append(found, f)
	}
	for _, place := range slices.Sorted(maps.Keys(r.exceptions)) {
		if !used[place] {
			found = append(found, finding{path: place, what: "the exception is no longer needed, remove it"})
		}
		if r.exceptions[place] == "" {
			found = append(found, finding{path: place, what: "the exception gives no reason, write one"})
		}
	}
	return found
}

func TestTheHouseKeepsItsRules(t *testing.T) {
	contents := readModule(t)
	if _, ok := contents["cmd/internal/house/house_test.go"]; !ok {
		t.Fatal("the walk over the module has not found this file, so it looks at the wrong place")
	}
	m, broken := newModule(contents)
	for _, f := range broken {
		t.Errorf("%s:%d: Go source parses: %s", f.path, f.line, f.what)
	}
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			for _, f := range r.violations(m) {
				t.Errorf("%s:%d: %s: found %s. Instead: %s", f.path, f.line, r.name, f.what, r.instead)
			}
		})
	}
}

func TestEachRuleSeesWhatItForbidsAndOnlyThat(t *testing.T) {
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			if r.name == "" || r.instead == "" {
				t.Error("a rule needs a name and says what to do instead")
			}
			refused, accepted := 0, 0
			for _, c := range r.cases {
				m, broken := newModule(c.files)
				if len(broken) > 0 {
					t.Fatalf("%s: the example does not parse: %s", c.name, broken[0].what)
				}
				var got []string
				for _, f := range r.check(m) {
					got = append(got, fmt.Sprintf("%s:%d", f.path, f.line))
				}
				if !slices.Equal(got, c.want) {
					t.Errorf("%s: found %q, want %q", c.name, got, c.want)
				}
				if len(c.want) > 0 {
					refused++
				} else {
					accepted++
				}
			}
			if refused == 0 || accepted == 0 {
				t.Errorf("%d examples are refused and %d accepted, want at least one of each", refused, accepted)
			}
		})
	}
}

func TestExceptionsAreKeptOnlyWhileNeeded(t *testing.T) {
	r := rule{
		exceptions: map[string]string{"a.go Needed": "It must.", "a.go Reasonless": "", "b.go": "It was once."},
		check: func(*module) []finding {
			return []finding{
				{path: "a.go", line: 1, name: "Needed"},
				{path: "a.go", line: 2, name: "Needed"},
				{path: "a.go", line: 3, name: "Reasonless"},
				{path: "a.go", line: 4, name: "Broken", what: "it"},
			}
		},
	}
	var got []string
	for _, f := range r.violations(nil) {
		got = append(got, f.place()+": "+f.what)
	}
	want := []string{
		"a.go Broken: it",
		"a.go Reasonless: the exception gives no reason, write one",
		"b.go: the exception is no longer needed, remove it",
	}
	if !slices.Equal(got, want) {
		t.Errorf("violations are %q, want %q", got, want)
	}
}

func TestSourceThatDoesNotParseIsReported(t *testing.T) {
	_, broken := newModule(map[string]string{"domain/a.go": "package domain\nfunc {"})
	if len(broken) != 1 || broken[0].path != "domain/a.go" {
		t.Errorf("newModule reported %v, want domain/a.go", broken)
	}
}
