package evidence

import (
	"strings"
	"testing"
)

func TestACommandLineThatIsNotUnderstoodIsTold(t *testing.T) {
	for _, line := range []string{"", "receipt", "receipt x", "bundle x y", "prove x --keys k", "bundle x --no", "checkpoint x"} {
		var out, notes strings.Builder
		if code := Run(strings.Fields(line), &out, &notes); code != exitUsage || !strings.Contains(notes.String(), "aidledger-verify bundle") {
			t.Errorf("%q exits %d with %s", line, code, notes.String())
		}
	}
	var out, notes strings.Builder
	if code := Run([]string{"receipt", "nothing", "--keys", "nothing"}, &out, &notes); code != exitUnreadable {
		t.Errorf("a file that is not there exits %d", code)
	}
}
