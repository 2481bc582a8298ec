//! Purchasing on a real database, as a buyer and an accountant check it by hand: given, when, then.
//!
//! A pile is 12 m and 1.2 t. VAT is 22 %.

mod advances;
mod afar;
mod graph;
mod market;
mod needs;
mod orders;
mod preliminary;
mod prices;
mod refused;
mod transit;

use rust_decimal::Decimal;
use shpunt_domain::Result;
use shpunt_domain::access::Actor;
use shpunt_domain::command::Ctx;
use shpunt_domain::orders::{Price, Unit};
use shpunt_domain::purchasing::orders::commands::{self, Create, NewLine, Step, Terms};
use shpunt_domain::purchasing::orders::{Received, SupplierOrder, read};
use shpunt_domain::purchasing::receipts::commands::{ReceiveOrdered, receive};
use shpunt_domain::treasury::commands::{Pay, pay};
use shpunt_domain::treasury::{Direction, Target};
use shpunt_tests::ctx;

use super::money::{World, d, day};

/// A person who is not the author.
fn somebody_else(key: &str) -> Ctx {
    let actor = Actor { user_id: 77, ..Actor::system() };
    Ctx { actor, ..ctx(key) }
}

impl World {
    /// An order of so many piles at 60,000 a tonne without VAT, a third prepaid within three days.
    pub(crate) fn wanted(&self, pieces: i64) -> Create {
        let net = Decimal::from(pieces) * d("72000");
        let price = Price { unit: Unit::Tonne, price: d("60000"), includes_vat: false };
        let line = NewLine { product_id: self.product_id, pieces, price, vat: net * d("0.22") };
        Create {
            company_id: self.company_id,
            party_id: self.supplier_id,
            contract_id: 0,
            deal_id: 0,
            terms: Terms {
                warehouse_id: self.warehouse_id,
                ordered_on: day("2026-02-02"),
                expected_on: day("2026-02-16"),
                prepayment_percent: d("30"),
                prepayment_days: 3,
                delivery_terms: "самовывоз".to_owned(),
                note: String::new(),
                lines: vec![line],
            },
        }
    }

    /// The same, approved.
    async fn ordered(&self, key: &str, pieces: i64) -> SupplierOrder {
        let order = commands::create(self.db(), &ctx(key), &self.wanted(pieces)).await.unwrap().value;
        commands::approve(self.db(), &somebody_else(&format!("{key} approve")), &step(&order)).await.unwrap().value
    }

    /// Piles of the order's only line at its price.
    fn coming(&self, order: &SupplierOrder, number: &str, on: &str, pieces: i64) -> ReceiveOrdered {
        let net = Decimal::from(pieces) * d("72000");
        let goods = self.receipt(number, on, pieces, &net.to_string(), &(net * d("0.22")).to_string());
        ReceiveOrdered { goods, supplier_order_line_id: order.lines[0].supplier_order_line_id, preliminary: false }
    }

    async fn came(&self, order: &SupplierOrder, number: &str, on: &str, pieces: i64) -> i64 {
        let coming = self.coming(order, number, on, pieces);
        receive(self.db(), &ctx(number), &coming).await.unwrap().value.batch_id
    }

    /// Money to the supplier.
    async fn pay_supplier(&self, direction: Direction, target: Target, on: &str, amount: &str) -> Result<()> {
        let payment = Pay {
            direction,
            party_id: self.supplier_id,
            article_id: self.article("supplier_payment").await,
            ..self.payment(target, on, amount).await
        };
        pay(self.db(), &ctx(&format!("{payment:?}")), &payment).await.map(|_| ())
    }

    async fn as_it_is(&self, order: &SupplierOrder) -> SupplierOrder {
        let all = &shpunt_domain::access::Scope::All;
        read::list_by_ids(self.db(), all, &[order.supplier_order_id]).await.unwrap().remove(0)
    }

    async fn received(&self, order: &SupplierOrder) -> Received {
        let line = order.lines[0].supplier_order_line_id;
        read::list_received(self.db(), &[line]).await.unwrap().first().copied().unwrap_or_default()
    }

    /// What is open of the order: advance, debt.
    async fn tied(&self, order: &SupplierOrder) -> (Decimal, Decimal) {
        let money = read::list_money(self.db(), &[order.supplier_order_id]).await.unwrap();
        money.first().map_or((Decimal::ZERO, Decimal::ZERO), |money| (money.advance, money.debt))
    }
}

/// A step from the version the order was read at.
fn step(order: &SupplierOrder) -> Step {
    Step { supplier_order_id: order.supplier_order_id, expected_version: order.version, note: String::new(), expected_on: None }
}
