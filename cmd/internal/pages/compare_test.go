package pages

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestCashIsAsOldAsWhatCameInLast(t *testing.T) {
	day := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	ago := func(days int, minor int64) inflow { return inflow{day.AddDate(0, 0, -days), minor} }
	for name, c := range map[string]struct {
		came []inflow
		cash int64
		want []int64
	}{
		"nothing went out":             {[]inflow{ago(800, 5), ago(10, 7)}, 12, []int64{7, 0, 0, 0, 5}},
		"the first went out":           {[]inflow{ago(800, 5), ago(10, 7)}, 7, []int64{7, 0, 0, 0, 0}},
		"half of the last is left":     {[]inflow{ago(365, 5), ago(366, 7)}, 3, []int64{0, 0, 3, 0, 0}},
		"ages at the limits":           {[]inflow{ago(90, 1), ago(91, 2), ago(180, 4), ago(730, 8), ago(731, 16)}, 31, []int64{1, 6, 0, 8, 16}},
		"a receipt was taken back":     {[]inflow{ago(20, 5), ago(10, -5)}, 0, []int64{0, 0, 0, 0, 0}},
		"more than is known came once": {nil, 4, []int64{0, 0, 0, 0, 4}},
	} {
		if got := byAge(c.came, c.cash, day, []int{90, 180, 365, 730}); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, not %v", name, got, c.want)
		}
	}
}

// twoDaysAreCompared looks at a page of the server for reading.
func twoDaysAreCompared(t *testing.T, s *running) {
	_, page, _ := s.get(t, programme+"/compare?by=year&column=committed&from=2018-12-31&to=2019-12-31")
	for _, text := range []string{"37,210,000.00", "81,320,000.00", "44,110,000.00"} {
		if !strings.Contains(page, ">"+text+"<") {
			t.Errorf("the comparison does not show %s", text)
		}
	}
	if _, page, _ := s.get(t, programme+"/compare?column=disbursed"); strings.Contains(page, ">0.00<") {
		t.Error("what nobody reported has changed by 0")
	}
	if status, _, _ := s.get(t, programme+"/compare?from=yesterday"); status != 400 {
		t.Errorf("a date that is none answers %d", status)
	}
}

// idleMoneyIsShownByAge looks at a page of the server for reading.
func idleMoneyIsShownByAge(t *testing.T, s *running) {
	_, page, _ := s.get(t, invented+"/idle?effective_until=2021-01-01")
	if !strings.Contains(page, "超过 730 天") || !strings.Contains(page, "2021-01-01") || strings.Count(page, "<tr>") < 2 {
		t.Errorf("idle money is not shown: %s", page)
	}
	if _, page, _ := s.get(t, programme+"/idle"); !strings.Contains(page, "没有可判断的结存") {
		t.Error("money is called idle where nobody reports payments")
	}
}
