package domain_test

import (
	"testing"

	"aidledger/domain"
)

func TestQuantitiesAreExact(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"23", "23"}, {"-1.5", "-1.5"}, {"1,047", "1047"}, {"1,234,567.890123", "1234567.890123"}, {"0.000001", "0.000001"}, {"5.50", "5.5"}, {"-0", "0"},
		{"007", "7"}, {" 8 ", "8"}, {"9000000000000", "9000000000000"}, {"-9000000000000.999999", "-9000000000000.999999"},
	} {
		if q, err := domain.ParseQuantity(c.in); err != nil || q.String() != c.want {
			t.Errorf("%q is %v, %v; want %s", c.in, q, err, c.want)
		}
	}
	for _, in := range []string{"", "-", ".5", "5.", "1e3", "0x10", "1_000", "+5", "--5", "1,23", "12,34,567", ",123", "1.0000001", "1.5.5", "1.-5", "五", "٣", "9000000000001",
		"99999999999999999999999", "NaN", "5 人"} {
		q, err := domain.ParseQuantity(in)
		if r := refusalOf(err); r.Code != "quantity_format" || r.Hint == "" {
			t.Errorf("%q is %v, %v", in, q, err)
		}
	}
	if _, err := domain.ParseQuantity("five"); refusalOf(err).Message != `"five" is not a number` {
		t.Errorf("it says %v", err)
	}
}

func TestQuantitiesAreComparedWithoutOverflow(t *testing.T) {
	least, most := quantity("-9000000000000.999999"), quantity("9000000000000.999999")
	for _, c := range []struct {
		a, b domain.Quantity
		want int
	}{
		{least, most, -1}, {most, least, 1}, {most, most, 0}, {quantity("0.000001"), quantity("0"), 1}, {domain.WholeQuantity(3), quantity("3"), 0},
	} {
		if got := c.a.Compare(c.b); got != c.want {
			t.Errorf("%v compared with %v is %d, want %d", c.a, c.b, got, c.want)
		}
	}
	if least.Sign() != -1 || most.Sign() != 1 || !quantity("-0.0").IsZero() {
		t.Error("a sign is wrong")
	}
	var q domain.Quantity
	if text, _ := least.MarshalText(); q.UnmarshalText(text) != nil || q != least || q.UnmarshalText([]byte("x")) == nil {
		t.Errorf("%s is read as %v", text, q)
	}
}
