package proof

import (
	"bytes"
	"testing"
)

// FuzzParse holds every reader of foreign bytes to its one form.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"v":1,"ledger":"one","previous":"0000000000000000000000000000000000000000000000000000000000000000","entries":[{"id":"a"}]}`))
	f.Add([]byte("{}\nc2sp.org/tlog-proof@v1\nindex 0\n\nledger.example/one\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n— x AAAA\n"))
	f.Add([]byte("old 0\n\nledger.example/one\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n— x AAAA\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if b, err := ParseBlock(data); err == nil && !bytes.Equal(b.Bytes(), data) {
			t.Errorf("the block %q is written again as %q", data, b.Bytes())
		}
		if r, err := ParseReceipt(data); err == nil && !bytes.Equal(r.Format(), data) {
			t.Errorf("the receipt %q is written again as %q", data, r.Format())
		}
		if r, err := ParseRequest(data); err == nil && !bytes.Equal(r.Format(), data) {
			t.Errorf("the request %q is written again as %q", data, r.Format())
		}
		_, _ = ReadUnverified(data)
		_, _ = ParseKeys(string(data))
	})
}
