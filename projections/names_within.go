package projections

// nodesWithin selects the nodes of a ledger ($1) for who may read a part of it:
// the places and projects that lie within, the places above them, what is said
// about them, and the funds, gifts and organisations that have to do with their
// money.
func (c *conditions) nodesWithin(w Within) (sql string, err error) {
	extents := func(table string, e extent) string {
		one := &conditions{args: c.args}
		one.and("x.ledger = $1")
		if failed := e.and(one, table, w); failed != nil {
			err = failed
		}
		c.args = one.args
		return "select * from aidledger." + table + " x where " + one.String()
	}
	flows := &conditions{args: c.args}
	flows.andWithin(w)
	c.args = flows.args
	places := "select distinct s.place from aidledger.project_places s where s.ledger = $1 and s.project in (select project from projects_within)"
	if len(w.Places) > 0 {
		places = "select unnest(" + c.fill(insidePlaces, []any{w.Places}) + ")"
	}
	return `with recursive projects_within as materialized (` + extents("projects", projectsList.extent) + `),
		places_within (place) as (` + places + `),
		places_above (place) as (
			select place from places_within
			union
			select p.parent from places_above a join aidledger.places p on p.ledger = $1 and p.place = a.place where p.parent <> ''),
		flows_within as materialized (select * from aidledger.flows f where ledger = $1 and ` + flows.ofFlows() + `),
		requests_within as materialized (` + extents("requests", requestsList.extent) + `),
		ids_within (noun, id) as (
			select 'place', place from places_above
			union select 'project', project from projects_within
			union select 'fund', fund from flows_within
			union select 'gift', fund from flows_within
			union select 'fund', fund from requests_within
			union select 'organisation', provider from flows_within
			union select 'organisation', payee from flows_within
			union select 'organisation', m.payer from flows_within f cross join lateral (
				select payer from aidledger.movements m where m.flow = f.flow order by block desc, event desc, leg desc limit 1) m
			union select 'organisation', payer from requests_within
			union select 'organisation', payee from requests_within
			union select 'organisation', implementer from projects_within
			union select 'organisation', organisation from aidledger.organisations where ledger = $1 and place in (select place from places_within)
			union select 'indicator', indicator from (` + extents("indicators", indicatorsList.extent) + `) i
			union select 'note', id from aidledger.notes where ledger = $1
				and (about in (select place from places_within) or about in (select project from projects_within)))
		select noun, id, name from (` + nodesSQL + `) n join ids_within using (noun, id)`, err
}
