package pages

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"aidledger/cmd/internal/access"
	"aidledger/projections"
)

// statusView is how the server is.
type statusView struct {
	Storage []fact
	Facts   []fact
	Table   table
	Halted  []halted
	Operate bool // who looks may rebuild, and let a read model try again
	Rebuild rebuildView
}

// halted are the read models that stopped at one event.
type halted struct {
	*projections.Halted
	Names       string
	Projections []string
}

// stopped adds a read model to those that stopped at the same event.
func (v *visit) stopped(all []halted, h *projections.Halted) []halted {
	name := v.label("projection", h.Projection)
	i := slices.IndexFunc(all, func(o halted) bool { return o.Position == h.Position && o.Code == h.Code && o.Reason == h.Reason })
	if i < 0 {
		return append(all, halted{h, name, []string{h.Projection}})
	}
	all[i].Names += v.say("and") + name
	all[i].Projections = append(all[i].Projections, h.Projection)
	return all
}

func (v *visit) status() error {
	ctx, cancel := context.WithTimeout(v.ctx(), 10*time.Second)
	defer cancel()
	s, err := v.Runner.Status(ctx)
	if err != nil {
		return err
	}
	view := statusView{Table: table{Columns: v.columns("projection", "+position", "+lag", "updated", "state")}}
	view.Operate, view.Rebuild = v.caller.Has(access.Operate), v.rebuildView()
	if view.Storage, err = v.storage(ctx, s); err != nil {
		return err
	}
	view.Facts = v.serverSettings()
	for _, name := range slices.Sorted(maps.Keys(v.Versions)) {
		view.Facts = append(view.Facts, fact{v.say("version", name), text(v.Versions[name])})
	}
	for _, p := range s.Projections {
		state := cell{Text: v.say("projection.running"), State: "ok"}
		if p.Lag > 0 {
			state = cell{Text: v.say("projection.behind"), State: "behind"}
		}
		if p.Halted != nil {
			state = cell{Text: v.say("projection.halted"), State: "halted"}
			view.Halted = v.stopped(view.Halted, p.Halted)
		}
		view.Table.Rows = append(view.Table.Rows, row{Cells: []cell{text(v.label("projection", p.Name)), {Text: whole(p.Block), Number: true},
			{Text: whole(p.Lag), Number: true}, text(v.moment(p.UpdatedAt)), state}})
	}
	view.Table.Rows = append(view.Table.Rows, v.sent(s.LogEnd))
	return v.show(http.StatusOK, "status", v.say("page.status"), view)
}

// sent says how far the events are that subscribers get.
func (v *visit) sent(end uint64) row {
	e := v.server.Sent(end)
	state := cell{Text: v.say("projection.running"), State: "ok"}
	switch {
	case e.Problem != "":
		state = cell{Text: v.say("projection.halted"), State: "halted"}
	case e.Lag > 0:
		state = cell{Text: v.say("projection.behind"), State: "behind"}
	}
	return row{Cells: []cell{text(v.label("projection", "events")), {Text: whole(e.Block), Number: true}, {Text: whole(e.Lag), Number: true},
		text(v.moment(e.UpdatedAt)), state}}
}

// storage says how much is stored, and how safely.
func (v *visit) storage(ctx context.Context, s projections.Status) ([]fact, error) {
	log, err := v.Store.Extent(ctx)
	if err != nil {
		return nil, err
	}
	tables, err := v.Views.Bytes(ctx)
	if err != nil {
		return nil, err
	}
	return []fact{
		{v.label("field", "durability"), text(v.durability())},
		{v.label("field", "replicas"), text(strconv.Itoa(max(log.Replicas, 1)))},
		{v.label("field", "log_end"), text(whole(s.LogEnd))},
		{v.label("field", "position"), text(whole(s.Position))},
		{v.label("field", "log_size"), text(megabytes(log.Bytes))},
		{v.label("field", "tables_size"), text(megabytes(uint64(max(tables, 0))))},
		{v.label("field", "stream"), cell{Text: v.Store.Stream(), State: "code"}},
		{v.label("field", "generation"), text(strconv.Itoa(s.Generation))},
	}, nil
}

// megabytes writes a size with one decimal.
func megabytes(n uint64) string {
	tenths := n / 100_000
	return whole(tenths/10) + "." + whole(tenths%10) + " MB"
}

// serverSettings is how the server was started.
func (v *visit) serverSettings() []fact {
	open := func(yes bool) cell {
		if yes {
			return text(v.say("yes"))
		}
		return text(v.say("no"))
	}
	return []fact{
		{v.label("field", "public_url"), cell{Text: v.server.PublicURL, State: "code"}},
		{v.label("field", "identity"), open(v.server.Identity != nil)},
		{v.label("field", "public_pages"), open(v.Public)},
		{v.label("field", "demonstration"), open(v.server.Pages)},
	}
}

// durability says in the language of the page what the log promises.
func (v *visit) durability() string { return v.label("durability", v.Store.Durability()) }
