//! SQL of margin at completion.
//!
//! Every command that touches a deal runs it. The lines of an order are looked up inside its `lateral`, which `offset 0` keeps there: a plan
//! made while the tables were nearly empty joined all lines to all orders, and the server kept it.

use rust_decimal::Decimal;
use sqlx::PgConnection;

use super::{Components, Key, Sum, What};
use crate::access::Scope;
use crate::error::Result;
use crate::money;

/// Whether the scope reaches the deal.
pub(super) async fn is_visible(connection: &mut PgConnection, scope: &Scope, deal_id: i64) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"select exists (select from deals where deal_id = $1 and deleted_at is null and ($2::bigint[] is null or employee_id = any($2))) as "seen!""#,
        deal_id,
        scope.employees()
    )
    .fetch_one(connection)
    .await?)
}

/// Every component of a deal as it is now.
pub(super) async fn components(connection: &mut PgConnection, deal_id: i64) -> Result<Components> {
    let mut components = Components::new();
    let rows = sqlx::query!(
        r#"select what as "what!: What", order_id as "order_id!", batch_id as "batch_id!", article_id as "article_id!",
               sum(earned) as "earned!", sum(expected) as "expected!"
           from (
               select case e.account when 'revenue' then 'revenue' when 'cogs' then 'cost' else 'expense' end as what, e.order_id,
                   case when e.account = 'cogs' then e.batch_id else 0 end as batch_id,
                   case when e.account = 'order_expenses' then e.article_id else 0 end as article_id,
                   case when e.account = 'revenue' then -e.amount else e.amount end as earned, 0 as expected
               from ledger_entry e
               where e.order_id in (select order_id from orders where deal_id = $1 and order_id > 0) and e.order_id > 0
                   and e.account in ('revenue', 'cogs', 'order_expenses')
               union all
               select 'revenue', l.order_id, 0, 0, 0, l.net
               from orders o join deals d using (deal_id) cross join lateral (
                   select order_id, net from order_lines where order_id = o.order_id and deleted_at is null offset 0) l
               where o.deal_id = $1 and (o.status in ('draft', 'confirmed') or (o.status = 'shipped' and o.title_on_delivery))
                   and o.deleted_at is null and d.stage <> 'lost'
               union all
               select 'revenue', r.order_id, 0, 0, 0, -r.net
               from order_returns r join orders o using (order_id) join deals d using (deal_id)
               where o.deal_id = $1 and o.status = 'shipped' and o.title_on_delivery and d.stage <> 'lost'
               union all
               select 'cost', e.order_id, e.batch_id, 0, 0, e.amount
               from ledger_entry e
               where e.order_id in (select o.order_id from orders o join deals d using (deal_id)
                       where o.deal_id = $1 and o.order_id > 0 and d.stage <> 'lost')
                   and e.order_id > 0 and e.account = 'goods_shipped' and e.batch_id > 0
               union all
               select 'expense', p.order_id, 0, p.article_id, 0, p.cost
               from planned_expenses p join orders o using (order_id) join deals d using (deal_id)
               where o.deal_id = $1 and p.status = 'planned' and d.stage <> 'lost'
               union all
               select 'expense', 0, 0, e.article_id, p.amount, 0
               from direct_expense_targets t join direct_expenses e using (direct_expense_id)
               join direct_expense_parts p using (direct_expense_id, target)
               where t.deal_id = $1 and p.order_id = 0 and e.reversed_on is null
               union all
               select 'waiting', 0, 0, e.article_id, 0, t.waiting
               from direct_expense_targets t join direct_expenses e using (direct_expense_id)
               where t.deal_id = $1 and t.waiting <> 0) c
           group by what, order_id, batch_id, article_id"#,
        deal_id
    )
    .fetch_all(&mut *connection)
    .await?;
    for row in rows {
        let key = Key { what: row.what, order_id: row.order_id, batch_id: row.batch_id, article_id: row.article_id };
        components.insert(key, Sum { earned: row.earned, expected: row.expected });
    }
    for (key, expected) in goods(connection, deal_id).await? {
        components.entry(key).or_default().expected += expected;
    }
    components.retain(|_, sum| !sum.earned.is_zero() || !sum.expected.is_zero());
    Ok(components)
}

/// What the goods of orders that are not shipped would cost: metres at what their batch is worth a metre now; of a batch that is sold out, at
/// what it was bought for.
async fn goods(connection: &mut PgConnection, deal_id: i64) -> Result<Vec<(Key, Decimal)>> {
    let rows = sqlx::query!(
        r#"select l.order_id, l.batch_id, sum(l.metres) as "metres!", b.metres as received, b.cost, w.metres as on_hand, w.value
           from orders o join deals d using (deal_id) cross join lateral (
               select order_id, batch_id, metres from order_lines where order_id = o.order_id and deleted_at is null offset 0) l
           join batches b on b.batch_id = l.batch_id join batch_balances w on w.batch_id = l.batch_id
           where o.deal_id = $1 and o.status in ('draft', 'confirmed') and o.deleted_at is null and d.stage <> 'lost'
           group by l.order_id, l.batch_id, b.metres, b.cost, w.metres, w.value"#,
        deal_id
    )
    .fetch_all(connection)
    .await?;
    let cost = |metres: Decimal, (value, whole): (Decimal, Decimal)| money::share(value, metres, whole);
    Ok(rows
        .into_iter()
        .map(|row| {
            let of = if row.on_hand > Decimal::ZERO { (row.value, row.on_hand) } else { (row.cost, row.received) };
            let key = Key { what: What::Cost, order_id: row.order_id, batch_id: row.batch_id, article_id: 0 };
            (key, cost(row.metres, of))
        })
        .collect())
}
