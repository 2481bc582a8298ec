//! Orders to suppliers; a manager reaches those for the own deals and the team's.

mod mutations;
mod steps;

use async_graphql::{ComplexObject, Context, Enum, InputObject, Object, SimpleObject};
use shpunt_domain::Db;
use shpunt_domain::access::Scope;
use shpunt_domain::purchasing::orders::{self, Received, read, store};

use crate::graphql::access::User;
use crate::graphql::batches::{Batch, Warehouse};
use crate::graphql::caller::{db, scope};
use crate::graphql::catalog::Product;
use crate::graphql::companies::Company;
use crate::graphql::deals::Deal;
use crate::graphql::error::Result;
use crate::graphql::ids::{Entity, Id, Key};
use crate::graphql::loaders::{Batch as Rows, by_id, loaders};
use crate::graphql::orders::PriceUnit;
use crate::graphql::page::{self, Page, Window};
use crate::graphql::parties::{Contract, Party};
use crate::graphql::scalars::{Day, Money, Number, weighed, whole};
use crate::graphql::text::given;
pub(crate) use mutations::SupplierOrdersMutation;

/// Where a supplier order stands (статус заказа поставщику).
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "orders::State")]
pub(crate) enum SupplierOrderState {
    /// Its lines may change (черновик).
    Draft,
    /// Somebody else than its author approved it (согласован).
    Approved,
    /// The supplier has it (отправлен).
    Sent,
    /// The supplier confirmed it (подтверждён).
    Confirmed,
    /// Something of it came (поступил частично).
    PartlyReceived,
    /// All of it came, or more (поступил).
    Received,
    /// Nothing more is expected (закрыт).
    Closed,
    /// Cancelled before anything came (отменён).
    Cancelled,
}

/// An order to a supplier (заказ поставщику).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct SupplierOrder {
    /// Id (идентификатор).
    pub(crate) id: Key,
    /// Number (номер): `ЗП-000123`.
    number: String,
    /// Where it stands (статус).
    state: SupplierOrderState,
    /// Its date (дата): nothing is received against it earlier.
    ordered_on: Day,
    /// When the goods are expected (ожидается).
    expected_on: Day,
    /// Who brings it, where from, on what terms (условия поставки).
    delivery_terms: Option<String>,
    /// Free text (примечание).
    note: Option<String>,
    /// What was said when it was approved, closed or cancelled (комментарий решения).
    decision_note: Option<String>,
    /// What is paid before the goods come, percent of the sum with VAT (доля предоплаты).
    prepayment_percent: Number,
    /// Days after the order until that is due (срок предоплаты, дней).
    prepayment_days: i32,
    /// When the prepayment is due (предоплата до); null when there is none.
    prepayment_due_on: Option<Day>,
    /// What is to be paid before the goods come (сумма предоплаты).
    prepayment: Money,
    /// Without VAT (без НДС).
    net: Money,
    /// VAT as printed by the supplier (НДС).
    vat: Money,
    /// With VAT (с НДС).
    gross: Money,
    /// Grows with every change; give it back as `expectedVersion` (версия).
    version: i32,
    /// Goods (строки), in their order.
    #[graphql(complexity = "page::few(child_complexity)")]
    lines: Vec<SupplierOrderLine>,
    #[graphql(skip)]
    refers: Refers,
}

/// What a supplier order refers to.
#[derive(Debug, Clone, Copy)]
struct Refers {
    order: i64,
    company: i64,
    party: i64,
    contract: i64,
    deal: i64,
    warehouse: i64,
    author: i64,
    decided_by: i64,
}

impl Entity for SupplierOrder {
    const PREFIX: &'static str = "supplier_order";
}

impl From<orders::SupplierOrder> for SupplierOrder {
    fn from(row: orders::SupplierOrder) -> Self {
        Self {
            id: Key::of::<Self>(row.supplier_order_id),
            state: row.state.into(),
            ordered_on: Day(row.ordered_on),
            expected_on: Day(row.expected_on),
            prepayment_percent: Number::money(row.prepayment_percent),
            prepayment_days: row.prepayment_days,
            prepayment_due_on: row.prepayment_due_on().map(Day),
            prepayment: Money::roubles(row.prepayment()),
            net: Money::roubles(row.net),
            vat: Money::roubles(row.vat),
            gross: Money::roubles(row.gross),
            version: row.version,
            refers: Refers {
                order: row.supplier_order_id,
                company: row.company_id,
                party: row.party_id,
                contract: row.contract_id,
                deal: row.deal_id,
                warehouse: row.warehouse_id,
                author: row.author_id,
                decided_by: row.decided_by,
            },
            number: row.number,
            delivery_terms: given(row.delivery_terms),
            note: given(row.note),
            decision_note: given(row.decision_note),
            lines: row.lines.into_iter().map(SupplierOrderLine::from).collect(),
        }
    }
}

#[ComplexObject]
impl SupplierOrder {
    /// Who buys (своя организация).
    async fn company(&self, ctx: &Context<'_>) -> Result<Company> {
        loaders(ctx).companies.existing(self.refers.company).await
    }

    /// From whom (поставщик).
    async fn supplier(&self, ctx: &Context<'_>) -> Result<Party> {
        loaders(ctx).parties.existing(self.refers.party).await
    }

    /// Under which contract (договор поставки).
    async fn contract(&self, ctx: &Context<'_>) -> Result<Option<Contract>> {
        loaders(ctx).contracts.find(self.refers.contract).await
    }

    /// The deal the goods are for (сделка); null = for stock.
    async fn deal(&self, ctx: &Context<'_>) -> Result<Option<Deal>> {
        loaders(ctx).deals.find(self.refers.deal).await
    }

    /// Where the goods are expected (склад).
    async fn warehouse(&self, ctx: &Context<'_>) -> Result<Warehouse> {
        loaders(ctx).warehouses.existing(self.refers.warehouse).await
    }

    /// Who made it (автор); null = the system.
    async fn author(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        loaders(ctx).users.find(self.refers.author).await
    }

    /// Who approved it (кто согласовал).
    async fn decided_by(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        loaders(ctx).users.find(self.refers.decided_by).await
    }

    /// What was paid for it in advance and is not used up yet (остаток аванса).
    async fn advance(&self, ctx: &Context<'_>) -> Result<Money> {
        let money = loaders(ctx).money_of_supplier_orders.find(self.refers.order).await?;
        Ok(Money::roubles(money.map(|money| money.advance).unwrap_or_default()))
    }

    /// What is owed for its receipts (долг по поступлениям).
    async fn debt(&self, ctx: &Context<'_>) -> Result<Money> {
        let money = loaders(ctx).money_of_supplier_orders.find(self.refers.order).await?;
        Ok(Money::roubles(money.map(|money| money.debt).unwrap_or_default()))
    }
}

/// A line of an order to a supplier (строка заказа поставщику).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct SupplierOrderLine {
    /// Id (идентификатор).
    id: Key,
    /// 1, 2, … (номер строки).
    line: i32,
    /// Ordered pieces (штуки).
    pieces: i32,
    /// Ordered metres (метры).
    metres: Number,
    /// Ordered tonnes by the weight of the profile (тонны).
    tonnes: Number,
    /// In units of the price (количество).
    quantity: Number,
    /// What the price is for (единица цены).
    price_unit: PriceUnit,
    /// Price of a unit (цена).
    price: Money,
    /// The price includes VAT (цена с НДС).
    price_includes_vat: bool,
    /// Without VAT (без НДС).
    net: Money,
    /// VAT as printed by the supplier (НДС).
    vat: Money,
    /// With VAT (с НДС).
    gross: Money,
    #[graphql(skip)]
    row: orders::Line,
}

impl Entity for SupplierOrderLine {
    const PREFIX: &'static str = "supplier_order_line";
}

impl From<orders::Line> for SupplierOrderLine {
    fn from(row: orders::Line) -> Self {
        Self {
            id: Key::of::<Self>(row.supplier_order_line_id),
            line: row.line,
            pieces: whole(row.pieces),
            metres: Number::metres(row.metres),
            tonnes: Number::tonnes(row.tonnes_theoretical),
            quantity: Number::tonnes(row.quantity),
            price_unit: row.price.unit.into(),
            price: Money::roubles(row.price.price),
            price_includes_vat: row.price.includes_vat,
            net: Money::roubles(row.net),
            vat: Money::roubles(row.vat),
            gross: Money::roubles(row.gross),
            row,
        }
    }
}

#[ComplexObject]
impl SupplierOrderLine {
    /// What (номенклатура).
    async fn product(&self, ctx: &Context<'_>) -> Result<Product> {
        loaders(ctx).products.existing(self.row.product_id).await
    }

    /// What came against it (исполнение).
    async fn delivery(&self, ctx: &Context<'_>) -> Result<SupplierOrderDelivery> {
        let received = loaders(ctx).received_of_lines.find(self.row.supplier_order_line_id).await?;
        Ok(SupplierOrderDelivery::of(&self.row, received.unwrap_or_default()))
    }

    /// The batches that came (поступившие серии), oldest first.
    #[graphql(complexity = "page::few(child_complexity)")]
    async fn batches(&self, ctx: &Context<'_>) -> Result<Vec<Batch>> {
        loaders(ctx).batches_of_lines.of(self.row.supplier_order_line_id).await
    }
}

/// What came against a line of a supplier order, and what of it is missing or over (исполнение строки).
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct SupplierOrderDelivery {
    /// How often something came (число поступлений).
    receipts: i32,
    /// Pieces that came (поступило, шт).
    pieces: i32,
    /// Tonnes that came, by the weight of the profile (поступило, т).
    tonnes: Number,
    /// Tonnes by the scales of what was weighed (поступило по весам, т); null when nothing was.
    tonnes_weighed: Option<Number>,
    /// Pieces still expected (недопоставка, шт).
    left_pieces: i32,
    /// Tonnes still expected (недопоставка, т).
    left_tonnes: Number,
    /// Pieces beyond the order (сверх заказа, шт).
    over_pieces: i32,
    /// Tonnes beyond the order (сверх заказа, т).
    over_tonnes: Number,
    /// What it was received for, without VAT (поступило на сумму).
    net: Money,
}

impl SupplierOrderDelivery {
    fn of(ordered: &orders::Line, came: Received) -> Self {
        let tonnes = came.tonnes_theoretical - ordered.tonnes_theoretical;
        let pieces = came.pieces - ordered.pieces;
        Self {
            receipts: whole(came.receipts),
            pieces: whole(came.pieces),
            tonnes: Number::tonnes(came.tonnes_theoretical),
            tonnes_weighed: weighed(came.tonnes_weighed),
            left_pieces: whole((-pieces).max(0)),
            left_tonnes: Number::tonnes((-tonnes).max(rust_decimal::Decimal::ZERO)),
            over_pieces: whole(pieces.max(0)),
            over_tonnes: Number::tonnes(tonnes.max(rust_decimal::Decimal::ZERO)),
            net: Money::roubles(came.net),
        }
    }
}

/// Supplier orders of the given ids.
pub(crate) fn orders_by_ids(db: Db, scope: Scope, ids: Vec<i64>) -> Rows<SupplierOrder> {
    Box::pin(async move { Ok(by_id(read::list_by_ids(&db, &scope, &ids).await?, |row| row.supplier_order_id)) })
}

/// What came against the given lines.
pub(crate) fn received_of_lines(db: Db, _: Scope, ids: Vec<i64>) -> Rows<Received> {
    Box::pin(async move { Ok(by_id(read::list_received(&db, &ids).await?, |row| row.supplier_order_line_id)) })
}

/// Money tied to the given supplier orders.
pub(crate) fn money_of_orders(db: Db, _: Scope, ids: Vec<i64>) -> Rows<store::Money> {
    Box::pin(async move { Ok(by_id(read::list_money(&db, &ids).await?, |row| row.supplier_order_id)) })
}

/// Which supplier orders a list shows (отбор заказов поставщикам).
#[derive(InputObject, Default)]
pub(crate) struct SupplierOrderFilter {
    /// Of this own company (организация).
    company_id: Option<Id<Company>>,
    /// From this supplier (поставщик).
    supplier_id: Option<Id<Party>>,
    /// For this deal (сделка).
    deal_id: Option<Id<Deal>>,
    /// In this state (статус).
    state: Option<SupplierOrderState>,
    /// Ordered on this day or later (с даты).
    from: Option<Day>,
    /// Ordered on this day or earlier (по дату).
    to: Option<Day>,
    /// To this warehouse (склад).
    warehouse_id: Option<Id<Warehouse>>,
    /// Part of the number (поиск).
    #[graphql(default)]
    search: String,
}

/// Questions about supplier orders.
#[derive(Default)]
pub(crate) struct SupplierOrdersQuery;

#[Object]
impl SupplierOrdersQuery {
    /// Orders to suppliers (заказы поставщикам), newest first.
    #[graphql(complexity = "page::cost(first, child_complexity)")]
    async fn supplier_orders(
        &self,
        ctx: &Context<'_>,
        #[graphql(default, desc = "Which ones (отбор).")] filter: SupplierOrderFilter,
        #[graphql(default_with = "page::DEFAULT", desc = "How many at most, 1 to 100 (сколько).")] first: i32,
        #[graphql(desc = "After this cursor (после курсора).")] after: Option<String>,
    ) -> Result<Page<SupplierOrder>> {
        let window = Window::new(first, after.as_deref())?;
        let filter = read::Filter {
            company_id: filter.company_id.map(|id| id.number),
            party_id: filter.supplier_id.map(|id| id.number),
            deal_id: filter.deal_id.map(|id| id.number),
            state: filter.state.map(Into::into),
            from: filter.from.map(|day| day.0),
            to: filter.to.map(|day| day.0),
            warehouse_id: filter.warehouse_id.map(|id| id.number),
            search: filter.search.trim().to_owned(),
        };
        let rows = read::list(db(ctx), &scope(ctx)?, &filter, window.after, window.limit()).await?;
        Ok(window.page(rows, |row| (row.ordered_on, row.supplier_order_id)))
    }

    /// The supplier order of an id (заказ поставщику); null when there is none the caller may see.
    async fn supplier_order(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its id (идентификатор).")] id: Id<SupplierOrder>,
    ) -> Result<Option<SupplierOrder>> {
        loaders(ctx).supplier_orders.find(id.number).await
    }
}
