package projections

import (
	"context"
	_ "embed"
	"fmt"
	"regexp"
	"strings"

	"aidledger/domain"

	"github.com/jackc/pgx/v5"
)

//go:embed bi.sql
var biSQL string

// biHead is what the views for analysis begin with: the schema, without the
// views of the generation before, and the currencies.
const biHead = `
create schema if not exists aidledger_bi;
comment on schema aidledger_bi is 'Stable views of the read models for tools that analyse. Nothing about people is in them.';
do $$ declare v name; begin
	for v in select viewname from pg_views where schemaname = 'aidledger_bi' loop execute format('drop view if exists aidledger_bi.%I cascade', v); end loop;
end $$;
`

var decimalMark = regexp.MustCompile(`\{decimal ([a-z.]+)\}`)

// hideAnalysis takes the views for analysis away, so that those which they show
// can change. Both happen in the transaction that shows a generation: nobody
// sees them missing.
func hideAnalysis(ctx context.Context, tx pgx.Tx) error { return exec(ctx, tx.Conn(), biHead) }

// showAnalysis makes the views for analysis.
func showAnalysis(ctx context.Context, tx pgx.Tx) error {
	var rows []string
	for _, c := range domain.Currencies() {
		rows = append(rows, fmt.Sprintf("('%s', %d)", c, c.Exponent()))
	}
	return exec(ctx, tx.Conn(), `create view aidledger_bi.currencies as select * from (values `+strings.Join(rows, ", ")+`) v (currency, decimals);
		comment on view aidledger_bi.currencies is 'The active currencies.';
		comment on column aidledger_bi.currencies.currency is 'Code (ISO 4217).';
		comment on column aidledger_bi.currencies.decimals is 'Decimals of its minor unit.';`+
		decimalMark.ReplaceAllString(biSQL, "trim_scale($1 / power(10::numeric, c.decimals))"))
}
