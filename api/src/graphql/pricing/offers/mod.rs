//! Commercial offers; a manager reaches those of the own deals and the team's.

mod mutations;

use async_graphql::{ComplexObject, Context, Enum, InputObject, Object, SimpleObject};
use shpunt_domain::Db;
use shpunt_domain::access::Scope;
use shpunt_domain::pricing::offers;
use shpunt_domain::pricing::offers::store::{self, Filter};

use super::{GoodsPrice, PriceBasis, ServedPieces};
use crate::graphql::access::{Employee, User};
use crate::graphql::caller::{db, scope};
use crate::graphql::catalog::Product;
use crate::graphql::companies::Company;
use crate::graphql::deals::Deal;
use crate::graphql::error::Result;
use crate::graphql::ids::{Entity, Id, Key};
use crate::graphql::loaders::{Batch, by_id, loaders};
use crate::graphql::page::{self, Page, Window};
use crate::graphql::parties::Party;
use crate::graphql::scalars::{Day, Money, Number, whole};
use crate::graphql::text::given;
pub(crate) use mutations::OffersMutation;

/// Where a commercial offer stands (статус предложения).
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "offers::State")]
pub(crate) enum OfferState {
    /// Made (черновик).
    Draft,
    /// Somebody is asked to approve it (на согласовании).
    Approval,
    /// Somebody approved it (согласовано).
    Approved,
    /// The customer has it (отправлено).
    Sent,
    /// Whoever was asked refused it (отклонено).
    Refused,
}

/// A commercial offer (коммерческое предложение, КП). It keeps cost, floor and list price as they were when it was made.
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct Offer {
    /// Id (идентификатор).
    pub(crate) id: Key,
    /// Number (номер): `КП-000123`, of a later version `КП-000123/2`.
    number: String,
    /// Where it stands (статус).
    state: OfferState,
    /// When it was made (дата).
    issued_on: Day,
    /// When it would ship (план отгрузки).
    planned_on: Day,
    /// Last day it holds (действует до).
    valid_until: Day,
    /// Where to (адрес доставки).
    delivery_address: Option<String>,
    /// It lies under the floor or beyond the discount limit: somebody else must approve it before it is sent (нужно согласование).
    needs_approval: bool,
    /// What was said with the decision (комментарий согласования).
    decision_note: Option<String>,
    /// Without VAT (без НДС).
    net: Money,
    /// The VAT (НДС).
    vat: Money,
    /// With VAT (с НДС).
    gross: Money,
    /// Direct expenses as they were assumed (прямые расходы).
    expenses: Money,
    /// What the goods cost when it was made (себестоимость).
    cost: Money,
    /// Commission as it was assumed (комиссия).
    commission: Money,
    /// What is left after goods, expenses and commission (маржинальный доход).
    contribution: Money,
    /// 1, or one more than that of the offer it replaces (номер редакции).
    revision: i32,
    /// Grows with every change (версия); give it back as `expectedVersion`.
    version: i32,
    /// Goods (строки), in their order.
    #[graphql(complexity = "page::few(child_complexity)")]
    lines: Vec<OfferLine>,
    #[graphql(skip)]
    refers: Refers,
}

/// What an offer refers to.
#[derive(Debug, Clone, Copy)]
struct Refers {
    company: i64,
    deal: i64,
    party: i64,
    author: i64,
    decided_by: i64,
    supersedes: i64,
    superseded_by: i64,
}

impl Entity for Offer {
    const PREFIX: &'static str = "offer";
}

impl From<offers::Offer> for Offer {
    fn from(row: offers::Offer) -> Self {
        Self {
            id: Key::of::<Self>(row.offer_id),
            state: row.state.into(),
            issued_on: Day(row.issued_on),
            planned_on: Day(row.planned_on),
            valid_until: Day(row.valid_until),
            needs_approval: row.needs_approval,
            net: Money::roubles(row.net),
            vat: Money::roubles(row.vat),
            gross: Money::roubles(row.gross),
            expenses: Money::roubles(row.expenses),
            cost: Money::roubles(row.cost),
            commission: Money::roubles(row.commission),
            contribution: Money::roubles(row.contribution()),
            revision: row.revision,
            version: row.version,
            refers: Refers {
                company: row.company_id,
                deal: row.deal_id,
                party: row.party_id,
                author: row.author_id,
                decided_by: row.decided_by,
                supersedes: row.supersedes_id,
                superseded_by: row.superseded_by_id,
            },
            number: row.number,
            delivery_address: given(row.delivery_address),
            decision_note: given(row.decision_note),
            lines: row.lines.into_iter().map(Into::into).collect(),
        }
    }
}

#[ComplexObject]
impl Offer {
    /// Who sells (своя организация).
    async fn company(&self, ctx: &Context<'_>) -> Result<Company> {
        loaders(ctx).companies.existing(self.refers.company).await
    }

    /// The deal it belongs to (сделка).
    async fn deal(&self, ctx: &Context<'_>) -> Result<Deal> {
        loaders(ctx).deals.existing(self.refers.deal).await
    }

    /// The customer (покупатель).
    async fn customer(&self, ctx: &Context<'_>) -> Result<Party> {
        loaders(ctx).parties.existing(self.refers.party).await
    }

    /// Who made it (автор); null = the system.
    async fn author(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        loaders(ctx).users.find(self.refers.author).await
    }

    /// Who approved or refused it (кто согласовал).
    async fn decided_by(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        loaders(ctx).users.find(self.refers.decided_by).await
    }

    /// The offer it replaces, as it was (предыдущая редакция); null for a first one.
    async fn supersedes(&self, ctx: &Context<'_>) -> Result<Option<Offer>> {
        loaders(ctx).offers.find(self.refers.supersedes).await
    }

    /// The offer it was replaced by (следующая редакция); null while it stands.
    async fn superseded_by(&self, ctx: &Context<'_>) -> Result<Option<Offer>> {
        loaders(ctx).offers.find(self.refers.superseded_by).await
    }
}

/// A line of an offer (строка предложения).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct OfferLine {
    /// 1, 2, … (номер строки).
    line: i32,
    /// Pieces (штуки).
    pieces: i32,
    /// Metres (метры).
    metres: Number,
    /// Tonnes by the weight of the profile (тонны).
    tonnes: Number,
    /// In units of the price (количество).
    quantity: Number,
    /// The price (цена).
    price: GoodsPrice,
    /// VAT rate, percent (ставка НДС).
    vat_percent: Number,
    /// Without VAT (без НДС).
    net: Money,
    /// The VAT (НДС).
    vat: Money,
    /// With VAT (с НДС).
    gross: Money,
    /// The least price of the unit with VAT when the offer was made (минимальная цена).
    floor: Money,
    /// The list price then, of a unit of the list (цена прайс-листа); null when it was in none.
    list_price: Option<Money>,
    /// How far below the list it lies, percent (скидка); null without a list price.
    discount_percent: Option<Number>,
    /// It lies under the floor (ниже порога).
    under_floor: bool,
    /// It lies further below the list than the author's role may go (сверх лимита скидки).
    over_limit: bool,
    /// Whose cost it is (база себестоимости).
    basis: PriceBasis,
    /// What the goods cost when the offer was made (себестоимость).
    cost: Money,
    /// Which batches would serve it (чем закрывается).
    #[graphql(complexity = "page::few(child_complexity)")]
    served: Vec<ServedPieces>,
    #[graphql(skip)]
    product_id: i64,
}

#[ComplexObject]
impl OfferLine {
    /// What (номенклатура).
    async fn product(&self, ctx: &Context<'_>) -> Result<Product> {
        loaders(ctx).products.existing(self.product_id).await
    }
}

impl From<offers::Line> for OfferLine {
    fn from(row: offers::Line) -> Self {
        let has_list = !row.list_price.is_zero();
        Self {
            line: row.line,
            pieces: whole(row.pieces),
            metres: Number::metres(row.metres),
            tonnes: Number::tonnes(row.tonnes_theoretical),
            quantity: Number::tonnes(row.quantity),
            price: row.price.into(),
            vat_percent: Number(row.vat_percent),
            net: Money::roubles(row.net),
            vat: Money::roubles(row.vat),
            gross: Money::roubles(row.gross),
            floor: Money::roubles(row.floor),
            list_price: has_list.then(|| Money::roubles(row.list_price)),
            discount_percent: has_list.then(|| Number::money(row.discount_percent)),
            under_floor: row.under_floor,
            over_limit: row.over_limit,
            basis: row.basis.into(),
            cost: Money::roubles(row.cost),
            served: row.served.into_iter().map(Into::into).collect(),
            product_id: row.product_id,
        }
    }
}

/// Offers of the given ids that the caller may see.
pub(crate) fn offers_by_ids(db: Db, scope: Scope, ids: Vec<i64>) -> Batch<Offer> {
    Box::pin(async move { Ok(by_id(store::list_by_ids(&db, &scope, &ids).await?, |row| row.offer_id)) })
}

/// Which offers a list shows (отбор предложений).
#[derive(InputObject, Default)]
pub(crate) struct OfferFilter {
    /// To this customer (покупатель).
    customer_id: Option<Id<Party>>,
    /// Of deals this manager leads now (менеджер).
    manager_id: Option<Id<Employee>>,
    /// Issued on this day or later (с).
    from: Option<Day>,
    /// Issued on this day or earlier (по).
    to: Option<Day>,
    /// Part of the number (поиск).
    #[graphql(default)]
    search: String,
}

/// Questions about offers.
#[derive(Default)]
pub(crate) struct OffersQuery;

#[Object]
impl OffersQuery {
    /// Commercial offers (коммерческие предложения), newest first.
    #[graphql(complexity = "page::cost(first, child_complexity)")]
    #[expect(clippy::too_many_arguments, reason = "they are the arguments of the field")]
    async fn offers(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only of this deal (сделка).")] deal_id: Option<Id<Deal>>,
        #[graphql(desc = "Only in this state (статус).")] state: Option<OfferState>,
        #[graphql(desc = "Only those replaced by a later version, or only those that stand (заменённые).")] superseded: Option<
            bool,
        >,
        #[graphql(default, desc = "Which ones besides (отбор).")] filter: OfferFilter,
        #[graphql(default_with = "page::DEFAULT", desc = "How many at most, 1 to 100 (сколько).")] first: i32,
        #[graphql(desc = "After this cursor (после курсора).")] after: Option<String>,
    ) -> Result<Page<Offer>> {
        let window = Window::<Offer, i64>::new(first, after.as_deref())?;
        let filter = Filter {
            deal_id: deal_id.map(|id| id.number),
            state: state.map(Into::into),
            superseded,
            party_id: filter.customer_id.map(|id| id.number),
            employee_id: filter.manager_id.map(|id| id.number),
            from: filter.from.map(|day| day.0),
            to: filter.to.map(|day| day.0),
            search: filter.search.trim().to_owned(),
        };
        let rows = store::list(db(ctx), &scope(ctx)?, &filter, window.after, window.limit()).await?;
        Ok(window.page(rows, |row| row.offer_id))
    }

    /// The offer of an id (коммерческое предложение); null when there is none the caller may see.
    async fn offer(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its id (идентификатор).")] offer_id: Id<Offer>,
    ) -> Result<Option<Offer>> {
        loaders(ctx).offers.find(offer_id.number).await
    }
}
