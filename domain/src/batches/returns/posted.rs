//! What was posted of goods that went back or did not arrive, and of what came to them since, in SQL.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::undo::Gone;
use crate::batches::expenses::split::Amount;
use crate::command::Run;
use crate::companies::rates::{Currency, Foreign};
use crate::error::Result;
use crate::ledger::{Account, Entry, Kind, Settlement, Stock};

/// A transaction of a document.
pub(super) struct Posted {
    pub(super) transaction_id: i64,
    pub(super) effective_on: NaiveDate,
}

/// The transactions of this kind of a document, in their order.
pub(super) async fn postings_in_tx(run: &mut Run<'_>, document_id: i64, kind: Kind) -> Result<Vec<Posted>> {
    Ok(sqlx::query_as!(
        Posted,
        "select transaction_id, effective_on from ledger_transaction where document_id = $1 and kind = $2 order by transaction_id",
        document_id,
        kind.as_str()
    )
    .fetch_all(&mut *run.tx)
    .await?)
}

/// The goods these transactions took from an account, measures positive, with what they were worth; by batch.
pub(super) async fn goods_in_tx(run: &mut Run<'_>, transaction_ids: &[i64], from: Account) -> Result<Vec<(Stock, Amount)>> {
    let rows = sqlx::query!(
        r#"select batch_id, -sum(pieces)::bigint as "pieces!", -sum(metres) as "metres!", -sum(tonnes_theoretical) as "tonnes!",
               -sum(tonnes_weighed) as "weighed!", -sum(amount) as "value!", -sum(vat) as "vat!"
           from ledger_entry where transaction_id = any($1) and account = $2 group by batch_id order by batch_id"#,
        transaction_ids,
        from.as_str()
    )
    .fetch_all(&mut *run.tx)
    .await?;
    let goods = rows.into_iter().map(|row| {
        let stock = Stock {
            batch_id: row.batch_id,
            pieces: row.pieces,
            metres: row.metres,
            tonnes_theoretical: row.tonnes,
            tonnes_weighed: row.weighed,
            ..Stock::default()
        };
        (stock, Amount { value: row.value, vat: row.vat })
    });
    Ok(goods.collect())
}

/// What a transaction brought to the place goods went to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) batch_id: i64,
    /// It is one of those that brought the goods in question.
    pub(super) own: bool,
    /// It is a cost learnt later, or the storno of one.
    pub(super) late: bool,
    /// Its day.
    pub(super) on: NaiveDate,
    pub(super) metres: Decimal,
    pub(super) of: Amount,
}

/// All that came to the place the goods of these batches went to, by batch, in the order it was posted; `own` are the transactions that
/// brought them.
pub(super) async fn steps_in_tx(run: &mut Run<'_>, own: &[i64], batch_ids: &[i64], gone: &Gone) -> Result<Vec<Step>> {
    let account = if gone.to.article_id() == 0 { Account::Claims } else { Account::WriteOffs };
    let rows = sqlx::query!(
        r#"select p.batch_id as "batch_id!", p.transaction_id = any($1) as "own!",
               coalesce(r.kind, t.kind) in ('additional_expense', 'storno') as "late!", t.effective_on, p.metres as "metres!", p.value as "value!",
               p.vat as "vat!"
           from (select batch_id, transaction_id, sum(metres) as metres, sum(amount) as value, sum(vat) as vat
                 from ledger_entry
                 where batch_id = any($2) and account = $3 and order_line_id = 0 and party_id = $4 and contract_id = $5
                     and article_id = $6 and origin_on = $7
                 group by batch_id, transaction_id) p
           join ledger_transaction t using (transaction_id) left join ledger_transaction r on r.transaction_id = t.reverses
           order by p.batch_id, p.transaction_id"#,
        own,
        batch_ids,
        account.as_str(),
        gone.of.party_id,
        gone.of.contract_id,
        gone.to.article_id(),
        gone.on
    )
    .fetch_all(&mut *run.tx)
    .await?;
    let step = rows.into_iter().map(|row| Step {
        batch_id: row.batch_id,
        own: row.own,
        late: row.late,
        on: row.effective_on,
        metres: row.metres,
        of: Amount { value: row.value, vat: row.vat },
    });
    Ok(step.collect())
}

/// The offsets within these transactions, as they were posted: a debt that was paid off stays paid when its credit is taken back.
pub(super) async fn offsets_in_tx(run: &mut Run<'_>, transaction_ids: &[i64]) -> Result<Vec<Entry>> {
    let rows = sqlx::query!(
        r#"select account as "account: Account", amount, party_id, contract_id, deal_id, order_id, currency, currency_amount
           from ledger_entry
           where transaction_id = any($1)
               and (account = 'exchange_differences' or (account = 'payables' and (amount > 0 or currency_amount > 0))
                   or (account = 'supplier_advances' and (amount < 0 or currency_amount < 0)))
           order by entry_id"#,
        transaction_ids
    )
    .fetch_all(&mut *run.tx)
    .await?;
    let entries = rows.into_iter().map(|row| {
        let of =
            Settlement { party_id: row.party_id, contract_id: row.contract_id, deal_id: row.deal_id, order_id: row.order_id };
        let entry = Entry::debit(row.account, row.amount).settlement(of);
        match Currency::parse(&row.currency) {
            Some(currency) if row.currency != "RUB" => entry.in_currency(Foreign { currency, amount: row.currency_amount }),
            _ => entry,
        }
    });
    Ok(entries.collect())
}
