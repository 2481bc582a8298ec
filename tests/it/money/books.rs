//! What must hold of the books after any commands whatever, each rule as a count of what breaks it.

use shpunt_domain::Db;

/// A rule, and a statement that counts its breaches.
const RULES: [(&str, &str); 30] = [
    (
        "every transaction balances",
        "select count(*) from (select 1 from ledger_entry group by transaction_id having sum(amount) <> 0) t",
    ),
    (
        "a command is booked at one moment",
        "select count(*) from (
            select 1 from ledger_transaction t join ledger_entry e using (transaction_id)
            group by t.command_id having count(distinct e.booked_at) + count(distinct t.booked_at) <> 2) t",
    ),
    (
        "balances of batches are the accounts of inventory and of goods in transit",
        "select count(*) from batch_balances b left join (
            select batch_id, sum(pieces) as pieces, sum(metres) as metres, sum(amount) as value, sum(vat) as vat,
                sum(tonnes_theoretical) as tonnes, sum(tonnes_weighed) as weighed
            from ledger_entry where account in ('inventory', 'goods_in_transit') group by batch_id) l using (batch_id)
         where (b.pieces, b.metres, b.value, b.vat, b.tonnes_theoretical, b.tonnes_weighed)
            is distinct from (l.pieces, l.metres, l.value, l.vat, l.tonnes, l.weighed)",
    ),
    (
        "no batch is short on any date",
        "select count(*) from (
            select sum(sum(pieces)) over d as pieces, sum(sum(metres)) over d as metres, sum(sum(amount)) over d as value
            from ledger_entry where account in ('inventory', 'goods_in_transit') group by batch_id, account, effective_on
            window d as (partition by batch_id, account order by effective_on)) t
         where least(pieces, metres, value) < 0",
    ),
    (
        "a sold-out batch is worth nothing and weighs nothing",
        "select count(*) from batch_balances
         where pieces = 0 and (metres, tonnes_theoretical, tonnes_weighed, value, vat) <> (0, 0, 0, 0, 0)",
    ),
    (
        "what was paid for goods is what they are worth, were sold for, lost and returned for, less what was found, in all batches made of one receipt",
        "with recursive family as (
            select batch_id, batch_id as root_id from batches b
            where not exists (select from batch_moves m where m.child_batch_id = b.batch_id)
            union all
            select m.child_batch_id, f.root_id from family f join batch_moves m on m.parent_batch_id = f.batch_id)
         select count(*) from (
            select sum(case when f.batch_id = f.root_id then b.cost else 0 end
                    + coalesce((select sum(s.amount) from additional_expense_shares s join additional_expenses e using (additional_expense_id)
                        where s.batch_id = f.batch_id and e.reversed_on is null), 0)) as paid,
                sum(coalesce((select sum(amount) from ledger_entry l where l.batch_id = f.batch_id and account <> 'revenue'), 0)
                    + coalesce((select sum(l.cost) from supplier_return_lines l join supplier_returns r using (supplier_return_id)
                        where l.batch_id = f.batch_id and r.reversed_on is null), 0)) as held
            from family f join batches b using (batch_id) group by f.root_id) t
         where paid <> held",
    ),
    (
        "what a batch bears of an expense is its entries and what batches made of it inherited",
        "select count(*) from additional_expense_shares s join additional_expenses e using (additional_expense_id)
         where s.amount + s.inherited_amount
            <> coalesce((select sum(amount) from ledger_entry l where l.document_id = e.document_id and l.batch_id = s.batch_id), 0)
            + coalesce((select sum(c.inherited_amount) from batch_moves m join additional_expense_shares c on c.batch_id = m.child_batch_id
                where m.parent_batch_id = s.batch_id and c.additional_expense_id = s.additional_expense_id), 0)",
    ),
    (
        "batches made of another are worth and measure what left it",
        "select count(*) from (
            select m.document_id, m.parent_batch_id, sum(m.metres) as metres, sum(b.cost) as cost
            from batch_moves m join batches b on b.batch_id = m.child_batch_id group by 1, 2) m
         cross join lateral (
            select -sum(l.metres) as metres, -sum(l.amount) as cost from ledger_entry l
            where l.document_id = m.document_id and l.batch_id = m.parent_batch_id
                and account in ('inventory', 'goods_in_transit')) left_it
         where (m.metres, m.cost) is distinct from (left_it.metres, left_it.cost)",
    ),
    (
        "an additional expense is its shares and its entries",
        "select count(*) from additional_expenses e
         where cost <> (select sum(amount) from additional_expense_shares s where s.additional_expense_id = e.additional_expense_id)
            or cost <> (select sum(amount) from ledger_entry l where l.document_id = e.document_id and l.batch_id > 0)",
    ),
    (
        "by shipment and by posting goods cost the same",
        "select count(*) from (
            select order_line_id from ledger_entry where account = 'cogs' group by order_line_id having count(distinct origin_on) > 1) t",
    ),
    (
        "no goods cost anything before they are sold, and nothing is lost, claimed or made of others before its day",
        "select count(*) from ledger_entry where account in ('cogs', 'write_offs', 'claims') and batch_id > 0 and effective_on < origin_on",
    ),
    (
        "a batch that was made of others is worth nothing before",
        "select count(*) from ledger_entry e join batches b using (batch_id) where account = 'inventory' and e.effective_on < b.received_on",
    ),
    (
        "open items are the settlement accounts",
        "select count(*) from (
            select company_id, account, party_id, contract_id, deal_id, order_id,
                sum(case when account in ('receivables', 'supplier_advances', 'claims') then open else -open end) as amount
            from settlement_items group by 1, 2, 3, 4, 5, 6) i
         full join (
            select company_id, account, party_id, contract_id, deal_id, order_id, sum(amount) as amount from ledger_entry
            where account in ('receivables', 'customer_advances', 'payables', 'supplier_advances', 'claims') group by 1, 2, 3, 4, 5, 6) l
         using (company_id, account, party_id, contract_id, deal_id, order_id)
         where coalesce(i.amount, 0) <> coalesce(l.amount, 0)",
    ),
    (
        "open items in currency are the settlement accounts in that currency",
        "select count(*) from (
            select company_id, account, party_id, contract_id, currency,
                sum(case when account = 'supplier_advances' then open_currency else -open_currency end) as amount
            from settlement_items where currency <> 'RUB' group by 1, 2, 3, 4, 5) i
         full join (
            select company_id, account, party_id, contract_id, currency, sum(currency_amount) as amount from ledger_entry
            where account in ('payables', 'supplier_advances') and currency <> 'RUB' group by 1, 2, 3, 4, 5) l
         using (company_id, account, party_id, contract_id, currency)
         where coalesce(i.amount, 0) <> coalesce(l.amount, 0)",
    ),
    (
        "no debt and no advance is the other way round on any date",
        "select count(*) from (
            select account, sum(sum(amount)) over d as amount from ledger_entry
            where account in ('receivables', 'customer_advances', 'payables', 'supplier_advances', 'vat_on_customer_advances', 'claims')
            group by company_id, account, party_id, contract_id, deal_id, order_id, effective_on
            window d as (partition by company_id, account, party_id, contract_id, deal_id, order_id order by effective_on)) t
         where case when account in ('payables', 'customer_advances') then -amount else amount end < 0",
    ),
    (
        "an item is open by what its offsets left of it",
        "select count(*) from settlement_items i
         where open <> amount - coalesce((select sum(o.amount) from settlement_offsets o where i.item_id in (o.debt_id, o.advance_id)), 0)",
    ),
    (
        "VAT of open advances is the account of it",
        "select count(*) from (
            select coalesce((select sum(open_vat) from settlement_items where account = 'customer_advances'), 0) as items,
                coalesce((select sum(amount) from ledger_entry where account = 'vat_on_customer_advances'), 0) as ledger) t
         where items <> ledger",
    ),
    ("a used-up advance holds no VAT", "select count(*) from settlement_items where open = 0 and open_vat <> 0"),
    (
        "no order owes while its own or its deal's advance is open",
        "select count(*) from settlement_items debt join settlement_items advance using (company_id, party_id, deal_id)
         where debt.account = 'receivables' and debt.open > 0 and advance.account = 'customer_advances' and advance.open > 0
            and advance.order_id in (0, debt.order_id)",
    ),
    (
        "an order is the sum of its lines",
        "select count(*) from orders o
         where gross <> net + vat or not exists (
            select from order_lines l where l.order_id = o.order_id and l.deleted_at is null
            having (o.net, o.vat, o.gross) = (sum(l.net), sum(l.vat), sum(l.gross)))",
    ),
    (
        "a shipped order is its revenue, VAT and receivable",
        "select count(*) from orders o left join (
            select document_id, -sum(amount) filter (where account = 'revenue') as net,
                sum(amount) filter (where account = 'receivables' and amount > 0) as gross
            from ledger_entry group by document_id) l using (document_id)
         cross join lateral (
            select coalesce(sum(net), 0) as net, coalesce(sum(gross), 0) as gross from order_returns r where r.order_id = o.order_id and undelivered) back
         where o.status in ('shipped', 'delivered')
            and case when o.title_on_delivery and o.status = 'shipped' then (0, 0) <> (coalesce(l.net, 0), coalesce(l.gross, 0))
                else (o.net - back.net, o.gross - back.gross) is distinct from (coalesce(l.net, 0), coalesce(l.gross, 0)) end",
    ),
    (
        "goods shipped are the goods, the cost and the VAT of what is on its way at our risk",
        "select count(*) from orders o
         cross join lateral (
            select coalesce(sum(pieces), 0) as pieces, coalesce(sum(amount) filter (where batch_id > 0), 0) as cost,
                coalesce(sum(amount) filter (where batch_id = 0), 0) as vat
            from ledger_entry e where e.account = 'goods_shipped' and e.order_id = o.order_id) held
         cross join lateral (
            select o.vat - coalesce(sum(l.vat), 0) as vat,
                (select sum(pieces) from order_lines w where w.order_id = o.order_id and w.deleted_at is null) - coalesce(sum(l.pieces), 0) as pieces
            from order_returns r join order_return_lines l using (order_return_id) where r.order_id = o.order_id and r.undelivered) way
         where case when o.title_on_delivery and o.status = 'shipped'
            then (held.pieces, held.vat) <> (way.pieces, way.vat) or (held.pieces = 0 and held.cost <> 0) or held.cost < 0
            else (held.pieces, held.cost, held.vat) <> (0, 0, 0) end",
    ),
    (
        "no fewer goods than none, and no less cost and VAT, are on their way on any date",
        "select count(*) from (
            select sum(sum(pieces)) over d as pieces, sum(sum(metres)) over d as metres,
                sum(coalesce(sum(amount) filter (where batch_id = 0), 0)) over d as vat,
                sum(coalesce(sum(amount) filter (where batch_id > 0), 0)) over d as cost
            from ledger_entry where account = 'goods_shipped' group by order_id, batch_id, effective_on
            window d as (partition by order_id, batch_id order by effective_on)) t
         where least(pieces, metres, vat, cost) < 0",
    ),
    (
        "a direct bill is what its targets bear, and each of those what was accrued, reached lines or waits",
        "select count(*) from direct_expenses e join (
            select t.direct_expense_id, sum(t.amount) as amount, bool_or(t.amount <> t.waiting + coalesce(p.accrued, 0)
                + coalesce((select sum(l.amount) from direct_expense_parts l where (l.direct_expense_id, l.target) = (t.direct_expense_id, t.target)), 0)) as bad
            from direct_expense_targets t left join planned_expenses p using (planned_expense_id) group by 1) t using (direct_expense_id)
         where e.reversed_on is null and (e.cost <> t.amount or t.bad)",
    ),
    (
        "deferred costs are what waits",
        "select count(*) from (
            select deal_id, article_id, sum(waiting) as waiting, sum(waiting_vat) as vat
            from direct_expense_targets join direct_expenses using (direct_expense_id) group by 1, 2) w
         full join (
            select deal_id, article_id, sum(amount) as amount, sum(vat) as vat from ledger_entry where account = 'deferred_costs' group by 1, 2) l
         using (deal_id, article_id)
         where (coalesce(w.waiting, 0), coalesce(w.vat, 0)) <> (coalesce(l.amount, 0), coalesce(l.vat, 0))",
    ),
    (
        "accrued costs of an order are its plans without a bill",
        "select count(*) from (
            select order_id, article_id, sum(accrued) as accrued from planned_expenses where status = 'accrued' group by 1, 2) p
         full join (
            select order_id, article_id, -sum(amount) as amount from ledger_entry where account = 'accrued_costs' and order_id > 0 group by 1, 2) l
         using (order_id, article_id)
         where coalesce(p.accrued, 0) <> coalesce(l.amount, 0)",
    ),
    (
        "other accrued costs are estimates without a bill",
        "select count(*) from (
            select article_id, party_id, sum(cost) as cost from additional_expenses
            where estimate and settled_by_id = 0 and reversed_on is null group by 1, 2) e
         full join (
            select article_id, party_id, -sum(amount) as amount from ledger_entry where account = 'accrued_costs' and order_id = 0 group by 1, 2) l
         using (article_id, party_id)
         where coalesce(e.cost, 0) <> coalesce(l.amount, 0)",
    ),
    (
        "nothing is deferred or accrued the other way round on any date",
        "select count(*) from (
            select account, sum(sum(amount)) over d as amount from ledger_entry where account in ('deferred_costs', 'accrued_costs')
            group by account, company_id, deal_id, order_id, batch_id, article_id, effective_on
            window d as (partition by account, company_id, deal_id, order_id, batch_id, article_id order by effective_on)) t
         where case when account = 'accrued_costs' then -amount else amount end < 0",
    ),
    (
        "an order bears its own bills, its parts of others and what is accrued, less what carriers gave back",
        "select count(*) from (
            select order_id, sum(amount) as amount from ledger_entry
            where account = 'order_expenses' and document_id not in (select document_id from order_expenses) group by 1) l
         full join (
            select order_id, sum(amount) as amount from (
                select p.order_id, p.amount from direct_expense_parts p join direct_expenses e using (direct_expense_id) where e.reversed_on is null
                union all select order_id, accrued from planned_expenses where transaction_id > 0
                union all select order_id, -amount from carrier_claims where state = 'accepted') t group by 1) p
         using (order_id)
         where coalesce(l.amount, 0) <> coalesce(p.amount, 0)",
    ),
    (
        "document numbers have no gaps",
        "select count(*) from document_counters c where last <> (
            select count(*) from documents d where d.company_id = c.company_id and d.kind = c.kind
                and extract(year from issued_on) = c.year and number not like '%-%-%-%-%')",
    ),
];

/// Fails with the first rule that is broken.
pub(crate) async fn check(db: &Db) {
    for (rule, statement) in RULES {
        let broken: i64 = sqlx::query_scalar(statement).fetch_one(db).await.unwrap();
        assert_eq!(broken, 0, "{rule}");
    }
}
