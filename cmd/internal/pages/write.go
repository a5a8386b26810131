package pages

import (
	"html/template"
	"strings"
	"unicode/utf8"
)

// row writes a row of a table, and cell one value. Most of a page is tables,
// which a template with a cell in it takes ten times as long to write.
//
// On a phone the rows of a table with many columns lie one below the other, and
// each cell has its heading before it.
func (l *tongue) row(columns []column, r *row) template.HTML {
	var out strings.Builder
	out.Grow(len(r.Cells) * cellBytes)
	if r.Sum {
		out.WriteString(`<tr class="sum">`)
	} else {
		out.WriteString(`<tr>`)
	}
	for i := range r.Cells {
		c := &r.Cells[i]
		if i == 0 {
			out.WriteString(`<th scope="row"`)
		} else {
			out.WriteString("<td")
		}
		switch {
		case c.Number:
			out.WriteString(` class="number"`)
		case narrow(c.Text):
			out.WriteString(` class="short"`)
		}
		if i > 0 && stacks(columns) && (c.Text != "" || c.Unknown) {
			out.WriteString(` data-label="`)
			escape(&out, columns[i].Label)
			out.WriteByte('"')
		}
		out.WriteByte('>')
		l.write(&out, c)
	}
	out.WriteString("</tr>\n")
	return template.HTML(out.String())
}

// narrow tells whether a text stays on one line of a table. Chinese characters
// are twice as wide as letters.
func narrow(text string) bool {
	const most = 16
	return len(text) <= most || utf8.RuneCountInString(text)+(len(text)-utf8.RuneCountInString(text))/2 <= most
}

func (l *tongue) cell(c cell) template.HTML {
	var out strings.Builder
	l.write(&out, &c)
	return template.HTML(out.String())
}

// cellBytes is about how long a cell is that leads to the rows behind a number.
const cellBytes = 240

// escaper does what html/template does, without a copy of the text.
var escaper = strings.NewReplacer("\x00", "\uFFFD", `"`, "&#34;", "'", "&#39;", "&", "&amp;", "<", "&lt;", ">", "&gt;")

func escape(out *strings.Builder, text string) { _, _ = escaper.WriteString(out, text) }

func (l *tongue) write(out *strings.Builder, c *cell) {
	attribute := func(name, value string) {
		if value != "" {
			out.WriteByte(' ')
			out.WriteString(name)
			out.WriteString(`="`)
			escape(out, value)
			out.WriteByte('"')
		}
	}
	switch {
	case c.Pick != "":
		out.WriteString(`<input type="checkbox" name="pick"`)
		attribute("value", c.Pick)
		attribute("aria-label", c.Text)
		if c.Picked {
			out.WriteString(" checked")
		}
		out.WriteByte('>')
	case c.Unknown:
		out.WriteString(`<span class="unknown">`)
		escape(out, l.say("unknown"))
		out.WriteString("</span>")
	case c.Text != "":
		if c.Approximate {
			out.WriteString(`<abbr class="about"`)
			attribute("title", l.say("about.title"))
			out.WriteByte('>')
			escape(out, l.say("about"))
			out.WriteString("</abbr> ")
		}
		class, tag := "", "span"
		switch {
		case c.Negative:
			class = "negative"
		case c.State != "" && c.Href == "":
			class = "tag " + c.State
		}
		if c.Href != "" {
			tag = "a"
		}
		out.WriteString("<" + tag)
		attribute("href", own(c.Href))
		attribute("title", c.Exact)
		attribute("class", class)
		out.WriteByte('>')
		escape(out, c.Text)
		out.WriteString("</" + tag + ">")
	}
	if c.Why != "" {
		out.WriteString(` <a class="why"`)
		attribute("href", own(c.Why))
		attribute("aria-label", l.say("why.of", c.Text))
		out.WriteString(">?</a>")
	}
}

// own is an address of this server; of any other, nothing.
func own(address string) string {
	if address == "" || address[0] == '#' || address[0] == '/' && (len(address) == 1 || address[1] != '/' && address[1] != '\\') {
		return address
	}
	return "#"
}
