package qr

// newCode draws what is in every code of a version.
func newCode(version int) *Code {
	c := &Code{size: 17 + 4*version, version: version}
	for range c.size {
		c.dark = append(c.dark, make([]bool, c.size))
		c.fixed = append(c.fixed, make([]bool, c.size))
	}
	for i := range c.size {
		c.fix(6, i, i%2 == 0)
		c.fix(i, 6, i%2 == 0)
	}
	for _, corner := range [][2]int{{3, 3}, {c.size - 4, 3}, {3, c.size - 4}} {
		c.rings(corner[0], corner[1], 4)
	}
	at := c.alignments()
	for i, x := range at {
		for j, y := range at {
			last := len(at) - 1
			if !(i == 0 && j == 0 || i == 0 && j == last || i == last && j == 0) {
				c.rings(x, y, 2)
			}
		}
	}
	c.format(0) // keeps its place
	c.versionBits()
	return c
}

func (c *Code) fix(x, y int, dark bool) {
	c.dark[y][x], c.fixed[y][x] = dark, true
}

// rings draws the squares in one another by which a reader finds the code.
func (c *Code) rings(x, y, radius int) {
	for dy := -radius; dy <= radius; dy++ {
		for dx := -radius; dx <= radius; dx++ {
			if d := max(dx, -dx, dy, -dy); x+dx >= 0 && x+dx < c.size && y+dy >= 0 && y+dy < c.size {
				if radius == 4 {
					c.fix(x+dx, y+dy, d != 2 && d != 4)
				} else {
					c.fix(x+dx, y+dy, d != 1)
				}
			}
		}
	}
}

// alignments returns the coordinates of the small squares.
func (c *Code) alignments() []int {
	if c.version == 1 {
		return nil
	}
	n := c.version/7 + 2
	step := (c.version*4 + n*2 + 1) / (n*2 - 2) * 2
	out := make([]int, n)
	out[0] = 6
	for i, at := n-1, c.size-7; i > 0; i, at = i-1, at-step {
		out[i] = at
	}
	return out
}

// format writes the level of correction, M, and the mask, twice.
func (c *Code) format(mask int) {
	rest := mask
	for range 10 {
		rest = rest<<1 ^ rest>>9*0x537
	}
	bits := (mask<<10 | rest) ^ 0x5412
	get := func(i int) bool { return bits>>i&1 == 1 }
	for i := range 6 {
		c.fix(8, i, get(i))
	}
	c.fix(8, 7, get(6))
	c.fix(8, 8, get(7))
	c.fix(7, 8, get(8))
	for i := 9; i < 15; i++ {
		c.fix(14-i, 8, get(i))
	}
	for i := range 8 {
		c.fix(c.size-1-i, 8, get(i))
	}
	for i := 8; i < 15; i++ {
		c.fix(8, c.size-15+i, get(i))
	}
	c.fix(8, c.size-8, true)
}

// versionBits writes the version, twice, where it is 7 or more.
func (c *Code) versionBits() {
	if c.version < 7 {
		return
	}
	rest := c.version
	for range 12 {
		rest = rest<<1 ^ rest>>11*0x1F25
	}
	bits := c.version<<12 | rest
	for i := range 18 {
		a, b := c.size-11+i%3, i/3
		c.fix(a, b, bits>>i&1 == 1)
		c.fix(b, a, bits>>i&1 == 1)
	}
}

// place writes the codewords in columns of two, up and down from the right.
func (c *Code) place(data []byte) {
	i := 0
	for right := c.size - 1; right >= 1; right -= 2 {
		if right == 6 {
			right = 5
		}
		for v := range c.size {
			y := v
			if (right+1)&2 == 0 {
				y = c.size - 1 - v
			}
			for x := right; x > right-2; x-- {
				if !c.fixed[y][x] && i < 8*len(data) {
					c.dark[y][x] = data[i/8]>>(7-i%8)&1 == 1
					i++
				}
			}
		}
	}
}

// masks say which modules of the data are turned over, so that a code has no
// large areas of one kind.
var masks = []func(x, y int) bool{
	func(x, y int) bool { return (x+y)%2 == 0 },
	func(_, y int) bool { return y%2 == 0 },
	func(x, _ int) bool { return x%3 == 0 },
	func(x, y int) bool { return (x+y)%3 == 0 },
	func(x, y int) bool { return (x/3+y/2)%2 == 0 },
	func(x, y int) bool { return x*y%2+x*y%3 == 0 },
	func(x, y int) bool { return (x*y%2+x*y%3)%2 == 0 },
	func(x, y int) bool { return ((x+y)%2+x*y%3)%2 == 0 },
}

func (c *Code) apply(mask int) {
	for y := range c.size {
		for x := range c.size {
			if !c.fixed[y][x] && masks[mask](x, y) {
				c.dark[y][x] = !c.dark[y][x]
			}
		}
	}
}

// penalty says how hard a code is to read: runs and squares of one kind, what
// looks like a corner, and too much of one kind.
func (c *Code) penalty() (sum int) {
	dark := 0
	for y := range c.size {
		row, column := 0, 0
		for x := range c.size {
			dark += bit(c.dark[y][x])
			sum += run(&row, x > 0 && c.dark[y][x] == c.dark[y][x-1]) + run(&column, x > 0 && c.dark[x][y] == c.dark[x-1][y])
			if x > 0 && y > 0 && c.dark[y][x] == c.dark[y][x-1] && c.dark[y][x] == c.dark[y-1][x] && c.dark[y][x] == c.dark[y-1][x-1] {
				sum += 3
			}
			sum += 40 * (bit(c.corner(x, y, 1, 0)) + bit(c.corner(x, y, 0, 1)))
		}
	}
	total := c.size * c.size
	off := 20*dark - 10*total
	return sum + max(off, -off)/total*10
}

// run counts modules of one kind in a line: 3 for five, 1 for each more.
func run(length *int, goesOn bool) int {
	if !goesOn {
		*length = 1
		return 0
	}
	*length++
	switch {
	case *length == 5:
		return 3
	case *length > 5:
		return 1
	}
	return 0
}

// corner tells whether what looks like the middle of a corner begins here, with
// light before or after it.
func (c *Code) corner(x, y, dx, dy int) bool {
	for i, dark := range []bool{true, false, true, true, true, false, true} {
		if x+i*dx >= c.size || y+i*dy >= c.size || c.dark[y+i*dy][x+i*dx] != dark {
			return false
		}
	}
	light := func(from, to int) bool {
		for i := from; i < to; i++ {
			if c.at(x+i*dx, y+i*dy) {
				return false
			}
		}
		return true
	}
	return light(-4, 0) || light(7, 11)
}
