package localpg_test

import (
	"context"
	"fmt"

	"aidledger/projections/localpg"

	"github.com/jackc/pgx/v5"
)

func ExampleTemporary() {
	ctx := context.Background()
	cluster, err := localpg.Temporary(ctx, "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer cluster.Stop(ctx)
	if err := cluster.CreateDatabase(ctx, "aidledger"); err != nil {
		fmt.Println(err)
		return
	}
	conn, err := pgx.Connect(ctx, cluster.ConnString("aidledger"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close(ctx)
	var database string
	err = conn.QueryRow(ctx, "SELECT current_database()").Scan(&database)
	fmt.Println(database, err)
	// Output: aidledger <nil>
}
