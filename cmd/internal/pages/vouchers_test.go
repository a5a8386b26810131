package pages

import (
	"testing"

	"aidledger/domain"
	"aidledger/projections"
)

func TestTheNextVoucherFollowsThoseOfTheOrganisationAndMonth(t *testing.T) {
	for name, c := range map[string]struct {
		used []string // number, date
		day  string
		want string
	}{
		"nothing was numbered yet":                   {nil, "2019-12-03", "付-2019-12-001"},
		"the month goes on":                          {[]string{"付-2019-12-001", "2019-12-01", "付-2019-12-002", "2019-12-02"}, "2019-12-03", "付-2019-12-003"},
		"a new month begins with one":                {[]string{"付-2019-11-017", "2019-11-30"}, "2019-12-03", "付-2019-12-001"},
		"an earlier month is caught up on":           {[]string{"付-2019-11-017", "2019-11-30", "付-2019-12-001", "2019-12-01"}, "2019-11-30", "付-2019-11-018"},
		"numbers of a whole year go on":              {[]string{"虚拨2019-009", "2019-10-01"}, "2019-12-03", "虚拨2019-010"},
		"the width stays, and grows where it has to": {[]string{"记99", "2019-12-01"}, "2019-12-03", "记100"},
		"what has no digits begins to have some":     {[]string{"记", "2019-12-01"}, "2019-12-03", "记1"},
	} {
		t.Run(name, func(t *testing.T) {
			var used []projections.Voucher
			for i := 0; i < len(c.used); i += 2 {
				used = append(used, projections.Voucher{Organisation: "o", Number: c.used[i], Date: date(t, c.used[i+1])})
			}
			if got := proposed(used, date(t, c.day), "付"); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func date(t *testing.T, text string) domain.Date {
	t.Helper()
	d, err := domain.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestMissingVouchersAreNamed(t *testing.T) {
	s := seriesOf([]projections.Voucher{{Number: "付-12-002"}, {Number: "付-12-005"}, {Number: "收-12-001"}})
	names, n := s[0].missing()
	if len(s) != 2 || n != 3 || names[0] != "付-12-001" || names[2] != "付-12-004" {
		t.Errorf("%d series, %d missing: %q", len(s), n, names)
	}
	if _, n := s[1].missing(); n != 0 {
		t.Errorf("%d are missing of a whole series", n)
	}
}
