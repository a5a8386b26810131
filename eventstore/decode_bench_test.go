package eventstore

import (
	"fmt"
	"testing"
	"time"

	"aidledger/domain"
)

// BenchmarkDecode reads blocks of 100 disbursements, which is what a replay and
// a rebuild spend most of their time on.
func BenchmarkDecode(b *testing.B) {
	date, _ := domain.ParseDate("2018-03-05")
	block := &Block{Ledger: "bench"}
	for i := range 100 {
		e, err := encodeEvent(newEventID(), &domain.FundsDisbursed{
			FundFacts: domain.FundFacts{Fund: "f-12-2018", Provider: "provider-12", BudgetYear: 2018},
			Evidence:  domain.Evidence{Date: date}, Project: "p-123", Amount: domain.Money{Minor: 100, Currency: "CNY"},
			Places: []domain.PlaceAmount{{Place: "v-123", Amount: domain.Money{Minor: 100, Currency: "CNY"}}},
		})
		if err != nil {
			b.Fatal(err)
		}
		block.Entries = append(block.Entries, Entry{ID: fmt.Sprintf("%s-%d", newEventID(), i), Command: "disburse-funds",
			Content: "0123456789abcdef0123456789abcdef", Actor: "bench", Recorded: time.Now().UTC().Truncate(time.Microsecond), Events: []Event{e}})
	}
	data, err := encodeBlock(block)
	if err != nil {
		b.Fatal(err)
	}
	for name, decode := range map[string]func(Message) (*Block, error){"canonical": Decode, "general": decodeGeneral} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := decode(Message{Sequence: 1, Ledger: "bench", Data: data}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100, "ns/event")
		})
	}
}
