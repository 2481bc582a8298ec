//! The storno of goods that went back to their supplier or did not arrive: what was posted of them negated exactly, and beside it what came
//! to them since: late costs go home with the goods, debts that were paid off stay paid.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::Landed;
use super::posted::{self, Step};
use crate::batches::expenses::split::Amount;
use crate::batches::{self, Balance};
use crate::command::Run;
use crate::error::{Code, Error, Result};
use crate::ledger::{self, Account, CostElement, Entry, Settlement, Stock};
use crate::money;
use crate::settlements::{self, store::By};

/// Goods that left the account `from` by a document.
pub(in crate::batches) struct Gone {
    pub(in crate::batches) document_id: i64,
    pub(in crate::batches) kind: ledger::Kind,
    pub(in crate::batches) on: NaiveDate,
    pub(in crate::batches) from: Account,
    pub(in crate::batches) of: Settlement,
    pub(in crate::batches) to: Landed,
}

/// Negates the document's postings and puts the goods back into these balances, which are locked, of all the document's batches. Returns the
/// entries that go beside, in balance. Errors: `DATE_TOO_EARLY`, `BATCH_VALUE_SHORT` and those of posting.
pub(in crate::batches) async fn undo_in_tx(
    run: &mut Run<'_>,
    gone: &Gone,
    by: By,
    balances: &mut [Balance],
) -> Result<Vec<Entry>> {
    let postings = posted::postings_in_tx(run, gone.document_id, gone.kind).await?;
    let ids: Vec<i64> = postings.iter().map(|posting| posting.transaction_id).collect();
    let batch_ids: Vec<i64> = balances.iter().map(|balance| balance.batch_id).collect();
    let goods = posted::goods_in_tx(run, &ids, gone.from).await?;
    let steps = posted::steps_in_tx(run, &ids, &batch_ids, gone).await?;
    // A cost learnt later cannot come home before it is there.
    let days =
        postings.iter().map(|posting| posting.effective_on).chain(steps.iter().filter(|step| step.late).map(|step| step.on));
    let until = days.max().unwrap_or(gone.on);
    if by.on < until {
        let message = format!("it was posted until {until}, costs learnt later included; date the storno on that day or later");
        return Err(Error::rejected(Code::DateTooEarly, message));
    }
    let mut beside = posted::offsets_in_tx(run, &ids).await?;
    let mut claimed = Decimal::ZERO;
    for (stock, worth) in goods {
        let balance = balances.iter_mut().find(|balance| balance.batch_id == stock.batch_id);
        let balance = balance.ok_or_else(|| Error::internal("goods of a batch that is not locked"))?;
        let of_batch: Vec<Step> = steps.iter().filter(|step| step.batch_id == stock.batch_id).copied().collect();
        let late = late(&of_batch);
        if worth.value + late.value < Decimal::ZERO {
            let message = "credits since have made these goods worth less than nothing; take those back first";
            return Err(Error::rejected(Code::BatchValueShort, message));
        }
        claimed += late.value + of_batch.iter().filter(|step| step.own).map(|step| step.of.value).sum::<Decimal>();
        if late != Amount::default() {
            let Balance { batch_id, product_id, warehouse_id, .. } = *balance;
            let cost_element = Some(CostElement::Late);
            let cost = Stock { batch_id, product_id, warehouse_id, cost_element, ..Stock::default() };
            beside.push(Entry::debit(gone.from, late.value).vat(late.vat).stock(cost));
            beside.push(gone.to.entry(gone.of, -late).stock(cost).origin_on(gone.on));
        }
        balance.put_back(stock, worth.value + late.value, worth.vat + late.vat);
        batches::store::save_in_tx(run, balance).await?;
    }
    for transaction_id in ids {
        ledger::store::reverse_in_tx(run, transaction_id, by.document_id, by.on).await?;
    }
    if gone.to == Landed::Claim {
        beside.extend(if claimed < Decimal::ZERO {
            settlements::claims::raise_in_tx(run, by, gone.of, -claimed).await?
        } else {
            settlements::claims::lower_in_tx(run, by, gone.of, claimed, gone.document_id).await?
        });
    }
    Ok(beside)
}

/// What of the late costs at the place the goods went to belongs to them: of each its part by the metres that were there when it came; the
/// last goods there take all that is left. `steps` are of one batch, in the order they were posted.
fn late(steps: &[Step]) -> Amount {
    let metres = |steps: &mut dyn Iterator<Item = &Step>| steps.map(|step| step.metres).sum::<Decimal>();
    let mine = metres(&mut steps.iter().filter(|step| step.own));
    if metres(&mut steps.iter()) == mine {
        return steps.iter().filter(|step| !step.own).map(|step| step.of).sum();
    }
    let since = steps.iter().position(|step| step.own).unwrap_or(steps.len());
    let mut there = metres(&mut steps[..since].iter());
    let mut late = Amount::default();
    for step in &steps[since..] {
        if step.late && there > Decimal::ZERO {
            let part = |of: Decimal| money::share(of, mine, there);
            late = late + Amount { value: part(step.of.value), vat: part(step.of.vat) };
        }
        there += step.metres;
    }
    late
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(own: bool, late: bool, metres: i64, value: &str) -> Step {
        let of = Amount { value: value.parse().unwrap(), vat: Decimal::ZERO };
        Step { batch_id: 1, own, late, on: NaiveDate::default(), metres: Decimal::from(metres), of }
    }

    fn value(steps: &[Step]) -> String {
        late(steps).value.to_string()
    }

    #[test]
    fn late_costs_go_by_the_metres_that_were_there() {
        // 24 m went on a day, 100 came for them; then 12 m of the same day were entered, and 90 came for all.
        let first =
            [step(true, false, 24, "5"), step(false, true, 0, "100"), step(false, false, 12, "53"), step(false, true, 0, "90")];
        assert_eq!(value(&first), "160.00");
        let second =
            [step(false, false, 24, "5"), step(false, true, 0, "100"), step(true, false, 12, "53"), step(false, true, 0, "90")];
        assert_eq!(value(&second), "30.00");
        // When the second has gone home with its 30.00, the first takes what is left.
        let left = [first.as_slice(), &[step(false, false, -12, "-53"), step(false, false, 0, "-30")]].concat();
        assert_eq!(value(&left), "160");
    }

    #[test]
    fn a_single_departure_takes_every_kopeck() {
        assert_eq!(value(&[step(true, false, 7, "1"), step(false, true, 0, "0.01"), step(false, true, 0, "-0.03")]), "-0.02");
        assert_eq!(value(&[step(true, false, 7, "1")]), "0");
    }
}
