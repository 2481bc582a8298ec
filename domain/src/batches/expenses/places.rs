//! Where the goods of a batch are: on hand, and every place they went to. Goods found over came from nowhere (`other_income`).
//!
//! What left a batch is read from the ledger, not from orders, so that a return counts by itself and a new way out (write-off, loss, use)
//! needs nothing here: its posting credits `inventory` and debits another account with the same batch and metres, and a later cost follows
//! it to that account ([`super::flow`] says when). Goods of an order at our risk are in `goods_shipped` until they are unloaded. What became
//! a batch of its own is told by the lineage. What goes out with an order line is found by the metres of `inventory` alone, net of returns.

use std::collections::HashMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::split::Amount;
use crate::command::Run;
use crate::error::Result;
use crate::ledger::{Account, CostElement, Entry, Expense, Sale, Settlement, Stock};

/// A place goods of a batch went to: a line of an order, or another account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    batch_id: i64,
    account: Account,
    sale: Sale,
    warehouse_id: i64,
    article_id: i64,
    department_id: i64,
    /// When the goods left: costs learnt later are costs of that day's shipment.
    pub(super) origin_on: NaiveDate,
    /// The day the goods left the batch.
    pub(super) left_on: NaiveDate,
    /// When title passed, of goods that left at our risk and were unloaded.
    pub(super) sold_on: Option<NaiveDate>,
}

/// What makes two places the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Key {
    Line {
        batch_id: i64,
        order_line_id: i64,
    },
    Other {
        batch_id: i64,
        account: Account,
        party_id: i64,
        employee_id: i64,
        article_id: i64,
        department_id: i64,
        origin_on: NaiveDate,
    },
}

impl Place {
    pub(super) fn key(&self) -> Key {
        let batch_id = self.batch_id;
        if self.sale.order_line_id > 0 {
            return Key::Line { batch_id, order_line_id: self.sale.order_line_id };
        }
        Key::Other {
            batch_id,
            account: self.account,
            party_id: self.sale.party_id,
            employee_id: self.sale.employee_id,
            article_id: self.article_id,
            department_id: self.department_id,
            origin_on: self.origin_on,
        }
    }

    /// The entry that brings a late cost to the sale of goods that left at our risk.
    pub(super) fn sold(&self, of: Amount) -> Entry {
        let origin_on = self.sold_on.unwrap_or(self.origin_on);
        Self { account: Account::Cogs, origin_on, ..self.clone() }.entry(of)
    }

    /// With whom a cost that comes here is claimed, if it is.
    pub(super) fn claimed(&self) -> Option<Settlement> {
        let Sale { party_id, contract_id, .. } = self.sale;
        (self.account == Account::Claims).then_some(Settlement { party_id, contract_id, ..Settlement::default() })
    }

    /// The entry that brings a late cost here, with every dimension of the goods' own.
    pub(super) fn entry(&self, of: Amount) -> Entry {
        let Sale { employee_id, channel_id, product_id, .. } = self.sale;
        let stock = Stock {
            batch_id: self.batch_id,
            product_id,
            warehouse_id: self.warehouse_id,
            cost_element: Some(CostElement::Late),
            ..Stock::default()
        };
        let what = Expense { article_id: self.article_id, department_id: self.department_id, employee_id, channel_id };
        Entry::debit(self.account, of.value).vat(of.vat).sale(self.sale).stock(stock).expense(what).origin_on(self.origin_on)
    }
}

/// Goods that left a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Gone {
    pub(super) place: Place,
    /// Metres that are there now.
    pub(super) metres: Decimal,
    /// Metres that went there, less what came back, after the transaction asked for.
    pub(super) since: Decimal,
}

/// By batch, each in the order it has.
pub(super) fn by_batch(gone: &[Gone]) -> HashMap<i64, Vec<&Gone>> {
    let mut of_batch: HashMap<i64, Vec<&Gone>> = HashMap::new();
    for gone in gone {
        of_batch.entry(gone.place.batch_id).or_default().push(gone);
    }
    of_batch
}

/// The orders that took goods at our risk.
pub(super) fn at_risk(gone: &[Gone]) -> Vec<i64> {
    let at_risk = gone.iter().filter(|gone| gone.place.account == Account::GoodsShipped);
    let mut order_ids: Vec<i64> = at_risk.map(|gone| gone.place.sale.order_id).collect();
    order_ids.dedup();
    order_ids
}

struct Row {
    batch_id: i64,
    account: Account,
    deal_id: i64,
    order_id: i64,
    order_line_id: i64,
    product_id: i64,
    party_id: i64,
    contract_id: i64,
    employee_id: i64,
    channel_id: i64,
    warehouse_id: i64,
    article_id: i64,
    department_id: i64,
    origin_on: NaiveDate,
    left_on: NaiveDate,
    sold_on: Option<NaiveDate>,
    metres: Decimal,
    since: Decimal,
}

impl From<Row> for Gone {
    fn from(row: Row) -> Self {
        let sale = Sale {
            deal_id: row.deal_id,
            order_id: row.order_id,
            order_line_id: row.order_line_id,
            product_id: row.product_id,
            party_id: row.party_id,
            contract_id: row.contract_id,
            employee_id: row.employee_id,
            channel_id: row.channel_id,
        };
        let place = Place {
            batch_id: row.batch_id,
            account: row.account,
            sale,
            warehouse_id: row.warehouse_id,
            article_id: row.article_id,
            department_id: row.department_id,
            origin_on: row.origin_on,
            left_on: row.left_on,
            sold_on: row.sold_on,
        };
        Self { place, metres: row.metres, since: row.since }
    }
}

/// Everything that left these batches, whose balances are locked, by batch and line; what came back whole is left out unless it moved after
/// the transaction `after`.
pub(super) async fn gone_in_tx(run: &mut Run<'_>, batch_ids: &[i64], after: i64) -> Result<Vec<Gone>> {
    let lines = sqlx::query_as!(
        Row,
        r#"with moved as (
               select batch_id, order_line_id, -sum(metres) as metres,
                   coalesce(-sum(metres) filter (where transaction_id > $2), 0) as since, min(entry_id) as first_id
               from ledger_entry where account = 'inventory' and batch_id = any($1) and order_line_id > 0
               group by batch_id, order_line_id
               having sum(metres) <> 0 or sum(metres) filter (where transaction_id > $2) <> 0)
           select e.batch_id, case when o.title_on_delivery then 'goods_shipped' else 'cogs' end as "account!: Account",
               e.deal_id, e.order_id, e.order_line_id, e.product_id, e.party_id,
               e.contract_id, e.employee_id, e.channel_id, e.warehouse_id, 0::bigint as "article_id!", 0::bigint as "department_id!",
               e.origin_on, e.effective_on as left_on, case when o.title_on_delivery then o.delivered_on end as sold_on,
               m.metres as "metres!", m.since as "since!"
           from moved m join ledger_entry e on e.entry_id = m.first_id join orders o on o.order_id = e.order_id
           order by m.batch_id, m.order_line_id"#,
        batch_ids,
        after
    )
    .fetch_all(&mut *run.tx)
    .await?;
    let others = sqlx::query_as!(
        Row,
        r#"select batch_id, account as "account!: Account", deal_id, order_id, order_line_id, product_id, party_id, contract_id,
               employee_id, channel_id, warehouse_id, article_id, department_id, origin_on,
               min(effective_on) as "left_on!", null::date as sold_on, sum(metres) as "metres!",
               coalesce(sum(metres) filter (where transaction_id > $2), 0) as "since!"
           from ledger_entry
           where transaction_id in (
                   select transaction_id from ledger_entry
                   where account in ('inventory', 'goods_in_transit') and batch_id = any($1) and order_line_id = 0 and metres <> 0)
               and batch_id = any($1) and order_line_id = 0 and account not in ('inventory', 'goods_in_transit', 'other_income') and metres <> 0
           group by batch_id, account, deal_id, order_id, order_line_id, product_id, party_id, contract_id, employee_id, channel_id,
               warehouse_id, article_id, department_id, origin_on
           having sum(metres) <> 0 or sum(metres) filter (where transaction_id > $2) <> 0
           order by batch_id, min(entry_id)"#,
        batch_ids,
        after
    )
    .fetch_all(&mut *run.tx)
    .await?;
    Ok(lines.into_iter().chain(others).map(Gone::from).collect())
}

/// What a document brought to goods that were on their way then and were sold since, by place.
pub(super) async fn sold_since_in_tx(run: &mut Run<'_>, document_id: i64) -> Result<HashMap<Key, Amount>> {
    let rows = sqlx::query!(
        r#"select e.batch_id, e.order_line_id, sum(e.amount) as "amount!", sum(e.vat) as "vat!"
           from ledger_entry e join orders o using (order_id)
           where e.document_id = $1 and e.batch_id > 0 and e.account = 'goods_shipped' and o.delivered_on is not null
           group by e.batch_id, e.order_line_id having sum(e.amount) <> 0 or sum(e.vat) <> 0"#,
        document_id
    )
    .fetch_all(&mut *run.tx)
    .await?;
    let key = |batch_id, order_line_id| Key::Line { batch_id, order_line_id };
    Ok(rows.into_iter().map(|row| (key(row.batch_id, row.order_line_id), Amount { value: row.amount, vat: row.vat })).collect())
}

/// What a document brought to each place.
pub(super) async fn posted_in_tx(run: &mut Run<'_>, document_id: i64) -> Result<HashMap<Key, Amount>> {
    let rows = sqlx::query!(
        r#"select batch_id, account as "account: Account", order_line_id, party_id, employee_id, article_id, department_id, origin_on,
               amount, vat
           from ledger_entry where document_id = $1 and batch_id > 0 and account not in ('inventory', 'goods_in_transit')"#,
        document_id
    )
    .fetch_all(&mut *run.tx)
    .await?;
    let mut posted: HashMap<Key, Amount> = HashMap::with_capacity(rows.len());
    for row in rows {
        let batch_id = row.batch_id;
        let key = if row.order_line_id > 0 {
            Key::Line { batch_id, order_line_id: row.order_line_id }
        } else {
            let (party_id, employee_id) = (row.party_id, row.employee_id);
            let (article_id, department_id, origin_on) = (row.article_id, row.department_id, row.origin_on);
            Key::Other { batch_id, account: row.account, party_id, employee_id, article_id, department_id, origin_on }
        };
        let sum = posted.entry(key).or_default();
        *sum = *sum + Amount { value: row.amount, vat: row.vat };
    }
    Ok(posted)
}
