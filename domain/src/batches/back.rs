//! Goods that come back into the batch they left (возврат в серию).

use rust_decimal::Decimal;

use super::{Balance, store};
use crate::command::Run;
use crate::error::Result;
use crate::ledger::Stock;

impl Balance {
    /// Takes `goods` (measures positive) back with their cost and the VAT that belongs to it.
    pub fn put_back(&mut self, goods: Stock, value: Decimal, vat: Decimal) {
        self.pieces += goods.pieces;
        self.metres += goods.metres;
        self.tonnes_theoretical += goods.tonnes_theoretical;
        self.tonnes_weighed += goods.tonnes_weighed;
        self.value += value;
        self.vat += vat;
    }
}

/// Locks the balances of these batches, in the order of their ids: what they are worth, and what was sold of them, stays as it is until
/// the command ends. Errors: `COMPANY_MISMATCH`.
pub async fn lock_in_tx(run: &mut Run<'_>, company_id: i64, mut batch_ids: Vec<i64>) -> Result<Vec<Balance>> {
    batch_ids.sort_unstable();
    batch_ids.dedup();
    store::lock_balances_in_tx(run, company_id, &batch_ids).await
}

/// Saves balances that were locked.
pub async fn save_in_tx(run: &mut Run<'_>, balances: &[Balance]) -> Result<()> {
    store::save_all_in_tx(run, balances).await
}
