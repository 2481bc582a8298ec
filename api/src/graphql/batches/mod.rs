//! Batches and warehouses in the graph.

mod card;
mod estimates;
mod expenses;
mod operations;
mod passports;
mod receive;
mod returns;
mod stock;
mod transit;

use async_graphql::{ComplexObject, Context, InputObject, Object, SimpleObject};
use shpunt_domain::Db;
use shpunt_domain::access::Scope;
use shpunt_domain::batches::{self, read};

use super::caller::db;
use super::catalog::Product;
use super::companies::Company;
use super::documents::Document;
use super::error::Result;
use super::ids::{Entity, Id, Key};
use super::loaders::{Batch as Rows, by_id, loaders};
use super::orders::BatchBuyBack;
use super::page::{self, Page, Window};
use super::parties::{Contract, Party};
use super::purchasing::BatchSupply;
use super::scalars::{Day, Money, Number, weighed, whole};
use card::BatchMovement;
pub(crate) use estimates::EstimatesMutation;
pub(crate) use expenses::{
    AdditionalExpense, AdditionalExpenseShare, AdditionalExpenseTarget, AdditionalExpensesMutation, AdditionalExpensesQuery,
    AllocationBasis, expenses_by_ids, shares_of_batches, shares_of_expenses,
};
pub(crate) use operations::StockMutation;
pub(crate) use passports::{BatchPassport, BatchReservation, PassportsMutation, passports_of_batches, reservations_of_batches};
pub(crate) use receive::BatchesMutation;
pub(crate) use returns::{
    SupplierReturn, SupplierReturnLine, SupplierReturnsMutation, SupplierReturnsQuery, lines_of_supplier_returns,
    supplier_returns_by_ids,
};
pub(crate) use stock::{
    StockCount, StockCountLine, StockCountsQuery, children_of_batches, counts_by_ids, lines_of_counts, origins_of_batches,
    parents_of_batches,
};
pub(crate) use transit::{TransitMutation, TransitQuery, expected_batches};

/// Where goods lie (склад).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct Warehouse {
    /// Id (идентификатор).
    pub(crate) id: Key,
    /// Name (название), unique.
    name: String,
    /// Goods only pass through it, from the supplier's gate to the customer (транзитный).
    is_transit: bool,
    /// Goods may come to it (используется).
    is_active: bool,
    /// Grows with every change; give it back as `expectedVersion` (версия).
    version: i32,
    #[graphql(skip)]
    keeper_id: i64,
}

#[ComplexObject]
impl Warehouse {
    /// Whose yard it is when it is not ours: our goods lie at a processor or a keeper (хранитель, переработчик).
    async fn keeper(&self, ctx: &Context<'_>) -> Result<Option<Party>> {
        loaders(ctx).parties.find(self.keeper_id).await
    }
}

impl Entity for Warehouse {
    const PREFIX: &'static str = "warehouse";
}

impl From<batches::Warehouse> for Warehouse {
    fn from(row: batches::Warehouse) -> Self {
        Self {
            id: Key::of::<Self>(row.warehouse_id),
            name: row.name,
            is_transit: row.is_transit,
            is_active: row.active,
            version: row.version,
            keeper_id: row.keeper_id,
        }
    }
}

/// Goods received at once, which cost the same (серия, партия).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct Batch {
    /// Id (идентификатор).
    pub(crate) id: Key,
    /// Number (номер), unique per company.
    number: String,
    /// When it came (дата поступления).
    received_on: Day,
    /// Received pieces (штуки).
    pieces: i32,
    /// Received metres (метры).
    metres: Number,
    /// Received tonnes by the weight of the profile (тонны теоретические).
    tonnes_theoretical: Number,
    /// Received tonnes by the scales (тонны по весам); null when not weighed.
    tonnes_weighed: Option<Number>,
    /// Purchase cost as it entered the stock (себестоимость закупки).
    cost: Money,
    /// VAT as printed by the supplier (НДС поставщика).
    vat: Money,
    #[graphql(skip)]
    row: batches::Batch,
}

impl Entity for Batch {
    const PREFIX: &'static str = "batch";
}

impl From<batches::Batch> for Batch {
    fn from(row: batches::Batch) -> Self {
        Self {
            id: Key::of::<Self>(row.batch_id),
            number: row.number.clone(),
            received_on: Day(row.received_on),
            pieces: whole(row.pieces),
            metres: Number::metres(row.metres),
            tonnes_theoretical: Number::tonnes(row.tonnes_theoretical),
            tonnes_weighed: weighed(row.tonnes_weighed),
            cost: Money::roubles(row.cost),
            vat: Money::roubles(row.vat),
            row,
        }
    }
}

#[ComplexObject]
impl Batch {
    /// Whose it is (своя организация).
    async fn company(&self, ctx: &Context<'_>) -> Result<Company> {
        loaders(ctx).companies.existing(self.row.company_id).await
    }

    /// What it is (номенклатура).
    async fn product(&self, ctx: &Context<'_>) -> Result<Product> {
        loaders(ctx).products.existing(self.row.product_id).await
    }

    /// Where it lies (склад).
    async fn warehouse(&self, ctx: &Context<'_>) -> Result<Warehouse> {
        loaders(ctx).warehouses.existing(self.row.warehouse_id).await
    }

    /// From whom it came (поставщик).
    async fn supplier(&self, ctx: &Context<'_>) -> Result<Party> {
        loaders(ctx).parties.existing(self.row.party_id).await
    }

    /// Under which contract it was bought (договор поставки).
    async fn contract(&self, ctx: &Context<'_>) -> Result<Option<Contract>> {
        loaders(ctx).contracts.find(self.row.contract_id).await
    }

    /// Of which order it came, and whether its price is final (поставка); null where it was received without an order at a final price.
    async fn supply(&self, ctx: &Context<'_>) -> Result<Option<BatchSupply>> {
        loaders(ctx).supplies_of_batches.find(self.row.batch_id).await
    }

    /// The receipt, or the operation that made it of another batch (документ поступления или операции).
    async fn document(&self, ctx: &Context<'_>) -> Result<Option<Document>> {
        loaders(ctx).documents.find(self.row.document_id).await
    }

    /// The batch its goods were taken from (исходная серия); null when they were received.
    async fn parent(&self, ctx: &Context<'_>) -> Result<Option<Batch>> {
        match loaders(ctx).parents_of_batches.find(self.row.batch_id).await? {
            Some(batch_id) => loaders(ctx).batches.find(batch_id).await,
            None => Ok(None),
        }
    }

    /// The batches that were made of it by transfers, cuts and conversions (полученные из неё серии), oldest first.
    #[graphql(complexity = "page::few(child_complexity)")]
    async fn children(&self, ctx: &Context<'_>) -> Result<Vec<Batch>> {
        loaders(ctx).children_of_batches.of(self.row.batch_id).await
    }

    /// The batch as the supplier delivered it, whose document is the receipt (серия поступления): itself when it was received.
    async fn origin(&self, ctx: &Context<'_>) -> Result<Batch> {
        let origin = loaders(ctx).origins_of_batches.existing(self.row.batch_id).await?;
        loaders(ctx).batches.existing(origin).await
    }

    /// When it is expected here (ожидается), while it is on its way (товар в пути); null otherwise.
    async fn expected_on(&self, ctx: &Context<'_>) -> Result<Option<Day>> {
        loaders(ctx).expected_batches.find(self.row.batch_id).await
    }

    /// What is left (остаток).
    async fn balance(&self, ctx: &Context<'_>) -> Result<BatchBalance> {
        loaders(ctx).balances.existing(self.row.batch_id).await
    }

    /// What it is known by in the yard (паспорт); null when nobody has described it.
    async fn passport(&self, ctx: &Context<'_>) -> Result<Option<BatchPassport>> {
        loaders(ctx).passports_of_batches.find(self.row.batch_id).await
    }

    /// Which confirmed orders will take pieces of it (резервы), the first planned first.
    #[graphql(complexity = "page::few(child_complexity)")]
    async fn reservations(&self, ctx: &Context<'_>) -> Result<Vec<BatchReservation>> {
        loaders(ctx).reservations_of_batches.of(self.row.batch_id).await
    }

    /// Pieces that are left and not reserved (свободный остаток); below zero when orders are short of goods.
    async fn free_pieces(&self, ctx: &Context<'_>) -> Result<i32> {
        let reserved = loaders(ctx).reservations_of_batches.of(self.row.batch_id).await?;
        let balance = loaders(ctx).balances.existing(self.row.batch_id).await?;
        Ok(balance.pieces - BatchReservation::sum(&reserved))
    }

    /// The sale it was bought back of (обратный выкуп); null when it was not.
    async fn bought_back_of(&self, ctx: &Context<'_>) -> Result<Option<BatchBuyBack>> {
        loaders(ctx).buy_backs_of_batches.find(self.row.batch_id).await
    }

    /// What it bears of additional expenses (дополнительные расходы), oldest first, those taken back too.
    #[graphql(complexity = "page::few(child_complexity)")]
    async fn additional_expenses(&self, ctx: &Context<'_>) -> Result<Vec<AdditionalExpenseShare>> {
        loaders(ctx).shares_of_batches.of(self.row.batch_id).await
    }

    /// Every movement of its goods and their cost, by date, with what was there after it (карточка серии).
    #[graphql(complexity = "page::cost(first, child_complexity)")]
    async fn card(
        &self,
        ctx: &Context<'_>,
        #[graphql(default_with = "page::DEFAULT", desc = "How many at most, 1 to 100 (сколько).")] first: i32,
        #[graphql(desc = "After this cursor (после курсора).")] after: Option<String>,
    ) -> Result<Page<BatchMovement>> {
        let window = Window::new(first, after.as_deref())?;
        let rows = batches::read::card(db(ctx), self.row.batch_id, window.after, window.limit()).await?;
        Ok(window.page(rows, |row| (row.effective_on, row.entry_id)))
    }
}

/// What is left of a batch (остаток серии).
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct BatchBalance {
    /// Left pieces (штуки).
    pieces: i32,
    /// Left metres (метры).
    metres: Number,
    /// Left tonnes by the weight of the profile (тонны теоретические).
    tonnes_theoretical: Number,
    /// Left cost (стоимость остатка).
    value: Money,
}

impl From<batches::Balance> for BatchBalance {
    fn from(row: batches::Balance) -> Self {
        Self {
            pieces: whole(row.pieces),
            metres: Number::metres(row.metres),
            tonnes_theoretical: Number::tonnes(row.tonnes_theoretical),
            value: Money::roubles(row.value),
        }
    }
}

/// Batches of the given ids.
pub(super) fn by_ids(db: Db, _: Scope, ids: Vec<i64>) -> Rows<Batch> {
    Box::pin(async move { Ok(by_id(read::list_by_ids(&db, &ids).await?, |row| row.batch_id)) })
}

/// What is left of the given batches.
pub(super) fn balances(db: Db, _: Scope, ids: Vec<i64>) -> Rows<BatchBalance> {
    Box::pin(async move { Ok(by_id(read::list_balances(&db, &ids).await?, |row| row.batch_id)) })
}

/// Warehouses of the given ids.
pub(super) fn warehouses(db: Db, _: Scope, ids: Vec<i64>) -> Rows<Warehouse> {
    Box::pin(async move { Ok(by_id(read::list_warehouses_by_ids(&db, &ids).await?, |row| row.warehouse_id)) })
}

/// Which batches a list shows (отбор серий).
#[derive(InputObject, Default)]
pub(crate) struct BatchFilter {
    /// Of this own company (организация).
    company_id: Option<Id<Company>>,
    /// Of this product (номенклатура).
    product_id: Option<Id<Product>>,
    /// In this warehouse (склад).
    warehouse_id: Option<Id<Warehouse>>,
    /// Only those that still hold something (в наличии).
    #[graphql(default)]
    in_stock: bool,
    /// Part of the number, the heat, the certificate or the tag (поиск).
    #[graphql(default)]
    search: String,
    /// Of this supplier (поставщик).
    supplier_id: Option<Id<Party>>,
    /// With exactly this number, whatever the case of its letters (номер).
    number: Option<String>,
}

/// Questions about stock.
#[derive(Default)]
pub(crate) struct BatchesQuery;

#[Object]
impl BatchesQuery {
    /// All warehouses (склады), by id; there are few.
    #[graphql(complexity = "page::list(child_complexity)")]
    async fn warehouses(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Those in use, or those that are not (используется); left out = all.")] is_active: Option<bool>,
    ) -> Result<Vec<Warehouse>> {
        Ok(read::list_warehouses(db(ctx), is_active).await?.into_iter().map(Warehouse::from).collect())
    }

    /// Batches (серии), newest first.
    #[graphql(complexity = "page::cost(first, child_complexity)")]
    async fn batches(
        &self,
        ctx: &Context<'_>,
        #[graphql(default, desc = "Which ones (отбор).")] filter: BatchFilter,
        #[graphql(default_with = "page::DEFAULT", desc = "How many at most, 1 to 100 (сколько).")] first: i32,
        #[graphql(desc = "After this cursor (после курсора).")] after: Option<String>,
    ) -> Result<Page<Batch>> {
        let window = Window::new(first, after.as_deref())?;
        let filter = read::Filter {
            company_id: filter.company_id.map(|id| id.number),
            product_id: filter.product_id.map(|id| id.number),
            warehouse_id: filter.warehouse_id.map(|id| id.number),
            in_stock: filter.in_stock,
            search: filter.search.trim().to_owned(),
            party_id: filter.supplier_id.map(|id| id.number),
            number: filter.number.map(|number| number.trim().to_owned()),
        };
        let rows = read::list(db(ctx), &filter, window.after, window.limit()).await?;
        Ok(window.page(rows, |row| (row.received_on, row.batch_id)))
    }

    /// The batch of an id (серия); null when there is none.
    async fn batch(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its id (идентификатор).")] id: Id<Batch>,
    ) -> Result<Option<Batch>> {
        loaders(ctx).batches.find(id.number).await
    }
}
