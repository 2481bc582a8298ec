//! Batches that come from afar: bought at the supplier's gate, on their way with a freight bill, arrived whole, short, or with defects.
//!
//! What is missing is claimed at the supplier's price with VAT and the freight of it; of what is defective he takes the price back by itself,
//! and the freight is claimed. He acknowledges a part, the rest is given up.

use chrono::{Duration, NaiveDate, NaiveDateTime};
use rust_decimal::Decimal;
use shpunt_domain::batches::measure;
use shpunt_domain::money::share;
use shpunt_domain::treasury::Direction;

use super::cast::carrier;
use super::costs::Ledger;
use super::lots::Lot;
use super::treasury::Flow;
use crate::demo::Options;
use crate::demo::calendar::{moment, plus, workday, workday_before};
use crate::demo::dice::Dice;
use crate::demo::market::{GOODS, IDLE, MAIN, per_mille, vat_on};
use crate::demo::script::{Act, Aim, Claim, Receipt};

/// What is wrong with a batch, and of how many pieces.
#[derive(Debug, Clone, Copy)]
enum Trouble {
    None,
    Missing(i64),
    Defective(i64),
}

/// A batch from afar.
#[derive(Debug, Clone, Copy)]
pub(super) struct Afar {
    /// When it became ours.
    pub(super) bought: NaiveDateTime,
    trouble: Trouble,
}

/// What a supplier is owed less, from a day on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Less {
    pub(super) since: NaiveDate,
    pub(super) amount: Decimal,
}

impl Afar {
    /// Pieces that are bought and never sold.
    pub(super) const fn spoilt(self) -> i64 {
        match self.trouble {
            Trouble::None => 0,
            Trouble::Missing(pieces) | Trouble::Defective(pieces) => pieces,
        }
    }
}

/// Days from the first one until goods come from afar.
const QUIET: i64 = 25;

/// Which batches come from afar. Of the first two, one arrives short and one with defects.
pub(super) fn choose(options: &Options, lots: &[Lot]) -> Vec<Option<Afar>> {
    let early = options.from() + Duration::days(QUIET);
    let fits = |lot: &Lot| GOODS[lot.goods].company == MAIN && lot.goods != IDLE && lot.received.date() >= early;
    let mut fitting: Vec<usize> = (0..lots.len()).filter(|batch| fits(&lots[*batch])).collect();
    fitting.sort_by_key(|batch| lots[*batch].received);
    let mut fates = vec![None; lots.len()];
    for (rank, batch) in fitting.into_iter().enumerate() {
        let mut dice = Dice::of(options.seed, "afar", batch);
        let (days, pieces) = (dice.between(6, 16), dice.between(1, 3));
        let trouble = match (rank, dice.weighted([76, 12, 6, 6].into_iter())) {
            (0, _) | (_, 2) => Trouble::Missing(pieces),
            (1, _) | (_, 3) => Trouble::Defective(pieces),
            (_, 1) => Trouble::None,
            _ => continue,
        };
        let day = workday_before(lots[batch].received.date() - Duration::days(days));
        let day = day.max(workday(options.from() + Duration::days(2)));
        fates[batch] = Some(Afar { bought: moment(&mut dice, day, 9, 12), trouble });
    }
    fates
}

/// The batch from the gate to the yard, and what follows of its trouble.
pub(super) fn journey(
    options: &Options,
    receipt: Receipt,
    afar: Afar,
    arrived: NaiveDateTime,
    to: &mut Ledger<'_>,
) -> Option<Less> {
    let mut dice = Dice::of(options.seed, "journey", receipt.batch);
    let Receipt { batch, company, warehouse, pieces, .. } = receipt;
    let freight = freight(&mut dice, &receipt, afar.bought.date(), arrived.date(), to);
    let part = |amount| share(amount, afar.spoilt().into(), pieces.into());
    let (price, vat, with_freight) = (part(receipt.net), part(receipt.vat), part(receipt.net + freight));
    let claim = |amount| Claim { batch, company, party: receipt.party, amount };
    let mut arrives = pieces;
    // What the supplier is owed less at once, what is claimed, and what he acknowledges of it.
    let (less, claimed, acknowledged) = match afar.trouble {
        Trouble::None => (Decimal::ZERO, Decimal::ZERO, Decimal::ZERO),
        Trouble::Missing(missing) => {
            arrives -= missing;
            let claimed = with_freight + vat;
            to.script.push(arrived - Duration::minutes(10), Act::Miss { claim: claim(claimed), pieces: missing });
            (Decimal::ZERO, claimed, price + vat)
        }
        Trouble::Defective(defective) => {
            let claimed = with_freight - price;
            let back = Act::SendBack { claim: claim(claimed), pieces: defective };
            to.script.push(arrived + Duration::minutes(30), back);
            (price + vat, claimed, per_mille(claimed, dice.between(400, 800)))
        }
    };
    to.script.push(arrived, Act::Arrive { batch, pieces: arrives, warehouse });
    to.script.push(afar.bought, Act::ReceiveAfar { receipt, expected_on: arrived.date() });
    if claimed.is_zero() {
        return None;
    }
    // The VAT of what is missing or goes back is deducted no more.
    to.vat.add(company, arrived.date(), vat);
    let (answers, waits) = (dice.between(7, 18), dice.between(4, 12));
    let answered = plus(arrived.date(), answers);
    let mut settle = |day, amount, given_up| {
        to.script.push(moment(&mut dice, day, 10, 13), Act::SettleClaim { batch, amount, given_up });
    };
    settle(answered, acknowledged, false);
    settle(plus(answered, waits), claimed - acknowledged, true);
    Some(Less { since: answered, amount: less + acknowledged })
}

/// The carrier's bill half way; returns what it costs.
fn freight(dice: &mut Dice, receipt: &Receipt, bought: NaiveDate, arrived: NaiveDate, to: &mut Ledger<'_>) -> Decimal {
    let what = GOODS[receipt.goods];
    let tonnes = measure(receipt.pieces, what.length.into(), what.kg()).tonnes;
    let net = (tonnes * Decimal::from(dice.between(22, 32))).round_dp(0) * Decimal::ONE_HUNDRED;
    let (party, charges_vat) = carrier(dice);
    let day = workday_before(bought + (arrived - bought) / 2).max(bought);
    let vat = if charges_vat { vat_on(net, day) } else { Decimal::ZERO };
    let Receipt { batch, company, .. } = *receipt;
    to.script.push(moment(dice, day, 14, 17), Act::GoodsBill { batch, company, party, net, vat });
    to.vat.add(company, day, -vat);
    let waits = dice.between(5, 15);
    to.flows.push(Flow {
        at: moment(dice, plus(day, waits), 14, 17),
        company,
        direction: Direction::Out,
        article: "freight",
        party: Some(party),
        aim: Aim::Party,
        amount: net + vat,
        purpose: format!("Перевозка партии {}", receipt.number),
        by_cash: false,
    });
    net
}
