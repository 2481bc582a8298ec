//! Products and profiles in the graph.

use async_graphql::{Context, Enum, InputObject, Object, OneofObject, SimpleObject};
use shpunt_domain::Db;
use shpunt_domain::access::Scope;
use shpunt_domain::catalog::{self, commands, store};
use shpunt_domain::keyset;

use super::caller::{command, db};
use super::error::Result;
use super::ids::{Entity, Id, Key};
use super::loaders::{Batch, by_id, loaders};
use super::page::{self, Page, Sorted, Window};
use super::plan::{Field, Planned, Step, Steps, Word};
use super::scalars::{Number, Uuid};
use super::text::given;
use super::user_error::payload;

/// Goods or a service (вид номенклатуры).
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "catalog::Kind")]
pub(crate) enum ProductKind {
    /// Taken from batches (товар).
    Goods,
    /// Delivery, cutting, unloading; no batch (услуга).
    Service,
}

/// The state goods are in (состояние).
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Condition {
    /// New (новый).
    New,
    /// Used (б/у).
    Used,
    /// Restored (восстановленный).
    Restored,
    /// Scrap (лом): pieces of a short length, sold by weight.
    Scrap,
}

impl Condition {
    fn of(condition: catalog::Condition) -> Option<Self> {
        match condition {
            catalog::Condition::None => None,
            catalog::Condition::New => Some(Self::New),
            catalog::Condition::Used => Some(Self::Used),
            catalog::Condition::Restored => Some(Self::Restored),
            catalog::Condition::Scrap => Some(Self::Scrap),
        }
    }
}

impl From<Condition> for catalog::Condition {
    fn from(condition: Condition) -> Self {
        match condition {
            Condition::New => Self::New,
            Condition::Used => Self::Used,
            Condition::Restored => Self::Restored,
            Condition::Scrap => Self::Scrap,
        }
    }
}

/// A profile of sheet piles (профиль шпунта).
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct Profile {
    /// Its name (обозначение), such as `AZ 18-700`.
    name: String,
    /// Useful width, mm (полезная ширина).
    width_mm: i32,
    /// Weight of a metre, kg (вес метра).
    kg_per_m: Number,
    /// Steel of a metre of wall, cm² (площадь сечения); null where it is not known.
    area_cm2_per_m: Option<Number>,
    /// Piles of one family have interlocks that fit (семейство).
    family: Option<String>,
    /// The table the weight is from (источник веса): public tables contradict each other.
    source: String,
    /// Which edition of the table (редакция); null where it is not known.
    edition: Option<String>,
    /// Grows with every import that changes it (версия).
    version: i32,
}

impl From<catalog::Profile> for Profile {
    fn from(row: catalog::Profile) -> Self {
        Self {
            name: row.profile,
            width_mm: row.width_mm,
            kg_per_m: Number::metres(row.kg_per_m),
            area_cm2_per_m: (!row.area_cm2_per_m.is_zero()).then(|| Number::metres(row.area_cm2_per_m)),
            family: given(row.family),
            source: row.source,
            edition: given(row.edition),
            version: row.version,
        }
    }
}

/// Goods or a service (номенклатура).
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct Product {
    /// Id (идентификатор).
    pub(crate) id: Key,
    /// Goods or a service (вид).
    kind: ProductKind,
    /// Stock keeping unit (артикул), unique.
    sku: String,
    /// Name (наименование).
    name: String,
    /// The profile (профиль); null for a service.
    profile: Option<String>,
    /// The state (состояние); null for a service.
    condition: Option<Condition>,
    /// Length of a piece, metres (длина); null for a service.
    length_m: Option<Number>,
    /// Weight of a metre, kg, as it was when the product was made (вес метра); null for a service.
    kg_per_m: Option<Number>,
    /// Grows with every change (версия).
    version: i32,
    /// New documents may name it (используется).
    is_active: bool,
}

impl Entity for Product {
    const PREFIX: &'static str = "product";
}

impl From<catalog::Product> for Product {
    fn from(row: catalog::Product) -> Self {
        let is_goods = row.kind == catalog::Kind::Goods;
        Self {
            id: Key::of::<Self>(row.product_id),
            kind: row.kind.into(),
            sku: row.sku,
            name: row.name,
            profile: given(row.profile),
            condition: Condition::of(row.condition),
            length_m: is_goods.then(|| Number::metres(row.length_m)),
            kg_per_m: is_goods.then(|| Number::metres(row.kg_per_m)),
            version: row.version,
            is_active: row.active,
        }
    }
}

impl Steps for Product {
    fn step(field: &Field<'_>) -> Option<Step<Self>> {
        match field.name {
            "id" => field.leaf(|product: &Self| &product.id),
            "kind" => field.value(|product: &Self| Word(product.kind)),
            "sku" => field.leaf(|product: &Self| &product.sku),
            "name" => field.leaf(|product: &Self| &product.name),
            "profile" => field.leaf(|product: &Self| &product.profile),
            "condition" => field.value(|product: &Self| product.condition.map(Word)),
            "lengthM" => field.leaf(|product: &Self| &product.length_m),
            "kgPerM" => field.leaf(|product: &Self| &product.kg_per_m),
            "version" => field.leaf(|product: &Self| &product.version),
            "isActive" => field.leaf(|product: &Self| &product.is_active),
            _ => None,
        }
    }
}

/// Products of the given ids.
pub(super) fn by_ids(db: Db, _: Scope, ids: Vec<i64>) -> Batch<Product> {
    Box::pin(async move { Ok(by_id(store::list_by_ids(&db, &ids).await?, |row| row.product_id)) })
}

/// In which order products are listed (порядок номенклатуры); what is equal goes by age.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "store::Sort")]
pub(crate) enum ProductSort {
    /// The oldest first (сначала старые).
    Oldest,
    /// The newest first (сначала новые).
    Newest,
    /// By name (по названию).
    Name,
}

/// Questions about products.
#[derive(Default)]
pub(crate) struct CatalogQuery;

#[Object]
impl CatalogQuery {
    /// Products (номенклатура), oldest first unless another order is asked for.
    #[graphql(complexity = "page::cost(first, child_complexity)")]
    #[expect(clippy::too_many_arguments, reason = "they are the arguments of the field")]
    async fn products(
        &self,
        ctx: &Context<'_>,
        #[graphql(default, desc = "Part of the name or of the sku (поиск).")] search: String,
        #[graphql(default_with = "ProductSort::Oldest", desc = "In which order (порядок).")] sort: ProductSort,
        #[graphql(default, desc = "The order turned round (в обратном порядке).")] reverse: bool,
        #[graphql(desc = "Those in use, or those that are not (используется); left out = all.")] is_active: Option<bool>,
        #[graphql(default_with = "page::DEFAULT", desc = "How many at most, 1 to 100 (сколько).")] first: i32,
        #[graphql(desc = "After this cursor of the same order (после курсора).")] after: Option<String>,
    ) -> Result<Planned<Page<Product>>> {
        let search = search.trim();
        if sort == ProductSort::Oldest && !reverse {
            let window = Window::new(first, after.as_deref())?;
            let rows = store::list(db(ctx), search, is_active, window.after.unwrap_or_default(), window.limit()).await?;
            return Ok(Planned(window.page(rows, |row| row.product_id)));
        }
        let sort = store::Sort::from(sort);
        let page = Sorted::new(sort, reverse, first, after.as_deref())?;
        let keys = store::keys(db(ctx), search, is_active, sort, &page.part(sort.descends())).await?;
        let rows = store::list_by_ids(db(ctx), &keyset::ids(&keys)).await?;
        Ok(Planned(page.page(keys, rows, |row| row.product_id)))
    }

    /// The product of an id (номенклатура); null when there is none.
    async fn product(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its id (идентификатор).")] id: Id<Product>,
    ) -> Result<Option<Product>> {
        loaders(ctx).products.find(id.number).await
    }

    /// All profiles with their weights (профили шпунта), by name; there are few.
    #[graphql(complexity = "page::list(child_complexity)")]
    async fn profiles(&self, ctx: &Context<'_>) -> Result<Vec<Profile>> {
        Ok(store::list_profiles(db(ctx)).await?.into_iter().map(Profile::from).collect())
    }
}

/// New sheet piles (новый шпунт): sku, name and weight follow.
#[derive(InputObject)]
pub(crate) struct GoodsInput {
    /// A known profile (профиль), such as `AZ 18-700`.
    profile: String,
    /// Length of a piece, metres (длина), at most three places.
    length_m: Number,
    /// The state (состояние).
    condition: Condition,
}

/// A new service (новая услуга).
#[derive(InputObject)]
pub(crate) struct ServiceInput {
    /// Stock keeping unit (артикул), unique.
    sku: String,
    /// Name (наименование).
    name: String,
}

/// Goods or a service (товар или услуга).
#[derive(OneofObject)]
pub(crate) enum ProductInput {
    /// Sheet piles (шпунт).
    Goods(GoodsInput),
    /// A service (услуга).
    Service(ServiceInput),
}

/// A new product (новая номенклатура).
#[derive(InputObject)]
pub(crate) struct ProductCreateInput {
    /// What (что).
    product: ProductInput,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// Other labels for a product (изменение номенклатуры): what is left out stays.
#[derive(InputObject)]
pub(crate) struct ProductUpdateInput {
    /// Which (номенклатура).
    product_id: Id<Product>,
    /// The version you read (версия).
    expected_version: i32,
    /// Stock keeping unit (артикул), unique.
    sku: Option<String>,
    /// Name (наименование).
    name: Option<String>,
    /// New documents may name it (используется).
    is_active: Option<bool>,
}

payload! {
    /// What `productUpdate` did.
    ProductUpdatePayload {
        /// The product as it is now (номенклатура); null when nothing was done.
        product: Product
    }
}

payload! {
    /// What `productCreate` did.
    ProductCreatePayload {
        /// The new product (номенклатура); null when nothing was done.
        product: Product
    }
}

/// Changes of products.
#[derive(Default)]
pub(crate) struct CatalogMutation;

#[Object]
impl CatalogMutation {
    /// Changes what a product is called, or retires it (изменить номенклатуру); profile, length and condition stay. Codes: `NOT_FOUND`, `VERSION_CONFLICT`, `INVALID_INPUT`, `ALREADY_EXISTS` (the sku).
    async fn product_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change (что изменить).")] input: ProductUpdateInput,
    ) -> Result<ProductUpdatePayload> {
        let update = commands::Update {
            product_id: input.product_id.number,
            expected_version: input.expected_version,
            sku: input.sku,
            name: input.name,
            active: input.is_active,
        };
        ProductUpdatePayload::of(commands::update(db(ctx), &command(ctx, None)?, update).await)
    }

    /// Creates a product (создать номенклатуру). Codes: `NOT_FOUND` (profile), `INVALID_INPUT`, `AMOUNT_NOT_POSITIVE`, `ALREADY_EXISTS`.
    async fn product_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new product (новая номенклатура).")] input: ProductCreateInput,
    ) -> Result<ProductCreatePayload> {
        let command = command(ctx, input.idempotency_key)?;
        let done = match input.product {
            ProductInput::Goods(goods) => {
                let create = commands::GoodsCreate {
                    profile: goods.profile,
                    length_m: goods.length_m.0,
                    condition: goods.condition.into(),
                };
                commands::goods_create(db(ctx), &command, create).await
            }
            ProductInput::Service(service) => {
                let create = commands::ServiceCreate { sku: service.sku, name: service.name };
                commands::service_create(db(ctx), &command, create).await
            }
        };
        ProductCreatePayload::of(done)
    }
}
