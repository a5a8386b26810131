package projections

import (
	"testing"

	"github.com/jackc/pgx/v5"
)

func TestAQueryIsPlannedOnceForAllValues(t *testing.T) {
	db := open(t)
	var mode string
	err := db.pool.read(t.Context(), func(conn *pgx.Conn) error {
		return conn.QueryRow(t.Context(), "show plan_cache_mode").Scan(&mode)
	})
	if err != nil || mode != "force_generic_plan" {
		t.Errorf("queries are planned with %s, %v", mode, err)
	}
}
