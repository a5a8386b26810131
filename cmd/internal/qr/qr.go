// Package qr draws bytes as a QR code of model 2 (ISO/IEC 18004), for a terminal
// and as SVG: small enough a text, such as a signed checkpoint, can be printed
// on paper and be read from it again.
package qr

import (
	"fmt"
	"strings"
)

// Code is a square of modules; true is dark.
type Code struct {
	size    int
	version int
	dark    [][]bool
	fixed   [][]bool // belongs to the pattern and not to the data
}

// versionMax is the largest version that Encode makes: 97 modules wide.
const versionMax = 20

// Correction of level M: codewords for each block, and blocks, by version. They
// restore 15 % of the modules.
var (
	blockCorrection = [versionMax + 1]int{0, 10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26}
	blockCount      = [versionMax + 1]int{0, 1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16}
)

// codewords is how many bytes a version holds, with those of the correction.
func codewords(version int) int {
	modules := (16*version+128)*version + 64
	if version >= 2 {
		n := version/7 + 2
		modules -= (25*n-10)*n - 55
	}
	if version >= 7 {
		modules -= 36
	}
	return modules / 8
}

func dataCodewords(version int) int {
	return codewords(version) - blockCorrection[version]*blockCount[version]
}

// lengthBits is how long the number of bytes is written.
func lengthBits(version int) int {
	if version < 10 {
		return 8
	}
	return 16
}

// Encode draws bytes in the smallest version that holds them.
func Encode(data []byte) (*Code, error) {
	for version := 1; version <= versionMax; version++ {
		if 4+lengthBits(version)+8*len(data) <= 8*dataCodewords(version) {
			return encode(data, version, -1), nil
		}
	}
	return nil, fmt.Errorf("%d bytes are more than a QR code of %d modules holds", len(data), 17+4*versionMax)
}

// encode draws with a mask, the best one where it is -1.
func encode(data []byte, version, mask int) *Code {
	c := newCode(version)
	c.place(interleave(content(data, version), version))
	if mask < 0 {
		least := 0
		for m := range masks {
			c.apply(m)
			c.format(m)
			if p := c.penalty(); mask < 0 || p < least {
				mask, least = m, p
			}
			c.apply(m) // takes it off again
		}
	}
	c.apply(mask)
	c.format(mask)
	return c
}

// content writes mode, length, data and padding.
func content(data []byte, version int) []byte {
	var bits []bool
	add := func(value, n int) {
		for i := n - 1; i >= 0; i-- {
			bits = append(bits, value>>i&1 == 1)
		}
	}
	add(4, 4) // bytes
	add(len(data), lengthBits(version))
	for _, b := range data {
		add(int(b), 8)
	}
	capacity := 8 * dataCodewords(version)
	add(0, min(4, capacity-len(bits)))
	add(0, -len(bits)&7)
	for pad := 0xEC; len(bits) < capacity; pad ^= 0xEC ^ 0x11 {
		add(pad, 8)
	}
	out := make([]byte, len(bits)/8)
	for i, bit := range bits {
		if bit {
			out[i/8] |= 0x80 >> (i % 8)
		}
	}
	return out
}

// multiply multiplies in the field of 256 elements that the code is made in.
func multiply(x, y byte) (z byte) {
	for i := 7; i >= 0; i-- {
		carry := z >> 7
		z = z<<1 ^ carry*0x1D
		z ^= (y >> i & 1) * x
	}
	return z
}

// divisor returns the polynomial of a correction of so many codewords.
func divisor(degree int) []byte {
	out := make([]byte, degree)
	out[degree-1] = 1
	root := byte(1)
	for range degree {
		for j := range out {
			out[j] = multiply(out[j], root)
			if j+1 < degree {
				out[j] ^= out[j+1]
			}
		}
		root = multiply(root, 2)
	}
	return out
}

func correction(data, by []byte) []byte {
	out := make([]byte, len(by))
	for _, b := range data {
		factor := b ^ out[0]
		out = append(out[1:], 0)
		for i := range out {
			out[i] ^= multiply(by[i], factor)
		}
	}
	return out
}

// interleave parts the data into blocks, and takes one codeword of each in turn.
func interleave(data []byte, version int) (out []byte) {
	n, extra := blockCount[version], blockCorrection[version]
	by := divisor(extra)
	short := len(data) / n
	var blocks, corrections [][]byte
	for i, at := 0, 0; i < n; i++ {
		size := short
		if i >= n-len(data)%n {
			size++
		}
		blocks = append(blocks, data[at:at+size])
		corrections = append(corrections, correction(data[at:at+size], by))
		at += size
	}
	for i := range short + 1 {
		for _, b := range blocks {
			if i < len(b) {
				out = append(out, b[i])
			}
		}
	}
	for i := range extra {
		for _, c := range corrections {
			out = append(out, c[i])
		}
	}
	return out
}

// quiet is how many light modules are around a code.
const quiet = 4

// Terminal draws the code with characters that are two modules high, for light
// text on a dark ground.
func (c *Code) Terminal() string {
	var out strings.Builder
	for y := -quiet; y < c.size+quiet; y += 2 {
		for x := -quiet; x < c.size+quiet; x++ {
			out.WriteString([]string{"█", "▀", "▄", " "}[2*bit(c.at(x, y))+bit(c.at(x, y+1))])
		}
		out.WriteByte('\n')
	}
	return out.String()
}

// SVG draws the code as an image.
func (c *Code) SVG() string {
	var out strings.Builder
	size := c.size + 2*quiet
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h%dv%dH0z"/><path d="`, size, size, size, size)
	for y := range c.size {
		for x := range c.size {
			if c.dark[y][x] {
				fmt.Fprintf(&out, "M%d %dh1v1h-1z", x+quiet, y+quiet)
			}
		}
	}
	out.WriteString("\"/></svg>\n")
	return out.String()
}

func (c *Code) at(x, y int) bool {
	return x >= 0 && y >= 0 && x < c.size && y < c.size && c.dark[y][x]
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}
