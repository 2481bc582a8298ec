//! Customer groups and price lists.

use async_graphql::{ComplexObject, Context, InputObject, Object, SimpleObject};
use shpunt_domain::Db;
use shpunt_domain::access::Scope;
use shpunt_domain::pricing::{groups, lists, store};

use super::{GoodsPrice, GoodsPriceInput};
use crate::graphql::caller::{command, db};
use crate::graphql::catalog::Product;
use crate::graphql::companies::Company;
use crate::graphql::error::Result;
use crate::graphql::ids::{Entity, Id, Key, or_zero};
use crate::graphql::loaders::{Batch, by_id, loaders};
use crate::graphql::page::{self, Page, Window};
use crate::graphql::parties::Party;
use crate::graphql::scalars::{Day, Uuid};
use crate::graphql::user_error::payload;

/// Customers that buy at the same prices (группа покупателей).
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct CustomerGroup {
    /// Id (идентификатор).
    pub(crate) id: Key,
    /// Name, unique (название).
    name: String,
    /// Grows with every change; give it back as `expectedVersion` (версия).
    version: i32,
}

impl Entity for CustomerGroup {
    const PREFIX: &'static str = "customer_group";
}

impl From<lists::CustomerGroup> for CustomerGroup {
    fn from(row: lists::CustomerGroup) -> Self {
        Self { id: Key::of::<Self>(row.customer_group_id), name: row.name, version: row.version }
    }
}

/// Which group a customer is of (группа покупателя).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct PartyGroup {
    /// Id of the group (группа); null = none.
    customer_group_id: Option<Key>,
    #[graphql(skip)]
    party_id: i64,
}

#[ComplexObject]
impl PartyGroup {
    /// The customer (покупатель).
    async fn customer(&self, ctx: &Context<'_>) -> Result<Party> {
        loaders(ctx).parties.existing(self.party_id).await
    }
}

impl From<lists::PartyGroup> for PartyGroup {
    fn from(row: lists::PartyGroup) -> Self {
        let group = row.customer_group_id;
        Self { customer_group_id: (group > 0).then(|| Key::of::<CustomerGroup>(group)), party_id: row.party_id }
    }
}

/// A price list of a company for a customer group (прайс-лист).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct PriceList {
    /// Id (идентификатор).
    id: Key,
    /// Name (название).
    name: String,
    /// Id of the group it is for (группа покупателей); null = everybody whose group has no price of the goods.
    customer_group_id: Option<Key>,
    #[graphql(skip)]
    company_id: i64,
}

#[ComplexObject]
impl PriceList {
    /// Who sells (своя организация).
    async fn company(&self, ctx: &Context<'_>) -> Result<Company> {
        loaders(ctx).companies.existing(self.company_id).await
    }
}

impl Entity for PriceList {
    const PREFIX: &'static str = "price_list";
}

impl From<lists::PriceList> for PriceList {
    fn from(row: lists::PriceList) -> Self {
        let group = row.customer_group_id;
        Self {
            id: Key::of::<Self>(row.price_list_id),
            name: row.name,
            customer_group_id: (group > 0).then(|| Key::of::<CustomerGroup>(group)),
            company_id: row.company_id,
        }
    }
}

/// A price of a list (цена прайс-листа).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct PriceListPrice {
    /// Id of the list (прайс-лист).
    price_list_id: Key,
    /// From this day on (действует с).
    valid_from: Day,
    /// How much for what (цена).
    price: GoodsPrice,
    #[graphql(skip)]
    product_id: i64,
}

#[ComplexObject]
impl PriceListPrice {
    /// What (номенклатура).
    async fn product(&self, ctx: &Context<'_>) -> Result<Product> {
        loaders(ctx).products.existing(self.product_id).await
    }
}

impl Entity for PriceListPrice {
    const PREFIX: &'static str = "price_list_price";
}

impl From<lists::ListPrice> for PriceListPrice {
    fn from(row: lists::ListPrice) -> Self {
        Self {
            price_list_id: Key::of::<PriceList>(row.price_list_id),
            valid_from: Day(row.valid_from),
            price: row.price.into(),
            product_id: row.product_id,
        }
    }
}

/// Groups of the given ids.
pub(crate) fn groups_by_ids(db: Db, _: Scope, ids: Vec<i64>) -> Batch<CustomerGroup> {
    Box::pin(async move { Ok(by_id(groups::list_groups_by_ids(&db, &ids).await?, |row| row.customer_group_id)) })
}

/// The groups of the given customers.
pub(crate) fn groups_of_parties(db: Db, _: Scope, ids: Vec<i64>) -> Batch<CustomerGroup> {
    Box::pin(async move {
        let rows = groups::list_groups_of(&db, &ids).await?;
        Ok(rows.into_iter().map(|(party_id, group)| (party_id, group.into())).collect())
    })
}

/// Questions about price lists.
#[derive(Default)]
pub(crate) struct PriceListsQuery;

#[Object]
impl PriceListsQuery {
    /// All customer groups by name (группы покупателей).
    #[graphql(complexity = "page::list(child_complexity)")]
    async fn customer_groups(&self, ctx: &Context<'_>) -> Result<Vec<CustomerGroup>> {
        Ok(store::list_groups(db(ctx)).await?.into_iter().map(Into::into).collect())
    }

    /// All price lists (прайс-листы), oldest first.
    #[graphql(complexity = "page::list(child_complexity)")]
    async fn price_lists(&self, ctx: &Context<'_>) -> Result<Vec<PriceList>> {
        Ok(store::list_lists(db(ctx)).await?.into_iter().map(Into::into).collect())
    }

    /// The prices of a list that are valid on a day (цены прайс-листа), by product and unit.
    #[graphql(complexity = "page::cost(first, child_complexity)")]
    async fn price_list_prices(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The list (прайс-лист).")] price_list_id: Id<PriceList>,
        #[graphql(desc = "The day (дата).")] on: Day,
        #[graphql(default_with = "page::DEFAULT", desc = "How many at most, 1 to 100 (сколько).")] first: i32,
        #[graphql(desc = "After this cursor (после курсора).")] after: Option<String>,
    ) -> Result<Page<PriceListPrice>> {
        let window = Window::<PriceListPrice, (i64, String)>::new(first, after.as_deref())?;
        let rows = store::list_prices(db(ctx), price_list_id.number, on.0, window.after.clone(), window.limit()).await?;
        Ok(window.page(rows, |row| (row.product_id, row.price.unit.as_str().to_owned())))
    }
}

/// A new customer group (новая группа покупателей).
#[derive(InputObject)]
pub(crate) struct CustomerGroupCreateInput {
    /// Name, 1 to 200 characters, unique (название).
    name: String,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// Which group a customer is to be of (группа покупателя).
#[derive(InputObject)]
pub(crate) struct PartyGroupSetInput {
    /// The customer (покупатель).
    customer_id: Id<Party>,
    /// The group (группа); left out = none.
    customer_group_id: Option<Id<CustomerGroup>>,
}

/// A new price list (новый прайс-лист).
#[derive(InputObject)]
pub(crate) struct PriceListCreateInput {
    /// Who sells (своя организация).
    company_id: Id<Company>,
    /// For whom (группа покупателей); left out = everybody.
    customer_group_id: Option<Id<CustomerGroup>>,
    /// Name, 1 to 200 characters (название).
    name: String,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// A price to set (цена).
#[derive(InputObject)]
pub(crate) struct PriceListPriceInput {
    /// Goods (номенклатура).
    product_id: Id<Product>,
    /// From this day on (действует с).
    valid_from: Day,
    /// How much for what (цена).
    price: GoodsPriceInput,
}

/// Prices to set in a list (цены прайс-листа).
#[derive(InputObject)]
pub(crate) struct PriceListPricesSetInput {
    /// The list (прайс-лист).
    price_list_id: Id<PriceList>,
    /// 1 to 1000 (цены); one for the same product, unit and day is replaced.
    prices: Vec<PriceListPriceInput>,
}

/// Another name for a group (изменение группы покупателей).
#[derive(InputObject)]
pub(crate) struct CustomerGroupUpdateInput {
    /// Which (группа).
    customer_group_id: Id<CustomerGroup>,
    /// The version you read (версия).
    expected_version: i32,
    /// Name, 1 to 200 characters, unique (название).
    name: String,
}

payload! {
    /// What `customerGroupUpdate` did.
    CustomerGroupUpdatePayload {
        /// The group as it is now (группа); null when nothing was done.
        customer_group: CustomerGroup
    }
}

payload! {
    /// What `customerGroupCreate` did.
    CustomerGroupCreatePayload {
        /// The new group (группа); null when nothing was done.
        customer_group: CustomerGroup
    }
}

payload! {
    /// What `partyGroupSet` did.
    PartyGroupSetPayload {
        /// The customer's group as it is now (группа покупателя); null when nothing was done.
        party_group: PartyGroup
    }
}

payload! {
    /// What `priceListCreate` did.
    PriceListCreatePayload {
        /// The new list (прайс-лист); null when nothing was done.
        price_list: PriceList
    }
}

payload! {
    /// What `priceListPricesSet` did.
    PriceListPricesSetPayload {
        /// The list (прайс-лист); null when nothing was done.
        price_list: PriceList
    }
}

/// Changes of price lists.
#[derive(Default)]
pub(crate) struct PriceListsMutation;

#[Object]
impl PriceListsMutation {
    /// Renames a customer group (переименовать группу покупателей). Codes: `NOT_FOUND`, `VERSION_CONFLICT`, `INVALID_INPUT`, `ALREADY_EXISTS`.
    async fn customer_group_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change (что изменить).")] input: CustomerGroupUpdateInput,
    ) -> Result<CustomerGroupUpdatePayload> {
        let update = lists::GroupUpdate {
            customer_group_id: input.customer_group_id.number,
            expected_version: input.expected_version,
            name: input.name,
        };
        CustomerGroupUpdatePayload::of(lists::group_update(db(ctx), &command(ctx, None)?, update).await)
    }

    /// Creates a customer group (создать группу покупателей). Codes: `INVALID_INPUT`, `ALREADY_EXISTS`, `IDEMPOTENCY_CONFLICT`.
    async fn customer_group_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new group (новая группа).")] input: CustomerGroupCreateInput,
    ) -> Result<CustomerGroupCreatePayload> {
        let command = command(ctx, input.idempotency_key)?;
        CustomerGroupCreatePayload::of(lists::group_create(db(ctx), &command, &input.name).await)
    }

    /// Puts a customer into a group, or out of any (группа покупателя). Codes: `NOT_FOUND`.
    async fn party_group_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Customer and group (покупатель и группа).")] input: PartyGroupSetInput,
    ) -> Result<PartyGroupSetPayload> {
        let group = lists::PartyGroup { party_id: input.customer_id.number, customer_group_id: or_zero(input.customer_group_id) };
        PartyGroupSetPayload::of(lists::party_group_set(db(ctx), &command(ctx, None)?, &group).await)
    }

    /// Creates the price list of a company for a group, or for everybody (создать прайс-лист). Codes: `NOT_FOUND`, `INVALID_INPUT`,
    /// `ALREADY_EXISTS`, `IDEMPOTENCY_CONFLICT`.
    async fn price_list_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new list (новый прайс-лист).")] input: PriceListCreateInput,
    ) -> Result<PriceListCreatePayload> {
        let (command, group) = (command(ctx, input.idempotency_key)?, or_zero(input.customer_group_id));
        PriceListCreatePayload::of(lists::list_create(db(ctx), &command, input.company_id.number, group, &input.name).await)
    }

    /// Sets prices of a list, from a day on (установить цены). Codes: `NOT_FOUND`, `INVALID_INPUT`, `AMOUNT_NOT_POSITIVE`.
    async fn price_list_prices_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "List and prices (прайс-лист и цены).")] input: PriceListPricesSetInput,
    ) -> Result<PriceListPricesSetPayload> {
        let new = |price: PriceListPriceInput| lists::NewPrice {
            product_id: price.product_id.number,
            valid_from: price.valid_from.0,
            price: price.price.into(),
        };
        let set =
            lists::PricesSet { price_list_id: input.price_list_id.number, prices: input.prices.into_iter().map(new).collect() };
        PriceListPricesSetPayload::of(lists::prices_set(db(ctx), &command(ctx, None)?, &set).await)
    }
}
