//! SQL of debts and advances for those who look at them; a manager sees those of the own deals and the team's.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::Side;
use crate::access::Scope;
use crate::db::Db;
use crate::error::Result;
use crate::ledger::Account;

/// A debt or an advance with what is left of it (долг или аванс).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Its id.
    pub item_id: i64,
    /// Own company.
    pub company_id: i64,
    /// Receivables, customer advances, payables or supplier advances.
    pub account: Account,
    /// With whom.
    pub party_id: i64,
    /// For which contract, 0 = none.
    pub contract_id: i64,
    /// For which deal, 0 = none.
    pub deal_id: i64,
    /// For which order, 0 = none.
    pub order_id: i64,
    /// The document it came from.
    pub document_id: i64,
    /// Since when.
    pub opened_on: NaiveDate,
    /// When a debt is due.
    pub due_on: NaiveDate,
    /// As it was opened, roubles.
    pub amount: Decimal,
    /// What is left, roubles.
    pub open: Decimal,
    /// VAT charged on an advance when it came.
    pub vat: Decimal,
    /// What is left of that VAT.
    pub open_vat: Decimal,
    /// The letters of the currency it is settled in; `None` = roubles.
    pub currency: Option<String>,
    /// As it was opened, in that currency.
    pub currency_amount: Decimal,
    /// What is left, in that currency.
    pub open_currency: Decimal,
}

/// What an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Долг.
    Debt,
    /// Аванс.
    Advance,
    /// Претензия.
    Claim,
}

/// Which debts and advances a list shows; `None` = all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Customers' or suppliers'.
    pub side: Option<Side>,
    /// Debts, advances or claims.
    pub kind: Option<Kind>,
    /// Of this own company.
    pub company_id: Option<i64>,
    /// With this counterparty.
    pub party_id: Option<i64>,
    /// Also those that are closed.
    pub closed: bool,
    /// Due before this day.
    pub due_before: Option<NaiveDate>,
    /// Due on this day or later.
    pub due_from: Option<NaiveDate>,
    /// Due on this day or earlier.
    pub due_to: Option<NaiveDate>,
    /// Of this deal or an order of it.
    pub deal_id: Option<i64>,
    /// Of this order.
    pub order_id: Option<i64>,
}

impl Filter {
    /// The accounts it looks at.
    fn accounts(&self) -> Vec<String> {
        let sides = [Side::Customer, Side::Supplier].into_iter().filter(|side| self.side.is_none_or(|wanted| wanted == *side));
        let both = sides.flat_map(|side| [(side.debt(), Kind::Debt), (side.advance(), Kind::Advance)]);
        let claims = (self.side != Some(Side::Customer)).then_some((Account::Claims, Kind::Claim));
        both.chain(claims)
            .filter(|(_, kind)| self.kind.is_none_or(|wanted| wanted == *kind))
            .map(|(account, _)| account.as_str().to_owned())
            .collect()
    }
}

/// Debts and advances in scope, the first due first, after the row `(due_on, item_id)`, at most `limit`.
pub async fn list(db: &Db, scope: &Scope, filter: &Filter, after: Option<(NaiveDate, i64)>, limit: i64) -> Result<Vec<Standing>> {
    let (after_on, after_id) = after.unzip();
    Ok(sqlx::query_as!(
        Standing,
        r#"select i.item_id, i.company_id, i.account as "account: Account", i.party_id, i.contract_id, i.deal_id, i.order_id,
               i.document_id, i.opened_on, i.due_on, i.amount, i.open, i.vat, i.open_vat,
               nullif(i.currency, 'RUB') as "currency?", i.currency_amount, i.open_currency
           from settlement_items i
           where ($1::bigint[] is null or exists (select from deals d where d.deal_id = i.deal_id and d.employee_id = any($1)))
               and i.account = any($2)
               and ($3::bigint is null or i.company_id = $3)
               and ($4::bigint is null or i.party_id = $4)
               and (i.open > 0 or $5)
               and ($6::date is null or i.due_on < $6)
               and ($7::date is null or (i.due_on, i.item_id) > ($7, $8::bigint))
               and ($10::date is null or i.due_on >= $10) and ($11::date is null or i.due_on <= $11)
               and ($12::bigint is null or i.deal_id = $12)
               and ($13::bigint is null or i.order_id = $13)
           order by i.due_on, i.item_id limit $9"#,
        scope.employees(),
        &filter.accounts(),
        filter.company_id,
        filter.party_id,
        filter.closed,
        filter.due_before,
        after_on,
        after_id,
        limit,
        filter.due_from,
        filter.due_to,
        filter.deal_id,
        filter.order_id
    )
    .fetch_all(db)
    .await?)
}

/// The debts and advances of these ids that are in scope.
pub async fn list_by_ids(db: &Db, scope: &Scope, item_ids: &[i64]) -> Result<Vec<Standing>> {
    Ok(sqlx::query_as!(
        Standing,
        r#"select i.item_id, i.company_id, i.account as "account: Account", i.party_id, i.contract_id, i.deal_id, i.order_id,
               i.document_id, i.opened_on, i.due_on, i.amount, i.open, i.vat, i.open_vat,
               nullif(i.currency, 'RUB') as "currency?", i.currency_amount, i.open_currency
           from settlement_items i
           where i.item_id = any($1)
               and ($2::bigint[] is null or exists (select from deals d where d.deal_id = i.deal_id and d.employee_id = any($2)))"#,
        item_ids,
        scope.employees()
    )
    .fetch_all(db)
    .await?)
}

/// What is open for these deals and their orders, as far as they are in scope, the first due first.
pub async fn list_open_of_deals(db: &Db, scope: &Scope, deal_ids: &[i64]) -> Result<Vec<Standing>> {
    Ok(sqlx::query_as!(
        Standing,
        r#"select i.item_id, i.company_id, i.account as "account: Account", i.party_id, i.contract_id, i.deal_id, i.order_id,
               i.document_id, i.opened_on, i.due_on, i.amount, i.open, i.vat, i.open_vat,
               nullif(i.currency, 'RUB') as "currency?", i.currency_amount, i.open_currency
           from settlement_items i join deals d using (deal_id)
           where i.deal_id = any($1) and i.open > 0 and ($2::bigint[] is null or d.employee_id = any($2))
           order by i.due_on, i.item_id"#,
        deal_ids,
        scope.employees()
    )
    .fetch_all(db)
    .await?)
}

/// What is open for these orders, as far as they are in scope, the first due first.
pub async fn list_open_of_orders(db: &Db, scope: &Scope, order_ids: &[i64]) -> Result<Vec<Standing>> {
    Ok(sqlx::query_as!(
        Standing,
        r#"select i.item_id, i.company_id, i.account as "account: Account", i.party_id, i.contract_id, i.deal_id, i.order_id,
               i.document_id, i.opened_on, i.due_on, i.amount, i.open, i.vat, i.open_vat,
               nullif(i.currency, 'RUB') as "currency?", i.currency_amount, i.open_currency
           from settlement_items i join deals d using (deal_id)
           where i.order_id = any($1) and i.open > 0 and ($2::bigint[] is null or d.employee_id = any($2))
           order by i.due_on, i.item_id"#,
        order_ids,
        scope.employees()
    )
    .fetch_all(db)
    .await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_names_its_accounts() {
        let accounts = |side, kind| Filter { side, kind, ..Filter::default() }.accounts().join(" ");
        assert_eq!(accounts(None, None), "receivables customer_advances payables supplier_advances claims");
        assert_eq!(accounts(Some(Side::Customer), Some(Kind::Debt)), "receivables");
        assert_eq!(accounts(None, Some(Kind::Advance)), "customer_advances supplier_advances");
        assert_eq!(accounts(None, Some(Kind::Claim)), "claims");
        assert_eq!(accounts(Some(Side::Customer), Some(Kind::Claim)), "");
    }
}
