package domain_test

import (
	"encoding/json"
	"testing"
	"time"

	"pgregory.net/rapid"

	"aidledger/domain"
)

func TestParseDateReadsWhatPeopleWrite(t *testing.T) {
	for _, c := range []struct{ name, in, want, precision, first, last string }{
		{"a day", "2018-03-05", "2018-03-05", "day", "2018-03-05", "2018-03-05"},
		{"a month", "2018-04", "2018-04", "month", "2018-04-01", "2018-04-30"},
		{"a year", "2018", "2018", "year", "2018-01-01", "2018-12-31"},
		{"a leap day", "2020-02-29", "2020-02-29", "day", "2020-02-29", "2020-02-29"},
		{"a leap month", "2020-02", "2020-02", "month", "2020-02-01", "2020-02-29"},
		{"a century that is no leap year", "2100-02", "2100-02", "month", "2100-02-01", "2100-02-28"},
		{"a century that is a leap year", "2000-02-29", "2000-02-29", "day", "2000-02-29", "2000-02-29"},
		{"a Chinese day", "2018年3月5日", "2018-03-05", "day", "2018-03-05", "2018-03-05"},
		{"a Chinese day with zeros", "2018年03月05日", "2018-03-05", "day", "2018-03-05", "2018-03-05"},
		{"a Chinese month", "2018年3月", "2018-03", "month", "2018-03-01", "2018-03-31"},
		{"a Chinese year", "2018年", "2018", "year", "2018-01-01", "2018-12-31"},
		{"slashes", "2018/3/5", "2018-03-05", "day", "2018-03-05", "2018-03-05"},
		{"full-width digits", "２０１８年１２月３１日", "2018-12-31", "day", "2018-12-31", "2018-12-31"},
		{"spaces around", " 2018-03-05\u3000", "2018-03-05", "day", "2018-03-05", "2018-03-05"},
		{"a day that summer time shortened", "1988-04-17", "1988-04-17", "day", "1988-04-17", "1988-04-17"},
		{"the first year", "1949", "1949", "year", "1949-01-01", "1949-12-31"},
		{"the last year", "2200", "2200", "year", "2200-01-01", "2200-12-31"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, err := domain.ParseDate(c.in)
			if err != nil || d.String() != c.want || d.Precision() != c.precision || d.IsZero() {
				t.Fatalf("ParseDate(%q) = %v (%s), %v; want %s (%s)", c.in, d, d.Precision(), err, c.want, c.precision)
			}
			if d.First().String() != c.first || d.Last().String() != c.last {
				t.Errorf("%v lasts from %v to %v, want %s to %s", d, d.First(), d.Last(), c.first, c.last)
			}
			if got := d.Time().Format(time.RFC3339); got != c.first+"T00:00:00Z" {
				t.Errorf("%v begins at %s", d, got)
			}
		})
	}
}

func TestParseDateRefusesOtherTexts(t *testing.T) {
	for _, c := range []struct{ name, in, code string }{
		{"30 February", "2018-02-30", "date_invalid"},
		{"29 February in a common year", "2018-02-29", "date_invalid"},
		{"29 February 2100", "2100-02-29", "date_invalid"},
		{"31 April", "2018-04-31", "date_invalid"},
		{"month 13", "2018-13-01", "date_invalid"},
		{"month 0", "2018-00-10", "date_invalid"},
		{"month 0 without a day", "2018-00", "date_invalid"},
		{"day 0", "2018-03-00", "date_invalid"},
		{"a Chinese day that does not exist", "2018年2月30日", "date_invalid"},
		{"a year before the first", "1948-12-31", "date_invalid"},
		{"a year after the last", "2201", "date_invalid"},
		{"nothing", "", "date_format"},
		{"only spaces", "  ", "date_format"},
		{"a leap second", "2018-06-30T23:59:60Z", "date_format"},
		{"a time of day", "2018-06-30 12:00", "date_format"},
		{"one digit in ISO form", "2018-3-5", "date_format"},
		{"no separators", "20180305", "date_format"},
		{"a short year", "18-03-05", "date_format"},
		{"points", "2018.03.05", "date_format"},
		{"slashes without a day", "2018/3", "date_format"},
		{"a slash behind", "2018/3/5/", "date_format"},
		{"the day first", "05/03/2018", "date_format"},
		{"mixed separators", "2018年3/5", "date_format"},
		{"a Chinese day without its end", "2018年3月5", "date_format"},
		{"a Chinese date in numerals", "二〇一八年三月五日", "date_format"},
		{"three digits of a day", "2018年3月005日", "date_format"},
		{"a Chinese date without a year", "3月5日", "date_format"},
		{"a sign", "-2018", "date_format"},
		{"a week", "2018-W10", "date_format"},
		{"a day of the year", "2018-064", "date_format"},
		{"Arabic-Indic digits", "٢٠١٨", "date_format"},
		{"a line break", "2018-03-05\n", "date_format"},
		{"a serial number of a spreadsheet", "43164", "date_format"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, err := domain.ParseDate(c.in)
			if r := refusalOf(err); r.Code != c.code || r.Hint == "" || !d.IsZero() {
				t.Errorf("ParseDate(%q) = %v, %#v; want %s", c.in, d, r, c.code)
			}
		})
	}
}

func TestDateInJSONIsCanonical(t *testing.T) {
	type record struct{ Date domain.Date }
	for _, text := range []string{`{"Date":""}`, `{"Date":"2018"}`, `{"Date":"2018-03"}`, `{"Date":"2018-03-05"}`} {
		var r record
		if err := json.Unmarshal([]byte(text), &r); err != nil {
			t.Fatal(err)
		}
		if back, err := json.Marshal(r); err != nil || string(back) != text {
			t.Errorf("%s comes back as %s, %v", text, back, err)
		}
	}
	kept, _ := domain.ParseDate("2018")
	for text, code := range map[string]string{"2018年": "date_format", " 2018": "date_format", "2018-02-30": "date_invalid"} {
		d := kept
		if err := d.UnmarshalText([]byte(text)); refusalOf(err).Code != code || d != kept {
			t.Errorf("%q gives %v, %v; want code %s and the date as it was", text, d, err, code)
		}
	}
}

func TestDateOfAnInstantIsTheDayInItsLocation(t *testing.T) {
	shanghai := time.FixedZone("Asia/Shanghai", 8*60*60)
	for _, c := range []struct{ name, instant, want string }{
		{"the last millisecond of 2018 in Shanghai", "2018-12-31T15:59:59.999Z", "2018-12-31"},
		{"the first one of 2019", "2018-12-31T16:00:00Z", "2019-01-01"},
		{"before the first year", "1900-01-01T00:00:00Z", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			instant, err := time.Parse(time.RFC3339, c.instant)
			if err != nil {
				t.Fatal(err)
			}
			if got := domain.DateOf(instant.In(shanghai)).String(); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestDatesAreOrderedWithPeriodsBeforeTheirDays(t *testing.T) {
	var previous domain.Date // the zero Date comes first
	for _, text := range []string{"2017-12-31", "2018", "2018-01", "2018-01-01", "2018-01-31", "2018-02", "2018-12-31", "2019"} {
		d, err := domain.ParseDate(text)
		if err != nil {
			t.Fatal(err)
		}
		if !previous.Before(d) || d.Before(previous) || d.Compare(d) != 0 || d.Compare(previous) != 1 {
			t.Errorf("%v does not come after %q", d, previous)
		}
		previous = d
	}
	var zero domain.Date
	if zero.First() != zero || zero.Last() != zero || !zero.Time().IsZero() || zero.Precision() != "" || zero.Year() != 0 {
		t.Error("the zero Date stands for some period")
	}
}

func TestDateAgreesWithTheCalendar(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		day := rapid.IntRange(0, 251*366).Draw(t, "day")
		instant := time.Date(1949, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, day)
		if instant.Year() > 2200 {
			return
		}
		d := domain.DateOf(instant)
		again, err := domain.ParseDate(instant.Format(time.DateOnly))
		if err != nil || again != d || d.Time() != instant || d.Year() != instant.Year() {
			t.Fatalf("%v is %v and %v, %v", instant, d, again, err)
		}
		month, err := domain.ParseDate(instant.Format("2006-01"))
		lastOfMonth := time.Date(instant.Year(), instant.Month()+1, 0, 0, 0, 0, 0, time.UTC)
		if err != nil || month.Last().Time() != lastOfMonth {
			t.Fatalf("%v ends on %v, %v; want %v", month, month.Last(), err, lastOfMonth)
		}
	})
}

func FuzzParseDate(f *testing.F) {
	for _, s := range []string{
		"2018", "2018-03", "2018-03-05", "2018年3月5日", "2018年", "2018/3/5", "２０１８年", "2018-02-30",
		"2018-06-30T23:59:60Z", "2018-00", "1949", "2201", "",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := domain.ParseDate(s)
		if err != nil {
			if code := refusalOf(err).Code; code != "date_format" && code != "date_invalid" || !d.IsZero() {
				t.Fatalf("%q is refused with %v and gives %v", s, err, d)
			}
			return
		}
		var again domain.Date
		if err := again.UnmarshalText([]byte(d.String())); err != nil || again != d {
			t.Fatalf("%q is %v and then %v, %v", s, d, again, err)
		}
		if d.Last().Before(d.First()) || d.First().Time().Year() != d.Year() || d.Last().Time().Year() != d.Year() {
			t.Fatalf("%v lasts from %v to %v", d, d.First(), d.Last())
		}
	})
}

func BenchmarkDateUnmarshalText(b *testing.B) {
	text := []byte("2018-03-05")
	var d domain.Date
	b.ReportAllocs()
	for b.Loop() {
		if err := d.UnmarshalText(text); err != nil {
			b.Fatal(err)
		}
	}
}
