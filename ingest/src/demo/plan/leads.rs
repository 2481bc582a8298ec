//! Leads and how far each comes: from which channel, to whom, through which stages, won over or lost with a reason.

use chrono::{Datelike as _, Duration, NaiveDate, NaiveDateTime};
use shpunt_domain::deals::Stage;

use super::cast::{FIRST_CUSTOMER, KNOWN_CUSTOMERS, MANAGERS};
use crate::demo::Options;
use crate::demo::calendar::{at, is_workday, later, moment, season, workday};
use crate::demo::dice::Dice;
use crate::demo::market::{CHANNELS, GOODS, MAIN, REPEAT};
use crate::demo::names;

/// What a deal is made to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Special {
    /// Paid in December, shipped in January: the rate of VAT changes in between.
    YearEnd,
    /// Paid for whole, long before its trucks exist.
    Prepaid,
    /// Sold below cost.
    Loss,
    /// Many trucks.
    Many,
    /// The customer does not pay.
    Unpaid,
}

/// A deal as far as the funnel goes.
#[derive(Debug, Clone)]
pub(super) struct Lead {
    pub(super) special: Option<Special>,
    pub(super) goods: usize,
    pub(super) channel: usize,
    pub(super) employee: usize,
    pub(super) opened: NaiveDateTime,
    /// Stages entered after the first, up to *in supply* or *lost*.
    pub(super) moves: Vec<(NaiveDateTime, Stage)>,
    pub(super) lost: &'static str,
    /// The customer, known from the start or from the contract on.
    pub(super) party: Option<usize>,
    pub(super) title: String,
    pub(super) contact: String,
    pub(super) phone: String,
    /// Trucks before scaling, in hundredths.
    pub(super) size: i64,
}

impl Lead {
    /// When it entered a stage.
    pub(super) fn entered(&self, stage: Stage) -> Option<NaiveDateTime> {
        self.moves.iter().find(|(_, to)| *to == stage).map(|(at, _)| *at)
    }

    /// The own company.
    pub(super) fn company(&self) -> usize {
        GOODS[self.goods].company
    }
}

/// The stages after the first, with the usual days before each.
const STAGES: [(Stage, i64, i64); 5] = [
    (Stage::Qualified, 0, 2),
    (Stage::NeedDefined, 1, 5),
    (Stage::OfferSent, 1, 4),
    (Stage::Contract, 5, 22),
    (Stage::InSupply, 2, 9),
];

/// Why a deal is lost, by the stage it does not reach.
const REASONS: [&[&str]; 5] = [
    &["Нецелевое обращение", "Нецелевое обращение", "Нецелевое обращение", "Не дозвонились", "Не дозвонились", "Дубль обращения"],
    &["Проект отложен", "Нет бюджета", "Нужна аренда, а не покупка"],
    &["Нет нужного профиля", "Не устроил срок поставки", "Проект отложен"],
    &["Дорого", "Дорого", "Выбрали другого поставщика", "Проиграли тендер", "Проект отложен"],
    &["Не согласовали условия оплаты", "Заказчик остановил стройку"],
];

/// All leads of the year in the order they come.
pub(super) fn leads(options: &Options) -> Vec<Lead> {
    let count = usize::try_from(options.deals).unwrap_or_default();
    let days = opening_days(options, count);
    let mut customers: Vec<(NaiveDateTime, usize)> =
        (0..KNOWN_CUSTOMERS).map(|index| (at(options.from(), 8, 0), FIRST_CUSTOMER + index)).collect();
    let mut next = FIRST_CUSTOMER + KNOWN_CUSTOMERS;
    let mut leads = Vec::with_capacity(count);
    for (index, (day, special)) in cast_specials(options, &days).into_iter().enumerate() {
        let mut lead = lead(options, index, day, special, &customers);
        if let (Some(contract), None) = (lead.entered(Stage::Contract), lead.party) {
            lead.party = Some(next);
            // Nobody sells again to the one who does not pay.
            if special != Some(Special::Unpaid) {
                customers.push((contract, next));
            }
            next += 1;
        }
        leads.push(lead);
    }
    leads
}

/// The first days, when those who bought before are called.
const CALLING: i64 = 12;

/// A day for each lead, spread by the season over a growing year; more in the first days.
fn opening_days(options: &Options, count: usize) -> Vec<NaiveDate> {
    let from = options.from();
    let days: Vec<(NaiveDate, i64)> = from
        .iter_days()
        .take_while(|day| *day <= options.until)
        .filter(|day| is_workday(*day))
        .map(|day| {
            let calls = if day - from < Duration::days(CALLING) { 3 } else { 1 };
            (day, season(day) * (900 + (day - from).num_days()) * calls)
        })
        .collect();
    let mut dice = Dice::of(options.seed, "day", 0);
    let mut found: Vec<_> = (0..count).map(|_| days[dice.weighted(days.iter().map(|(_, weight)| *weight))].0).collect();
    found.sort_unstable();
    found
}

/// Gives the special roles to the leads nearest to their days, and moves them there.
fn cast_specials(options: &Options, days: &[NaiveDate]) -> Vec<(NaiveDate, Option<Special>)> {
    let from = options.from();
    let turn = NaiveDate::from_ymd_opt(from.year(), 12, 31).unwrap_or(from);
    let wanted = [
        (Special::YearEnd, (turn - Duration::days(48)).max(from + Duration::days(2))),
        (Special::Prepaid, from + Duration::days(110)),
        (Special::Loss, from + Duration::days(135)),
        (Special::Many, from + Duration::days(160)),
        (Special::Unpaid, from + Duration::days(190)),
    ];
    let mut leads: Vec<_> = days.iter().map(|day| (*day, None)).collect();
    for (special, day) in wanted {
        let free = leads.iter_mut().filter(|(_, taken)| taken.is_none());
        if let Some(lead) = free.min_by_key(|(opened, _)| (*opened - day).num_days().abs()) {
            *lead = (workday(day), Some(special));
        }
    }
    leads.sort_unstable();
    leads
}

fn lead(options: &Options, index: usize, day: NaiveDate, special: Option<Special>, customers: &[(NaiveDateTime, usize)]) -> Lead {
    let mut dice = Dice::of(options.seed, "lead", index);
    let opened = moment(&mut dice, day, 9, 18);
    let mut channel = dice.weighted(CHANNELS.iter().map(|channel| channel.leads));
    let met: Vec<_> = customers.iter().filter(|(since, _)| *since < opened).map(|(_, party)| *party).collect();
    if day - options.from() < Duration::days(CALLING) && dice.chance(500) {
        channel = REPEAT;
    }
    if special.is_some() && channel == REPEAT {
        channel = REPEAT + 1;
    }
    let party = (channel == REPEAT).then(|| *dice.pick(&met));
    let goods = loop {
        let goods = dice.weighted(GOODS.iter().map(|goods| goods.asked));
        if special.is_none() || GOODS[goods].company == MAIN {
            break goods;
        }
    };
    let employee = MANAGERS[dice.weighted(MANAGERS.iter().map(|(_, share)| *share))].0;
    let (moves, lost) = if special == Some(Special::YearEnd) {
        (year_end(&mut dice, opened), "")
    } else {
        walk(&mut dice, opened, channel, special.is_some())
    };
    let season = season(moves.last().map_or(day, |(at, _)| at.date()));
    let size = size(&mut dice, special, GOODS[goods].company, options.deals, season);
    let title = names::title(&mut dice, GOODS[goods].profile);
    let (contact, phone) = (names::person(&mut dice), names::phone(&mut dice));
    Lead { special, goods, channel, employee, opened, moves, lost, party, title, contact, phone, size }
}

/// Through the stages until one is not passed.
fn walk(dice: &mut Dice, opened: NaiveDateTime, channel: usize, always: bool) -> (Vec<(NaiveDateTime, Stage)>, &'static str) {
    let channel = CHANNELS[channel];
    let mut moves = Vec::new();
    let mut now = opened;
    for (place, (stage, least, most)) in STAGES.into_iter().enumerate() {
        let days = dice.between(least, most);
        if !dice.chance(channel.passes[place]) && !always {
            let wait = days + dice.between(2, 28);
            now = later(dice, now, wait * channel.slowness.min(1000) / 1000);
            moves.push((now, Stage::Lost));
            return (moves, *dice.pick::<&str>(REASONS[place]));
        }
        now = later(dice, now, days * channel.slowness / 1000);
        moves.push((now, stage));
    }
    (moves, "")
}

/// Contract and money before the turn of the year, whenever the lead came.
fn year_end(dice: &mut Dice, opened: NaiveDateTime) -> Vec<(NaiveDateTime, Stage)> {
    let turn = NaiveDate::from_ymd_opt(opened.year(), 12, 31).unwrap_or(opened.date());
    let mut now = opened;
    let mut moves = Vec::new();
    for (stage, back) in [(Stage::Qualified, 38), (Stage::NeedDefined, 33), (Stage::OfferSent, 28), (Stage::Contract, 17)] {
        let day = workday(turn - Duration::days(back));
        now = if day > now.date() { moment(dice, day, 10, 16) } else { later(dice, now, 1) };
        moves.push((now, stage));
    }
    moves.push((later(dice, now, 3), Stage::InSupply));
    moves
}

/// Trucks in hundredths: most deals are small, a few carry the year.
fn size(dice: &mut Dice, special: Option<Special>, company: usize, deals: u32, season: i64) -> i64 {
    match special {
        Some(Special::Many) => return (i64::from(deals) * 11).clamp(700, 4400),
        Some(Special::Prepaid | Special::YearEnd) => return 600,
        Some(Special::Unpaid) => return 400,
        Some(Special::Loss) => return 100,
        None => {}
    }
    let (low, high) =
        [(100, 200), (200, 600), (600, 1500), (1500, 2600), (2600, 3600)][dice.weighted([32, 31, 23, 11, 3].into_iter())];
    let trucks = dice.between(low, high) * (600 + season * 2 / 5) / 1000;
    if company == MAIN { trucks } else { trucks / 2 }
}
