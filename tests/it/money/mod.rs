//! The money slices on a real database: receipts, orders, payments and what the books say after them.

mod advances;
mod booking;
pub(crate) mod books;
mod corrections;
mod dated;
mod direct;
mod endings;
pub(crate) mod history;
mod late_cost;
mod managers;
mod measures;
mod periods;
mod pricing;
mod pricing_requests;
mod races;
pub(crate) mod random;
mod refunds;
mod refusals;
mod regimes;
mod returns;
mod risk;
mod settling;
mod stock;
mod supply;
mod transfers;
mod trucks;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use shpunt_domain::batches::commands::{Receive, receive};
use shpunt_domain::orders::commands::{self as orders, Create, Move, NewLine, Ship};
use shpunt_domain::orders::{Order, Price, Unit};
use shpunt_domain::treasury::commands::{OpenAccount, Pay, open_account, pay};
use shpunt_domain::treasury::{Direction, Target};
use shpunt_domain::{Db, Result};
use shpunt_tests::ctx;
use shpunt_tests::db::{TestDb, companies};

pub(crate) fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub(crate) fn d(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// A company with one product, a supplier, a customer, a carrier, an account and an open deal.
pub(crate) struct World {
    db: Db,
    test: Option<TestDb>,
    pub(crate) company_id: i64,
    pub(crate) product_id: i64,
    pub(crate) service_id: i64,
    pub(crate) warehouse_id: i64,
    pub(crate) supplier_id: i64,
    pub(crate) customer_id: i64,
    pub(crate) stranger_id: i64,
    pub(crate) deal_id: i64,
    pub(crate) cash_account_id: i64,
}

async fn id(db: &Db, statement: &'static str) -> i64 {
    sqlx::query_scalar(statement).fetch_one(db).await.unwrap()
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::on(TestDb::new().await).await
    }

    /// The same in a database made elsewhere.
    pub(crate) async fn on(test: TestDb) -> Self {
        let world = Self::in_database(test.db.clone()).await;
        Self { test: Some(test), ..world }
    }

    /// The same in a database that outlives it.
    pub(crate) async fn in_database(db: Db) -> Self {
        let (company_id, _) = companies(&db).await;
        let own = db.clone();
        let db = &db;
        let product_id = id(
            db,
            "insert into products (kind, sku, name, profile, condition, length_m, kg_per_m)
             values ('goods', 'L5-12-new', 'Л5 12 м новый', 'Л5', 'new', 12, 100) returning product_id",
        )
        .await;
        let service_id =
            id(db, "insert into products (kind, sku, name) values ('service', 'delivery', 'Доставка') returning product_id")
                .await;
        let warehouse_id = id(db, "insert into warehouses (name) values ('Электросталь') returning warehouse_id").await;
        let supplier_id =
            id(db, "insert into parties (name, is_supplier, created_at) values ('Завод', true, now()) returning party_id").await;
        let customer_id =
            id(db, "insert into parties (name, is_customer, created_at) values ('Мост', true, now()) returning party_id").await;
        let stranger_id =
            id(db, "insert into parties (name, is_customer, created_at) values ('Чужой', true, now()) returning party_id").await;
        let deal_id = id(
            db,
            "insert into deals (company_id, number, title, party_id, channel_id, stage, stage_entered_at, opened_at)
             select 1, 'Д-000001', 'Шпунт на набережную', party_id, 1, 'in_supply', now(), now() from parties where name = 'Мост'
             returning deal_id",
        )
        .await;
        let account = OpenAccount { company_id, is_bank: true, name: "Расчётный счёт".to_owned() };
        let cash_account_id = open_account(db, &ctx("account"), &account).await.unwrap().value.cash_account_id;
        Self {
            db: own,
            test: None,
            company_id,
            product_id,
            service_id,
            warehouse_id,
            supplier_id,
            customer_id,
            stranger_id,
            deal_id,
            cash_account_id,
        }
    }

    /// The database of the test, which is there unless it was given without.
    pub(crate) fn test(&self) -> &TestDb {
        self.test.as_ref().expect("a database of the test")
    }

    pub(crate) fn db(&self) -> &Db {
        &self.db
    }

    pub(crate) async fn article(&self, code: &str) -> i64 {
        sqlx::query_scalar("select article_id from articles where code = $1").bind(code).fetch_one(self.db()).await.unwrap()
    }

    pub(crate) fn receipt(&self, number: &str, on: &str, pieces: i64, net: &str, vat: &str) -> Receive {
        Receive {
            company_id: self.company_id,
            party_id: self.supplier_id,
            contract_id: 0,
            warehouse_id: self.warehouse_id,
            product_id: self.product_id,
            number: number.to_owned(),
            received_on: day(on),
            pieces,
            tonnes_weighed: None,
            net: d(net),
            vat: d(vat),
        }
    }

    pub(crate) async fn receive(&self, number: &str, on: &str, pieces: i64, net: &str, vat: &str) -> i64 {
        let receipt = self.receipt(number, on, pieces, net, vat);
        receive(self.db(), &ctx(number), &receipt).await.unwrap().value.batch_id
    }

    pub(crate) fn goods(&self, batch_id: i64, pieces: i64, gross_per_tonne: &str) -> NewLine {
        let price = Price { unit: Unit::Tonne, price: d(gross_per_tonne), includes_vat: true };
        NewLine { product_id: self.product_id, batch_id: Some(batch_id), pieces, quantity: Decimal::ZERO, price }
    }

    pub(crate) fn service(&self, gross: &str) -> NewLine {
        let price = Price { unit: Unit::Service, price: d(gross), includes_vat: true };
        NewLine { product_id: self.service_id, batch_id: None, pieces: 0, quantity: Decimal::ONE, price }
    }

    /// A confirmed order of the deal.
    pub(crate) async fn order(&self, key: &str, lines: Vec<NewLine>) -> Order {
        self.try_order(key, lines).await.unwrap()
    }

    /// The same where it may be refused: then it stays a draft.
    pub(crate) async fn try_order(&self, key: &str, lines: Vec<NewLine>) -> Result<Order> {
        let create = Create { deal_id: self.deal_id, planned_on: day("2026-01-20"), vehicle: "А123ВС77".to_owned(), lines };
        let order = orders::create(self.db(), &ctx(key), &create).await.unwrap().value;
        let confirm = Move { order_id: order.order_id, on: None };
        Ok(orders::confirm(self.db(), &ctx(&format!("{key} confirm")), &confirm).await?.value)
    }

    pub(crate) async fn ship(&self, order: &Order, on: &str) -> Result<Order> {
        let ship = Ship { order_id: order.order_id, shipped_on: day(on), weighed: vec![] };
        Ok(orders::ship(self.db(), &ctx(&format!("ship {} {on}", order.order_id)), &ship).await?.value)
    }

    pub(crate) async fn payment(&self, target: Target, on: &str, amount: &str) -> Pay {
        Pay {
            direction: Direction::In,
            cash_account_id: self.cash_account_id,
            article_id: self.article("customer_payment").await,
            party_id: self.customer_id,
            target,
            paid_on: day(on),
            amount: d(amount),
            purpose: String::new(),
            payment_request_id: 0,
        }
    }

    pub(crate) async fn paid(&self, key: &str, target: Target, on: &str, amount: &str) {
        let payment = self.payment(target, on, amount).await;
        pay(self.db(), &ctx(key), &payment).await.unwrap();
    }

    /// The ledger's balance of an account.
    pub(crate) async fn balance(&self, account: &str) -> Decimal {
        sqlx::query_scalar("select coalesce(sum(amount), 0) from ledger_entry where account = $1")
            .bind(account)
            .fetch_one(self.db())
            .await
            .unwrap()
    }

    /// What must hold after any command whatever.
    pub(crate) async fn check_books(&self) {
        books::check(self.db()).await;
    }

    /// Another regime for the company, from its first day on.
    pub(crate) async fn taxed(self, regime: &str) -> Self {
        sqlx::query("update company_tax_regimes set regime = $1 where company_id = $2")
            .bind(regime)
            .bind(self.company_id)
            .execute(self.db())
            .await
            .unwrap();
        self
    }

    /// Another open deal of the same customer, under a contract whose title passes at unloading.
    pub(crate) async fn another_deal_at_our_risk(&self, number: &str) -> i64 {
        let deal_id = self.another_deal(number).await;
        sqlx::query(
            "with contract as (
                insert into contracts (company_id, party_id, kind, number, signed_on, title_on_delivery)
                select company_id, party_id, 'sale', number, date '2025-12-01', true from deals where deal_id = $1 returning contract_id)
             update deals set contract_id = contract.contract_id from contract where deal_id = $1",
        )
        .bind(deal_id)
        .execute(self.db())
        .await
        .unwrap();
        deal_id
    }

    /// Another open deal of the same customer.
    pub(crate) async fn another_deal(&self, number: &str) -> i64 {
        sqlx::query_scalar(
            "insert into deals (company_id, number, title, party_id, contract_id, channel_id, stage, stage_entered_at, opened_at)
             select company_id, $2, title, party_id, contract_id, channel_id, stage, stage_entered_at, opened_at from deals where deal_id = $1
             returning deal_id",
        )
        .bind(self.deal_id)
        .bind(number)
        .fetch_one(self.db())
        .await
        .unwrap()
    }
}
