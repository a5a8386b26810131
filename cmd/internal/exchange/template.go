package exchange

import (
	"cmp"
	"encoding/csv"
	"io"
	"strings"

	"aidledger/cmd/internal/exchange/sheet"
	"aidledger/domain"
)

// WriteTemplate writes an empty table for a command: the names of its columns in
// Chinese and English, and a row of examples that is left out when the table is
// imported. A workbook also has the values to choose from, and a second sheet
// that explains the columns. Format is FormatXLSX or FormatCSV.
func WriteTemplate(w io.Writer, command, format string) error {
	t, ok := domain.LookupCommand(command)
	if !ok {
		return fault("command_not_found", "there is no command "+command, "aidledger do --help lists them")
	}
	var head, example []string
	for i, f := range t.Field {
		name := headOf(f.Name)
		if f.Required {
			name += " *"
		}
		head = append(head, name)
		text := exampleOf(f)
		if i == 0 {
			text = "# " + text
		}
		example = append(example, text)
	}
	if format == FormatCSV {
		if _, err := w.Write(byteOrderMark); err != nil {
			return err
		}
		out := csv.NewWriter(w)
		_ = out.Write(head)
		_ = out.Write(example)
		out.Flush()
		return out.Error() // Flush reports what failed
	}
	return writeTemplateBook(w, t, head, example)
}

func writeTemplateBook(w io.Writer, t domain.CommandType, head, example []string) error {
	book := sheet.NewWriter(w)
	var widths []int
	var choices []sheet.Choice
	for i, f := range t.Field {
		widths = append(widths, max(16, 2*len([]rune(head[i]))))
		if values := choicesOf(f); len(strings.Join(values, ",")) <= 255 && len(values) > 0 {
			choices = append(choices, sheet.Choice{Column: i + 1, Values: values})
		}
	}
	book.Sheet(t.Name, widths, choices...)
	book.Row(cellsOf(head)...)
	book.Row(cellsOf(example)...)
	book.Sheet("说明 help", []int{28, 12, 10, 40, 80})
	book.Row(cellsOf([]string{"列 column", "类型 type", "必填 required", "可选值 values", "说明 meaning"})...)
	for i, f := range t.Field {
		required := ""
		if f.Required {
			required = "是 yes"
		}
		book.Row(cellsOf([]string{head[i], f.Type, required, strings.Join(choicesOf(f), ", "), f.Doc})...)
	}
	return book.Close()
}

func choicesOf(f domain.Field) []string {
	if f.Type == "yes/no" {
		return []string{"是", "否"}
	}
	return f.Enum
}

func cellsOf(texts []string) []sheet.Cell {
	cells := make([]sheet.Cell, len(texts))
	for i, text := range texts {
		cells[i] = sheet.Cell{Kind: sheet.Text, Value: text}
	}
	return cells
}

// exampleOf is a value that a column of that type takes.
func exampleOf(f domain.Field) string {
	said := f.Example()
	switch {
	case said == domain.NoExample:
		return ""
	case f.Type == "yes/no":
		return "否"
	case f.Type == "list" && said == "":
		var parts []string
		for _, item := range f.Item {
			if text := exampleOf(item); text != "" {
				parts = append(parts, item.Name+"="+text)
			}
		}
		return strings.Join(parts, ",")
	}
	return cmp.Or(said, "例 example")
}
