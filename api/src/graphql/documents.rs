//! The register of documents in the graph.

use async_graphql::{ComplexObject, Context, Enum, InputObject, Object, SimpleObject, Union};
use shpunt_domain::Db;
use shpunt_domain::access::Scope;
use shpunt_domain::documents::{self, Kind, read};

use super::batches::{Batch, StockCount, SupplierReturn};
use super::caller::{db, scope};
use super::companies::Company;
use super::deals::Deal;
use super::error::Result;
use super::ids::{Entity, Id, Key};
use super::loaders::{Batch as Rows, by_id, loaders};
use super::orders::Order;
use super::page::{self, Page, Window};
use super::parties::Party;
use super::scalars::{Day, Money};
use super::settlements::SettlementItem;
use super::text::given;
use super::treasury::Payment;

/// What a document is (вид документа).
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "documents::Kind")]
pub(crate) enum DocumentKind {
    /// Goods came (поступление).
    Receipt,
    /// Goods left (отгрузка, УПД).
    Shipment,
    /// Money came (платёж входящий).
    PaymentIn,
    /// Money left (платёж исходящий).
    PaymentOut,
    /// Money between own accounts (перевод между своими счетами).
    Transfer,
    /// A direct expense of an order (расход заказа).
    OrderExpense,
    /// An expense of a period (расход периода).
    Expense,
    /// Salaries (начисление зарплаты).
    Payroll,
    /// An advance against a debt (зачёт аванса).
    Offset,
    /// The exact negative of a transaction (сторно).
    Storno,
    /// Balances at the beginning (ввод остатков).
    Opening,
    /// An additional expense of batches (дополнительный расход).
    AdditionalExpense,
    /// Goods came back from a customer (возврат от покупателя).
    OrderReturn,
    /// Another price or weight of a shipment (корректировка отгрузки, УКД).
    OrderCorrection,
    /// Goods went to another warehouse (перемещение товара).
    BatchTransfer,
    /// Goods were cut (резка).
    BatchCut,
    /// Goods were regraded (изменение состояния).
    BatchConvert,
    /// Goods were written off (списание).
    BatchWriteOff,
    /// Goods were found over (оприходование излишков).
    BatchSurplus,
    /// Goods were counted (инвентаризация).
    StockCount,
    /// Goods went back to their supplier (возврат поставщику).
    SupplierReturn,
    /// A claim on a supplier was settled (исход претензии).
    Claim,
    /// Debts in currency were revalued (переоценка валютной задолженности).
    Revaluation,
    /// Goods on their way arrived (прибытие товара в пути).
    BatchArrival,
    /// Goods on their way did not arrive (недостача при приёмке).
    BatchShortage,
    /// A bill for goods and orders together (общий счёт).
    JointBill,
}

/// A document of the register (документ): every posting has one.
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct Document {
    /// Id (идентификатор).
    pub(crate) id: Key,
    /// What it is (вид).
    kind: DocumentKind,
    /// Number (номер): `УПД-26-00012`, without gaps per company, kind and year.
    number: String,
    /// Its date (дата).
    issued_on: Day,
    /// Sum with VAT (сумма с НДС).
    gross: Money,
    /// Free text (примечание), of a payment its purpose.
    note: Option<String>,
    #[graphql(skip)]
    refers: Refers,
}

/// What a document refers to.
#[derive(Debug, Clone, Copy)]
struct Refers {
    kind: Kind,
    company: i64,
    party: i64,
    subject: i64,
}

impl Entity for Document {
    const PREFIX: &'static str = "document";
}

impl From<read::Document> for Document {
    fn from(row: read::Document) -> Self {
        Self {
            id: Key::of::<Self>(row.document_id),
            kind: row.kind.into(),
            number: row.number,
            issued_on: Day(row.issued_on),
            gross: Money::roubles(row.gross),
            note: given(row.note),
            refers: Refers { kind: row.kind, company: row.company_id, party: row.party_id, subject: row.subject_id },
        }
    }
}

/// What a document is about (предмет документа).
#[derive(Union)]
pub(crate) enum DocumentSubject {
    /// Of a shipment, an order's expense, a return or a correction.
    Order(Order),
    /// Of a receipt; of a stock operation, the batch goods were taken from or found of.
    Batch(Batch),
    /// Of a payment.
    Payment(Payment),
    /// Of an offset: the debt; of a claim that was settled, the claim.
    SettlementItem(SettlementItem),
    /// Of a stock count.
    StockCount(StockCount),
    /// Of a return to a supplier.
    SupplierReturn(SupplierReturn),
}

#[ComplexObject]
impl Document {
    /// Whose it is (своя организация).
    async fn company(&self, ctx: &Context<'_>) -> Result<Company> {
        loaders(ctx).companies.existing(self.refers.company).await
    }

    /// With whom (контрагент).
    async fn party(&self, ctx: &Context<'_>) -> Result<Option<Party>> {
        loaders(ctx).parties.find(self.refers.party).await
    }

    /// What it is about (предмет): the order, batch, payment, debt or stock count; null when it is about none of them.
    async fn subject(&self, ctx: &Context<'_>) -> Result<Option<DocumentSubject>> {
        let (loaders, id) = (loaders(ctx), self.refers.subject);
        Ok(match self.refers.kind {
            Kind::Shipment | Kind::OrderExpense | Kind::OrderReturn | Kind::OrderCorrection => {
                loaders.orders.find(id).await?.map(DocumentSubject::Order)
            }
            Kind::Receipt
            | Kind::BatchTransfer
            | Kind::BatchCut
            | Kind::BatchConvert
            | Kind::BatchWriteOff
            | Kind::BatchSurplus
            | Kind::BatchArrival
            | Kind::BatchShortage => loaders.batches.find(id).await?.map(DocumentSubject::Batch),
            Kind::StockCount => loaders.stock_counts.find(id).await?.map(DocumentSubject::StockCount),
            Kind::PaymentIn | Kind::PaymentOut => loaders.payments.find(id).await?.map(DocumentSubject::Payment),
            Kind::SupplierReturn => loaders.supplier_returns.find(id).await?.map(DocumentSubject::SupplierReturn),
            Kind::Offset | Kind::Claim => loaders.settlements.find(id).await?.map(DocumentSubject::SettlementItem),
            Kind::Transfer
            | Kind::Expense
            | Kind::Payroll
            | Kind::Storno
            | Kind::Opening
            | Kind::AdditionalExpense
            | Kind::JointBill
            | Kind::Revaluation => None,
        })
    }
}

/// Documents of the given ids that the caller may see.
pub(super) fn by_ids(db: Db, scope: Scope, ids: Vec<i64>) -> Rows<Document> {
    Box::pin(async move { Ok(by_id(read::list_by_ids(&db, &scope, &ids).await?, |row| row.document_id)) })
}

/// Which documents a list shows (отбор документов).
#[derive(InputObject, Default)]
pub(crate) struct DocumentFilter {
    /// Of this kind (вид).
    kind: Option<DocumentKind>,
    /// Of this own company (организация).
    company_id: Option<Id<Company>>,
    /// With this party (контрагент).
    party_id: Option<Id<Party>>,
    /// Issued on this day or later (с).
    from: Option<Day>,
    /// Issued on this day or earlier (по).
    to: Option<Day>,
    /// Part of the number (поиск).
    #[graphql(default)]
    search: String,
    /// Of an order of this deal, a payment for it or a debt of it (сделка).
    deal_id: Option<Id<Deal>>,
    /// Of this order, a payment for it or a debt of it (заказ).
    order_id: Option<Id<Order>>,
}

impl From<DocumentFilter> for read::Filter {
    fn from(filter: DocumentFilter) -> Self {
        Self {
            kind: filter.kind.map(Into::into),
            company_id: filter.company_id.map(|id| id.number),
            party_id: filter.party_id.map(|id| id.number),
            from: filter.from.map(|day| day.0),
            to: filter.to.map(|day| day.0),
            search: filter.search.trim().to_owned(),
            deal_id: filter.deal_id.map(|id| id.number),
            order_id: filter.order_id.map(|id| id.number),
        }
    }
}

/// Questions about documents.
#[derive(Default)]
pub(crate) struct DocumentsQuery;

#[Object]
impl DocumentsQuery {
    /// Documents (документы), newest first; a manager sees those of the own deals and the team's, and no receipts.
    #[graphql(complexity = "page::cost(first, child_complexity)")]
    async fn documents(
        &self,
        ctx: &Context<'_>,
        #[graphql(default, desc = "Which ones (отбор).")] filter: DocumentFilter,
        #[graphql(default_with = "page::DEFAULT", desc = "How many at most, 1 to 100 (сколько).")] first: i32,
        #[graphql(desc = "After this cursor (после курсора).")] after: Option<String>,
    ) -> Result<Page<Document>> {
        let window = Window::new(first, after.as_deref())?;
        let rows = read::list(db(ctx), &scope(ctx)?, &filter.into(), window.after, window.limit()).await?;
        Ok(window.page(rows, |row| (row.issued_on, row.document_id)))
    }

    /// The document of an id (документ); null when there is none the caller may see.
    async fn document(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its id (идентификатор).")] id: Id<Document>,
    ) -> Result<Option<Document>> {
        loaders(ctx).documents.find(id.number).await
    }
}
