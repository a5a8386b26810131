package pages

import (
	"testing"

	"aidledger/domain"
	"aidledger/projections"
)

func TestAmountsInEveryUnitKeepAllTheirDigits(t *testing.T) {
	for _, c := range []struct {
		minor int64
		want  [3]string
	}{
		{3721000000, [3]string{"37,210,000.00", "3,721", "0.3721"}},
		{1, [3]string{"0.01", "0.000001", "0.0000000001"}},
		{-123456789012, [3]string{"-1,234,567,890.12", "-123,456.789012", "-12.3456789012"}},
		{0, [3]string{"0.00", "0", "0"}},
		{domain.MaxMinor, [3]string{"90,071,992,547,409.91", "9,007,199,254.740991", "900,719.9254740991"}},
	} {
		for i, u := range units {
			if got := u.number(domain.Money{Minor: c.minor, Currency: "CNY"}); got != c.want[i] {
				t.Errorf("%d in %s is %s, not %s", c.minor, u.name, got, c.want[i])
			}
		}
	}
}

func TestBarsStartAtZeroAndAreInProportion(t *testing.T) {
	b := newBars("", "a", "b")
	for _, amount := range []string{"50.00", "100.00", "0.01", "-5.00", "0.00"} {
		b.add(b.group(""), 0, &amount, "CNY", cell{})
	}
	yen := "7"
	b.add(b.group(""), 0, &yen, "JPY", cell{})
	b.add(b.group(""), 0, nil, "CNY", cell{})
	b.scale()
	for i, want := range []int64{500, 1000, 1, 0, 0, 1000, 0} {
		if got := b.Groups[i].Bars[0].Width; got != want {
			t.Errorf("bar %d is %d wide, not %d", i, got, want)
		}
	}
}

func TestAFlowPictureLosesNoMoney(t *testing.T) {
	d := flowDrawing{sums: map[flowKey]int64{}, between: map[[2]flowKey]int64{}}
	total := int64(0)
	for i := range int64(400) {
		name := func(n int64, of string) string { return of + string(rune('a'+n)) }
		d.add([3]string{name(i%3, "f"), name(i%20, "p"), name(i%26, "v")}, i+1)
		total += i + 1
	}
	d.add([3]string{"fa", "", ""}, 7)
	total += 7
	l := d.layout()
	var sums [3]int64
	var count [3]int
	for _, n := range l.nodes {
		sums[n.column] += n.sum
		count[n.column]++
	}
	if sums != [3]int64{total, total, total} || count != [3]int{3, flowPerCol + 2, flowPerCol + 2} {
		t.Errorf("the columns have %v in %v nodes, not %d", sums, count, total)
	}
	var between int64
	for _, n := range d.between {
		between += n
	}
	if between != 2*total {
		t.Errorf("%d passes between the columns, not twice %d", between, total)
	}
}

func TestInitialsOfPinyin(t *testing.T) {
	for name, want := range map[string]string{
		"赤城县": "ccx", "海淀区": "hdq", "后城镇": "hcz", "中关村街道": "zgcjd", "鑫源合作社": "xyhzs", "A座二层": "azec", "医院": "yy", "昂": "a", "做": "z", "Road 7": "road 7",
		"额尔敦": "eed", "挪用": "ny", "欧": "o", "帕": "p", "日": "r", "王": "w",
	} {
		if got := pinyin().initials(name); got != want {
			t.Errorf("%s has the initials %s, not %s", name, got, want)
		}
	}
}

func TestASearchFindsNamesIdsAndInitials(t *testing.T) {
	nodes := []projections.Node{{Noun: "place", ID: "130732", Name: "赤城县"}, {Noun: "project", ID: "road-1", Name: "赤城县后城镇道路"}, {Noun: "organisation", ID: "coop", Name: "Ccx Co-op"}, {Noun: "fund", ID: "f1", Name: "Ｒｏａｄ fund"}}
	for sought, want := range map[string]string{"赤城县": "130732", "ccx": "coop", "ROAD": "f1", "hcz": "road-1", "1307": "130732", "nothing": ""} {
		got := ""
		if found := find(nodes, sought); len(found) > 0 {
			got = found[0].ID
		}
		if got != want {
			t.Errorf("%s finds %q first, not %q", sought, got, want)
		}
	}
	if n := len(find(nodes, "ccx")); n != 3 {
		t.Errorf("ccx finds %d things, not 3", n)
	}
}
