//! The planner: from the options to a script, without a clock, a database or a float.
//!
//! Leads make deals, deals make trucks, trucks make purchases and money, money makes loans. Everything goes on past the last day and is cut
//! off there, so the end of the demo looks like any day: trucks on the road, bills unpaid, orders in draft.

mod cast;
mod costs;
mod customers;
mod fates;
mod leads;
mod lots;
mod risk;
#[cfg(test)]
mod tests;
mod treasury;
mod trucks;
mod vat;

use std::collections::BTreeMap;

use chrono::{Duration, NaiveDateTime};
use rust_decimal::Decimal;
use shpunt_domain::deals::Stage;
use shpunt_domain::money;
use shpunt_domain::parties::ContractKind;

use super::Options;
use super::calendar::later;
use super::dice::Dice;
use super::market::{GOODS, per_mille};
use super::names;
use super::script::{Act, DealFields, Line, Script};
use costs::Ledger;
use leads::{Lead, Special};
use treasury::Flow;
use trucks::{Sale, Truck};

/// The whole script of a business.
pub(super) fn script(options: &Options) -> Script {
    let mut script = Script::default();
    cast::open(&mut script, options.seed, options.from());
    let leads = leads::leads(options);
    let mut sales = trucks::sales(options, &leads);
    let at_risk = risk::choose(options, &mut sales);
    let (mut flows, mut vat) = lots::supply(options, &mut sales, &mut script);
    let contracts = Contracts::new(&leads, at_risk);
    let mut by_deal: BTreeMap<usize, &Sale> = sales.iter().map(|sale| (sale.deal, sale)).collect();
    let mut managers = Vec::new();
    for (deal, lead) in leads.iter().enumerate() {
        let sale = by_deal.remove(&deal);
        let paid = sale.map(|sale| customers::payments(options.seed, sale, &mut vat)).unwrap_or_default();
        managers.push(funnel(options, &mut script, &contracts, deal, lead, sale, &paid));
        flows.extend(paid);
    }
    let mut to = Ledger { script: &mut script, flows: &mut flows, vat: &mut vat };
    for sale in &sales {
        orders(options.seed, to.script, sale);
        costs::of_orders(options.seed, sale, &mut to);
    }
    costs::of_months(options, &sales, &managers, &mut to);
    flows.extend(vat.payments());
    treasury::balance(options, flows, &mut script);
    script.ordered(options.until)
}

/// Contracts with customers: one per own company and party, signed with the deal that came first to it.
struct Contracts {
    signed: BTreeMap<(usize, usize), (usize, NaiveDateTime)>,
    at_risk: risk::Contracts,
}

impl Contracts {
    fn new(leads: &[Lead], at_risk: risk::Contracts) -> Self {
        let signed = |lead: &Lead| Some((lead.entered(Stage::Contract)?, (lead.company(), lead.party?)));
        let mut in_order: Vec<_> = leads.iter().filter_map(signed).collect();
        in_order.sort_unstable();
        let mut signed = BTreeMap::new();
        for (at, sides) in in_order {
            let next = cast::SUPPLIERS.len() + signed.len();
            signed.entry(sides).or_insert((next, at));
        }
        Self { signed, at_risk }
    }

    /// The contract, and whether it is signed at this moment.
    fn of(&self, company: usize, party: usize, at: NaiveDateTime) -> Option<(usize, bool)> {
        self.signed.get(&(company, party)).map(|(contract, signed)| (*contract, *signed == at))
    }
}

/// A deal from the lead to its end; returns who leads it in the end.
fn funnel(
    options: &Options,
    script: &mut Script,
    contracts: &Contracts,
    deal: usize,
    lead: &Lead,
    sale: Option<&Sale>,
    paid: &[Flow],
) -> usize {
    let mut dice = Dice::of(options.seed, "funnel", deal);
    let known = lead.party.filter(|_| lead.channel == super::market::REPEAT);
    let mut fields = DealFields {
        title: lead.title.clone(),
        party: known,
        contract: None,
        channel: lead.channel,
        need_tonnes: Decimal::ZERO,
        need_gross: Decimal::ZERO,
        planned_margin: Decimal::ZERO,
        contact: lead.contact.clone(),
        phone: lead.phone.clone(),
    };
    let company = lead.company();
    script.push(lead.opened, Act::DealCreate { deal, company, employee: lead.employee, fields: fields.clone() });
    let mut employee = lead.employee;
    for (at, to) in &lead.moves {
        if *to == Stage::NeedDefined {
            need(&mut dice, &mut fields, lead, sale, at.date());
            script.push(*at - Duration::minutes(3), Act::DealUpdate { deal, fields: fields.clone() });
        }
        if let (Stage::Contract, Some(party)) = (*to, lead.party) {
            sign(options.seed, script, contracts, *at, lead, party, &mut fields);
            fields.planned_margin = per_mille(fields.need_gross, dice.between(62, 118));
            script.push(*at - Duration::minutes(3), Act::DealUpdate { deal, fields: fields.clone() });
            if lead.size >= 1500 && dice.chance(500) {
                employee = cast::COMMERCIAL_DIRECTOR;
                script.push(*at + Duration::minutes(5), Act::DealHandOver { deal, employee });
            }
        }
        let reason = if *to == Stage::Lost { lead.lost } else { "" };
        script.push(*at, Act::DealMove { deal, to: *to, reason });
    }
    let last = sale.into_iter().flat_map(Sale::kept).map(|truck| truck.delivered).chain(paid.iter().map(|flow| flow.at)).max();
    if let (Some(last), true) = (last, lead.special != Some(Special::Unpaid)) {
        let days = dice.between(1, 4);
        script.push(later(&mut dice, last, days), Act::DealMove { deal, to: Stage::Won, reason: "" });
    }
    employee
}

/// What the customer says he needs: near to what he will take, if he takes anything.
fn need(dice: &mut Dice, fields: &mut DealFields, lead: &Lead, sale: Option<&Sale>, day: chrono::NaiveDate) {
    let tonnes = sale.map_or_else(
        || Decimal::from(lead.size * dice.between(120, 260) / 1000),
        |sale| sale.kept().map(|truck| sale.measured(truck.pieces).tonnes).sum::<Decimal>(),
    );
    fields.need_tonnes = (tonnes * Decimal::new(dice.between(92, 115), 2)).round_dp(0).max(Decimal::from(5));
    let price = Decimal::from(GOODS[lead.goods].price_on(day));
    fields.need_gross = money::round(fields.need_tonnes * price);
}

/// The party and its contract, when they are new.
fn sign(
    seed: u64,
    script: &mut Script,
    contracts: &Contracts,
    at: NaiveDateTime,
    lead: &Lead,
    party: usize,
    fields: &mut DealFields,
) {
    let company = lead.company();
    if fields.party.is_none() {
        script.push(at - Duration::minutes(9), Act::Party { party, fields: cast::customer(seed, party) });
        let (name, phone) = (lead.contact.clone(), lead.phone.clone());
        script.push(at - Duration::minutes(8), Act::Contact { party, name, phone });
    }
    let Some((contract, is_new)) = contracts.of(company, party, at) else { return };
    if is_new {
        let payment_days = customers::habit(seed, party, lead.special).days;
        let number = format!("{}/{}", 100 + contract, at.format("%y"));
        let (kind, title_on_delivery) = (ContractKind::Sale, contracts.at_risk.contains(&(company, party)));
        let act = Act::Contract { contract, company, party, kind, number, payment_days, title_on_delivery };
        script.push(at - Duration::minutes(5), act);
    }
    (fields.party, fields.contract) = (Some(party), Some(contract));
}

/// The orders of a deal: from the draft to the delivery, or cancelled.
fn orders(seed: u64, script: &mut Script, sale: &Sale) {
    let mut dice = Dice::of(seed, "orders", sale.deal);
    for truck in &sale.trucks {
        let order = truck.order;
        let vehicle = if sale.delivery == trucks::Delivery::Fetched { String::new() } else { names::plate(&mut dice) };
        let planned_on = truck.shipped.date();
        let lines = lines(sale, truck);
        script.push(truck.created, Act::OrderCreate { order, deal: sale.deal, planned_on, vehicle, lines });
        let soon = truck.created + Duration::minutes(dice.between(30, 400)).min((truck.shipped - truck.created) / 2);
        if truck.cancelled {
            script.push(soon, Act::OrderCancel { order });
            continue;
        }
        // Some stay drafts until the next morning.
        let next = later(&mut dice, truck.created, 1);
        let confirmed = if dice.chance(400) && next < truck.shipped { next } else { soon };
        script.push(confirmed, Act::OrderConfirm { order });
        let scales = dice.chance(450).then(|| dice.between(984, 1012));
        script.push(truck.shipped, Act::OrderShip { order, scales });
        script.push(truck.delivered, Act::OrderDeliver { order });
    }
}

fn lines(sale: &Sale, truck: &Truck) -> Vec<Line> {
    let goods = truck.takes.iter().map(|(batch, pieces)| Line::Goods {
        goods: sale.goods,
        batch: *batch,
        pieces: *pieces,
        price: sale.price,
    });
    let delivery = sale.delivery_price().map(|price| Line::Service { service: cast::DELIVERY, price });
    let cutting = sale.cutting_price().map(|price| Line::Service { service: cast::CUTTING, price });
    goods.chain(delivery).chain(cutting).collect()
}
