//! Bills for goods and orders together, in the graph.

use async_graphql::{ComplexObject, Context, InputObject, Object, SimpleObject};
use shpunt_domain::Db;
use shpunt_domain::access::Scope;
use shpunt_domain::direct::joint::{self, commands, read};

use super::mutations::DirectExpenseTarget;
use super::{DirectExpense, DirectExpenseBasis};
use crate::graphql::batches::{AdditionalExpense, AdditionalExpenseTarget, AllocationBasis};
use crate::graphql::caller::{command, db, scope};
use crate::graphql::companies::Company;
use crate::graphql::documents::Document;
use crate::graphql::error::Result;
use crate::graphql::ids::{Entity, Id, Key, or_zero};
use crate::graphql::ledger::Article;
use crate::graphql::loaders::{Batch as Rows, by_id, loaders};
use crate::graphql::page::{self, Page, Window};
use crate::graphql::parties::{Contract, Party};
use crate::graphql::scalars::{Day, Money, Number, Uuid};
use crate::graphql::text::given;
use crate::graphql::user_error::payload;

/// A bill for goods and orders together (общий счёт): one document and one debt, two parts.
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct JointBill {
    /// Id (идентификатор).
    pub(crate) id: Key,
    /// Number of the supplier's paper (номер документа поставщика).
    number: Option<String>,
    /// Date of the supplier's paper (дата документа поставщика).
    issued_on: Day,
    /// The business date it was posted for (дата проведения).
    effective_on: Day,
    /// Without VAT (без НДС): the sum of the parts.
    net: Money,
    /// VAT as printed (НДС): the sum of the parts.
    vat: Money,
    /// When it was taken back (дата сторно); null while it stands.
    reversed_on: Option<Day>,
    #[graphql(skip)]
    row: joint::JointBill,
}

impl Entity for JointBill {
    const PREFIX: &'static str = "joint_bill";
}

impl From<joint::JointBill> for JointBill {
    fn from(row: joint::JointBill) -> Self {
        Self {
            id: Key::of::<Self>(row.joint_bill_id),
            number: given(row.number.clone()),
            issued_on: Day(row.issued_on),
            effective_on: Day(row.effective_on),
            net: Money::roubles(row.net),
            vat: Money::roubles(row.vat),
            reversed_on: row.reversed_on.map(Day),
            row,
        }
    }
}

#[ComplexObject]
impl JointBill {
    /// Whose expense it is (своя организация).
    async fn company(&self, ctx: &Context<'_>) -> Result<Company> {
        loaders(ctx).companies.existing(self.row.company_id).await
    }

    /// To whom it is owed (контрагент).
    async fn party(&self, ctx: &Context<'_>) -> Result<Party> {
        loaders(ctx).parties.existing(self.row.party_id).await
    }

    /// Under which contract (договор).
    async fn contract(&self, ctx: &Context<'_>) -> Result<Option<Contract>> {
        loaders(ctx).contracts.find(self.row.contract_id).await
    }

    /// Its document (документ).
    async fn document(&self, ctx: &Context<'_>) -> Result<Option<Document>> {
        loaders(ctx).documents.find(self.row.document_id).await
    }

    /// The storno that took it back (документ сторно).
    async fn reversal_document(&self, ctx: &Context<'_>) -> Result<Option<Document>> {
        loaders(ctx).documents.find(self.row.reversal_document_id).await
    }

    /// The part of goods (часть серий).
    async fn goods(&self, ctx: &Context<'_>) -> Result<AdditionalExpense> {
        loaders(ctx).additional_expenses.existing(self.row.additional_expense_id).await
    }

    /// The part of orders (часть заказов).
    async fn orders(&self, ctx: &Context<'_>) -> Result<DirectExpense> {
        loaders(ctx).direct_expenses.existing(self.row.direct_expense_id).await
    }
}

/// Joint bills of the given ids that the caller may see.
pub(crate) fn joint_by_ids(db: Db, scope: Scope, ids: Vec<i64>) -> Rows<JointBill> {
    Box::pin(async move { Ok(by_id(read::list_by_ids(&db, &scope, &ids).await?, |row| row.joint_bill_id)) })
}

/// Questions about joint bills.
#[derive(Default)]
pub(crate) struct JointQuery;

#[Object]
impl JointQuery {
    /// Bills for goods and orders together (общие счета), newest first.
    #[graphql(complexity = "page::cost(first, child_complexity)")]
    async fn joint_bills(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Of this own company (организация).")] company_id: Option<Id<Company>>,
        #[graphql(desc = "Of this party (контрагент).")] party_id: Option<Id<Party>>,
        #[graphql(default_with = "page::DEFAULT", desc = "How many at most, 1 to 100 (сколько).")] first: i32,
        #[graphql(desc = "After this cursor (после курсора).")] after: Option<String>,
    ) -> Result<Page<JointBill>> {
        let window = Window::new(first, after.as_deref())?;
        let of = (company_id.map(|id| id.number), party_id.map(|id| id.number));
        let rows = read::list(db(ctx), &scope(ctx)?, of, window.after, window.limit()).await?;
        Ok(window.page(rows, |row| (row.effective_on, row.joint_bill_id)))
    }
}

/// What of a joint bill is for goods (часть серий).
#[derive(InputObject)]
pub(crate) struct JointBillGoodsInput {
    /// What it is for (статья): an article of the cost of goods, such as `freight_in`.
    article_id: Id<Article>,
    /// Without VAT, roubles (без НДС).
    net: Number,
    /// VAT as printed, roubles (НДС); entered, never computed.
    vat: Number,
    /// What it is divided by (база распределения).
    #[graphql(default_with = "AllocationBasis::Tonnes")]
    basis: AllocationBasis,
    /// The batches that bear it, 1 to 500, each once (серии).
    targets: Vec<AdditionalExpenseTarget>,
}

/// What of a joint bill is for orders (часть заказов).
#[derive(InputObject)]
pub(crate) struct JointBillOrdersInput {
    /// What it is for (статья): freight, cutting, crane, agent bonus.
    article_id: Id<Article>,
    /// Without VAT, roubles (без НДС).
    net: Number,
    /// VAT as printed, roubles (НДС); entered, never computed.
    vat: Number,
    /// What it is divided by (база распределения).
    #[graphql(default_with = "DirectExpenseBasis::Tonnes")]
    basis: DirectExpenseBasis,
    /// Who bears it, 1 to 500, each once (кто несёт).
    targets: Vec<DirectExpenseTarget>,
}

/// A bill for goods and orders together (общий счёт).
#[derive(InputObject)]
pub(crate) struct JointBillPostInput {
    /// Whose expense it is (своя организация).
    company_id: Id<Company>,
    /// To whom it is owed (контрагент): any party.
    party_id: Id<Party>,
    /// Under which contract (договор): its open advances pay the bill first.
    contract_id: Option<Id<Contract>>,
    /// Number of the supplier's paper (номер документа поставщика).
    #[graphql(default)]
    number: String,
    /// Date of the supplier's paper (дата документа поставщика).
    issued_on: Day,
    /// Business date (дата проведения); left out, it is the paper's date, or that of an accrual it settles, or the first open day after it.
    effective_on: Option<Day>,
    /// What of it is for goods (часть серий).
    goods: JointBillGoodsInput,
    /// What of it is for orders (часть заказов).
    orders: JointBillOrdersInput,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// The storno of a joint bill (сторно общего счёта).
#[derive(InputObject)]
pub(crate) struct JointBillReverseInput {
    /// Which (общий счёт).
    joint_bill_id: Id<JointBill>,
    /// Business date of the storno (дата сторно).
    on: Day,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

payload! {
    /// What `jointBillPost` did.
    JointBillPostPayload {
        /// The bill (общий счёт); null when nothing was done.
        joint_bill: JointBill
    }
}

payload! {
    /// What `jointBillReverse` did.
    JointBillReversePayload {
        /// The bill (общий счёт); null when nothing was done.
        joint_bill: JointBill
    }
}

/// Changes of joint bills.
#[derive(Default)]
pub(crate) struct JointMutation;

#[Object]
impl JointMutation {
    /// Posts one paper of a supplier for goods and for orders (провести общий счёт): each part is divided by its own basis, the document and the
    /// debt are one. Codes: `INVALID_INPUT`, `AMOUNT_NOT_POSITIVE`, `NOT_FOUND`, `ARTICLE_MISMATCH`,
    /// `PARTY_MISMATCH`, `COMPANY_MISMATCH`, `ORDER_STATUS`, `NOTHING_TO_ALLOCATE`, `DATE_BEFORE_RECEIPT`, `TAX_REGIME_MISSING`,
    /// `DATE_IN_FUTURE`, `DATE_BEFORE_FIRST_DAY`, `PERIOD_CLOSED`, `FOUR_EYES`.
    async fn joint_bill_post(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The bill (общий счёт).")] input: JointBillPostInput,
    ) -> Result<JointBillPostPayload> {
        let post = commands::PostJoint {
            company_id: input.company_id.number,
            party_id: input.party_id.number,
            contract_id: or_zero(input.contract_id),
            number: input.number,
            issued_on: input.issued_on.0,
            effective_on: input.effective_on.map(|day| day.0),
            goods: commands::ForGoods {
                article_id: input.goods.article_id.number,
                net: input.goods.net.0,
                vat: input.goods.vat.0,
                basis: input.goods.basis.into(),
                targets: input.goods.targets.into_iter().map(Into::into).collect(),
            },
            orders: commands::ForOrders {
                article_id: input.orders.article_id.number,
                net: input.orders.net.0,
                vat: input.orders.vat.0,
                basis: input.orders.basis.into(),
                targets: input.orders.targets.into_iter().map(Into::into).collect(),
            },
        };
        JointBillPostPayload::of(commands::post(db(ctx), &command(ctx, input.idempotency_key)?, &post).await)
    }

    /// Takes a joint bill back to the kopeck (сторнировать общий счёт), both parts and the debt. Codes: `INVALID_INPUT`, `NOT_FOUND`,
    /// `ALREADY_REVERSED`, `STILL_IN_USE`, `BATCH_VALUE_SHORT`, `DATE_IN_FUTURE`, `DATE_BEFORE_FIRST_DAY`, `PERIOD_CLOSED`, `FOUR_EYES`.
    async fn joint_bill_reverse(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which and when (сторно).")] input: JointBillReverseInput,
    ) -> Result<JointBillReversePayload> {
        let reverse = commands::ReverseJoint { joint_bill_id: input.joint_bill_id.number, on: input.on.0 };
        JointBillReversePayload::of(commands::reverse(db(ctx), &command(ctx, input.idempotency_key)?, &reverse).await)
    }
}
