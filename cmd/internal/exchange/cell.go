package exchange

import (
	"cmp"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"aidledger/cmd/internal/exchange/sheet"
	"aidledger/domain"

	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"
)

// cellValue is a cell with what its column and its workbook say about it.
type cellValue struct {
	sheet.Cell
	unit     string // 万, 亿 or nothing
	date1904 bool
	named    func(f domain.Field, text string) string // see [Options]; nil: nothing
}

// text is the value without the apostrophe that keeps a spreadsheet from taking
// a text for a formula.
func (v cellValue) text() string {
	if rest, ok := strings.CutPrefix(v.Value, "'"); ok && rest != "" && strings.ContainsAny(rest[:1], "=+-@\t\r'0123456789") {
		return rest
	}
	return v.Value
}

// plain is the text with full-width digits and signs made plain.
func (v cellValue) plain() string { return strings.TrimSpace(width.Narrow.String(v.text())) }

// assign reads a cell into the field that at points to.
func assign(at any, f domain.Field, v cellValue) (err error) {
	if v.named != nil && (f.Type == "id" || f.Name == "entry" || len(f.Enum) > 0) {
		v.Value = cmp.Or(v.named(f, strings.TrimSpace(v.text())), v.Value)
	}
	switch p := at.(type) {
	case *domain.Amount:
		*p, err = v.amount()
	case *domain.Date:
		*p, err = v.date()
	case *domain.Quantity:
		*p, err = domain.ParseQuantity(strings.TrimSuffix(v.plain(), "%"))
	case *domain.ID:
		*p, err = domain.ParseID(v.plain())
	case *domain.Personal:
		*p = domain.NewPersonal(v.text())
	case *domain.Currency:
		*p, err = domain.ParseCurrency(v.plain())
	case *int:
		if *p, err = strconv.Atoi(strings.TrimSuffix(v.plain(), "年")); err != nil {
			err = fault("wrong_type", fmt.Sprintf("%.40q is no whole number", v.Value), "write digits")
		}
	case *bool:
		*p, err = v.truth()
	case *string:
		*p = norm.NFC.String(v.text())
	default:
		if f.Type == "list" {
			return v.list(at, f)
		}
		err = fmt.Errorf("fields of the type %s cannot be read", f.Type)
	}
	return err
}

// amount reads an amount in the unit of its column. A text that has a unit of
// its own in a column that has one could mean either, and is refused.
func (v cellValue) amount() (domain.Amount, error) {
	text := strings.TrimSpace(strings.TrimPrefix(v.text(), "'"))
	if v.unit == "" {
		return domain.ParseAmountStrict(text)
	}
	if strings.ContainsAny(text, "万亿") {
		return domain.Amount{}, fault("amount_unit_twice", fmt.Sprintf("%.40q has a unit, and so has its column", text), "write the number alone")
	}
	return domain.ParseAmount(strings.TrimSuffix(text, "元") + v.unit)
}

// date reads a date, or the serial number of one where a workbook has it as a
// number.
func (v cellValue) date() (domain.Date, error) {
	text := strings.TrimSpace(v.text())
	if v.Kind == sheet.Number && len(text) != len("2018") && len(text) != len("20180305") {
		day, ok := sheet.DateOf(text, v.date1904)
		if !ok {
			return domain.Date{}, fault("date_invalid", fmt.Sprintf("the serial number %.20s is no date", text), "write it like 2018-03-05")
		}
		text = day
	}
	if len(text) == len("20180305") && strings.Trim(text, "0123456789") == "" {
		text = text[:4] + "-" + text[4:6] + "-" + text[6:] // as banks write it
	}
	for _, midnight := range []string{" 00:00:00", " 0:00:00", " 0:00", "T00:00:00"} {
		text = strings.TrimSuffix(text, midnight)
	}
	return domain.ParseDate(text)
}

func (v cellValue) truth() (bool, error) {
	switch strings.ToLower(v.plain()) {
	case "true", "yes", "y", "1", "是", "对", "√", "✓":
		return true, nil
	case "false", "no", "n", "0", "否", "不":
		return false, nil
	}
	return false, fault("wrong_type", fmt.Sprintf("%.40q is neither yes nor no", v.Value), "write 是 or 否, yes or no")
}

// list reads the items of a list: place=130732103,percent=50; place=….
func (v cellValue) list(at any, f domain.Field) error {
	rows := reflect.ValueOf(at).Elem()
	for item := range strings.FieldsFuncSeq(v.text(), func(c rune) bool { return c == ';' || c == '；' || c == '\n' }) {
		if strings.TrimSpace(item) == "" {
			continue
		}
		one := reflect.New(rows.Type().Elem())
		for part := range strings.SplitSeq(strings.ReplaceAll(item, "，", ","), ",") {
			name, value, ok := strings.Cut(part, "=")
			sub, known := itemField(f, strings.TrimSpace(name))
			if !ok || !known {
				return fault("list_format", fmt.Sprintf("%.40q is not of the form %s", strings.TrimSpace(item), itemForm(f)), "write "+itemForm(f)+"; and so on")
			}
			if err := assign(domain.FieldPointer(one.Interface(), sub), sub, cellValue{Cell: sheet.Cell{Kind: sheet.Text, Value: strings.TrimSpace(value)}, named: v.named}); err != nil {
				return err
			}
		}
		rows.Set(reflect.Append(rows, one.Elem()))
	}
	return nil
}

func itemField(f domain.Field, name string) (domain.Field, bool) {
	for _, sub := range f.Item {
		if sub.Name == name || chinese[sub.Name] != "" && chinese[sub.Name] == name {
			return sub, true
		}
	}
	return domain.Field{}, false
}

func itemForm(f domain.Field) string {
	var parts []string
	for _, sub := range f.Item {
		parts = append(parts, sub.Name+"=…")
	}
	return strings.Join(parts, ",")
}
