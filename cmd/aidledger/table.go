package main

import (
	"io"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

func init() {
	// A middle dot in a name is one column wide, also in a Chinese locale.
	text.OverrideRuneWidthEastAsianWidth(false)
}

// grid is a table for people: columns two spaces apart, Chinese characters two
// columns wide, and no lines but one under the head and one over the foot.
type grid struct {
	head    []string
	numeric []bool // columns that are aligned to the right
	rows    [][]string
	foot    [][]string
}

func (g *grid) add(cells ...string) { g.rows = append(g.rows, cells) }

func (g *grid) print(w io.Writer) {
	t := table.NewWriter()
	style := table.StyleDefault
	style.Box = table.BoxStyle{MiddleHorizontal: "-", PaddingRight: "  "}
	style.Options = table.Options{SeparateHeader: true, SeparateFooter: true}
	style.Format.Header, style.Format.Footer = text.FormatDefault, text.FormatDefault
	t.SetStyle(style)
	t.AppendHeader(cellsOf(g.head))
	for _, row := range g.rows {
		t.AppendRow(cellsOf(row))
	}
	for _, row := range g.foot {
		t.AppendFooter(cellsOf(row))
	}
	var columns []table.ColumnConfig
	for i, numeric := range g.numeric {
		if numeric {
			columns = append(columns, table.ColumnConfig{Number: i + 1, Align: text.AlignRight, AlignHeader: text.AlignRight, AlignFooter: text.AlignRight})
		}
	}
	t.SetColumnConfigs(columns)
	t.SuppressTrailingSpaces()
	_, _ = io.WriteString(w, t.Render()+"\n")
}

func cellsOf(texts []string) table.Row {
	row := make(table.Row, len(texts))
	for i, t := range texts {
		row[i] = t
	}
	return row
}
