//! Direct expenses of a sale: planned, accrued at shipment, billed, spread over the orders of a deal, taken back.

mod completion;
mod deals;
mod joint;
mod plans;
mod random;
mod refused;

use rust_decimal::Decimal;
use shpunt_domain::Result;
use shpunt_domain::deals::commands::{MoveStage, move_stage};
use shpunt_domain::direct::bills::{Bears, PostDirect, Target, post_direct};
use shpunt_domain::direct::plans::{AddPlan, add};
use shpunt_domain::direct::reverse::{ReverseDirect, reverse_direct};
use shpunt_domain::direct::{Basis, DirectExpense, PlannedExpense};
use shpunt_domain::orders::Order;
use shpunt_domain::orders::cancel::cancel;
use shpunt_domain::orders::commands::Move;
use shpunt_tests::ctx;

use super::{World, d, day};

impl World {
    /// Freight without a known carrier.
    pub(super) async fn plan(&self, order: &Order, article: &str, net: &str) -> AddPlan {
        let article_id = self.article(article).await;
        AddPlan { order_id: order.order_id, article_id, party_id: 0, net: d(net), vat: d("0"), note: String::new() }
    }

    async fn planned(&self, key: &str, order: &Order, article: &str, net: &str) -> PlannedExpense {
        let plan = self.plan(order, article, net).await;
        add(self.db(), &ctx(key), &plan).await.unwrap().value
    }

    /// A bill of the supplier, VAT 22 %.
    pub(super) async fn direct_bill(&self, article: &str, on: &str, net: &str, bears: Bears) -> PostDirect {
        let net = d(net);
        PostDirect {
            company_id: self.company_id,
            party_id: self.supplier_id,
            contract_id: 0,
            article_id: self.article(article).await,
            number: "17".to_owned(),
            issued_on: day(on),
            effective_on: None,
            net,
            vat: (net * d("0.22")).round_dp(2),
            basis: Basis::Tonnes,
            targets: vec![Target { bears, share: None }],
        }
    }

    async fn direct_billed(&self, key: &str, bill: &PostDirect) -> DirectExpense {
        post_direct(self.db(), &ctx(key), bill).await.unwrap().value
    }

    pub(super) async fn direct_storno(&self, bill: &DirectExpense, on: &str) -> Result<DirectExpense> {
        let input = ReverseDirect { direct_expense_id: bill.direct_expense_id, on: day(on) };
        Ok(reverse_direct(self.db(), &ctx(&format!("storno {} {on}", bill.direct_expense_id)), &input).await?.value)
    }

    async fn order_cancelled(&self, order: &Order) {
        let input = Move { order_id: order.order_id, on: None };
        cancel(self.db(), &ctx(&format!("cancel {}", order.order_id)), &input).await.unwrap();
    }

    async fn deal_closed(&self, stage: &str) {
        let input = MoveStage { deal_id: self.deal_id, stage: stage.to_owned(), lost_reason: "цена".to_owned() };
        move_stage(self.db(), &ctx(&format!("close {stage}")), input).await.unwrap();
    }

    /// Order expenses, accrued costs, deferred costs and payables.
    async fn direct_books(&self) -> [Decimal; 4] {
        super::returns::balances(self, ["order_expenses", "accrued_costs", "deferred_costs", "payables"]).await
    }

    /// What an order bears.
    async fn borne_by(&self, order: &Order) -> Decimal {
        sqlx::query_scalar("select coalesce(sum(amount), 0) from ledger_entry where account = 'order_expenses' and order_id = $1")
            .bind(order.order_id)
            .fetch_one(self.db())
            .await
            .unwrap()
    }
}
