package main

import (
	"os/exec"
	"strings"
	"testing"
)

func TestNothingOfTheServerIsInTheVerifier(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, dep := range strings.Fields(string(out)) {
		for _, of := range []string{"net", "github.com/nats-io", "github.com/jackc", "github.com/spf13", "aidledger/projections", "aidledger/cmd/internal/web"} {
			if dep == of || strings.HasPrefix(dep, of+"/") && dep != "net/url" {
				t.Errorf("the verifier needs %s", dep)
			}
		}
		if dep == "aidledger/eventstore" {
			t.Error("the verifier needs the log")
		}
	}
}
