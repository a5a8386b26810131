package house

var domainHasNoClock = rule{
	name:    "domain knows no clock, no timer and no time zone of the machine",
	instead: "take the time from the command, in UTC",
	check: func(m *module) []finding {
		var found []finding
		for _, f := range m.files {
			if f.inside("domain") && !f.test {
				found = append(found, m.uses(f, "time", "Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick",
					"NewTimer", "NewTicker", "Local", "LoadLocation")...)
			}
		}
		return found
	},
	cases: []ruleCase{
		{
			name: "read, waited for, and under another name",
			files: map[string]string{
				"domain/a.go":     "package domain\nimport \"time\"\nvar a = time.Now\nfunc b() { <-time.After(1) }\n",
				"domain/iso/b.go": "package iso\nimport clock \"time\"\nvar a = clock.Since(clock.Time{}.In(clock.Local))\n",
			},
			want: []string{"domain/a.go:3", "domain/a.go:4", "domain/iso/b.go:3", "domain/iso/b.go:3"},
		},
		{
			name: "handed in",
			files: map[string]string{
				"domain/a.go":      "package domain\nimport \"time\"\nfunc a(at time.Time) time.Time { return at.In(time.UTC) }\n",
				"domain/a_test.go": "package domain\nimport \"time\"\nvar a = time.Now()\n",
			},
		},
	},
}

var clockIsInjected = rule{
	name:    "only cmd reads the clock",
	instead: "take a now func() time.Time",
	check: func(m *module) []finding {
		var found []finding
		for _, f := range m.files {
			if !f.inside("cmd") && !f.inside("domain") && !f.test {
				found = append(found, m.uses(f, "time", "Now", "Since", "Until")...)
			}
		}
		return found
	},
	cases: []ruleCase{
		{
			name: "read",
			files: map[string]string{
				"eventstore/a.go":  "package eventstore\nimport \"time\"\nvar a = time.Now\n",
				"projections/a.go": "package projections\nimport \"time\"\nfunc a() { _ = time.Since(time.Time{}) }\n",
			},
			want: []string{"eventstore/a.go:3", "projections/a.go:3"},
		},
		{
			name: "in cmd, in tests, handed in, and a Now of something else",
			files: map[string]string{
				"cmd/a/main.go":        "package main\nimport \"time\"\nvar a = time.Now\n",
				"eventstore/a_test.go": "package eventstore\nimport \"time\"\nvar a = time.Now\n",
				"eventstore/a.go":      "package eventstore\nimport \"time\"\nfunc a(now func() time.Time) { time.NewTimer(1) }\n",
				"projections/a.go":     "package projections\nvar time struct{ Now int }\nvar a = time.Now\n",
			},
		},
	},
}

var testsDoNotSleep = rule{
	name:    "tests do not sleep",
	instead: "wait for what the test needs (a channel, a position), or run it in a testing/synctest bubble",
	check: func(m *module) []finding {
		var found []finding
		for _, f := range m.files {
			if f.test && f.importName("testing/synctest") == "" {
				found = append(found, m.uses(f, "time", "Sleep")...)
			}
		}
		return found
	},
	cases: []ruleCase{
		{
			name:  "asleep",
			files: map[string]string{"domain/a_test.go": "package domain\nimport \"time\"\nfunc a() { time.Sleep(1) }\n"},
			want:  []string{"domain/a_test.go:3"},
		},
		{
			name: "in a bubble, and outside of tests",
			files: map[string]string{
				"domain/a_test.go": "package domain\nimport (\n\"time\"\n_ \"testing/synctest\"\n)\nfunc a() { time.Sleep(1) }\n",
				"cmd/a/main.go":    "package main\nimport \"time\"\nfunc a() { time.Sleep(1) }\n",
			},
		},
	},
}
