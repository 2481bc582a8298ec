//! A small business of two companies, made by the commands, with the change stream behind it.
//!
//! Company A pays VAT (20 % in 2025, 22 % in 2026), company B is under УСН 5 %. The figures of every deal are worked out where it is
//! made; tests repeat the sums.

use chrono::{DateTime, NaiveDate, TimeDelta, TimeZone as _, Utc};
use rust_decimal::Decimal;
use shpunt_analytics::reports::entries::EntryFilter;
use shpunt_analytics::reports::{Ask, Filter, Period, Reports};
use shpunt_analytics::{Client, Config};
use shpunt_domain::access::Actor;
use shpunt_domain::batches::commands::{Receive, receive};
use shpunt_domain::command::Ctx;
use shpunt_domain::deals::bulk::{Lead, Win, leads, wins};
use shpunt_domain::deals::commands::{self as deals, Fields, HandOver, MoveStage};
use shpunt_domain::orders::commands::{self as orders, Create, Move, NewLine, Ship};
use shpunt_domain::orders::expenses::{AddExpense, add};
use shpunt_domain::orders::{Order, Price, Unit};
use shpunt_domain::treasury::commands::{OpenAccount, Pay, Transfer, open_account, pay, transfer};
use shpunt_domain::treasury::expenses::{Accrue, accrue};
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

/// What the whole business was booked at; entries of [`Office::late`] come a month later.
pub(crate) fn booked() -> DateTime<Utc> {
    noon("2026-03-02")
}

pub(crate) struct Office {
    pub(crate) rig: Rig,
    pub(crate) work: Work,
    pub(crate) reports: Reports,
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
        let work = rig.work();
        let reports = reports(&rig);
        let mut office = Self {
            a: rig.company,
            reports,
            work,
            rig,
            b: 0,
            ivan: 0,
            olga: 0,
            site: 0,
            avito: 0,
            bridge: 0,
            port: 0,
            supplier: 0,
            carrier: 0,
            bank_a: 0,
            desk_a: 0,
            bank_b: 0,
            batch_a1: 0,
            batch_a2: 0,
            batch_b1: 0,
            heavy: 0,
            light: 0,
            delivery: 0,
            embankment: 0,
            quay: 0,
            pit: 0,
            tower: 0,
            caller: 0,
            order_first: 0,
            order_second: 0,
            warehouse: 0,
        };
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
        self.b = self
            .id("insert into companies (name, inn, first_day) values ('ООО «Шпунт-Сервис»', '7701000002', '2024-01-01') returning company_id")
            .await;
        self.id(&format!(
            "insert into company_tax_regimes (company_id, valid_from, regime)
             values ({a}, '2024-01-01', 'osno'), ({}, '2024-01-01', 'usn_5') returning company_id",
            self.b
        ))
        .await;
        self.ivan = self.id("insert into employees (name) values ('Иван') returning employee_id").await;
        self.olga = self.id("insert into employees (name) values ('Ольга') returning employee_id").await;
        self.site = self.id("insert into channels (code, name) values ('site', 'Сайт') returning channel_id").await;
        self.avito = self.id("insert into channels (code, name) values ('avito', 'Авито') returning channel_id").await;
        let party = |name: &str| {
            format!("insert into parties (name, is_customer, created_at) values ('{name}', true, now()) returning party_id")
        };
        self.bridge = self.id(&party("Мост")).await;
        self.port = self.id(&party("Порт")).await;
        self.supplier = self.id(&party("Завод")).await;
        self.carrier = self.id(&party("Перевозчик")).await;
    }

    async fn goods(&mut self) {
        let pile = |sku: &str, length: i64, weight: i64| {
            format!(
                "insert into products (kind, sku, name, profile, condition, length_m, kg_per_m)
                 values ('goods', '{sku}', 'Шпунт {sku}', '{sku}', 'new', {length}, {weight}) returning product_id"
            )
        };
        self.heavy = self.id(&pile("L5", 12, 100)).await;
        self.light = self.id(&pile("PU", 10, 80)).await;
        self.delivery = self
            .id("insert into products (kind, sku, name) values ('service', 'delivery', 'Доставка') returning product_id")
            .await;
        self.warehouse = self.id("insert into warehouses (name) values ('Электросталь') returning warehouse_id").await;
        // 60,000 apiece, 40,000 apiece, and under УСН 60,000 + 13,200 of VAT apiece.
        self.batch_a1 = self.receive(self.a, self.heavy, "А-1", "2025-12-01", 20, "1200000", "240000").await;
        self.batch_a2 = self.receive(self.a, self.light, "А-2", "2026-01-10", 50, "2000000", "440000").await;
        self.batch_b1 = self.receive(self.b, self.heavy, "Б-1", "2026-01-15", 10, "600000", "132000").await;
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
                "Банк А" => self.bank_a = id,
                "Касса А" => self.desk_a = id,
                _ => self.bank_b = id,
            }
        }
        self.pay("2025-11-15", Direction::In, self.bank_a, "capital_in", 0, Target::None, "3000000").await;
        self.pay("2026-01-12", Direction::In, self.bank_b, "capital_in", 0, Target::None, "1000000").await;
        self.pay("2025-12-20", Direction::Out, self.bank_a, "supplier_payment", self.supplier, Target::Party, "1440000").await;
        self.pay("2026-02-10", Direction::Out, self.bank_b, "supplier_payment", self.supplier, Target::Party, "500000").await;
        let over = Transfer {
            from_account_id: self.bank_a,
            to_account_id: self.desk_a,
            on: day("2026-02-01"),
            received_on: None,
            amount: d("100000"),
        };
        transfer(&self.rig.db, &ctx("transfer"), &over).await.unwrap();
        // Leaves the bank in January, arrives in February: under way at the end of the month.
        self.pay("2026-01-31", Direction::Out, self.bank_a, "transfer", 0, Target::None, "50000").await;
        self.pay("2026-02-02", Direction::In, self.desk_a, "transfer", 0, Target::None, "50000").await;
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
        Pay { direction, cash_account_id, article_id, party_id, target, paid_on, amount, purpose: String::new() }
    }

    pub(crate) async fn article(&self, code: &str) -> i64 {
        self.id(&format!("select article_id from articles where code = '{code}'")).await
    }

    /// Revenue 1,032,786.89 + 491,803.28 = 1,524,590.17 net, 1,860,000 with VAT, of 18 t; cost 600,000 + 300,000; expenses of the
    /// first truck 50,000 in January and 10,000 in February, of a truck that has not left 5,000.
    async fn sell_the_embankment(&mut self) {
        self.embankment =
            self.open("2025-12-05", self.a, self.ivan, self.site, self.bridge, "Набережная", ("24", "2400000", "500000")).await;
        for (on, stage) in [
            ("2025-12-06", "qualified"),
            ("2025-12-07", "need_defined"),
            ("2025-12-08", "offer_sent"),
            ("2025-12-10", "contract"),
            ("2025-12-15", "in_supply"),
        ] {
            self.stage(on, self.embankment, stage, "").await;
        }
        let deal = self.embankment;
        // Prepaid at 20/120 before its trucks exist.
        self.pay("2025-12-15", Direction::In, self.bank_a, "customer_payment", self.bridge, Target::Deal(deal), "1200000").await;
        let lines = vec![goods(self.heavy, self.batch_a1, 10, "100000", true), service(self.delivery, "60000")];
        let first = self.order(deal, "2026-01-20", lines).await;
        self.ship(&first, "2026-01-20").await;
        self.order_first = first.order_id;
        self.expense(first.order_id, "freight", "2026-01-25", "50000", "11000", booked()).await;
        self.expense(first.order_id, "crane", "2026-02-10", "10000", "0", booked()).await;
        let second = self.order(deal, "2026-02-05", vec![goods(self.heavy, self.batch_a1, 5, "100000", true)]).await;
        self.ship(&second, "2026-02-05").await;
        self.order_second = second.order_id;
        let target = Target::Order(second.order_id);
        self.pay("2026-02-20", Direction::In, self.bank_a, "customer_payment", self.bridge, target, "400000").await;
        let third = self.order(deal, "2026-03-10", vec![goods(self.heavy, self.batch_a1, 5, "100000", true)]).await;
        self.expense(third.order_id, "cutting", "2026-02-27", "5000", "0", booked()).await;
        let dropped = self.order(deal, "2026-03-12", vec![goods(self.light, self.batch_a2, 30, "90000", true)]).await;
        let cancel = Move { order_id: dropped.order_id, on: None };
        orders::cancel(&self.rig.db, &ctx("cancel"), &cancel).await.unwrap();
    }

    /// Revenue 1,200,000 net + 264,000 of VAT for 16 t, cost 800,000, all paid; handed over to Ivan after the shipment.
    async fn sell_the_quay(&mut self) {
        self.quay =
            self.open("2026-01-12", self.a, self.olga, self.avito, self.port, "Причал", ("16", "1464000", "300000")).await;
        self.stage("2026-01-13", self.quay, "qualified", "").await;
        self.stage("2026-01-20", self.quay, "contract", "").await;
        let order = self.order(self.quay, "2026-02-10", vec![goods(self.light, self.batch_a2, 20, "75000", false)]).await;
        self.ship(&order, "2026-02-10").await;
        let target = Target::Order(order.order_id);
        self.pay("2026-02-15", Direction::In, self.bank_a, "customer_payment", self.port, target, "1464000").await;
        self.stage("2026-02-28", self.quay, "won", "").await;
        let hand_over = HandOver { deal_id: self.quay, employee_id: self.ivan };
        deals::hand_over(&self.rig.db, &ctx("hand over"), hand_over).await.unwrap();
    }

    /// Under УСН 5 %: 528,000 with VAT is 502,857.14 + 25,142.86 for 4.8 t; cost 4 × 73,200 = 292,800; half of it paid.
    async fn sell_in_company_b(&mut self) {
        self.pit =
            self.open("2026-02-01", self.b, self.ivan, self.site, self.bridge, "Котлован", ("4.8", "528000", "150000")).await;
        self.stage("2026-02-03", self.pit, "in_supply", "").await;
        let order = self.order(self.pit, "2026-02-15", vec![goods(self.heavy, self.batch_b1, 4, "110000", true)]).await;
        self.ship(&order, "2026-02-15").await;
        self.pay(
            "2026-02-25",
            Direction::In,
            self.bank_b,
            "customer_payment",
            self.bridge,
            Target::Order(order.order_id),
            "264000",
        )
        .await;
        self.tower = self.open("2026-02-10", self.b, self.olga, self.site, self.port, "Башня", ("10", "1000000", "200000")).await;
        self.stage("2026-02-12", self.tower, "contract", "").await;
        self.pay("2026-02-20", Direction::In, self.bank_b, "customer_payment", self.port, Target::Deal(self.tower), "500000")
            .await;
    }

    /// A caller, a lost deal, one that skipped a stage and went back, and a win dated before its first contact.
    async fn leads(&mut self) {
        self.caller = self.open("2026-02-20", self.a, 0, 1, 0, "Звонок", ("0", "0", "0")).await;
        let lost = self.open("2026-02-02", self.a, self.olga, self.avito, 0, "Забор", ("5", "400000", "0")).await;
        self.stage("2026-02-03", lost, "qualified", "").await;
        self.stage("2026-02-07", lost, "need_defined", "").await;
        self.stage("2026-02-09", lost, "lost", "дорого").await;
        let back = self.open("2026-02-04", self.a, self.olga, self.avito, 0, "Склад", ("7", "600000", "0")).await;
        self.stage("2026-02-06", back, "offer_sent", "").await;
        for (on, stage) in [
            ("2026-02-08", "qualified"),
            ("2026-02-10", "offer_sent"),
            ("2026-02-13", "qualified"),
            ("2026-02-14", "need_defined"),
        ] {
            self.stage(on, back, stage, "").await;
        }
        let lead = Lead {
            external_id: "crm-1".to_owned(),
            channel: "avito".to_owned(),
            title: "Из старой базы".to_owned(),
            opened_at: noon("2026-02-05"),
        };
        leads(&self.rig.db, &ctx("import leads"), self.a, &[lead]).await.unwrap();
        let win = Win {
            external_id: "crm-1".to_owned(),
            party_external_id: "crm-party-1".to_owned(),
            party_name: "Старый клиент".to_owned(),
            won_at: noon("2026-01-20"),
        };
        let done = wins(&self.rig.db, &ctx("import wins"), self.a, &[win]).await.unwrap().value;
        assert_eq!(done.early, ["crm-1"]);
    }

    /// Rent, advertising of a channel and a salary.
    async fn run_the_office(&self) {
        for (article, party_id, channel_id, employee_id, on, net, vat) in [
            ("rent", self.supplier, 0, 0, "2026-01-31", "100000", "22000"),
            ("rent", self.supplier, 0, 0, "2026-02-28", "100000", "22000"),
            ("advertising", self.supplier, self.avito, 0, "2026-02-14", "30000", "6600"),
            ("salary", 0, 0, self.ivan, "2026-02-28", "80000", "0"),
        ] {
            let expense = Accrue {
                company_id: self.a,
                article_id: self.article(article).await,
                party_id,
                channel_id,
                department_id: 0,
                employee_id,
                effective_on: day(on),
                net: d(net),
                vat: d(vat),
            };
            accrue(&self.rig.db, &ctx(&format!("{article} {on}")), &expense).await.unwrap();
        }
        self.pay("2026-03-01", Direction::Out, self.bank_a, "salary", 0, Target::None, "80000").await;
        self.pay("2026-02-11", Direction::Out, self.bank_a, "bank_fee", 0, Target::None, "1234.56").await;
    }

    #[expect(clippy::too_many_arguments, reason = "a deal in one line reads best")]
    async fn open(
        &self,
        on: &str,
        company_id: i64,
        employee_id: i64,
        channel_id: i64,
        party_id: i64,
        title: &str,
        (tonnes, gross, margin): (&str, &str, &str),
    ) -> i64 {
        let fields = Fields {
            title: title.to_owned(),
            party_id,
            channel_id,
            need_tonnes: d(tonnes),
            need_gross: d(gross),
            planned_margin: d(margin),
            contact_name: "Пётр".to_owned(),
            ..Fields::default()
        };
        let create = deals::Create { company_id, employee_id, fields };
        deals::create(&self.rig.db, &ctx_at(title, noon(on)), create).await.unwrap().value.deal_id
    }

    async fn stage(&self, on: &str, deal_id: i64, stage: &str, reason: &str) {
        let to = MoveStage { deal_id, stage: stage.to_owned(), lost_reason: reason.to_owned() };
        deals::move_stage(&self.rig.db, &ctx_at(&format!("{deal_id} {stage}"), noon(on)), to).await.unwrap();
    }

    /// A confirmed order, last touched on the day before it was planned to leave (or today).
    async fn order(&self, deal_id: i64, planned_on: &str, lines: Vec<NewLine>) -> Order {
        let create = Create { deal_id, planned_on: day(planned_on), vehicle: String::new(), lines };
        let now = (noon(planned_on) - TimeDelta::days(1)).min(booked());
        let ctx = |verb: &str| ctx_at(&format!("{deal_id} {planned_on} {verb}"), now);
        let order = orders::create(&self.rig.db, &ctx("order"), &create).await.unwrap().value;
        let confirm = Move { order_id: order.order_id, on: None };
        orders::confirm(&self.rig.db, &ctx("confirm"), &confirm).await.unwrap().value
    }

    async fn ship(&self, order: &Order, on: &str) {
        let ship = Ship { order_id: order.order_id, shipped_on: day(on), weighed: vec![] };
        orders::ship(&self.rig.db, &ctx_at(&order.number, noon(on)), &ship).await.unwrap();
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

fn goods(product_id: i64, batch_id: i64, pieces: i64, price: &str, includes_vat: bool) -> NewLine {
    let price = Price { unit: Unit::Tonne, price: d(price), includes_vat };
    NewLine { product_id, batch_id: Some(batch_id), pieces, quantity: Decimal::ZERO, price }
}

fn service(product_id: i64, gross: &str) -> NewLine {
    let price = Price { unit: Unit::Service, price: d(gross), includes_vat: true };
    NewLine { product_id, batch_id: None, pieces: 0, quantity: Decimal::ONE, price }
}
