package exchange

import (
	"fmt"
	"io"
	"iter"
	"math/big"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"aidledger/cmd/internal/exchange/sheet"

	"github.com/parquet-go/parquet-go"
)

// The numbers of decimal columns: an amount has as many decimals as its currency
// has, at most four, and a quantity at most six.
const decimalScale, decimalDigits, decimalBytes = 6, 38, 16

// parquetGroup is how many rows are kept in memory until they are written.
const parquetGroup = 50_000

// leaf is a column of a Parquet file: what it is declared as, and how the text
// of a cell becomes a value of it.
type leaf struct {
	as   reflect.Type
	tag  string
	read func(text string) (parquet.Value, error)
}

var (
	textColumn   = leaf{reflect.TypeFor[string](), "", func(s string) (parquet.Value, error) { return parquet.ByteArrayValue([]byte(s)), nil }}
	amountColumn = leaf{reflect.TypeFor[[decimalBytes]byte](), fmt.Sprintf(",decimal(%d:%d)", decimalScale, decimalDigits), decimalValue}
	wholeColumn  = leaf{reflect.TypeFor[int64](), "", func(s string) (parquet.Value, error) {
		n, err := strconv.ParseInt(s, 10, 64)
		return parquet.Int64Value(n), err
	}}
	truthColumn = leaf{reflect.TypeFor[bool](), "", func(s string) (parquet.Value, error) {
		b, err := strconv.ParseBool(s)
		return parquet.BooleanValue(b), err
	}}
	timeColumn = leaf{reflect.TypeFor[int64](), ",timestamp(microsecond)", func(s string) (parquet.Value, error) {
		t, err := time.Parse(time.RFC3339Nano, s)
		return parquet.Int64Value(t.UnixMicro()), err
	}}
)

// decimalValue is a decimal text as an integer of the scale of its column, in
// two's complement.
func decimalValue(text string) (parquet.Value, error) {
	whole, fraction, _ := strings.Cut(text, ".")
	n, ok := new(big.Int).SetString(whole+fraction+strings.Repeat("0", max(0, decimalScale-len(fraction))), 10)
	if !ok || len(fraction) > decimalScale || n.BitLen() > 8*decimalBytes-1 {
		return parquet.Value{}, fmt.Errorf("%q is no decimal number that fits", text)
	}
	if n.Sign() < 0 {
		n.Add(n, new(big.Int).Lsh(big.NewInt(1), 8*decimalBytes))
	}
	return parquet.FixedLenByteArrayValue(n.FillBytes(make([]byte, decimalBytes))), nil
}

func columnOf(name string, t reflect.Type) leaf {
	switch pointer := t.Kind() == reflect.Pointer; {
	case slices.Contains(amounts, name), pointer && t.Elem().Kind() == reflect.String:
		return amountColumn
	case pointer:
		return columnOf(name, t.Elem())
	case t == reflect.TypeFor[time.Time]():
		return timeColumn
	case t.Kind() == reflect.Bool:
		return truthColumn
	case reflect.Zero(t).CanInt(), reflect.Zero(t).CanUint():
		return wholeColumn
	}
	return textColumn
}

// writeParquet writes rows with the types that their columns have: decimals are
// exact, times are in UTC, and what was not reported is null. A date is text,
// since it may be a month or a year.
func writeParquet(w io.Writer, rows iter.Seq2[any, error]) error {
	var out *parquet.GenericWriter[any]
	var columns []leaf
	row := parquet.Row{}
	for v, err := range rows {
		if err != nil {
			return err
		}
		if out == nil {
			var schema *parquet.Schema
			schema, columns = schemaOf(membersOf(reflect.TypeOf(v)))
			out = parquet.NewGenericWriter[any](w, schema, parquet.Compression(&parquet.Zstd), parquet.MaxRowsPerRowGroup(parquetGroup))
		}
		row = row[:0]
		for i, c := range valuesOf(reflect.ValueOf(v)) {
			value, err := valueIn(columns[i], c)
			if err != nil {
				return err
			}
			row = append(row, value.Level(0, min(1, len(c.Value)), i))
		}
		if _, err := out.WriteRows([]parquet.Row{row}); err != nil {
			return err
		}
	}
	return out.Close()
}

func valueIn(c leaf, cell sheet.Cell) (parquet.Value, error) {
	if cell.Value == "" {
		return parquet.NullValue(), nil
	}
	return c.read(cell.Value)
}

// schemaOf declares columns in their order. The library knows an order of the
// fields of a struct alone.
func schemaOf(members []member) (*parquet.Schema, []leaf) {
	fields, columns := make([]reflect.StructField, len(members)), make([]leaf, len(members))
	for i, m := range members {
		columns[i] = columnOf(m.name, m.of)
		fields[i] = reflect.StructField{Name: "C" + strconv.Itoa(i), Type: columns[i].as, Tag: reflect.StructTag(`parquet:"` + m.name + `,optional` + columns[i].tag + `"`)}
	}
	return parquet.SchemaOf(reflect.New(reflect.StructOf(fields)).Interface()), columns
}
