//! Commands of joint bills: post both parts, take both back.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

use super::{JointBill, store};
use crate::access::Permission;
use crate::batches::expenses::commands::{self as goods, PostExpense};
use crate::batches::expenses::{self, Kind, ReverseExpense};
use crate::command::{self, Ctx, Outcome, Run};
use crate::db::Db;
use crate::direct::bills::{self, Bill, PostDirect};
use crate::direct::reverse::{self, ReverseDirect};
use crate::direct::{Basis, targets};
use crate::documents;
use crate::error::{Code, Error, Result};
use crate::money;

/// A bill for goods and orders together.
#[derive(Debug, Clone, Serialize)]
pub struct PostJoint {
    /// Own company.
    pub company_id: i64,
    /// To whom it is owed: any party.
    pub party_id: i64,
    /// His contract, 0 = none: its open advances pay the bill first.
    pub contract_id: i64,
    /// Number of the supplier's paper, may be empty.
    pub number: String,
    /// Date of the supplier's paper.
    pub issued_on: NaiveDate,
    /// Business date; `None` = the paper's date, or that of an accrual it settles, or the first open day after it.
    pub effective_on: Option<NaiveDate>,
    /// What of it is for goods.
    pub goods: ForGoods,
    /// What of it is for orders.
    pub orders: ForOrders,
}

/// The part of goods.
#[derive(Debug, Clone, Serialize)]
pub struct ForGoods {
    /// An article of the cost of goods.
    pub article_id: i64,
    /// Without VAT, roubles.
    pub net: Decimal,
    /// VAT as printed.
    pub vat: Decimal,
    /// What it is divided by.
    pub basis: expenses::Basis,
    /// The batches that bear it.
    pub targets: Vec<goods::Target>,
}

/// The part of orders.
#[derive(Debug, Clone, Serialize)]
pub struct ForOrders {
    /// An article of direct expenses.
    pub article_id: i64,
    /// Without VAT, roubles.
    pub net: Decimal,
    /// VAT as printed.
    pub vat: Decimal,
    /// What it is divided by.
    pub basis: Basis,
    /// Orders, plans and deals that bear it.
    pub targets: Vec<bills::Target>,
}

/// Takes a joint bill back.
#[derive(Debug, Clone, Serialize)]
pub struct ReverseJoint {
    /// Which.
    pub joint_bill_id: i64,
    /// Business date of the storno.
    pub on: NaiveDate,
}

/// Posts one paper of a supplier for goods and for orders: each part by its own allocation, one document, one day, one debt under the contract.
/// Whoever keeps the books posts it: it is a cost of goods and an expense of orders at once.
///
/// Errors: those of [`goods::post_expense`] and of [`bills::post_direct`].
pub async fn post(db: &Db, ctx: &Ctx, input: &PostJoint) -> Result<Outcome<JointBill>> {
    command::run(db, ctx, "direct.post_joint", Permission::PostBooks, input, post_in_tx).await
}

async fn post_in_tx(run: &mut Run<'_>, input: &PostJoint) -> Result<JointBill> {
    let net = money::positive(input.goods.net, "goods.net")?;
    let beside = net + money::not_negative(input.goods.vat, "goods.vat")?;
    let for_orders = PostDirect {
        company_id: input.company_id,
        party_id: input.party_id,
        contract_id: input.contract_id,
        article_id: input.orders.article_id,
        number: input.number.clone(),
        issued_on: input.issued_on,
        effective_on: input.effective_on,
        net: input.orders.net,
        vat: input.orders.vat,
        basis: input.orders.basis,
        targets: input.orders.targets.clone(),
    };
    // Orders before batches, batches before the party: the order everything locks in.
    targets::lock_in_tx(run, input.company_id, input.orders.article_id, &input.orders.targets)
        .await
        .map_err(|error| error.at("orders"))?;
    goods::hold_in_tx(run, input.company_id, &input.goods.targets).await.map_err(|error| error.at("goods"))?;
    let direct = bills::post_in_tx(run, &for_orders, Bill::Joint(beside)).await.map_err(|error| error.at("orders"))?;
    let for_goods = PostExpense {
        company_id: input.company_id,
        party_id: input.party_id,
        contract_id: input.contract_id,
        article_id: input.goods.article_id,
        kind: Kind::Expense,
        number: input.number.clone(),
        issued_on: input.issued_on,
        effective_on: Some(direct.effective_on),
        net: input.goods.net,
        vat: input.goods.vat,
        basis: input.goods.basis,
        targets: input.goods.targets.clone(),
    };
    let additional = goods::post_part_in_tx(run, &for_goods, direct.document_id).await.map_err(|error| error.at("goods"))?;
    let bill = JointBill {
        joint_bill_id: 0,
        company_id: input.company_id,
        party_id: input.party_id,
        contract_id: input.contract_id,
        document_id: direct.document_id,
        number: direct.number,
        issued_on: input.issued_on,
        effective_on: direct.effective_on,
        net: additional.net + direct.net,
        vat: additional.vat + direct.vat,
        additional_expense_id: additional.additional_expense_id,
        direct_expense_id: direct.direct_expense_id,
        reversed_on: None,
        reversal_document_id: 0,
    };
    let bill = store::insert_in_tx(run, bill).await?;
    documents::store::subject_in_tx(run, bill.document_id, bill.joint_bill_id).await?;
    let document = document(&bill, documents::Kind::JointBill, bill.effective_on);
    documents::store::number_in_tx(run, bill.document_id, &document).await?;
    Ok(bill)
}

fn document(bill: &JointBill, kind: documents::Kind, issued_on: NaiveDate) -> documents::New<'static> {
    documents::New {
        company_id: bill.company_id,
        kind,
        issued_on,
        party_id: bill.party_id,
        subject_id: bill.joint_bill_id,
        gross: bill.net + bill.vat,
        note: "",
    }
}

/// Takes a joint bill back (сторно общего счёта), both parts and the debt; what was paid of it stays with the party as an advance.
///
/// Errors: `NOT_FOUND`, `ALREADY_REVERSED` and those of [`expenses::reverse_expense`] and [`reverse::reverse_direct`].
pub async fn reverse(db: &Db, ctx: &Ctx, input: &ReverseJoint) -> Result<Outcome<JointBill>> {
    command::run(db, ctx, "direct.reverse_joint", Permission::PostBooks, input, reverse_in_tx).await
}

async fn reverse_in_tx(run: &mut Run<'_>, input: &ReverseJoint) -> Result<JointBill> {
    let on = input.on;
    let mut bill = store::get_in_tx(run, input.joint_bill_id).await?;
    if let Some(on) = bill.reversed_on {
        let message = format!("this bill was taken back on {on}; post another if it stands");
        return Err(Error::rejected(Code::AlreadyReversed, message));
    }
    let goods = store::goods_gross_in_tx(run, bill.additional_expense_id).await?;
    let of_orders = ReverseDirect { direct_expense_id: bill.direct_expense_id, on };
    // Orders before batches, batches before the party. Whoever reverses the same bill waits here, and finds its part reversed.
    reverse::hold_orders_in_tx(run, bill.direct_expense_id).await?;
    expenses::hold_borne_in_tx(run, bill.company_id, bill.additional_expense_id).await?;
    let direct = reverse::reverse_in_tx(run, &of_orders, Bill::Joint(goods)).await?;
    let storno = direct.reversal_document_id;
    let of_goods = ReverseExpense { additional_expense_id: bill.additional_expense_id, on };
    expenses::reverse_in_tx(run, &of_goods, Some(storno)).await?;
    (bill.reversed_on, bill.reversal_document_id) = (Some(on), storno);
    store::save_in_tx(run, &bill).await?;
    let document = document(&bill, documents::Kind::Storno, on);
    documents::store::number_in_tx(run, storno, &document).await?;
    Ok(bill)
}
