package exchange_test

import (
	"bytes"
	"errors"
	"io"
	"math/big"
	"strings"
	"testing"
	"time"

	"aidledger/cmd/internal/exchange"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// ofParquet reads a file into the texts that a table in CSV has, with its head.
func ofParquet(t *testing.T, file []byte) (records [][]string) {
	t.Helper()
	f, err := parquet.OpenFile(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	var head []string
	fields := f.Schema().Fields()
	for _, c := range fields {
		head = append(head, c.Name())
	}
	records = append(records, head)
	for _, group := range f.RowGroups() {
		rows := group.Rows()
		defer rows.Close()
		buffer := make([]parquet.Row, 100)
		for {
			n, err := rows.ReadRows(buffer)
			for _, row := range buffer[:n] {
				var record []string
				for i, v := range row {
					record = append(record, said(fields[i], v))
				}
				records = append(records, record)
			}
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	return records
}

// said is a value as a program that reads the declared type understands it.
func said(c parquet.Field, v parquet.Value) string {
	if v.IsNull() {
		return ""
	}
	if logical := c.Type().LogicalType(); logical != nil {
		switch as := logical.Value.(type) {
		case *format.DecimalType:
			n := new(big.Int).SetBytes(v.ByteArray())
			if n.Bit(127) == 1 {
				n.Sub(n, new(big.Int).Lsh(big.NewInt(1), 128))
			}
			scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(as.Scale)), nil)
			return new(big.Rat).SetFrac(n, scale).FloatString(int(as.Scale))
		case *format.TimestampType:
			return time.UnixMicro(v.Int64()).UTC().Format(time.RFC3339Nano)
		}
	}
	return v.String()
}

// sameTable tells whether two tables say the same; a number may have zeros after
// its last digit, and a text an apostrophe that keeps it from being a formula.
func sameTable(one, other [][]string) bool {
	if len(one) != len(other) {
		return false
	}
	for i := range one {
		if len(one[i]) != len(other[i]) {
			return false
		}
		for j := range one[i] {
			a, b := strings.TrimPrefix(one[i][j], "'"), other[i][j]
			x, isNumber := new(big.Rat).SetString(a)
			y, alike := new(big.Rat).SetString(b)
			if a != b && !(isNumber && alike && x.Cmp(y) == 0) {
				return false
			}
		}
	}
	return true
}

func TestAParquetFileOfNothingIsRefused(t *testing.T) {
	w := newWorld(t)
	w.give("one", "a.jsonl", `{"command":"open-ledger","title":"T"}`+"\n", exchange.Options{})
	w.reach()
	if _, err := w.exporter().Rows(t.Context(), "one", "journal", exchange.FormatParquet); err == nil || !strings.Contains(err.Error(), "nothing in journal") {
		t.Errorf("got %v", err)
	}
}
