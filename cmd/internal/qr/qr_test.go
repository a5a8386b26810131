package qr

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
)

// drawn is a code as lines of 0 and 1.
func drawn(c *Code) string {
	var out strings.Builder
	for _, row := range c.dark {
		for _, dark := range row {
			fmt.Fprint(&out, bit(dark))
		}
		out.WriteByte('\n')
	}
	return out.String()
}

// The hashes are of codes that another encoder has made of the same texts.
func TestCodesAreThoseOfAnotherEncoder(t *testing.T) {
	for _, c := range []struct {
		bytes, version, mask int
		hash                 string
	}{
		{1, 1, 5, "94b44f88f972ee03"},
		{14, 1, 0, "17548a128aed673c"},
		{40, 3, 3, "f9adad2486f6f59b"},
		{100, 6, 0, "3f7d83d8c769036b"},
		{180, 9, 3, "e65f1e04f8356067"},
		{251, 11, 3, "0f8d5bc693ad98ee"},
		{300, 13, 0, "9b48f880400a9416"},
		{500, 17, 6, "1e66694e86085f4a"},
	} {
		text := strings.Repeat("aB1/+é\n— ", 100)[:c.bytes]
		code, err := Encode([]byte(text))
		if err != nil || code.version != c.version {
			t.Fatalf("%d bytes: version %d, %v", c.bytes, code.version, err)
		}
		sum := sha256.Sum256([]byte(drawn(encode([]byte(text), c.version, c.mask))))
		if got := hex.EncodeToString(sum[:8]); got != c.hash {
			t.Errorf("%d bytes make a code with the hash %s, want %s", c.bytes, got, c.hash)
		}
	}
}

func TestACodeIsDrawnWithAMarginAndHasALimit(t *testing.T) {
	c, err := Encode([]byte("a"))
	if err != nil {
		t.Fatal(err)
	}
	if lines := strings.Split(c.Terminal(), "\n"); len(lines) != 16 || len([]rune(lines[0])) != 29 {
		t.Errorf("it is drawn in %d lines of %d", len(lines), len([]rune(lines[0])))
	}
	if svg := c.SVG(); !strings.Contains(svg, `viewBox="0 0 29 29"`) || strings.Count(svg, "h1v1h-1z") < 150 {
		t.Errorf("it is drawn as %s", svg)
	}
	if _, err := Encode(make([]byte, 2000)); err == nil {
		t.Error("2,000 bytes are drawn")
	}
}
