//! Supply, as a buyer and an accountant check it by hand: goods that go back, customs, currency, goods on their way.
//!
//! A pile is 12 m and 1.2 t.

mod currency;
mod customs;
mod rates;
mod refused_claims;
mod returns;
mod storno;
mod transit;

use rust_decimal::Decimal;
use shpunt_domain::Result;
use shpunt_domain::batches::returns::commands::{Pieces, ReturnToSupplier, return_to_supplier};
use shpunt_domain::batches::returns::{Landed, SupplierReturn};
use shpunt_domain::treasury::claims::{SettleClaim, settle};
use shpunt_domain::treasury::commands::{Pay, pay};
use shpunt_domain::treasury::{Direction, Target};
use shpunt_tests::ctx;

use super::{World, d, day};

impl World {
    /// A return of pieces of batches to their supplier.
    pub(crate) fn going_back(&self, landed: Landed, lines: &[(i64, i64)], on: &str) -> ReturnToSupplier {
        ReturnToSupplier {
            company_id: self.company_id,
            party_id: self.supplier_id,
            contract_id: 0,
            returned_on: day(on),
            number: "В-5".to_owned(),
            reason: "Трещины замков".to_owned(),
            landed,
            lines: lines.iter().map(|(batch_id, pieces)| Pieces { batch_id: *batch_id, pieces: *pieces }).collect(),
        }
    }

    pub(super) async fn gone_back(&self, landed: Landed, lines: &[(i64, i64)], on: &str) -> Result<SupplierReturn> {
        let input = self.going_back(landed, lines, on);
        Ok(return_to_supplier(self.db(), &ctx(&format!("{input:?}")), &input).await?.value)
    }

    /// Losses on returns.
    pub(super) async fn to_loss(&self) -> Landed {
        Landed::Loss(self.article("supplier_return").await)
    }

    /// Money to the supplier, of no contract.
    async fn to_supplier(&self, on: &str, amount: &str) -> Pay {
        Pay {
            direction: Direction::Out,
            cash_account_id: self.cash_account_id,
            article_id: self.article("supplier_payment").await,
            party_id: self.supplier_id,
            target: Target::Party,
            paid_on: day(on),
            amount: d(amount),
            purpose: String::new(),
            payment_request_id: 0,
        }
    }

    async fn paid_supplier(&self, on: &str, amount: &str) {
        let payment = self.to_supplier(on, amount).await;
        pay(self.db(), &ctx(&format!("{payment:?}")), &payment).await.unwrap();
    }

    /// The end of the oldest claim with something open.
    pub(super) async fn claim_settled(&self, amount: &str, article: Option<&str>, on: &str) -> Result<i64> {
        let claim_id = sqlx::query_scalar("select min(item_id) from settlement_items where account = 'claims' and open > 0")
            .fetch_one(self.db())
            .await
            .unwrap();
        let article_id = match article {
            Some(code) => Some(self.article(code).await),
            None => None,
        };
        let input = SettleClaim { claim_id, on: day(on), amount: d(amount), article_id };
        Ok(settle(self.db(), &ctx(&format!("{input:?}")), &input).await?.value)
    }

    async fn worth(&self, batch_id: i64) -> Decimal {
        sqlx::query_scalar("select value from batch_balances where batch_id = $1")
            .bind(batch_id)
            .fetch_one(self.db())
            .await
            .unwrap()
    }

    /// The balances of these accounts.
    async fn balances<const N: usize>(&self, accounts: [&str; N]) -> [Decimal; N] {
        let mut balances = [Decimal::ZERO; N];
        for (balance, account) in balances.iter_mut().zip(accounts) {
            *balance = self.balance(account).await;
        }
        balances
    }
}

/// Rows of whatever supply writes: what is refused leaves them as they were.
async fn written(world: &World) -> Vec<i64> {
    let mut counts = Vec::new();
    for table in
        ["command_log", "ledger_entry", "documents", "settlement_items", "settlement_offsets", "supplier_returns", "batches"]
    {
        let count = sqlx::AssertSqlSafe(format!("select count(*) from {table}"));
        counts.push(sqlx::query_scalar(count).fetch_one(world.db()).await.unwrap());
    }
    counts
}
