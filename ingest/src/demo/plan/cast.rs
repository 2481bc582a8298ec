//! Who and what is there from the first day: companies, people, accounts, parties, products.

use chrono::NaiveDate;
use shpunt_domain::parties::{ContractKind, commands::Fields};

use crate::demo::calendar::at;
use crate::demo::dice::Dice;
use crate::demo::market::{CHANNELS, COMPANIES, GOODS, MAIN, SMALL};
use crate::demo::names;
use crate::demo::script::{Act, Script};

/// Places of people.
pub(super) const COMMERCIAL_DIRECTOR: usize = 1;
/// Sales managers and how many leads each takes.
pub(super) const MANAGERS: [(usize, i64); 4] = [(2, 30), (3, 28), (4, 24), (5, 18)];

/// Places of own accounts.
pub(super) const BANK: [usize; 2] = [0, 3];
/// The second bank of the main company.
pub(super) const SECOND_BANK: usize = 1;
/// Cash desks.
pub(super) const DESK: [usize; 2] = [2, 4];

/// Name, own company, is a bank account.
pub(super) const ACCOUNTS: [(&str, usize, bool); 5] = [
    ("Расчётный счёт", MAIN, true),
    ("Расчётный счёт, второй банк", MAIN, true),
    ("Касса", MAIN, false),
    ("Расчётный счёт", SMALL, true),
    ("Касса", SMALL, false),
];

const WAREHOUSES: [&str; 3] = ["Электросталь", "Колпино", "Кстово"];

/// Services on the customer's invoice.
pub(super) const DELIVERY: usize = 0;
/// Cutting to length.
pub(super) const CUTTING: usize = 1;
const SERVICES: [(&str, &str); 2] = [("УСЛ-ДОСТ", "Доставка автотранспортом"), ("УСЛ-РЕЗКА", "Резка шпунта")];

/// A seller of piles: his name, to which own company, days of payment. Those of the small company charge no VAT.
pub(super) const SUPPLIERS: [(&str, usize, i32); 9] = [
    ("АО «Тагильский шпунтовый завод»", MAIN, 30),
    ("ООО «ТД Ларсен-Импорт»", MAIN, 14),
    ("ООО «Балтметаллтранзит»", MAIN, 21),
    ("ООО «Уралпрокат-Шпунт»", MAIN, 30),
    ("АО «Волжская металлобаза»", MAIN, 20),
    ("ООО «Металлооборот»", MAIN, 10),
    ("ООО «Демонтаж-Ресурс»", SMALL, 14),
    ("ООО «Вторшпунт»", SMALL, 7),
    ("ООО «Мостоотряд-Комплект»", SMALL, 10),
];

/// Carriers; entrepreneurs charge no VAT.
const CARRIERS: [(&str, bool); 7] = [
    ("ООО «Длинномер-Логистик»", true),
    ("ООО «Трак-Экспедиция»", true),
    ("ООО «Магистраль 33»", true),
    ("ООО «Волга-Трал»", true),
    ("Сидоренко Вадим Петрович", false),
    ("Мирзоев Тимур Ренатович", false),
    ("Ковальчук Степан Иванович", false),
];

const SERVANTS: [&str; 7] = [
    "ООО «Бизнес-центр Заречный»",
    "АО «Металлобаза Восток»",
    "ООО «Медиа Контекст»",
    "ООО «Офис и Связь»",
    "ООО «Кран-Сервис»",
    "ООО «Резка Металла»",
    "ООО «Проектснабконсалт»",
];

const FIRST_CARRIER: usize = SUPPLIERS.len();
const FIRST_SERVANT: usize = FIRST_CARRIER + CARRIERS.len();
/// The office's landlord.
pub(super) const LANDLORD: usize = FIRST_SERVANT;
/// The keeper of the yard.
pub(super) const YARD: usize = FIRST_SERVANT + 1;
/// Sells advertising.
pub(super) const MEDIA: usize = FIRST_SERVANT + 2;
/// Office supplies and communications.
pub(super) const OFFICE: usize = FIRST_SERVANT + 3;
/// Cranes.
pub(super) const CRANES: usize = FIRST_SERVANT + 4;
/// Cuts piles.
pub(super) const CUTTERS: usize = FIRST_SERVANT + 5;
/// Brings customers for a bonus.
pub(super) const AGENT: usize = FIRST_SERVANT + 6;
/// From here on parties are customers.
pub(super) const FIRST_CUSTOMER: usize = FIRST_SERVANT + SERVANTS.len();
/// Customers known before the first day.
pub(super) const KNOWN_CUSTOMERS: usize = 16;

/// A carrier: its party, and whether it charges VAT.
pub(super) fn carrier(dice: &mut Dice) -> (usize, bool) {
    let place = dice.below(CARRIERS.len());
    (FIRST_CARRIER + place, CARRIERS[place].1)
}

/// A seller of piles to an own company: its party, which is also the place of its contract.
pub(super) fn supplier(dice: &mut Dice, company: usize) -> usize {
    let places: Vec<_> = (0..SUPPLIERS.len()).filter(|place| SUPPLIERS[*place].1 == company).collect();
    *dice.pick(&places)
}

/// The fields of a customer by its party's place.
pub(super) fn customer(seed: u64, party: usize) -> Fields {
    names::customer(seed, party - FIRST_CUSTOMER)
}

/// Everything of the first morning.
pub(super) fn open(script: &mut Script, seed: u64, from: NaiveDate) {
    let morning = |minute: usize| at(from, 8, i64::try_from(minute).unwrap_or_default());
    for company in 0..COMPANIES.len() {
        let inn = names::inn(&mut Dice::of(seed, "company", company));
        script.push(morning(1), Act::Company { company, inn, first_day: from });
    }
    (0..names::PEOPLE.len()).for_each(|employee| script.push(morning(2), Act::Employee { employee }));
    (1..CHANNELS.len()).for_each(|channel| script.push(morning(3), Act::Channel { channel }));
    for (warehouse, name) in WAREHOUSES.into_iter().enumerate() {
        script.push(morning(4), Act::Warehouse { warehouse, name });
    }
    for (goods, planned) in GOODS.iter().enumerate() {
        script.push(morning(5), Act::Goods { goods, condition: planned.condition });
    }
    for (service, (sku, name)) in SERVICES.into_iter().enumerate() {
        script.push(morning(6), Act::Service { service, sku, name });
    }
    for (account, (name, company, is_bank)) in ACCOUNTS.into_iter().enumerate() {
        script.push(morning(7), Act::Account { account, company, is_bank, name });
    }
    for (party, fields) in parties(seed).into_iter().enumerate() {
        script.push(morning(10), Act::Party { party, fields });
    }
    for (contract, (_, company, payment_days)) in SUPPLIERS.into_iter().enumerate() {
        let number = format!("П-{:02}/{}", contract + 1, from.format("%y"));
        let (party, kind, title_on_delivery) = (contract, ContractKind::Purchase, false);
        script.push(morning(20), Act::Contract { contract, company, party, kind, number, payment_days, title_on_delivery });
    }
}

fn parties(seed: u64) -> Vec<Fields> {
    let suppliers = SUPPLIERS.iter().map(|(name, ..)| Fields { is_supplier: true, ..names::organisation(seed, name) });
    let carriers = CARRIERS.iter().map(|(name, organisation)| {
        let fields = if *organisation { names::organisation(seed, name) } else { names::entrepreneur(seed, name) };
        Fields { is_carrier: true, ..fields }
    });
    let servants = SERVANTS.iter().map(|name| Fields { is_supplier: true, ..names::organisation(seed, name) });
    let customers = (0..KNOWN_CUSTOMERS).map(|index| names::customer(seed, index));
    suppliers.chain(carriers).chain(servants).chain(customers).collect()
}
