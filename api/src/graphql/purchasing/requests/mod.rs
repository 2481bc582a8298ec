//! Requests for prices in the graph, and their answers side by side.

mod mutations;

use std::collections::HashMap;

use async_graphql::{ComplexObject, Context, Enum, Object, SimpleObject};
use shpunt_domain::Db;
use shpunt_domain::access::Scope;
use shpunt_domain::purchasing::requests::{self, compared, read};

use super::SupplierOrder;
use crate::graphql::access::User;
use crate::graphql::caller::db;
use crate::graphql::catalog::Product;
use crate::graphql::companies::Company;
use crate::graphql::error::Result;
use crate::graphql::ids::{Entity, Id, Key};
use crate::graphql::loaders::{Batch as Rows, by_id, loaders};
use crate::graphql::orders::PriceUnit;
use crate::graphql::page::{self, Page, Window};
use crate::graphql::parties::Party;
use crate::graphql::scalars::{Day, Money, Number, whole};
use crate::graphql::text::given;
pub(crate) use mutations::RequestsMutation;

/// Where a request for prices stands (статус запроса цен).
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "requests::State")]
pub(crate) enum PurchaseRequestState {
    /// Answers are awaited (открыт).
    Open,
    /// Ordered, or given up (закрыт).
    Closed,
}

/// A request for prices to several suppliers (запрос цен).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct PurchaseRequest {
    /// Id (идентификатор).
    pub(crate) id: Key,
    /// Number (номер): `ЗЦ-000123`.
    number: String,
    /// Where it stands (статус).
    state: PurchaseRequestState,
    /// When it was made (дата).
    requested_on: Day,
    /// When the goods are needed at the base (нужно к).
    needed_on: Day,
    /// Where prices are compared at (база сравнения).
    base: String,
    /// Free text (примечание).
    note: Option<String>,
    /// Grows with every change; give it back as `expectedVersion` (версия).
    version: i32,
    /// Goods (строки), in their order.
    #[graphql(complexity = "page::few(child_complexity)")]
    lines: Vec<PurchaseRequestLine>,
    #[graphql(skip)]
    company_id: i64,
    #[graphql(skip)]
    author_id: i64,
    #[graphql(skip)]
    party_ids: Vec<i64>,
}

impl Entity for PurchaseRequest {
    const PREFIX: &'static str = "purchase_request";
}

impl From<requests::Request> for PurchaseRequest {
    fn from(row: requests::Request) -> Self {
        let line = |line: requests::Line| PurchaseRequestLine {
            id: Key::of::<PurchaseRequestLine>(line.purchase_request_line_id),
            line: line.line,
            pieces: whole(line.pieces),
            tonnes: Number::tonnes(line.tonnes),
            request_id: row.purchase_request_id,
            row: line,
        };
        Self {
            id: Key::of::<Self>(row.purchase_request_id),
            state: row.state.into(),
            requested_on: Day(row.requested_on),
            needed_on: Day(row.needed_on),
            version: row.version,
            company_id: row.company_id,
            author_id: row.author_id,
            lines: row.lines.into_iter().map(line).collect(),
            number: row.number,
            base: row.base,
            note: given(row.note),
            party_ids: row.party_ids,
        }
    }
}

#[ComplexObject]
impl PurchaseRequest {
    /// Who buys (своя организация).
    async fn company(&self, ctx: &Context<'_>) -> Result<Company> {
        loaders(ctx).companies.existing(self.company_id).await
    }

    /// Who is asked (поставщики).
    #[graphql(complexity = "page::few(child_complexity)")]
    async fn suppliers(&self, ctx: &Context<'_>) -> Result<Vec<Party>> {
        let loaders = loaders(ctx);
        futures::future::try_join_all(self.party_ids.iter().map(|id| loaders.parties.existing(*id))).await
    }

    /// Who made it (автор); null = the system.
    async fn author(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        loaders(ctx).users.find(self.author_id).await
    }
}

/// A line of a request for prices (строка запроса цен).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct PurchaseRequestLine {
    /// Id (идентификатор).
    id: Key,
    /// 1, 2, … (номер строки).
    line: i32,
    /// Pieces (штуки).
    pieces: i32,
    /// Tonnes by the weight of the profile (тонны).
    tonnes: Number,
    #[graphql(skip)]
    request_id: i64,
    #[graphql(skip)]
    row: requests::Line,
}

impl Entity for PurchaseRequestLine {
    const PREFIX: &'static str = "purchase_request_line";
}

#[ComplexObject]
impl PurchaseRequestLine {
    /// What (номенклатура).
    async fn product(&self, ctx: &Context<'_>) -> Result<Product> {
        loaders(ctx).products.existing(self.row.product_id).await
    }

    /// The last answer of each supplier (сравнение ответов), the cheapest at the base first.
    #[graphql(complexity = "page::few(child_complexity)")]
    async fn answers(&self, ctx: &Context<'_>) -> Result<Vec<SupplierAnswer>> {
        let all = loaders(ctx).answers_of_requests.find(self.request_id).await?.unwrap_or_default();
        let ranked = compared(&self.row, &all);
        Ok(ranked.into_iter().map(|(row, delivered)| SupplierAnswer::with(row, &self.row, Some(delivered))).collect())
    }
}

/// What a supplier answered for a line (ответ поставщика).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct SupplierAnswer {
    /// Id (идентификатор).
    id: Key,
    /// When (дата ответа).
    answered_on: Day,
    /// What the price is for (единица цены).
    price_unit: PriceUnit,
    /// Price of a unit (цена).
    price: Money,
    /// Price and freight include VAT (цена с НДС).
    price_includes_vat: bool,
    /// The supplier's VAT rate, percent (ставка НДС); 0 = without VAT.
    vat_percent: Number,
    /// Freight to the base per tonne, as it was answered (доставка за тонну).
    freight: Money,
    /// When the goods would be at the base (срок).
    delivers_on: Day,
    /// Last day it holds (действует до).
    valid_until: Day,
    /// The supplier's terms (условия).
    terms: Option<String>,
    /// A tonne at the supplier, without VAT (тонна у поставщика без НДС).
    goods_per_tonne: Money,
    /// A tonne's way to the base, without VAT (доставка тонны без НДС).
    freight_per_tonne: Money,
    /// A tonne at the base, without VAT (тонна на базе без НДС): what answers are compared by.
    delivered_per_tonne: Money,
    /// The whole line at the base, without VAT (строка на базе без НДС).
    delivered: Money,
    #[graphql(skip)]
    party_id: i64,
    #[graphql(skip)]
    supplier_order_id: i64,
}

impl Entity for SupplierAnswer {
    const PREFIX: &'static str = "supplier_answer";
}

impl SupplierAnswer {
    fn with(row: requests::Answer, line: &requests::Line, delivered: Option<requests::Delivered>) -> Self {
        let delivered = delivered.unwrap_or_else(|| row.delivered(line));
        Self {
            id: Key::of::<Self>(row.supplier_answer_id),
            answered_on: Day(row.answered_on),
            price_unit: row.price.unit.into(),
            price: Money::roubles(row.price.price),
            price_includes_vat: row.price.includes_vat,
            vat_percent: Number::money(row.vat_percent),
            freight: Money::roubles(row.freight),
            delivers_on: Day(row.delivers_on),
            valid_until: Day(row.valid_until),
            terms: given(row.terms),
            goods_per_tonne: Money::roubles(delivered.goods),
            freight_per_tonne: Money::roubles(delivered.freight),
            delivered_per_tonne: Money::roubles(delivered.tonne),
            delivered: Money::roubles(delivered.total),
            party_id: row.party_id,
            supplier_order_id: row.supplier_order_id,
        }
    }
}

#[ComplexObject]
impl SupplierAnswer {
    /// Who answered (поставщик).
    async fn supplier(&self, ctx: &Context<'_>) -> Result<Party> {
        loaders(ctx).parties.existing(self.party_id).await
    }

    /// The order it became (заказ поставщику).
    async fn supplier_order(&self, ctx: &Context<'_>) -> Result<Option<SupplierOrder>> {
        loaders(ctx).supplier_orders.find(self.supplier_order_id).await
    }
}

/// Requests for prices of the given ids.
pub(crate) fn requests_by_ids(db: Db, _: Scope, ids: Vec<i64>) -> Rows<PurchaseRequest> {
    Box::pin(async move { Ok(by_id(read::list_by_ids(&db, &ids).await?, |row| row.purchase_request_id)) })
}

/// All answers to the given requests.
pub(crate) fn answers_of_requests(db: Db, _: Scope, ids: Vec<i64>) -> Rows<Vec<requests::Answer>> {
    Box::pin(async move {
        let answers = read::list_answers(&db, &ids).await?;
        let line_ids: Vec<i64> = answers.iter().map(|answer| answer.purchase_request_line_id).collect();
        let request_of: HashMap<i64, i64> = read::list_requests_of_lines(&db, &line_ids).await?.into_iter().collect();
        let mut of: HashMap<i64, Vec<requests::Answer>> = HashMap::new();
        for answer in answers {
            let request = request_of.get(&answer.purchase_request_line_id).copied().unwrap_or_default();
            of.entry(request).or_default().push(answer);
        }
        Ok(of)
    })
}

/// Questions about requests for prices.
#[derive(Default)]
pub(crate) struct RequestsQuery;

#[Object]
impl RequestsQuery {
    /// Requests for prices (запросы цен), newest first.
    #[graphql(complexity = "page::cost(first, child_complexity)")]
    async fn purchase_requests(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Of this own company (организация).")] company_id: Option<Id<Company>>,
        #[graphql(desc = "Only in this state (статус).")] state: Option<PurchaseRequestState>,
        #[graphql(default_with = "page::DEFAULT", desc = "How many at most, 1 to 100 (сколько).")] first: i32,
        #[graphql(desc = "After this cursor (после курсора).")] after: Option<String>,
    ) -> Result<Page<PurchaseRequest>> {
        let window = Window::<PurchaseRequest, i64>::new(first, after.as_deref())?;
        let filter = read::Filter { company_id: company_id.map(|id| id.number), state: state.map(Into::into) };
        let rows = read::list(db(ctx), &filter, window.after, window.limit()).await?;
        Ok(window.page(rows, |row| row.purchase_request_id))
    }

    /// The request for prices of an id (запрос цен); null when there is none.
    async fn purchase_request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its id (идентификатор).")] id: Id<PurchaseRequest>,
    ) -> Result<Option<PurchaseRequest>> {
        loaders(ctx).purchase_requests.find(id.number).await
    }
}
