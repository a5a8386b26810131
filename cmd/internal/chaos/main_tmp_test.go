package chaos

import (
	"os"
	"strconv"
	"testing"
)

func TestTmp(t *testing.T) {
	if os.Getenv("CHAOS_ONLY") == "" {
		return
	}
	built, err := program()
	if err != nil {
		t.Fatal(err)
	}
	seed, _ := strconv.ParseUint(os.Getenv("CHAOS_SEED"), 10, 64)
	if err := Main(t.Context(), Options{Only: os.Getenv("CHAOS_ONLY"), Seed: seed, Full: os.Getenv("CHAOS_FULL") != "", Program: built, Out: t.Output()}); err != nil {
		t.Error(err)
	}
}
