//! A small business of two companies, made by the commands, with the change stream behind it.
//!
//! Company A pays VAT (20 % in 2025, 22 % in 2026), company B is under УСН 5 %. The figures of every deal are worked out where it is
//! made; tests repeat the sums.

mod business;

use std::ops::Deref;

use chrono::{DateTime, NaiveDate, TimeZone as _, Utc};
use rust_decimal::Decimal;
use shpunt_analytics::reports::entries::EntryFilter;
use shpunt_analytics::reports::{Ask, Filter, Period, Reports};
use shpunt_analytics::{Client, Config};
use shpunt_domain::access::Actor;
use shpunt_domain::batches::commands::{Receive, receive};
use shpunt_domain::command::Ctx;
use shpunt_domain::orders::expenses::{AddExpense, add};
use shpunt_domain::treasury::commands::{OpenAccount, Pay, Transfer, open_account, pay, transfer};
use shpunt_domain::treasury::{Direction, Target};
use uuid::Uuid;

use crate::cdc::rig::{Rig, Work};

pub(crate) fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub(crate) fn d(text: &str) -> Decimal {
    text.parse().unwrap()
}

pub(crate) fn period(from: &str, to: &str) -> Period {
    Period { from: day(from), to: day(to) }
}

/// Noon in Moscow.
pub(crate) fn noon(on: &str) -> DateTime<Utc> {
    Utc.from_utc_datetime(&day(on).and_hms_opt(9, 0, 0).unwrap())
}

/// When the whole business was booked.
pub(crate) fn booked() -> DateTime<Utc> {
    noon("2026-03-02")
}

/// A running business.
pub(crate) struct Office {
    pub(crate) rig: Rig,
    pub(crate) work: Work,
    pub(crate) reports: Reports,
    ids: Ids,
}

/// Its ids are read as its own fields.
impl Deref for Office {
    type Target = Ids;

    fn deref(&self) -> &Ids {
        &self.ids
    }
}

#[derive(Default)]
pub(crate) struct Ids {
    pub(crate) a: i64,
    pub(crate) b: i64,
    pub(crate) ivan: i64,
    pub(crate) olga: i64,
    pub(crate) site: i64,
    pub(crate) avito: i64,
    pub(crate) bridge: i64,
    pub(crate) port: i64,
    pub(crate) supplier: i64,
    pub(crate) carrier: i64,
    pub(crate) bank_a: i64,
    pub(crate) desk_a: i64,
    pub(crate) bank_b: i64,
    pub(crate) batch_a1: i64,
    pub(crate) batch_a2: i64,
    pub(crate) batch_b1: i64,
    /// Л5, 12 m, 100 kg/m: 1.2 t apiece.
    pub(crate) heavy: i64,
    /// PU, 10 m, 80 kg/m: 0.8 t apiece.
    pub(crate) light: i64,
    pub(crate) delivery: i64,
    /// Company A, Ivan, site, Мост: three trucks and a cancelled one.
    pub(crate) embankment: i64,
    /// Company A, Olga, then Ivan, Авито, Порт: won.
    pub(crate) quay: i64,
    /// Company B, Ivan, site, Мост: half paid.
    pub(crate) pit: i64,
    /// Company B, Olga, site, Порт: prepaid, no order yet.
    pub(crate) tower: i64,
    /// Company A, nobody, unknown channel: a caller.
    pub(crate) caller: i64,
    pub(crate) order_first: i64,
    pub(crate) order_second: i64,
    warehouse: i64,
}

/// The reports as the API asks them: as the read-only user.
pub(crate) fn reports(rig: &Rig) -> Reports {
    let (user, password) = rig.sidecar.reader();
    let config = Config {
        url: rig.sidecar.url(),
        database: rig.sidecar.database().to_owned(),
        user: user.to_owned(),
        password: password.to_owned(),
    };
    Reports::new(Client::new(&config), rig.frontier.clone())
}

fn ctx_at(key: &str, now: DateTime<Utc>) -> Ctx {
    let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{key} {now}").as_bytes());
    Ctx { booked_at: Some(booked()), ..Ctx::new(Actor::system(), now, id) }
}

fn ctx(key: &str) -> Ctx {
    ctx_at(key, booked())
}

impl Office {
    /// None where there is no ClickHouse to run.
    pub(crate) async fn new(name: &str) -> Option<Self> {
        let rig = Rig::new(name).await?;
        let ids = Ids { a: rig.company, ..Ids::default() };
        let mut office = Self { work: rig.work(), reports: reports(&rig), rig, ids };
        office.people().await;
        office.goods().await;
        office.treasury().await;
        office.sell_the_embankment().await;
        office.sell_the_quay().await;
        office.sell_in_company_b().await;
        office.leads().await;
        office.run_the_office().await;
        office.rig.caught_up().await;
        Some(office)
    }

    pub(crate) async fn stop(self) {
        self.work.stop().await;
        self.rig.stop().await;
    }

    /// The first column of the first row.
    pub(crate) async fn id(&self, statement: &str) -> i64 {
        sqlx::query_scalar(sqlx::AssertSqlSafe(statement)).fetch_one(&self.rig.db).await.unwrap()
    }

    /// The same sum in PostgreSQL, the books themselves.
    pub(crate) async fn books(&self, sum: &str, condition: &str) -> Decimal {
        let statement = format!("select coalesce({sum}, 0)::numeric from ledger_entry where {condition}");
        sqlx::query_scalar(sqlx::AssertSqlSafe(statement)).fetch_one(&self.rig.db).await.unwrap()
    }

    /// Asked after everything committed so far.
    pub(crate) async fn ask(&self) -> Ask {
        Ask { after: Some(crate::cdc::rig::token(&self.rig.db).await), ..Ask::default() }
    }

    pub(crate) fn of_company(company_id: i64) -> Filter {
        Filter { company_id: Some(company_id), ..Filter::ALL }
    }

    /// The sums of amount and VAT of the entries behind a number, read in small pages; the order is checked on the way.
    pub(crate) async fn behind(&self, ask: &Ask, filter: &EntryFilter) -> (Decimal, Decimal) {
        let (mut amount, mut vat, mut cursor, mut last) = (Decimal::ZERO, Decimal::ZERO, None::<String>, None);
        loop {
            let page = self.reports.ledger_entries(ask, filter, 7, cursor.as_deref()).await.unwrap().data;
            for entry in &page.entries {
                let here = (entry.effective_on, entry.entry_id);
                assert!(last.is_none_or(|last| here < last), "{here:?} after {last:?}");
                last = Some(here);
                amount += entry.amount;
                vat += entry.vat;
            }
            if !page.has_next_page {
                return (amount, vat);
            }
            assert_eq!(page.entries.len(), 7);
            cursor = page.end_cursor;
        }
    }

    async fn people(&mut self) {
        let a = self.a;
        self.ids.b = self
            .id("insert into companies (name, inn, first_day) values ('ООО «Шпунт-Сервис»', '7701000002', '2024-01-01') returning company_id")
            .await;
        self.id(&format!(
            "insert into company_tax_regimes (company_id, valid_from, regime)
             values ({a}, '2024-01-01', 'osno'), ({}, '2024-01-01', 'usn_5') returning company_id",
            self.b
        ))
        .await;
        self.ids.ivan = self.id("insert into employees (name) values ('Иван') returning employee_id").await;
        self.ids.olga = self.id("insert into employees (name) values ('Ольга') returning employee_id").await;
        self.ids.site = self.id("insert into channels (code, name) values ('site', 'Сайт') returning channel_id").await;
        self.ids.avito = self.id("insert into channels (code, name) values ('avito', 'Авито') returning channel_id").await;
        let party = |name: &str, role: &str| {
            format!("insert into parties (name, is_{role}, created_at) values ('{name}', true, now()) returning party_id")
        };
        self.ids.bridge = self.id(&party("Мост", "customer")).await;
        self.ids.port = self.id(&party("Порт", "customer")).await;
        self.ids.supplier = self.id(&party("Завод", "supplier")).await;
        self.ids.carrier = self.id(&party("Перевозчик", "carrier")).await;
    }

    async fn goods(&mut self) {
        let pile = |sku: &str, length: i64, weight: i64| {
            format!(
                "insert into products (kind, sku, name, profile, condition, length_m, kg_per_m)
                 values ('goods', '{sku}', 'Шпунт {sku}', '{sku}', 'new', {length}, {weight}) returning product_id"
            )
        };
        self.ids.heavy = self.id(&pile("L5", 12, 100)).await;
        self.ids.light = self.id(&pile("PU", 10, 80)).await;
        self.ids.delivery = self
            .id("insert into products (kind, sku, name) values ('service', 'delivery', 'Доставка') returning product_id")
            .await;
        self.ids.warehouse = self.id("insert into warehouses (name) values ('Электросталь') returning warehouse_id").await;
        // 60,000 apiece, 40,000 apiece, and under УСН 60,000 + 13,200 of VAT apiece.
        self.ids.batch_a1 = self.receive(self.a, self.heavy, "А-1", "2025-12-01", 20, "1200000", "240000").await;
        self.ids.batch_a2 = self.receive(self.a, self.light, "А-2", "2026-01-10", 50, "2000000", "440000").await;
        self.ids.batch_b1 = self.receive(self.b, self.heavy, "Б-1", "2026-01-15", 10, "600000", "132000").await;
    }

    #[expect(clippy::too_many_arguments, reason = "a receipt in one line reads best")]
    async fn receive(&self, company_id: i64, product_id: i64, number: &str, on: &str, pieces: i64, net: &str, vat: &str) -> i64 {
        let receipt = Receive {
            company_id,
            party_id: self.supplier,
            contract_id: 0,
            warehouse_id: self.warehouse,
            product_id,
            number: number.to_owned(),
            received_on: day(on),
            pieces,
            tonnes_weighed: None,
            net: d(net),
            vat: d(vat),
        };
        receive(&self.rig.db, &ctx(number), &receipt).await.unwrap().value.batch_id
    }

    /// Money of the owners, of the supplier and between own accounts.
    async fn treasury(&mut self) {
        for (company_id, is_bank, name) in [(self.a, true, "Банк А"), (self.a, false, "Касса А"), (self.b, true, "Банк Б")]
        {
            let account = OpenAccount { company_id, is_bank, name: name.to_owned() };
            let id = open_account(&self.rig.db, &ctx(name), &account).await.unwrap().value.cash_account_id;
            match name {
                "Банк А" => self.ids.bank_a = id,
                "Касса А" => self.ids.desk_a = id,
                _ => self.ids.bank_b = id,
            }
        }
        self.pay("2025-11-15", Direction::In, self.bank_a, "capital_in", 0, Target::None, "3000000").await;
        self.pay("2026-01-12", Direction::In, self.bank_b, "capital_in", 0, Target::None, "1000000").await;
        self.pay("2025-12-20", Direction::Out, self.bank_a, "supplier_payment", self.supplier, Target::Party, "1440000").await;
        self.pay("2026-02-10", Direction::Out, self.bank_b, "supplier_payment", self.supplier, Target::Party, "500000").await;
        // One within a day, one under way at the end of January.
        for (on, received_on, amount) in [("2026-02-01", None, "100000"), ("2026-01-31", Some(day("2026-02-02")), "50000")] {
            let over = Transfer {
                from_account_id: self.bank_a,
                to_account_id: self.desk_a,
                on: day(on),
                received_on,
                amount: d(amount),
            };
            transfer(&self.rig.db, &ctx(&format!("transfer {on}")), &over).await.unwrap();
        }
    }

    #[expect(clippy::too_many_arguments, reason = "a payment in one line reads best")]
    pub(crate) async fn pay(
        &self,
        on: &str,
        direction: Direction,
        account: i64,
        article: &str,
        party_id: i64,
        target: Target,
        amount: &str,
    ) {
        let payment = self.payment(on, direction, account, article, party_id, target, amount).await;
        let key = format!("{on} {direction:?} {account} {article} {party_id} {target:?} {amount}");
        pay(&self.rig.db, &ctx(&key), &payment).await.unwrap();
    }

    #[expect(clippy::too_many_arguments, reason = "a payment in one line reads best")]
    pub(crate) async fn payment(
        &self,
        on: &str,
        direction: Direction,
        cash_account_id: i64,
        article: &str,
        party_id: i64,
        target: Target,
        amount: &str,
    ) -> Pay {
        let article_id = self.article(article).await;
        let (paid_on, amount) = (day(on), d(amount));
        Pay {
            direction,
            cash_account_id,
            article_id,
            party_id,
            target,
            paid_on,
            amount,
            purpose: String::new(),
            payment_request_id: 0,
        }
    }

    pub(crate) async fn article(&self, code: &str) -> i64 {
        self.id(&format!("select article_id from articles where code = '{code}'")).await
    }

    /// A direct expense, booked when it is learnt of.
    pub(crate) async fn expense(&self, order_id: i64, article: &str, on: &str, net: &str, vat: &str, booked_at: DateTime<Utc>) {
        let expense = AddExpense {
            order_id,
            article_id: self.article(article).await,
            party_id: self.carrier,
            effective_on: day(on),
            net: d(net),
            vat: d(vat),
        };
        let ctx = Ctx { booked_at: Some(booked_at), ..ctx(&format!("{order_id} {article} {on}")) };
        add(&self.rig.db, &ctx, &expense).await.unwrap();
    }
}
