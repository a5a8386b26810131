package iati

import (
	"encoding/xml"
	"io"
	"time"
)

// Version is that of the standard in which files are written.
const Version = "2.03"

// Activity is one activity as it is written. Its members stand in the order
// that the schema demands.
type Activity struct {
	XMLName      xml.Name      `xml:"iati-activity"`
	Updated      string        `xml:"last-updated-datetime,attr"`
	Language     string        `xml:"xml:lang,attr"`
	Currency     string        `xml:"default-currency,attr"`
	Humanitarian int           `xml:"humanitarian,attr"`
	Hierarchy    int           `xml:"hierarchy,attr"`
	Identifier   string        `xml:"iati-identifier"`
	Reporting    Reporter      `xml:"reporting-org"`
	Title        Text          `xml:"title"`
	Description  Description   `xml:"description"`
	Participants []Party       `xml:"participating-org"`
	Status       Code          `xml:"activity-status"`
	Dates        []DatedType   `xml:"activity-date"`
	Country      Code          `xml:"recipient-country"`
	Locations    []Location    `xml:"location"`
	Sectors      []Sector      `xml:"sector"`
	Finance      *Code         `xml:"default-finance-type"`
	Aid          *Code         `xml:"default-aid-type"`
	Budgets      []Budget      `xml:"budget"`
	Transactions []Transferred `xml:"transaction"`
	Related      []Related     `xml:"related-activity"`
	Results      []Result      `xml:"result"`
}

// Text is a text in the language of the file, and empty where there is none.
type Text struct {
	Narrative string `xml:"narrative"`
}

// Code is an element with a code and perhaps its vocabulary.
type Code struct {
	Vocabulary string `xml:"vocabulary,attr,omitempty"`
	Code       string `xml:"code,attr"`
}

// Day is an element with a date.
type Day struct {
	Date string `xml:"iso-date,attr"`
}

// DatedType is a date of an activity: planned start 1, actual start 2, planned
// end 3 and actual end 4.
type DatedType struct {
	Date string `xml:"iso-date,attr"`
	Type string `xml:"type,attr"`
}

// Description is a text of a type; 1 is a general one.
type Description struct {
	Type string `xml:"type,attr"`
	Text
}

// Reporter is who publishes the file.
type Reporter struct {
	Reference string `xml:"ref,attr"`
	Type      string `xml:"type,attr"`
	Text
}

// Party is an organisation in a role or in a transaction. One without a
// reference goes by its name.
type Party struct {
	Reference string `xml:"ref,attr,omitempty"`
	Provides  string `xml:"provider-activity-id,attr,omitempty"`
	Type      string `xml:"type,attr,omitempty"`
	Role      string `xml:"role,attr,omitempty"`
	Narrative string `xml:"narrative,omitempty"`
}

// Location is a place that an activity helps.
type Location struct {
	Reference      string `xml:"ref,attr"`
	Name           *Text  `xml:"name"`
	Administrative *Code  `xml:"administrative"`
}

// Sector is what an activity is about.
type Sector struct {
	Vocabulary string `xml:"vocabulary,attr"`
	Code       string `xml:"code,attr"`
	Narrative  string `xml:"narrative,omitempty"`
}

// Value is an amount as decimal text.
type Value struct {
	Currency string `xml:"currency,attr"`
	Date     string `xml:"value-date,attr"`
	Amount   string `xml:",chardata"`
}

// Budget is what is set aside for a period of at most a year.
type Budget struct {
	Type   string `xml:"type,attr,omitempty"`
	Status string `xml:"status,attr,omitempty"`
	Start  Day    `xml:"period-start"`
	End    Day    `xml:"period-end"`
	Value  Value  `xml:"value"`
}

// Transferred is one transaction.
type Transferred struct {
	Reference   string `xml:"ref,attr,omitempty"`
	Type        Code   `xml:"transaction-type"`
	Date        Day    `xml:"transaction-date"`
	Value       Value  `xml:"value"`
	Description *Text  `xml:"description"`
	Provider    *Party `xml:"provider-org"`
	Receiver    *Party `xml:"receiver-org"`
	Channel     *Code  `xml:"disbursement-channel"`
}

// Related is another activity of the same publisher: parent 1, child 2.
type Related struct {
	Reference string `xml:"ref,attr"`
	Type      string `xml:"type,attr"`
}

// Result is what an activity led to: output 1, outcome 2, other 9.
type Result struct {
	Type       string      `xml:"type,attr"`
	Aggregable int         `xml:"aggregation-status,attr"`
	Title      Text        `xml:"title"`
	Indicators []Indicator `xml:"indicator"`
}

// Indicator is what is counted, in units 1 or in percent 2.
type Indicator struct {
	Measure     string   `xml:"measure,attr"`
	Ascending   int      `xml:"ascending,attr"`
	Aggregable  int      `xml:"aggregation-status,attr"`
	Title       Text     `xml:"title"`
	Description *Text    `xml:"description"`
	Periods     []Period `xml:"period"`
}

// Period holds what was meant to be reached in it, and what was.
type Period struct {
	Start  Day     `xml:"period-start"`
	End    Day     `xml:"period-end"`
	Target *Figure `xml:"target"`
	Actual *Figure `xml:"actual"`
}

// Figure is a value of an indicator.
type Figure struct {
	Value    string    `xml:"value,attr"`
	Location *PlaceRef `xml:"location"`
	Comment  *Text     `xml:"comment"`
}

// PlaceRef names a location of the activity.
type PlaceRef struct {
	Reference string `xml:"ref,attr"`
}

// Organisation is one organisation as it is written, with its budgets and what
// it spent.
type Organisation struct {
	XMLName     xml.Name `xml:"iati-organisation"`
	Updated     string   `xml:"last-updated-datetime,attr"`
	Language    string   `xml:"xml:lang,attr"`
	Currency    string   `xml:"default-currency,attr"`
	Identifier  string   `xml:"organisation-identifier"`
	Name        Text     `xml:"name"`
	Reporting   Reporter `xml:"reporting-org"`
	Budgets     []Budget `xml:"total-budget"`
	Expenditure []Budget `xml:"total-expenditure"`
}

// Writer writes a file, one activity or organisation at a time.
type Writer struct {
	w    io.Writer
	xml  *xml.Encoder
	root string
	err  error
}

// NewWriter begins a file of activities or, where organisations is set, of
// organisations.
func NewWriter(w io.Writer, organisations bool, generated time.Time) *Writer {
	out := &Writer{w: w, xml: xml.NewEncoder(w), root: "iati-activities"}
	if organisations {
		out.root = "iati-organisations"
	}
	out.xml.Indent("  ", "  ")
	out.text(xml.Header + "<" + out.root + ` version="` + Version + `" generated-datetime="` + Moment(generated) + "\">\n")
	return out
}

// Moment is an instant as it stands in a file.
func Moment(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// Write adds an *Activity or an *Organisation.
func (w *Writer) Write(element any) error {
	if w.err == nil {
		w.err = w.xml.Encode(element)
	}
	w.text("\n")
	return w.err
}

// Close ends the file.
func (w *Writer) Close() error {
	w.text("</" + w.root + ">\n")
	return w.err
}

func (w *Writer) text(s string) {
	if w.err == nil {
		_, w.err = io.WriteString(w.w, s)
	}
}
