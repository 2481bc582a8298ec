//! SQL of debts and advances: written, locked, lowered, and what was set off.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::store::By;
use super::{Item, Part, Side};
use crate::command::Run;
use crate::error::Result;
use crate::ledger::Settlement;

pub(super) async fn insert_in_tx(
    run: &mut Run<'_>,
    account: &str,
    by: By,
    of: Settlement,
    (amount, vat): (Decimal, Decimal),
    due_on: NaiveDate,
) -> Result<Item> {
    let item_id = sqlx::query_scalar!(
        "insert into settlement_items (company_id, party_id, account, contract_id, deal_id, order_id, document_id, opened_on, due_on,
            amount, open, vat, open_vat)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11, $11) returning item_id",
        by.company_id,
        of.party_id,
        account,
        of.contract_id,
        of.deal_id,
        of.order_id,
        by.document_id,
        by.on,
        due_on,
        amount,
        vat
    )
    .fetch_one(&mut *run.tx)
    .await?;
    Ok(Item { item_id, of, opened_on: by.on, open: amount, open_vat: vat })
}

/// An item as it is stored.
struct Row {
    item_id: i64,
    party_id: i64,
    contract_id: i64,
    deal_id: i64,
    order_id: i64,
    opened_on: NaiveDate,
    open: Decimal,
    open_vat: Decimal,
}

impl From<Row> for Item {
    fn from(row: Row) -> Self {
        let of =
            Settlement { party_id: row.party_id, contract_id: row.contract_id, deal_id: row.deal_id, order_id: row.order_id };
        Self { item_id: row.item_id, of, opened_on: row.opened_on, open: row.open, open_vat: row.open_vat }
    }
}

/// Open advances of this target; those tied to the supplier order of the document at hand first, those of another supplier order not at all.
pub(super) async fn lock_advances_in_tx(run: &mut Run<'_>, side: Side, by: By, of: Settlement) -> Result<Vec<Item>> {
    let rows = sqlx::query_as!(
        Row,
        "select item_id, party_id, contract_id, deal_id, order_id, opened_on, open, open_vat
         from settlement_items i left join settlement_ties t on t.document_id = i.document_id and not t.released
         where company_id = $1 and party_id = $2 and account = $3 and open > 0 and currency = 'RUB'
            and ((order_id = $4 and $4::bigint > 0) or (order_id = 0 and deal_id = $5 and $5::bigint > 0)
                or (order_id = 0 and deal_id = 0 and $5::bigint = 0 and contract_id = $6))
            and (t.supplier_order_id is null or exists (
                select from settlement_ties m where m.document_id = $7 and m.supplier_order_id = t.supplier_order_id))
         order by order_id = 0, t.supplier_order_id is null, opened_on, item_id for update of i",
        by.company_id,
        of.party_id,
        side.advance().as_str(),
        of.order_id,
        of.deal_id,
        of.contract_id,
        by.document_id
    )
    .fetch_all(&mut *run.tx)
    .await?;
    Ok(rows.into_iter().map(Item::from).collect())
}

/// Open debts of this target; only those of its supplier order when the document at hand is tied to one.
pub(super) async fn lock_debts_in_tx(run: &mut Run<'_>, side: Side, by: By, of: Settlement) -> Result<Vec<Item>> {
    let rows = sqlx::query_as!(
        Row,
        "select item_id, party_id, contract_id, deal_id, order_id, opened_on, open, open_vat from settlement_items i
         where company_id = $1 and party_id = $2 and account = $3 and open > 0 and currency = 'RUB'
            and not exists (select from settlement_ties m left join settlement_ties t on t.document_id = i.document_id
                where m.document_id = $7 and t.supplier_order_id is distinct from m.supplier_order_id)
            and case when $4::bigint > 0 then order_id = $4
                     when $5::bigint > 0 then deal_id = $5
                     when $6::bigint > 0 then contract_id = $6
                     else deal_id = 0 and order_id = 0 and contract_id = 0 end
         order by opened_on, item_id for update",
        by.company_id,
        of.party_id,
        side.debt().as_str(),
        of.order_id,
        of.deal_id,
        of.contract_id,
        by.document_id
    )
    .fetch_all(&mut *run.tx)
    .await?;
    Ok(rows.into_iter().map(Item::from).collect())
}

/// The debt or the advance in roubles a document opened for `of`, with its account, locked. Claims that a document raised beside are not it,
/// nor is a debt that came of them: its own was opened first.
pub(super) async fn lock_opened_in_tx(
    run: &mut Run<'_>,
    side: Side,
    document_id: i64,
    of: Settlement,
) -> Result<Option<(String, Item)>> {
    let row = sqlx::query!(
        "select item_id, account, opened_on, open from settlement_items
         where deal_id = $3 and order_id = $4 and party_id = $1 and document_id = $2 and account in ($5, $6) and currency = 'RUB'
         order by item_id limit 1 for update",
        of.party_id,
        document_id,
        of.deal_id,
        of.order_id,
        side.debt().as_str(),
        side.advance().as_str()
    )
    .fetch_optional(&mut *run.tx)
    .await?;
    Ok(row.map(|row| {
        let item = Item { item_id: row.item_id, of, opened_on: row.opened_on, open: row.open, open_vat: Decimal::ZERO };
        (row.account, item)
    }))
}

/// What was settled of an item on a day.
pub(super) struct Settled {
    pub(super) on: NaiveDate,
    pub(super) amount: Decimal,
    pub(super) currency_amount: Decimal,
}

/// What was settled of this item, by day, as it stands on `since` or later: what was settled before then stands on that day.
pub(super) async fn settled_in_tx(run: &mut Run<'_>, item_id: i64, since: NaiveDate) -> Result<Vec<Settled>> {
    Ok(sqlx::query_as!(
        Settled,
        r#"select greatest(effective_on, $2) as "on!", sum(amount) as "amount!", sum(currency_amount) as "currency_amount!"
           from settlement_offsets where debt_id = $1 or advance_id = $1 group by 1 order by 1"#,
        item_id,
        since
    )
    .fetch_all(&mut *run.tx)
    .await?)
}

pub(super) async fn close_in_tx(run: &mut Run<'_>, part: Part) -> Result<()> {
    lower_in_tx(run, part.item.item_id, part.amount, part.vat).await
}

pub(super) async fn lower_in_tx(run: &mut Run<'_>, item_id: i64, amount: Decimal, vat: Decimal) -> Result<()> {
    sqlx::query!(
        "update settlement_items set open = open - $2, open_vat = open_vat - $3, version = version + 1 where item_id = $1 and $2::numeric > 0",
        item_id,
        amount,
        vat
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(())
}

pub(super) async fn log_in_tx(run: &mut Run<'_>, by: By, debt_id: i64, advance_id: i64, amount: Decimal) -> Result<()> {
    sqlx::query!(
        "insert into settlement_offsets (debt_id, advance_id, document_id, effective_on, amount) values ($1, $2, $3, $4, $5)",
        debt_id,
        advance_id,
        by.document_id,
        by.on,
        amount
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(())
}
