//! Bills and other costs: of orders, planned or not, of goods, of both at once, and of months.

use chrono::NaiveDate;
use shpunt_domain::batches::expenses::{self, commands as goods};
use shpunt_domain::command::Ctx;
use shpunt_domain::direct::bills::{Bears, PostDirect, Target};
use shpunt_domain::direct::joint::commands::{ForGoods, ForOrders, PostJoint, post};
use shpunt_domain::direct::plans::AddPlan;
use shpunt_domain::direct::{Basis, bills, plans};
use shpunt_domain::orders::expenses as orders;
use shpunt_domain::treasury::expenses as months;
use shpunt_domain::{Error, Result};

use super::Player;
use crate::demo::script::{Accrual, Act, OrderBill, Thing};

impl Player<'_> {
    pub(super) async fn play_cost(&mut self, ctx: &Ctx, on: NaiveDate, act: &Act) -> Result<()> {
        let db = self.db;
        match act {
            Act::OrderExpense(bill) => {
                let input = orders::AddExpense {
                    order_id: self.id(Thing::Order(bill.order))?,
                    article_id: self.article(bill.article)?,
                    party_id: self.id(Thing::Party(bill.party))?,
                    effective_on: bill.on,
                    net: bill.net,
                    vat: bill.vat,
                };
                orders::add(db, ctx, &input).await.map(drop)
            }
            Act::OrderPlan(plan) => {
                let input = AddPlan {
                    order_id: self.id(Thing::Order(plan.order))?,
                    article_id: self.article(plan.article)?,
                    party_id: self.id(Thing::Party(plan.party))?,
                    net: plan.net,
                    vat: plan.vat,
                    note: "По заявке перевозчику".to_owned(),
                };
                let done = plans::add(db, ctx, &input).await?.value;
                self.ids.insert(Thing::Plan(plan.order), done.planned_expense_id);
                Ok(())
            }
            Act::PlanBill(bill) => {
                let input = PostDirect {
                    company_id: self.id(Thing::Company(bill.company))?,
                    party_id: self.id(Thing::Party(bill.party))?,
                    contract_id: 0,
                    article_id: self.article(bill.article)?,
                    number: String::new(),
                    issued_on: bill.on,
                    effective_on: None,
                    net: bill.net,
                    vat: bill.vat,
                    basis: Basis::Tonnes,
                    targets: vec![Target { bears: Bears::Plan(self.id(Thing::Plan(bill.order))?), share: None }],
                };
                bills::post_direct(db, ctx, &input).await.map(drop)
            }
            Act::GoodsBill { batch, company, party, net, vat } => {
                let input = goods::PostExpense {
                    company_id: self.id(Thing::Company(*company))?,
                    party_id: self.id(Thing::Party(*party))?,
                    contract_id: 0,
                    article_id: self.article(FREIGHT_IN)?,
                    kind: expenses::Kind::Expense,
                    number: String::new(),
                    issued_on: on,
                    effective_on: None,
                    net: *net,
                    vat: *vat,
                    basis: expenses::Basis::Tonnes,
                    targets: vec![goods::Target { batch_id: self.id(Thing::Afar(*batch))?, share: None }],
                };
                goods::post_expense(db, ctx, &input).await.map(drop)
            }
            Act::JointBill { bill, batch, goods_net, goods_vat } => {
                let for_goods = ForGoods {
                    article_id: self.article(FREIGHT_IN)?,
                    net: *goods_net,
                    vat: *goods_vat,
                    basis: expenses::Basis::Tonnes,
                    targets: vec![goods::Target { batch_id: self.id(Thing::Batch(*batch))?, share: None }],
                };
                self.joint(ctx, bill, for_goods).await
            }
            Act::Accrue(accrual) => self.accrue(ctx, on, accrual).await,
            _ => Err(Error::internal("a step of the demo has no player")),
        }
    }

    async fn joint(&self, ctx: &Ctx, bill: &OrderBill, goods: ForGoods) -> Result<()> {
        let input = PostJoint {
            company_id: self.id(Thing::Company(bill.company))?,
            party_id: self.id(Thing::Party(bill.party))?,
            contract_id: 0,
            number: String::new(),
            issued_on: bill.on,
            effective_on: None,
            goods,
            orders: ForOrders {
                article_id: self.article(bill.article)?,
                net: bill.net,
                vat: bill.vat,
                basis: Basis::Tonnes,
                targets: vec![Target { bears: Bears::Order(self.id(Thing::Order(bill.order))?), share: None }],
            },
        };
        post(self.db, ctx, &input).await.map(drop)
    }

    async fn accrue(&self, ctx: &Ctx, on: NaiveDate, accrual: &Accrual) -> Result<()> {
        let input = months::Accrue {
            company_id: self.id(Thing::Company(accrual.company))?,
            article_id: self.article(accrual.article)?,
            party_id: self.id_or_none(accrual.party.map(Thing::Party))?,
            channel_id: self.id_or_none(accrual.channel.map(Thing::Channel))?,
            department_id: 0,
            employee_id: self.id_or_none(accrual.employee.map(Thing::Employee))?,
            effective_on: on,
            net: accrual.net,
            vat: accrual.vat,
        };
        months::accrue(self.db, ctx, &input).await.map(drop)
    }
}

/// The article of freight to the yard.
const FREIGHT_IN: &str = "freight_in";
