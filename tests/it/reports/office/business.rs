//! What the two companies sold, won and lost, and what they spent.

use chrono::TimeDelta;
use rust_decimal::Decimal;
use shpunt_domain::deals::bulk::{Lead, Win, leads, wins};
use shpunt_domain::deals::commands::{self as deals, Fields, HandOver, MoveStage};
use shpunt_domain::orders::cancel::cancel;
use shpunt_domain::orders::commands::{self as orders, Create, Move, NewLine, Ship};
use shpunt_domain::orders::{Order, Price, Unit};
use shpunt_domain::treasury::expenses::{Accrue, accrue};
use shpunt_domain::treasury::{Direction, Target};

use super::{Office, booked, ctx, ctx_at, d, day, noon};

impl Office {
    /// Revenue 1,032,786.89 + 491,803.28 = 1,524,590.17 net, 1,860,000 with VAT, of 18 t; cost 600,000 + 300,000; expenses of the
    /// first truck 50,000 in January and 10,000 in February, of a truck that has not left 5,000.
    pub(super) async fn sell_the_embankment(&mut self) {
        self.ids.embankment =
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
        self.ids.order_first = first.order_id;
        self.expense(first.order_id, "freight", "2026-01-25", "50000", "11000", booked()).await;
        self.expense(first.order_id, "crane", "2026-02-10", "10000", "0", booked()).await;
        let second = self.order(deal, "2026-02-05", vec![goods(self.heavy, self.batch_a1, 5, "100000", true)]).await;
        self.ship(&second, "2026-02-05").await;
        self.ids.order_second = second.order_id;
        let target = Target::Order(second.order_id);
        self.pay("2026-02-20", Direction::In, self.bank_a, "customer_payment", self.bridge, target, "400000").await;
        let third = self.order(deal, "2026-03-10", vec![goods(self.heavy, self.batch_a1, 5, "100000", true)]).await;
        self.expense(third.order_id, "cutting", "2026-02-27", "5000", "0", booked()).await;
        let dropped = self.order(deal, "2026-03-12", vec![goods(self.light, self.batch_a2, 30, "90000", true)]).await;
        let drop = Move { order_id: dropped.order_id, on: None };
        cancel(&self.rig.db, &ctx("cancel"), &drop).await.unwrap();
    }

    /// Revenue 1,200,000 net + 264,000 of VAT for 16 t, cost 800,000, all paid; handed over to Ivan after the shipment.
    pub(super) async fn sell_the_quay(&mut self) {
        self.ids.quay =
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
    pub(super) async fn sell_in_company_b(&mut self) {
        self.ids.pit =
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
        self.ids.tower =
            self.open("2026-02-10", self.b, self.olga, self.site, self.port, "Башня", ("10", "1000000", "200000")).await;
        self.stage("2026-02-12", self.tower, "contract", "").await;
        self.pay("2026-02-20", Direction::In, self.bank_b, "customer_payment", self.port, Target::Deal(self.tower), "500000")
            .await;
    }

    /// A caller, a lost deal, one that skipped a stage and went back, and a win dated before its first contact.
    pub(super) async fn leads(&mut self) {
        self.ids.caller = self.open("2026-02-20", self.a, 0, 1, 0, "Звонок", ("0", "0", "0")).await;
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
    pub(super) async fn run_the_office(&self) {
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
}

fn goods(product_id: i64, batch_id: i64, pieces: i64, price: &str, includes_vat: bool) -> NewLine {
    let price = Price { unit: Unit::Tonne, price: d(price), includes_vat };
    NewLine { product_id, batch_id: Some(batch_id), pieces, quantity: Decimal::ZERO, price }
}

fn service(product_id: i64, gross: &str) -> NewLine {
    let price = Price { unit: Unit::Service, price: d(gross), includes_vat: true };
    NewLine { product_id, batch_id: None, pieces: 0, quantity: Decimal::ONE, price }
}
