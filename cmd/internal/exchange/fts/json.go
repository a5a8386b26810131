package fts

import (
	"errors"
	"io"
	"iter"
	"strings"

	"aidledger/domain"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Flow is one flow of a file: the command that records it, or what is wrong with
// it. Number counts from 1 in the file.
type Flow struct {
	Number  int
	Command *domain.RecordReportedTransaction
	Fault   error
}

// IsFlows tells by its first bytes whether a text holds flows.
func IsFlows(head string) bool {
	line, _, _ := strings.Cut(head, "\n")
	return isHeading(line) || strings.HasPrefix(strings.TrimSpace(head), "{") && strings.Contains(head, `"flows"`) && !strings.Contains(head, `"command"`)
}

// object is something that a flow comes from or goes to.
type object struct {
	Type string         `json:"type"`
	ID   jsontext.Value `json:"id"`
	Name string         `json:"name"`
}

// jsonFlow is a flow as the API writes it. Numbers keep their text, and may be
// strings.
type jsonFlow struct {
	ID                jsontext.Value `json:"id"`
	Status            string         `json:"status"`
	Boundary          string         `json:"boundary"`
	AmountUSD         jsontext.Value `json:"amountUSD"`
	OriginalAmount    jsontext.Value `json:"originalAmount"`
	OriginalCurrency  string         `json:"originalCurrency"`
	ExchangeRate      jsontext.Value `json:"exchangeRate"`
	Date              string         `json:"date"`
	DecisionDate      string         `json:"decisionDate"`
	FirstReportedDate string         `json:"firstReportedDate"`
	Description       string         `json:"description"`
	ContributionType  string         `json:"contributionType"`
	Method            string         `json:"method"`
	BudgetYear        jsontext.Value `json:"budgetYear"`
	FlowType          string         `json:"flowType"`
	ParentFlowID      jsontext.Value `json:"parentFlowId"`
	Source            []object       `json:"sourceObjects"`
	Destination       []object       `json:"destinationObjects"`
}

// plain is the text of a number or a string; null is nothing.
func plain(v jsontext.Value) string {
	switch v.Kind() {
	case '"':
		var s string
		_ = json.Unmarshal(v, &s) // it is a string
		return s
	case '0':
		return string(v)
	}
	return ""
}

func (j jsonFlow) flow() flow {
	f := flow{id: plain(j.ID), status: j.Status, boundary: j.Boundary, amount: plain(j.AmountUSD), originalAmount: plain(j.OriginalAmount),
		original: j.OriginalCurrency, exchange: plain(j.ExchangeRate), description: j.Description, contribution: j.ContributionType,
		method: j.Method, kind: j.FlowType, parent: plain(j.ParentFlowID)}
	var years []string
	f.date = first(j.Date, j.DecisionDate, j.FirstReportedDate)
	for _, o := range j.Source {
		if o.Type == "Organization" {
			f.sources = append(f.sources, o.Name)
		}
	}
	for _, o := range j.Destination {
		switch o.Type {
		case "Organization":
			f.destinations = append(f.destinations, o.Name)
		case "Location":
			f.locations = append(f.locations, o.Name)
		case "UsageYear":
			years = append(years, o.Name)
		case "Plan":
			f.plan, f.planName = plain(o.ID), o.Name
		}
	}
	// FTS adds up by the years in which the money is used.
	if f.year = strings.Join(years, ", "); f.year == "" {
		f.year = plain(j.BudgetYear)
	}
	return f
}

func first(all ...string) string {
	for _, s := range all {
		if s != "" {
			return s
		}
	}
	return ""
}

// ReadJSON yields the flows of an answer of the API, or of a list of flows.
func ReadJSON(file io.Reader) iter.Seq2[Flow, error] {
	return func(yield func(Flow, error) bool) {
		d := jsontext.NewDecoder(file, jsontext.AllowDuplicateNames(true))
		if err := toFlows(d); err != nil {
			yield(Flow{}, err)
			return
		}
		r := newReader()
		for n := 1; d.PeekKind() != ']'; n++ {
			var j jsonFlow
			raw, err := d.ReadValue()
			if err != nil {
				yield(Flow{}, syntax(err))
				return
			}
			out := Flow{Number: n}
			if err := json.Unmarshal(raw, &j); err != nil {
				out.Fault = refusal("value_malformed", "the flow is not written as FTS writes it", "take the file from the API of FTS")
			} else {
				out.Command, out.Fault = r.command(j.flow())
			}
			if !yield(out, nil) {
				return
			}
		}
	}
}

// toFlows reads up to the first element of the list of flows.
func toFlows(d *jsontext.Decoder) error {
	if d.PeekKind() == '[' {
		_, err := d.ReadToken()
		return err
	}
	for {
		t, err := d.ReadToken()
		if err != nil {
			return syntax(err)
		}
		if t.Kind() == '"' && t.String() == "flows" && d.PeekKind() == '[' {
			_, err := d.ReadToken()
			return err
		}
	}
}

func syntax(err error) error {
	if errors.Is(err, io.EOF) {
		return refusal("json_syntax", "the file has no list of flows", "take the file from the API of FTS")
	}
	return refusal("json_syntax", "the file is no JSON: "+err.Error(), "download it again")
}
