package iati_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"aidledger/cmd/internal/exchange/iati"
	"aidledger/domain"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// told reads a file and writes each transaction, or its fault, as one line.
func told(t *testing.T, file string) (lines []string, err error) {
	t.Helper()
	for tx, err := range iati.Read(strings.NewReader(file), "file.xml") {
		if err != nil {
			return lines, err
		}
		if tx.Fault != nil {
			var r *domain.Refusal
			if !errors.As(tx.Fault, &r) || r.Hint == "" {
				t.Errorf("%v explains nothing", tx.Fault)
			}
			lines = append(lines, fmt.Sprintf("%d %s %s", tx.Line, r.Field, r.Code))
			continue
		}
		c := tx.Command
		line := fmt.Sprintf("%s %s %s %s %s %s>%s", c.Activity, c.SourceReference, c.Type, c.Date, c.Amount, c.Provider, c.Receiver)
		if c.Occurrence > 0 {
			line += fmt.Sprintf(" occurrence %d", c.Occurrence)
		}
		if c.Repeated {
			line += " repeated"
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// activityOf is a file with one activity of version 2.03.
func activityOf(parts ...string) string {
	return `<?xml version="1.0"?><iati-activities version="2.03"><iati-activity default-currency="EUR">
<iati-identifier>XM-1-A</iati-identifier><reporting-org ref="XM-1"><narrative>Ministry</narrative></reporting-org>` + strings.Join(parts, "\n") + `</iati-activity></iati-activities>`
}

const simple = `<transaction ref="%s"><transaction-type code="%s"/><transaction-date iso-date="2018-03-05"/><value value-date="2018-03-05">%s</value></transaction>`

func plain(ref, code, sum string) string { return fmt.Sprintf(simple, ref, code, sum) }

func TestTransactionsAreReadAsTheyAreWritten(t *testing.T) {
	for _, c := range []struct {
		name, file string
		want       []string
	}{
		{"version 2", activityOf(`<transaction ref="t1"><transaction-type code="3"/><transaction-date iso-date="2018-03-05"/>
			<value currency="USD" value-date="2018-03-06">1,234.50</value><provider-org ref="P"><narrative>Giver</narrative></provider-org>
			<receiver-org><narrative>Village  of
			X</narrative><narrative>Другое</narrative></receiver-org></transaction>`), []string{"XM-1-A t1 3 2018-03-05 1234.5 P>Village of X"}},
		{"version 1, a single activity that names its identifier last", `<iati-activity default-currency="GBP"><transaction><transaction-type code="IF">Incoming Funds</transaction-type>
			<value value-date="2012-09-30">57076</value><provider-org ref="GB-1">DFID</provider-org><transaction-date iso-date="2012-11-09"/></transaction>
			<iati-identifier>GB-1-X</iati-identifier></iati-activity>`, []string{"GB-1-X  1 2012-11-09 57076 GB-1>"}},
		{"version 1 without a date of the value, and without one of the transaction", `<iati-activities version="1.03"><iati-activity default-currency="GBP"><iati-identifier>A</iati-identifier>
			<transaction ref="1"><transaction-type code="D"/><transaction-date iso-date="2012-11-09"/><value>5</value></transaction>
			<transaction ref="2"><transaction-type code="E"/><value value-date="2012-11-10">5</value></transaction></iati-activity></iati-activities>`,
			[]string{"A 1 3 2012-11-09 5 >", "A 2 4 2012-11-10 5 >"}},
		{"amounts", activityOf(plain("1", "3", " -5 "), plain("2", "3", ".5"), plain("3", "3", "007"), plain("4", "3", "1.23456789012345678901"), plain("5", "3", "0")),
			[]string{"XM-1-A 1 3 2018-03-05 -5 >", "XM-1-A 2 3 2018-03-05 0.5 >", "XM-1-A 3 3 2018-03-05 7 >", "XM-1-A 4 3 2018-03-05 1.2341 >", "XM-1-A 5 3 2018-03-05 0 >"}},
		{"one reference that comes again, the same and another", activityOf(plain("1", "3", "5"), plain("1", "3", "6"), plain("1", "3", "5")),
			[]string{"XM-1-A 1 3 2018-03-05 5 >", "XM-1-A 1 3 2018-03-05 6 > occurrence 2", "XM-1-A 1 3 2018-03-05 5 > occurrence 3 repeated"}},
		{"two that are equal and have no reference: both are real", activityOf(plain("", "3", "5"), plain("", "3", "5")),
			[]string{"XM-1-A  3 2018-03-05 5 >", "XM-1-A  3 2018-03-05 5 > occurrence 2"}},
		{"faults of one transaction leave the others alone", activityOf(plain("1", "99", "5"), plain("2", "3", "five"), plain("3", "3", "1e3"),
			strings.Replace(plain("4", "3", "5"), ` value-date="2018-03-05"`, "", 1), strings.Replace(plain("5", "3", "5"), "2018-03-05", "2018-02-30", 1),
			strings.Replace(plain("6", "3", "5"), "</value>", "</value><value>6</value>", 1), strings.Replace(plain("7", "3", "5"), "<value ", `<value currency="RMB" `, 1), plain("8", "3", "5")),
			[]string{"2 type value_unknown", "3 value amount_format", "4 value amount_format", "5 value-date field_required", "6 transaction-date date_invalid",
				"7 value element_repeated", "8 currency currency_unknown", "XM-1-A 8 3 2018-03-05 5 >"}},
		{"no currency anywhere", strings.Replace(activityOf(plain("1", "3", "5")), ` default-currency="EUR"`, "", 1), []string{"2 currency currency_required"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := told(t, c.file)
			if err != nil || !slices.Equal(got, c.want) {
				t.Errorf("got %q %v\nwant %q", got, err, c.want)
			}
		})
	}
}

func TestFilesThatAreNotWhatTheySayAreRefused(t *testing.T) {
	lol := `<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;">]>`
	for _, c := range []struct{ name, file, code string }{
		{"entities that multiply", lol + `<iati-activities version="2.03"><iati-activity><title>&b;</title></iati-activity></iati-activities>`, "xml_dtd"},
		{"an entity that reads a file", `<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]><iati-activities>&x;</iati-activities>`, "xml_dtd"},
		{"an entity that nobody declared", `<iati-activities>&x;</iati-activities>`, "xml_syntax"},
		{"half a file", activityOf(plain("1", "3", "5"))[:300], "xml_syntax"},
		{"nothing", "", "xml_syntax"},
		{"another kind of XML", "<html/>", "file_type"},
		{"a text without end", activityOf("<title>" + strings.Repeat("a", 20<<20) + "</title>"), "file_too_large"},
		{"elements without end", activityOf(strings.Repeat("<a>", 100)), "xml_syntax"},
		{"bytes that are no UTF-8", activityOf("<title>caf\xe9</title>"), "invalid_utf8"},
		{"another version of XML", `<?xml version="1.1"?><iati-activities/>`, "xml_syntax"},
		{"two documents in one file", activityOf() + activityOf()[len(`<?xml version="1.0"?>`):], "xml_syntax"},
		{"text behind the end", activityOf() + "and so on", "xml_syntax"},
		{"a web page", "<!DOCTYPE html>\n<html/>", "file_type"},
		{"the file of an organisation", "<iati-organisations/>", "file_type"},
		{"an encoding that there is not", `<?xml version="1.0" encoding="klingon"?><iati-activities/>`, "encoding_unknown"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := told(t, c.file)
			var r *domain.Refusal
			if !errors.As(err, &r) || r.Code != c.code {
				t.Errorf("got %v, want %s", err, c.code)
			}
		})
	}
}

func TestAFileIsReadInItsEncoding(t *testing.T) {
	declared := func(encoding string) string {
		return strings.Replace(activityOf(strings.Replace(plain("1", "3", "5"), "</value>", "</value><provider-org>Été</provider-org>", 1)),
			`version="1.0"`, `version="1.0" encoding="`+encoding+`"`, 1)
	}
	utf16 := func(s string, order unicode.Endianness, mark unicode.BOMPolicy) string {
		out, err := unicode.UTF16(order, mark).NewEncoder().String(s)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	latin, err := charmap.ISO8859_1.NewEncoder().String(declared("ISO-8859-1"))
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string]string{
		"UTF-8": declared("utf-8"),
		"UTF-8 with a mark that says it is another": "\xef\xbb\xbf" + declared("ISO-8859-1"),
		"UTF-8 that says it is UTF-16":              declared("UTF-16"),
		"UTF-16 with a mark":                        utf16(declared("UTF-16"), unicode.LittleEndian, unicode.UseBOM),
		"UTF-16 with a mark, the other way round":   utf16(declared("utf-16"), unicode.BigEndian, unicode.UseBOM),
		"UTF-16 without a mark":                     utf16(declared("UTF-16LE"), unicode.LittleEndian, unicode.IgnoreBOM),
		"UTF-16 without a mark, the other way":      utf16(declared("UTF-16BE"), unicode.BigEndian, unicode.IgnoreBOM),
		"Latin-1":                                   latin,
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := told(t, file); err != nil || !slices.Equal(got, []string{"XM-1-A 1 3 2018-03-05 5 Été>"}) || !iati.IsXML([]byte(file)) {
				t.Errorf("got %q %v", got, err)
			}
		})
	}
}

func TestElementsOfOtherNamespacesSayNothing(t *testing.T) {
	extended := strings.Replace(activityOf(strings.Replace(plain("1", "3", "5"), "</value>", `</value><x:value value-date="2018-03-05">9<x:more/></x:value>`, 1),
		`<x:transaction><transaction-type code="3"/></x:transaction>`), "<iati-activities ", `<iati-activities xmlns:x="urn:x" `, 1)
	extended = strings.Replace(extended, "<value ", `<value x:currency="USD" `, 1)
	for name, file := range map[string]string{"of an extension": extended,
		"in a namespace of the standard": strings.Replace(extended, "<iati-activities ", `<iati-activities xmlns="urn:iati" `, 1)} {
		t.Run(name, func(t *testing.T) {
			for tx, err := range iati.Read(strings.NewReader(file), "") {
				if err != nil || tx.Fault != nil || tx.Command.Amount.String() != "5" || tx.Command.Currency != "EUR" {
					t.Errorf("got %+v %v", tx, err)
				}
			}
			if got, err := told(t, file); len(got) != 1 {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}

func TestSharesOfCountriesAndPlaces(t *testing.T) {
	file := activityOf(`<recipient-country code="CD" percentage="60.0000001"/><recipient-region code="289" percentage="40"/>
		<location ref="r"><location-id code="1" vocabulary="G1"/><name><narrative>N</narrative></name></location><location><name>M</name></location>`,
		plain("1", "3", "5"), strings.Replace(plain("2", "3", "5"), "</value>", `</value><recipient-country code="RW"/>`, 1))
	var got []string
	for tx, err := range iati.Read(strings.NewReader(file), "") {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprint(tx.Command.Recipients, tx.Command.Places, tx.Command.System))
	}
	want := []string{"[{CD 60} {289 40}] [{1 0} {M 0}]XM-1", "[{RW 0}] [{1 0} {M 0}]XM-1"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(activityOf(plain("1", "3", "5")))
	f.Add(`<iati-activity><transaction><value>1</value></transaction></iati-activity>`)
	f.Fuzz(func(t *testing.T, file string) {
		for tx, err := range iati.Read(strings.NewReader(file), "x") {
			if err == nil && tx.Fault == nil && domain.Check(tx.Command) != nil {
				t.Errorf("a command that is not checked: %+v", tx.Command)
			}
		}
	})
}
