//! What is traded and at what prices: products, channels, tax, roubles a tonne through the year.
//!
//! Prices with VAT lie between 75 and 120 thousand roubles a tonne, as offers of 2025-2026 do.

use chrono::{Datelike as _, NaiveDate};
use rust_decimal::Decimal;
use shpunt_domain::catalog::Condition;
use shpunt_domain::companies::{Regime, Tax};
use shpunt_domain::money;

/// Own companies: the one under ОСНО and the one under УСН.
pub(super) const MAIN: usize = 0;
/// The company under УСН with 5 % VAT; it buys used piles from sellers without VAT.
pub(super) const SMALL: usize = 1;

/// Names and regimes of the own companies.
pub(super) const COMPANIES: [(&str, Regime); 2] = [("ООО «Шпунт-Снаб»", Regime::Osno), ("ООО «Шпунт-Оборот»", Regime::Usn5)];

/// A product the company keeps.
#[derive(Debug, Clone, Copy)]
pub(super) struct Goods {
    pub(super) profile: &'static str,
    /// Metres of a piece.
    pub(super) length: i64,
    /// Weight of a metre in hundredths of a kilogram, as in the table of profiles.
    pub(super) kg_per_m: i64,
    pub(super) condition: Condition,
    /// Which own company sells it.
    pub(super) company: usize,
    /// Roubles a tonne with VAT in an average month of 2025.
    pub(super) price: i64,
    /// How often it is asked for.
    pub(super) asked: i64,
}

const fn goods(
    profile: &'static str,
    length: i64,
    kg_per_m: i64,
    condition: Condition,
    company: usize,
    price: i64,
    asked: i64,
) -> Goods {
    Goods { profile, length, kg_per_m, condition, company, price, asked }
}

/// The last one is the mistake of the year: bought and never asked for.
pub(super) const GOODS: [Goods; 12] = [
    goods("Л5-УМ", 12, 11388, Condition::New, MAIN, 101_500, 190),
    goods("Л5", 12, 10000, Condition::New, MAIN, 97_000, 110),
    goods("VL 606A", 12, 8620, Condition::New, MAIN, 103_000, 110),
    goods("Larssen 604n", 12, 7380, Condition::New, MAIN, 104_500, 70),
    goods("AZ 18-700", 12, 7650, Condition::New, MAIN, 107_000, 80),
    goods("AZ 26-700", 14, 10290, Condition::New, MAIN, 109_000, 60),
    goods("Л5-УМ", 12, 11388, Condition::Used, MAIN, 83_500, 90),
    goods("Л5", 12, 10000, Condition::Restored, MAIN, 88_000, 50),
    goods("Л5", 12, 10000, Condition::Used, SMALL, 78_500, 70),
    goods("Л4", 12, 7400, Condition::Used, SMALL, 77_000, 40),
    goods("AU 20", 12, 9690, Condition::Used, SMALL, 80_500, 30),
    goods("AZ 36-700N", 18, 11860, Condition::New, MAIN, 113_000, 0),
];

/// Place of the goods nobody asks for.
pub(super) const IDLE: usize = GOODS.len() - 1;

impl Goods {
    /// Weight of a metre, kg.
    pub(super) fn kg(&self) -> Decimal {
        Decimal::new(self.kg_per_m, 2)
    }

    /// Pieces that a truck of about `kilograms` takes.
    pub(super) fn pieces(&self, kilograms: i64) -> i64 {
        (kilograms * 100 / (self.length * self.kg_per_m)).max(1)
    }

    /// Roubles a tonne with VAT on a day: dearer every month and in the summer, and the rise of VAT is passed on.
    pub(super) fn price_on(&self, day: NaiveDate) -> i64 {
        let month = i64::from(day.year() - 2025) * 12 + i64::from(day.month0());
        let season = [-14, -10, -3, 5, 12, 18, 22, 20, 12, 3, -6, -12][day.month0() as usize];
        let vat = if self.company == MAIN { (100 + vat_percent(day)) * 1000 / 120 } else { 1000 };
        self.price * (1000 + season + (month - 10) * 3) / 1000 * vat / 1000
    }
}

/// Where leads come from: code, name, how often, what passes each stage (per mille), slowness (per mille of the usual time).
#[derive(Debug, Clone, Copy)]
pub(super) struct Channel {
    pub(super) code: &'static str,
    pub(super) name: &'static str,
    pub(super) leads: i64,
    /// Qualified, need defined, offer sent, contract, in supply.
    pub(super) passes: [i64; 5],
    pub(super) slowness: i64,
    /// Advertising a month, roubles without VAT.
    pub(super) spend: i64,
}

/// The first exists in every database.
pub(super) const CHANNELS: [Channel; 8] = [
    Channel { code: "unknown", name: "", leads: 40, passes: [550, 780, 820, 420, 960], slowness: 1000, spend: 0 },
    Channel {
        code: "repeat",
        name: "Повторные покупатели",
        leads: 160,
        passes: [960, 950, 940, 720, 985],
        slowness: 450,
        spend: 0,
    },
    Channel {
        code: "referral", name: "Рекомендации", leads: 110, passes: [930, 920, 920, 670, 975], slowness: 750, spend: 0
    },
    Channel { code: "site", name: "Сайт", leads: 210, passes: [740, 850, 880, 520, 965], slowness: 1000, spend: 230_000 },
    Channel {
        code: "direct",
        name: "Контекстная реклама",
        leads: 190,
        passes: [640, 820, 860, 460, 960],
        slowness: 950,
        spend: 520_000,
    },
    Channel {
        code: "boards",
        name: "Доски объявлений",
        leads: 110,
        passes: [490, 780, 840, 400, 955],
        slowness: 800,
        spend: 140_000,
    },
    Channel {
        code: "tenders",
        name: "Тендерные площадки",
        leads: 120,
        passes: [850, 900, 950, 360, 985],
        slowness: 1500,
        spend: 110_000,
    },
    Channel {
        code: "cold_calls",
        name: "Холодные звонки",
        leads: 60,
        passes: [500, 720, 800, 360, 950],
        slowness: 1250,
        spend: 60_000,
    },
];

/// Place of the channel of customers who come again.
pub(super) const REPEAT: usize = 1;

/// The standard rate of VAT, percent (НК РФ ст. 164).
pub(super) fn vat_percent(day: NaiveDate) -> i64 {
    if day.year() < 2026 { 20 } else { 22 }
}

/// The tax of an own company on a day.
pub(super) fn tax(company: usize, day: NaiveDate) -> Tax {
    Tax::of(COMPANIES[company].1, Decimal::from(vat_percent(day)))
}

/// VAT as a seller under ОСНО prints it on top of `net`.
pub(super) fn vat_on(net: Decimal, day: NaiveDate) -> Decimal {
    money::vat_on_top(net, Decimal::from(vat_percent(day))).vat
}

/// So many thousandths of an amount.
pub(super) fn per_mille(amount: Decimal, thousandths: i64) -> Decimal {
    money::round(amount * Decimal::new(thousandths, 3))
}
