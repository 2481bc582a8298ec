//! Payment requests in the graph: what is to be paid, when, and who approved it.

mod mutations;

use std::collections::HashMap;

use async_graphql::{ComplexObject, Context, Enum, InputObject, Object, SimpleObject};
use shpunt_domain::Db;
use shpunt_domain::access::Scope;
use shpunt_domain::treasury::requests::{self, rules, store};
use shpunt_domain::treasury::{Target, read};

use super::Payment;
use crate::graphql::access::User;
use crate::graphql::caller::db;
use crate::graphql::companies::Company;
use crate::graphql::deals::Deal;
use crate::graphql::error::Result;
use crate::graphql::ids::{Entity, Id, Key};
use crate::graphql::ledger::Article;
use crate::graphql::loaders::{Batch as Rows, by_id, loaders};
use crate::graphql::orders::Order;
use crate::graphql::page::{self, Page, Window};
use crate::graphql::parties::{Contract, Party};
use crate::graphql::purchasing::SupplierOrder;
use crate::graphql::scalars::{Day, Moment, Money};
use crate::graphql::text::given;
pub(crate) use mutations::PaymentRequestsMutation;

/// Where a payment request stands (статус заявки на оплату).
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "requests::State")]
pub(crate) enum PaymentRequestState {
    /// Somebody is to approve it (на согласовании).
    Waiting,
    /// To be paid (согласована).
    Approved,
    /// Not to be paid (отклонена).
    Refused,
    /// What was left of it was taken back (отозвана).
    Withdrawn,
    /// Paid whole (оплачена).
    Paid,
}

/// A request for money to go out (заявка на оплату): one person asks, another approves; it posts nothing until it is paid.
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct PaymentRequest {
    /// Id (идентификатор).
    pub(crate) id: Key,
    /// Number (номер): `ЗО-000123`.
    number: String,
    /// Where it stands (статус).
    state: PaymentRequestState,
    /// How much is asked for (сумма).
    amount: Money,
    /// How much was paid of it (оплачено).
    paid: Money,
    /// By when it should be paid (срок оплаты).
    due_on: Day,
    /// What for, in words (назначение).
    purpose: String,
    /// What was said with the decision (комментарий согласования).
    decision_note: Option<String>,
    /// When it was asked for (создана).
    created_at: Moment,
    /// Grows with every change (версия); give it back as `expectedVersion`.
    version: i32,
    #[graphql(skip)]
    what: requests::For,
    #[graphql(skip)]
    refers: Refers,
}

/// What a payment request refers to besides.
#[derive(Debug, Clone, Copy)]
struct Refers {
    request: i64,
    author: i64,
    decided_by: i64,
}

impl Entity for PaymentRequest {
    const PREFIX: &'static str = "payment_request";
}

impl From<requests::Request> for PaymentRequest {
    fn from(row: requests::Request) -> Self {
        Self {
            id: Key::of::<Self>(row.payment_request_id),
            number: row.number,
            state: row.state.into(),
            amount: Money::roubles(row.amount),
            paid: Money::roubles(row.paid),
            due_on: Day(row.due_on),
            purpose: row.purpose,
            decision_note: given(row.decision_note),
            created_at: Moment(row.created_at),
            version: row.version,
            what: row.what,
            refers: Refers { request: row.payment_request_id, author: row.author_id, decided_by: row.decided_by },
        }
    }
}

#[ComplexObject]
impl PaymentRequest {
    /// Who pays (своя организация).
    async fn company(&self, ctx: &Context<'_>) -> Result<Company> {
        loaders(ctx).companies.existing(self.what.company_id).await
    }

    /// What it is for (статья).
    async fn article(&self, ctx: &Context<'_>) -> Result<Article> {
        loaders(ctx).articles.existing(self.what.article_id).await
    }

    /// To whom (контрагент); null where the article itself names the account.
    async fn party(&self, ctx: &Context<'_>) -> Result<Option<Party>> {
        loaders(ctx).parties.find(self.what.party_id).await
    }

    /// For which order (заказ), when it is for one.
    async fn order(&self, ctx: &Context<'_>) -> Result<Option<Order>> {
        let Target::Order(id) = self.what.target else { return Ok(None) };
        loaders(ctx).orders.find(id).await
    }

    /// For which deal (сделка), when it is for one.
    async fn deal(&self, ctx: &Context<'_>) -> Result<Option<Deal>> {
        let Target::Deal(id) = self.what.target else { return Ok(None) };
        loaders(ctx).deals.find(id).await
    }

    /// For which contract (договор), when it is for one.
    async fn contract(&self, ctx: &Context<'_>) -> Result<Option<Contract>> {
        let Target::Contract(id) = self.what.target else { return Ok(None) };
        loaders(ctx).contracts.find(id).await
    }

    /// For which order to a supplier (заказ поставщику), when it is for one.
    async fn supplier_order(&self, ctx: &Context<'_>) -> Result<Option<SupplierOrder>> {
        let Target::SupplierOrder(id) = self.what.target else { return Ok(None) };
        loaders(ctx).supplier_orders.find(id).await
    }

    /// Who asked (кто подал); null when a program without a login did.
    async fn author(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        loaders(ctx).users.find(self.refers.author).await
    }

    /// Who approved or refused it (кто согласовал).
    async fn decided_by(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        loaders(ctx).users.find(self.refers.decided_by).await
    }

    /// The payments it was met by (платежи), oldest first.
    #[graphql(complexity = "page::few(child_complexity)")]
    async fn payments(&self, ctx: &Context<'_>) -> Result<Vec<Payment>> {
        Ok(loaders(ctx).payments_of_requests.find(self.refers.request).await?.unwrap_or_default())
    }
}

/// From which sum on an own company pays only by an approved request (правило оплаты).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct PaymentRule {
    /// Payments out of so much or more need one (заявки от суммы), 0 = all of them; null when none does.
    requests_from: Option<Money>,
    #[graphql(skip)]
    company_id: i64,
}

impl From<rules::Rule> for PaymentRule {
    fn from(row: rules::Rule) -> Self {
        Self { requests_from: row.requests_from.map(Money::roubles), company_id: row.company_id }
    }
}

#[ComplexObject]
impl PaymentRule {
    /// Whose it is (своя организация).
    async fn company(&self, ctx: &Context<'_>) -> Result<Company> {
        loaders(ctx).companies.existing(self.company_id).await
    }
}

/// Payment requests of the given ids.
pub(crate) fn requests_by_ids(db: Db, _: Scope, ids: Vec<i64>) -> Rows<PaymentRequest> {
    Box::pin(async move { Ok(by_id(store::list_by_ids(&db, &ids).await?, |row| row.payment_request_id)) })
}

/// The payment requests that the given payments were made by.
pub(crate) fn requests_of_payments(db: Db, _: Scope, ids: Vec<i64>) -> Rows<PaymentRequest> {
    Box::pin(async move {
        let ties = store::ties_of_payments(&db, &ids).await?;
        let request_ids: Vec<i64> = ties.iter().map(|tie| tie.payment_request_id).collect();
        let rows: HashMap<i64, PaymentRequest> =
            by_id(store::list_by_ids(&db, &request_ids).await?, |row| row.payment_request_id);
        Ok(ties.iter().filter_map(|tie| Some((tie.payment_id, rows.get(&tie.payment_request_id)?.clone()))).collect())
    })
}

/// The payments made by the given payment requests, oldest first.
pub(crate) fn payments_of_requests(db: Db, scope: Scope, ids: Vec<i64>) -> Rows<Vec<Payment>> {
    Box::pin(async move {
        let ties = store::ties(&db, &ids).await?;
        let payment_ids: Vec<i64> = ties.iter().map(|tie| tie.payment_id).collect();
        let rows: HashMap<i64, Payment> = by_id(read::list_by_ids(&db, &scope, &payment_ids).await?, |row| row.payment_id);
        let mut of: HashMap<i64, Vec<Payment>> = HashMap::new();
        for tie in ties {
            of.entry(tie.payment_request_id).or_default().extend(rows.get(&tie.payment_id).cloned());
        }
        Ok(of)
    })
}

/// Which payment requests a list shows (отбор заявок на оплату).
#[derive(InputObject, Default)]
pub(crate) struct PaymentRequestFilter {
    /// In one of these states (статусы); left out or empty, in any.
    #[graphql(default)]
    states: Vec<PaymentRequestState>,
    /// Of this own company (организация).
    company_id: Option<Id<Company>>,
    /// To this party (контрагент).
    party_id: Option<Id<Party>>,
    /// Asked for by this login (кто подал).
    author_id: Option<Id<User>>,
    /// To be paid on this day or later (срок с).
    due_from: Option<Day>,
    /// To be paid on this day or earlier (срок по).
    due_to: Option<Day>,
}

impl From<PaymentRequestFilter> for store::Filter {
    fn from(filter: PaymentRequestFilter) -> Self {
        Self {
            states: filter.states.into_iter().map(Into::into).collect(),
            company_id: filter.company_id.map(|id| id.number),
            party_id: filter.party_id.map(|id| id.number),
            author_id: filter.author_id.map(|id| id.number),
            due_from: filter.due_from.map(|day| day.0),
            due_to: filter.due_to.map(|day| day.0),
        }
    }
}

/// Questions about payment requests.
#[derive(Default)]
pub(crate) struct PaymentRequestsQuery;

#[Object]
impl PaymentRequestsQuery {
    /// Payment requests (заявки на оплату) by the day they are due: what waits for approval, and the calendar of what was approved.
    #[graphql(complexity = "page::cost(first, child_complexity)")]
    async fn payment_requests(
        &self,
        ctx: &Context<'_>,
        #[graphql(default, desc = "Which ones (отбор).")] filter: PaymentRequestFilter,
        #[graphql(default_with = "page::DEFAULT", desc = "How many at most, 1 to 100 (сколько).")] first: i32,
        #[graphql(desc = "After this cursor (после курсора).")] after: Option<String>,
    ) -> Result<Page<PaymentRequest>> {
        let window = Window::<PaymentRequest, _>::new(first, after.as_deref())?;
        let rows = store::list(db(ctx), &filter.into(), window.after, window.limit()).await?;
        Ok(window.page(rows, |row| (row.due_on, row.payment_request_id)))
    }

    /// The payment request of an id (заявка на оплату); null when there is none.
    async fn payment_request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its id (идентификатор).")] id: Id<PaymentRequest>,
    ) -> Result<Option<PaymentRequest>> {
        loaders(ctx).payment_requests.find(id.number).await
    }

    /// From which sum on each own company pays only by approved requests (правила оплаты), by company.
    #[graphql(complexity = "page::list(child_complexity)")]
    async fn payment_rules(&self, ctx: &Context<'_>) -> Result<Vec<PaymentRule>> {
        Ok(rules::list(db(ctx)).await?.into_iter().map(Into::into).collect())
    }
}
