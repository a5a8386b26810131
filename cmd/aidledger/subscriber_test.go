package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// subscriber is a program for stories: another system that knows the data
// directory, and reads so many events of a ledger. Then it tries to write.
func subscriber() {
	if err := subscribe(os.Args[1], os.Args[2]); err != nil {
		fmt.Println("NO:", err)
		os.Exit(exitFailure)
	}
}

func subscribe(ledger, count string) error {
	dir := os.Getenv("AIDLEDGER_DATA")
	at, err := readAddress(dir)
	if err != nil {
		return err
	}
	token, err := os.ReadFile(filepath.Join(dir, readerToken))
	if err != nil {
		return err
	}
	conn, err := nats.Connect(at.Events, nats.Token(string(token[:len(token)-1])))
	if err != nil {
		return err
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	js, err := jetstream.New(conn)
	if err != nil {
		return err
	}
	stream, err := js.Stream(ctx, "AIDLEDGER_EVENTS")
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(count)
	for next := uint64(1); n > 0 && err == nil; n-- {
		var m *jetstream.RawStreamMsg
		if m, err = stream.GetMsg(ctx, next, jetstream.WithGetMsgSubject("events."+ledger+".>")); err == nil {
			fmt.Println(m.Subject, m.Header.Get("Aidledger-Position"))
			next = m.Sequence + 1
		}
	}
	if err != nil {
		return err
	}
	if m, err := conn.Request("AIDLEDGER."+ledger, []byte("{}"), time.Second/10); err == nil {
		return fmt.Errorf("the log answers %s", m.Data)
	}
	return nil
}
