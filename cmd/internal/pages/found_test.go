package pages

import (
	"os"
	"regexp"
	"testing"

	"aidledger/projections"
)

// The sentences of the checks stand in their queries.
func TestWhatAChecksFoundIsToldInTheLanguageOfTheReader(t *testing.T) {
	queries, err := os.ReadFile("../../../projections/checks.sql")
	if err != nil {
		t.Fatal(err)
	}
	names := regexp.MustCompile(`(?m)^-- check (\S+)`).FindAllStringSubmatch(string(queries), -1)
	if len(names) < 25 {
		t.Fatalf("there are %d checks", len(names))
	}
	for _, name := range names {
		if len(sentences()[name[1]]) == 0 {
			t.Errorf("nobody says in Chinese what the check %s finds", name[1])
		}
	}
	v := &visit{tongue: tongues[0]}
	for _, c := range []struct{ check, text, want string }{
		{"idle", "3327000.00 CNY, received more than 365 days ago, are not reported as paid out", "3,327,000.00 元到账已超过 365 天，没有报告拨付"},
		{"paid-twice", "10.00 USD were paid 2 times on 2019-12-01 to the same payee, without a voucher number", "2019-12-01 向同一收款单位付了 2 次 10.00 USD，没有凭证号"},
		{"part-exceeds-whole", "the indicator a (12 人) is a part of b (11 人) and more than it", "指标 a（12 人）属于 b（11 人），却比它大"},
		{"", "进度落后", "进度落后"},
		{"idle", "what an older version said", "what an older version said"},
	} {
		if got := v.found(projections.Finding{Check: c.check, Text: c.text}); got != c.want {
			t.Errorf("%s: %s, want %s", c.check, got, c.want)
		}
	}
}
