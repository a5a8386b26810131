-- Checks over the read models of one ledger (@ledger) on a day (@today). A section begins
-- with the check's name and the severity of what it finds. Its query returns what
-- it is about, a key that stays the same while the facts do, a sentence in which
-- {amount} stands for the amount that follows, and that amount with its currency.
-- {name} in it stands for a threshold, and {standing} for the movements of entries
-- that were not taken back.

-- check idle major
with flows as (
	select fund, currency, date, case when stage in ('received', 'carried-in', 'returned') then amount else -amount end as amount, stage
	from {standing} j where ledger = @ledger and stage in ('received', 'carried-in', 'returned', 'carried-out', 'disbursed', 'repaid')
), left_over as (
	select fund, currency, sum(case when amount > 0 and date > @today::date - {idle-days} then 0 else amount end)::bigint as idle from flows group by 1, 2
)
select fund, fund, '{amount}, received more than {idle-days} days ago, are not reported as paid out', idle, currency from left_over where idle > 0;

-- check severely-idle severe
with flows as (
	select fund, currency, date, case when stage in ('received', 'carried-in', 'returned') then amount else -amount end as amount
	from {standing} j where ledger = @ledger and stage in ('received', 'carried-in', 'returned', 'carried-out', 'disbursed', 'repaid')
), left_over as (
	select fund, currency, sum(case when amount > 0 and date > @today::date - {severe-idle-days} then 0 else amount end)::bigint as idle from flows group by 1, 2
)
select fund, fund, '{amount}, received more than {severe-idle-days} days ago, are not reported as paid out', idle, currency from left_over where idle > 0;

-- check paid-late minor
with flows as (
	select fund, currency, date + {late-days} as day, amount as old, 0 as paid, 0 as turn from {standing} j
	where ledger = @ledger and stage in ('received', 'carried-in', 'returned')
	union all
	select fund, currency, date, -amount, case stage when 'disbursed' then amount else 0 end, 1 from {standing} j
	where ledger = @ledger and stage in ('carried-out', 'disbursed', 'repaid')
), running as (
	select *, sum(old) over (partition by fund, currency order by day, turn rows between unbounded preceding and 1 preceding) as waiting from flows
)
select fund, fund, '{amount} were paid out more than {late-days} days after they had been received',
	sum(least(paid, waiting))::bigint, currency from running where paid > 0 and waiting > 0 group by fund, currency;

-- check unspent minor
select fund, fund, 'of {amount} committed more than {unspent-days} days ago, nothing is reported as spent', sum(amount)::bigint, currency
from {standing} j where ledger = @ledger and stage = 'committed'
group by fund, currency
having min(date) <= @today::date - {unspent-days} and sum(amount) > 0
	and not exists (select from aidledger.totals t where t.ledger = @ledger and t.dimension = 'fund' and t.year = 0 and t.key = j.fund and t.stage = 'spent' and t.amount > 0);

-- check paid-before-received major
with flows as (
	select fund, currency, date, amount, 0 as turn from {standing} j where ledger = @ledger and stage in ('received', 'carried-in', 'returned')
	union all
	select fund, currency, date, -amount, 1 from {standing} j where ledger = @ledger and stage in ('carried-out', 'disbursed', 'repaid')
), running as (
	select *, sum(amount) over (partition by fund, currency order by date, turn rows unbounded preceding) as cash from flows
)
select fund, fund, '{amount} are dated before the money for them was received', -min(cash)::bigint, currency from running where cash < 0 group by fund, currency;

-- FTS has one row for an amount, whose status goes from pledge to paid: nothing there is paid beyond a commitment.
-- check over-commitment minor
with sums as (
	select system, activity, currency, sum(amount) filter (where type in ('3', '4', '7')) as used, sum(amount) filter (where type in ('2', '11')) as committed
	from aidledger.reported where ledger = @ledger and system not like 'fts.unocha.org%' group by 1, 2, 3
)
select '', concat_ws(' ', system, activity, currency), 'the activity ' || activity || ' is reported with {amount} paid or spent beyond what is committed',
	(used - coalesce(committed, 0))::bigint, currency from sums where used > coalesce(committed, 0);

-- Real files have many of some kinds, so a finding is about all of an activity.
-- check repeated-reference minor
select '', concat_ws(' ', system, activity), 'the activity ' || activity || ' has transactions that were published again under the same reference: ' || sum(count)
	|| ', the largest ' || (array_agg(reference order by abs(amount) desc, reference))[1] || ' with {amount}',
	(array_agg(amount order by abs(amount) desc, reference))[1], (array_agg(currency order by abs(amount) desc, reference))[1]
from aidledger.reported where ledger = @ledger and repeated group by system, activity having sum(count) > 0;

-- check correction-without-reference minor
select '', concat_ws(' ', system, activity, currency), count(*) || ' corrections of the activity ' || activity || ', {amount} together, do not say what they correct',
	sum(amount)::bigint, currency
from aidledger.reported x where ledger = @ledger and amount < 0 and reverses = '' and reference = ''
	and not exists (select from aidledger.reported r where r.ledger = @ledger and r.reverses = x.entry)
group by system, activity, currency;

-- A correction takes back what was said before; without that nobody knows what it corrects.
-- check reported-below-zero minor
select '', concat_ws(' ', system, activity, type, currency), 'the transactions of type ' || type || ' of the activity ' || activity
	|| ' are reported with {amount} together: a correction lacks what it corrects', sum(amount)::bigint, currency
from aidledger.reported where ledger = @ledger group by system, activity, type, currency having sum(amount) < 0;

-- check reported-in-future minor
select '', concat_ws(' ', system, activity, currency), 'the activity ' || activity || ' has transactions that are dated in the future: ' || sum(count) || ', {amount} together, the latest of '
	|| max(date), sum(amount)::bigint, currency
from aidledger.reported where ledger = @ledger and date > @today::date group by system, activity, currency having sum(count) > 0;

-- check reported-outside-activity minor
select '', concat_ws(' ', system, activity, currency), 'the activity ' || activity || ' has transactions that are dated before it began or after it ended: ' || sum(count)
	|| ', {amount} together, from ' || min(date) || ' to ' || max(date), sum(amount)::bigint, currency
from aidledger.reported where ledger = @ledger and anomalies like '%outside_activity%' group by system, activity, currency having sum(count) > 0;

-- check reported-not-assigned minor
select '', concat_ws(' ', system, activity, currency), 'the activity ' || activity || ' has transactions whose shares do not add up to 100 percent: ' || sum(count)
	|| ', so that {amount} are not assigned', sum(amount)::bigint, currency
from aidledger.reported where ledger = @ledger and (anomalies like '%recipients_not_assigned%' or anomalies like '%places_not_assigned%')
group by system, activity, currency having sum(count) > 0;

-- check paid-twice major
with payments as (
	select block, event, fund, project, payee, date, currency, sum(amount)::bigint as amount from {standing} j
	where ledger = @ledger and stage = 'disbursed' and event_type = 'funds-disbursed' and precision = 'day' and voucher = '' and source_reference = ''
	group by 1, 2, 3, 4, 5, 6, 7
)
select project, concat_ws(' ', fund, project, payee, date, amount, currency),
	'{amount} were paid ' || count(*) || ' times on ' || date || ' to the same payee, without a voucher number', amount, currency
from payments group by fund, project, payee, date, amount, currency having count(*) > 1;

-- A unit has a credit code, or is of a kind of units and not named as people are:
-- by a usual surname and one or two characters more.
-- check payee-is-a-person major
select j.payee, concat_ws(' ', j.payee, j.currency), '{amount} were paid to a payee that seems to be a person and no unit', sum(j.amount)::bigint, j.currency
from {standing} j join aidledger.organisations o on o.ledger = @ledger and o.organisation = j.payee
where j.ledger = @ledger and j.stage = 'disbursed' and o.credit_code = '' and (o.kind = 'other' or o.name ~ '^([王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤]|欧阳|司马|上官|诸葛)[\u4e00-\u9fff]{1,2}$'
	and o.name !~ '[省市区县旗镇乡村组街路社厂店院校局处所站队部办委会馆]$')
group by j.payee, j.currency having sum(j.amount) > 0;

-- check split-payments severe
with payments as (
	select j.block, j.event, fund, project, payee, date, j.currency, sum(j.amount)::bigint as amount, t.amount as threshold from {standing} j
	join aidledger.approval_thresholds t on t.ledger = @ledger and t.currency = j.currency
	where j.ledger = @ledger and stage = 'disbursed' and event_type = 'funds-disbursed'
		and not exists (select from aidledger.requests r where r.ledger = @ledger and r.payment = j.entry)
	group by 1, 2, 3, 4, 5, 6, 7, t.amount
), near as (
	select *, sum(amount) over w as together from payments where amount <= threshold
	window w as (partition by fund, project, payee, currency order by date range between interval '{split-days} days' preceding and current row)
)
select project, concat_ws(' ', fund, project, payee, currency), '{amount} were paid in parts that need no approval, within {split-days} days', max(together)::bigint, currency
from near where together > threshold group by fund, project, payee, currency;

-- check no-notice minor
select j.project, j.project, '{amount} were paid, and no notice was public for 10 days', sum(j.amount)::bigint, j.currency
from {standing} j where j.ledger = @ledger and j.stage = 'disbursed' and j.project <> ''
	and not exists (select from aidledger.notices n where n.ledger = @ledger and n.project = j.project and n.withdrawn = '')
group by j.project, j.currency having min(j.date) <= @today::date - {notice-days} and sum(j.amount) > 0;

-- check equal-shares minor
select p.project, p.project, 'all ' || count(*) || ' places have the same share of {amount}', max(t.amount), max(t.currency)
from aidledger.project_places p join aidledger.totals t on t.ledger = @ledger and t.dimension = 'project' and t.year = 0 and t.key = p.project and t.stage = 'allocated' and t.amount > 0
where p.ledger = @ledger group by p.project having count(distinct p.place) >= 3 and count(distinct p.percent) = 1;

-- check round-sums minor
with payments as (
	select year, currency, block, event, sum(amount)::bigint as amount from {standing} j
	where ledger = @ledger and stage = 'disbursed' and event_type = 'funds-disbursed' and currency = 'CNY' group by 1, 2, 3, 4
)
select '', year::text, count(*) filter (where amount % 1000000 = 0) || ' of ' || count(*) || ' payments of ' || year || ' are whole ten thousands: {amount} together',
	sum(amount)::bigint, currency
from payments group by year, currency having count(*) >= 10 and 100 * count(*) filter (where amount % 1000000 = 0) >= {round-percent} * count(*);

-- check year-end minor
select '', concat_ws(' ', year, currency), '{amount} of the payments of ' || year || ' are of its December',
	sum(amount) filter (where extract(month from date) = 12)::bigint, currency
from {standing} j where ledger = @ledger and stage = 'disbursed' and precision <> 'year'
group by year, currency
having sum(amount) > 0 and 100 * coalesce(sum(amount) filter (where extract(month from date) = 12), 0) >= {year-end-percent} * sum(amount)
	and @today::date > make_date(year, 12, 31);

-- check recorded-late minor
select '', year::text, count(distinct entry) || ' entries of ' || year || ' were recorded more than {recording-days} days after their date', 0, ''
from aidledger.journal where ledger = @ledger and recorded::date - date > {recording-days} group by year;

-- check closed-period major
select fund, restated, 'an entry was recorded in the closed year ' || year || ': {amount}', coalesce(amount, 0), currency
from aidledger.restatements where ledger = @ledger and state = 'recorded';

-- check unresolved minor
select about, id, 'a question about it is not resolved', 0, '' from aidledger.notes where ledger = @ledger and kind = 'question' and not reversed;

-- check gift-without-value minor
select gift, gift, 'nobody has valued the gift', 0, '' from aidledger.gifts where ledger = @ledger and value is null;

-- check gift-without-receipt minor
select g.gift, g.gift, 'neither the number of a document nor an attachment shows that the gift arrived', 0, '' from aidledger.gifts g
where g.ledger = @ledger and g.quantity > 0 and g.document = ''
	and not exists (select from aidledger.attachments a where a.ledger = @ledger and (a.about_entry = g.entry or a.about = g.gift));

-- check no-document minor
select project, project, '{amount} were paid without the number of a document', sum(amount)::bigint, currency
from {standing} j where ledger = @ledger and stage = 'disbursed' and project <> '' and document = ''
	and not exists (select from aidledger.attachments a where a.ledger = @ledger and (a.about_entry = j.entry or a.about = j.disbursement and j.disbursement <> ''))
group by project, currency having sum(amount) > 0;

-- check over-standard major
select b.project, concat_ws(' ', b.project, b.beneficiary, b.period), 'the beneficiary ' || b.beneficiary || ' got {amount} for ' || b.period || ', more than the standard',
	sum(b.amount)::bigint, b.currency
from aidledger.benefits b join aidledger.benefit_standards s on s.ledger = @ledger and s.project = b.project and s.currency = b.currency
where b.ledger = @ledger group by b.project, b.beneficiary, b.period, b.currency, s.amount having sum(b.amount) > s.amount;

-- check helped-in-two-places major
select '', concat_ws(' ', b.beneficiary, b.year), 'the beneficiary ' || b.beneficiary || ' got {amount} in ' || count(distinct b.place) || ' villages in ' || b.year,
	sum(b.amount)::bigint, max(b.currency)
from aidledger.benefits b where b.ledger = @ledger group by b.beneficiary, b.year having count(distinct b.place) > 1 and sum(b.amount) > 0;

-- What is said to be inside a fund or gift, and what is counted of a smaller place or project.
-- check part-exceeds-whole major
with recursive above as (
	select place as of, place, array[place] as path from (select distinct place from aidledger.indicators where ledger = @ledger) i where place <> ''
	union all
	select a.of, p.parent, a.path || p.parent from above a join aidledger.places p on p.ledger = @ledger and p.place = a.place
	where p.parent <> '' and p.parent <> all (a.path)
), wider as (
	select of, place from above
	union all
	select distinct place, '' from aidledger.indicators where ledger = @ledger
)
select about, id, '{amount} are said to be a part, which is more than the whole', amount, currency
from aidledger.notes n where ledger = @ledger and kind = 'memo' and not reversed
	and amount > (select max(t.amount) from aidledger.totals t where t.ledger = @ledger and t.dimension = 'fund' and t.year = 0 and t.key = n.about and t.currency = n.currency)
union all
select part.place, concat_ws(' ', part.indicator, whole.indicator), 'the indicator ' || part.indicator || ' (' || trim_scale(part.value) || ' ' || part.unit
	|| ') is a part of ' || whole.indicator || ' (' || trim_scale(whole.value) || ' ' || whole.unit || ') and more than it', 0, ''
from aidledger.indicators part join wider w on w.of = part.place join aidledger.indicators whole
	on whole.ledger = @ledger and whole.place = w.place and whole.name = part.name and whole.unit = part.unit
	and whole.period_from = part.period_from and whole.period_until = part.period_until
	and whole.project in ('', part.project) and whole.fund in ('', part.fund)
where part.ledger = @ledger and part.value > whole.value and whole.qualifier <> 'at-least' and part.qualifier <> 'at-most'
	and (whole.place, whole.project, whole.fund) <> (part.place, part.project, part.fund);

-- The order of the log is what counts; a time that does not follow it says that a clock was wrong.
-- Servers may differ by less than a second.
-- check clock-went-back minor
with recorded as (
	select entry, block, event, recorded from aidledger.entries where ledger = @ledger
	union all
	select entry, block, event, recorded from aidledger.movements where ledger = @ledger and leg = 0
), following as (
	select entry, recorded, lag(recorded) over (order by block, event) as before from recorded
)
select '', entry, 'it was recorded at ' || to_char(recorded at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') || ' UTC, after what was recorded at '
	|| to_char(before at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') || ' UTC: one of the clocks was wrong', 0, ''
from following where recorded < before - interval '1 second';
