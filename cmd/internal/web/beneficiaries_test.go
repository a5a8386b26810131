package web

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"aidledger/cmd/internal/access"
	"aidledger/cmd/internal/exchange"
	"aidledger/projections"
	"aidledger/projections/people"

	"github.com/jackc/pgx/v5"
)

const (
	villager       = `{"kind":"person","place":"village","name":"欧阳四","id_number":"130732 19900228 0018","phone":"138 0013 8000","bank_card":"4111 1111 1111 1111","date":"2018"}`
	villagerNumber = "130732199002280018"
)

// beneficiary is the one that is registered.
func (a *api) beneficiary(t *testing.T) projections.Beneficiary {
	t.Helper()
	rows := read[projections.List[projections.Beneficiary]](t, a.call(t, "GET", "/v1/ledgers/test/beneficiaries?why=audit&entry=reg", "")).Rows
	if len(rows) != 1 {
		t.Fatalf("%+v", rows)
	}
	return rows[0]
}

// registered has the villager and a payment "paid" of 100.
func registered(t *testing.T) *api {
	t.Helper()
	a := opened(t)
	a.must(t, "reg", "register-beneficiary", villager)
	a.must(t, "paid", "disburse-funds", `{"fund":"fund","project":"road","amount":"100","disbursement":"paid","date":"2018"}`)
	last := a.must(t, "given", "record-benefits", `{"project":"road","period":"2018","disbursement":"paid","benefits":[{"id_number":"１３０７３２１９９００２２８００１８","amount":"40"}],"date":"2018"}`)
	a.call(t, "GET", "/v1/status?wait_for="+last.Position.String(), "")
	return a
}

func TestABeneficiaryIsKnownMaskedAndRevealedWithAReason(t *testing.T) {
	a := registered(t)
	if got := a.do(t, "reg", "register-beneficiary", villager); got.status != http.StatusOK || !strings.Contains(got.body, `"beneficiary":"`+string(a.beneficiary(t).Beneficiary)+`"`) {
		t.Errorf("the same command again: %d %s", got.status, got.body)
	}
	dry := a.call(t, "POST", "/v1/ledgers/test/commands/register-beneficiary?dry_run=true", strings.Replace(villager, "130732 19900228 0018", "11010519491231002X", 1), "Idempotency-Key", "dry")
	if dry.status != http.StatusOK || strings.Contains(dry.body, "p-") {
		t.Errorf("a trial gives a pseudonym: %d %s", dry.status, dry.body)
	}
	if got := a.do(t, "reg", "register-beneficiary", strings.Replace(villager, "欧阳四", "欧阳五", 1)); got.problem().Code != "idempotency_key_reused" {
		t.Errorf("another name under the same key: %d %s", got.status, got.body)
	}
	b := a.beneficiary(t)
	got := a.do(t, "reg-2", "register-beneficiary", strings.Replace(villager, "130732 19900228 0018", "１３０７３２－１９９００２２８－００１８", 1))
	if got.status != http.StatusConflict || got.problem().Code != "duplicate_beneficiary" || strings.Contains(got.body, string(b.Beneficiary)) {
		t.Errorf("twice: %d %s", got.status, got.body)
	}
	if b.Name != "欧**" || b.IDNumber != "130732********0018" || b.Phone != "138****8000" || b.BankCard != "************1111" {
		t.Errorf("%+v", b)
	}
	reveal := "/v1/ledgers/test/beneficiaries/" + string(b.Beneficiary) + "/reveal"
	if got := a.call(t, "POST", reveal, `{"field":"id-number","why":" "}`); got.problem().Code != "field_required" {
		t.Errorf("without a reason: %d %s", got.status, got.body)
	}
	if got := a.call(t, "POST", reveal, `{"field":"name","why":"who is `+villagerNumber+`"}`); got.problem().Code != "id_number_in_text" {
		t.Errorf("a reason with a number is recorded: %d %s", got.status, got.body)
	}
	if got := read[Revealed](t, a.call(t, "POST", reveal, `{"field":"id-number","why":"payment came back"}`)); got.Value != villagerNumber {
		t.Errorf("%+v", got)
	}
	found := read[FoundBeneficiary](t, a.call(t, "POST", "/v1/ledgers/test/beneficiaries/find", `{"id_number":"`+villagerNumber+`","why":"desk"}`))
	if found.Beneficiary != string(b.Beneficiary) {
		t.Errorf("%+v", found)
	}
	log, err := a.people.AccessLog(t.Context(), people.AccessQuery{Act: people.ActReveal, Limit: 10})
	if err != nil || len(log) != 1 || log[0].Person != access.Owner || log[0].Why != "payment came back" || log[0].Thing != string(b.Beneficiary)+" id-number" {
		t.Errorf("the access log: %+v %v", log, err)
	}
	auditor, _ := a.joined(t, "sun", access.Auditor)
	if got := auditor.do(t, "POST", reveal, `{"field":"id-number","why":"curious"}`); got.status != http.StatusForbidden {
		t.Errorf("an auditor: %d %s", got.status, got.body)
	}
}

// secretsOfVillager are all forms in which the villager could be found.
var secretsOfVillager = []string{villagerNumber, "130732 19900228 0018", "欧阳四", "13800138000", "138 0013 8000", "4111111111111111"}

// disks returns what is in all files of the log and of the database, by path.
func (a *api) disks(t *testing.T, conn *pgx.Conn) map[string][]byte {
	t.Helper()
	var data string
	if err := conn.QueryRow(t.Context(), "select current_setting('data_directory')").Scan(&data); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), "checkpoint"); err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, root := range []string{a.dir, data} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) || err == nil && !d.Type().IsRegular() {
				return nil // gone since, or a socket
			}
			if err == nil {
				files[path], err = os.ReadFile(path)
			}
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(files) < 100 {
		t.Errorf("there are only %d files", len(files))
	}
	return files
}

func (a *api) connect(t *testing.T) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), a.database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

// tells complains about a thing that holds a text about the villager.
func tells(t *testing.T, what string, content []byte) {
	t.Helper()
	for _, secret := range secretsOfVillager {
		if bytes.Contains(content, []byte(secret)) {
			t.Errorf("%s holds %q", what, secret)
		}
	}
}

// Whoever has the disk has no text in clear: neither the files of the log nor
// those of the database, its write-ahead log included, nor what the server logs.
func TestNoFileHoldsWhatIsPersonal(t *testing.T) {
	a := registered(t)
	a.do(t, "reg-3", "register-beneficiary", villager)
	a.do(t, "bad", "register-beneficiary", strings.Replace(villager, "0018\"", "0019\"", 1))
	a.beneficiary(t)
	for path, content := range a.disks(t, a.connect(t)) {
		tells(t, path, content)
	}
	tells(t, "the log of the server", []byte(a.log.String()))
}

// Whoever gets a dump of the database, a copy of the log, a file of the server or
// an export after somebody was forgotten finds neither the person nor the key
// that would open what is sealed.
func TestSomebodyWhoIsForgottenIsInNoDumpNoBackupAndNoExport(t *testing.T) {
	a := registered(t)
	conn := a.connect(t)
	var key []byte
	if err := conn.QueryRow(t.Context(), `select key from aidledger_vault.persons`).Scan(&key); err != nil {
		t.Fatal(err)
	}
	b := a.beneficiary(t)
	last := a.must(t, "forget", "forget-beneficiary", `{"beneficiary":"`+string(b.Beneficiary)+`","reason":"asked for it"}`)
	for left := 1; left > 0; {
		if err := conn.QueryRow(t.Context(), `select count(*) from aidledger_vault.persons`).Scan(&left); err != nil {
			t.Fatal(err)
		}
	}
	a.call(t, "GET", "/v1/status?wait_for="+last.Position.String(), "")
	for path, content := range a.disks(t, conn) {
		tells(t, path, content)
		if bytes.Contains(content, key) && !strings.Contains(path, "/pg_wal/") { // see docs/oversight.md
			t.Errorf("%s still has the key of the person", path)
		}
	}
	dump := a.dump(t, conn)
	tells(t, "the dump of the database", dump)
	if !bytes.Contains(dump, []byte("aidledger_archive")) || bytes.Contains(dump, []byte(hex.EncodeToString(key))) {
		t.Error("the dump has the key of the person, or is none")
	}
	exports := 0
	for _, view := range exchange.Exports() {
		for _, format := range []string{"csv", "json-lines"} {
			got := a.call(t, "GET", "/v1/ledgers/test/exports/"+view+"?reason=test&format="+format, "")
			if got.status == http.StatusOK {
				exports++
			}
			tells(t, "the export of "+view, []byte(got.body))
		}
	}
	if exports < 10 {
		t.Errorf("there are only %d exports", exports)
	}
	copied := a.call(t, "GET", "/v1/blocks", "").body // what aidledger backup keeps
	tells(t, "the copy of the log", []byte(copied))
	tells(t, "the log of the server", []byte(a.log.String()))
	if !strings.Contains(copied, string(b.Beneficiary)) {
		t.Error("the copy of the log has not even the pseudonym")
	}
}

// dump is what pg_dump writes of the database.
func (a *api) dump(t *testing.T, conn *pgx.Conn) []byte {
	t.Helper()
	var programs string
	if err := conn.QueryRow(t.Context(), `select setting from pg_config where name = 'BINDIR'`).Scan(&programs); err != nil {
		t.Fatal(err)
	}
	var errs bytes.Buffer
	c := conn.Config()
	cmd := exec.CommandContext(t.Context(), filepath.Join(programs, "pg_dump"), "--host", c.Host, "--port", strconv.Itoa(int(c.Port)), "--username", c.User, "--dbname", c.Database)
	cmd.Env, cmd.Stderr = append(os.Environ(), "PGPASSWORD="+c.Password), &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, &errs)
	}
	return out
}

func TestSomebodyWhoIsForgottenIsGoneWithinASecond(t *testing.T) {
	a := registered(t)
	b := a.beneficiary(t)
	before := a.call(t, "GET", "/v1/ledgers/test/people-helped?by=village", "").body
	forget := a.must(t, "forget", "forget-beneficiary", `{"beneficiary":"`+string(b.Beneficiary)+`","reason":"asked for it"}`)
	reveal := "/v1/ledgers/test/beneficiaries/" + string(b.Beneficiary) + "/reveal"
	asked := time.Now()
	for gone := false; !gone; {
		got := a.call(t, "POST", reveal, `{"field":"name","why":"look"}`)
		gone = got.problem().Code == "beneficiary_erased"
		if time.Since(asked) > 10*time.Second {
			t.Fatalf("it is still there: %d %s", got.status, got.body)
		}
	}
	if took := time.Since(asked); took > time.Second {
		t.Logf("it took %v on a machine that is busy", took)
	}
	a.call(t, "GET", "/v1/status?wait_for="+forget.Position.String(), "")
	after := a.call(t, "GET", "/v1/ledgers/test/people-helped?by=village", "").body
	if trim := func(s string) string { return s[:strings.Index(s, `"position"`)] + s[strings.Index(s, `"rows"`):] }; trim(before) != trim(after) {
		t.Errorf("the counts were %s and are %s", before, after)
	}
	if got := a.do(t, "again", "record-benefit", `{"project":"road","period":"2017","disbursement":"paid","beneficiary":"`+string(b.Beneficiary)+`","amount":"1"}`); got.problem().Code != "beneficiary_erased" {
		t.Errorf("a benefit: %d %s", got.status, got.body)
	}
	if got := a.call(t, "POST", "/v1/ledgers/test/beneficiaries/find", `{"id_number":"`+villagerNumber+`","why":"desk"}`); got.status != http.StatusNotFound {
		t.Errorf("by number: %d %s", got.status, got.body)
	}
	rows := read[projections.List[projections.Beneficiary]](t, a.call(t, "GET", "/v1/ledgers/test/beneficiaries?why=audit&state=forgotten", "")).Rows
	if len(rows) != 1 || rows[0].Name+rows[0].IDNumber != "" {
		t.Errorf("%+v", rows)
	}
	all := lines[ProgressLine[projections.Report]](t, a.call(t, "POST", "/v1/verify", ""))
	if r := all[len(all)-1].Result; r == nil || !r.Clean {
		t.Errorf("%+v", all[len(all)-1])
	}
	if got := a.call(t, "POST", "/v1/rebuild", ""); got.status != http.StatusOK || strings.Contains(got.body, "problem") {
		t.Errorf("%d %s", got.status, got.body)
	}
}

// A file of people is tried without giving anybody a key, and what is recorded
// then can be read.
func TestAFileOfBeneficiariesIsTriedAndRecordedOnce(t *testing.T) {
	a := opened(t)
	persons := func() (n int) {
		conn, err := pgx.Connect(t.Context(), a.database)
		if err == nil {
			defer conn.Close(t.Context())
			err = conn.QueryRow(t.Context(), "select count(*) from aidledger_vault.persons").Scan(&n)
		}
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	const file = "类别 kind,地点 place,名称 name,id_number,日期 date\nperson,village,欧阳四," + villagerNumber + ",2018\nperson,village,李四,11010519491231002X,2018\n"
	path := "/v1/ledgers/test/imports?wait=true&file=people.csv&command=register-beneficiary"
	if got := a.call(t, "POST", path+"&dry_run=true", file); got.status != http.StatusOK || !strings.Contains(got.body, `"outcome":"rehearsed"`) || persons() != 0 {
		t.Errorf("%d people have a key after the file was tried: %s", persons(), got.body)
	}
	if got := a.do(t, "try", "register-beneficiary?dry_run=true", villager); got.status != http.StatusOK || persons() != 0 {
		t.Errorf("%d people have a key after a command was tried: %d %s", persons(), got.status, got.body)
	}
	refused := strings.Replace(villager, `"village"`, `"nowhere"`, 1)
	if got := a.do(t, "refused", "register-beneficiary", refused); got.status != http.StatusNotFound || persons() != 0 {
		t.Errorf("%d people have a key after a command was refused: %d %s", persons(), got.status, got.body)
	}
	batch := fmt.Sprintf(`{"command":"register-beneficiary","id":"r1",%s`+"\n"+`{"command":"close-fund","id":"r2","fund":"nothing"}`, villager[1:])
	if got := a.call(t, "POST", "/v1/ledgers/test/commands?atomic=true", batch); got.status != http.StatusNotFound || persons() != 0 {
		t.Errorf("%d people have a key after a batch was refused: %d %s", persons(), got.status, got.body)
	}
	for _, outcome := range []string{`"recorded":2,"already":0`, `"recorded":0,"already":2`} {
		if got := a.call(t, "POST", path, file); !strings.Contains(got.body, outcome) || persons() != 2 || strings.Contains(got.body, villagerNumber) {
			t.Fatalf("%d people, want %s: %s", persons(), outcome, got.body)
		}
	}
	rows := read[projections.List[projections.Beneficiary]](t, a.call(t, "GET", "/v1/ledgers/test/beneficiaries?why=audit", "")).Rows
	if len(rows) != 2 || rows[0].Name != "欧**" && rows[1].Name != "欧**" {
		t.Errorf("%+v", rows)
	}
}
