//! Active deals (активные сделки): every open deal, how far it has come and how long it has been standing still.
//!
//! Money and tonnes that were shipped or paid are sums over the ledger; need, orders and states are read as they are now.

mod statements;

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use rust_decimal::Decimal;
use shpunt_domain::deals::Stage;
use shpunt_domain::orders::Status;

use statements::{Books, Deal, Truck};

use super::query::Conditions;
use super::{Answer, Ask, Error, Filter, Reports, exact};

/// An order of an open deal (заказ): one truck.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Its id.
    pub order_id: i64,
    /// `З-000123`.
    pub number: String,
    /// Where it stands; cancelled ones are listed and count nowhere.
    pub status: Status,
    /// Planned day of shipping.
    pub planned_on: NaiveDate,
    /// Day of shipping.
    pub shipped_on: Option<NaiveDate>,
    /// Тонны, theoretical.
    pub tonnes: Decimal,
    /// Сумма с НДС, roubles.
    pub amount: Decimal,
}

/// An open deal (активная сделка); amounts in roubles with VAT, margins without.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its id.
    pub deal_id: i64,
    /// `Д-000123`.
    pub number: String,
    /// What it is about.
    pub title: String,
    /// Покупатель; the contact while there is none.
    pub customer: String,
    /// The present manager; empty = none yet.
    pub manager: String,
    /// Канал.
    pub channel: String,
    /// Этап.
    pub stage: Stage,
    /// First contact.
    pub opened_at: DateTime<Utc>,
    /// Calendar days at this stage.
    pub days_in_stage: i64,
    /// Дни без движения: since the last stage, change of an order or posting.
    pub days_without_movement: i64,
    /// Потребность, tonnes.
    pub need_tonnes: Decimal,
    /// Заказано, tonnes: all orders but cancelled ones.
    pub ordered_tonnes: Decimal,
    /// Отгружено, tonnes.
    pub shipped_tonnes: Decimal,
    /// Оплачено, tonnes: the paid roubles at the average price of what is ordered (needed, while nothing is).
    pub paid_tonnes: Decimal,
    /// Потребность, roubles.
    pub need_amount: Decimal,
    /// Заказано, roubles.
    pub ordered_amount: Decimal,
    /// Отгружено, roubles: revenue and its VAT.
    pub shipped_amount: Decimal,
    /// Оплачено, roubles = shipped − debt + advance.
    pub paid_amount: Decimal,
    /// Маржа, план.
    pub margin_planned: Decimal,
    /// Маржа, факт = revenue − cost − direct expenses of shipped orders.
    pub margin_earned: Decimal,
    /// Долг: shipped and not paid.
    pub debt: Decimal,
    /// Аванс: paid and not shipped.
    pub advance: Decimal,
    /// Its trucks, by planned day.
    pub orders: Vec<Order>,
}

/// The sums of all rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Total {
    /// How many deals.
    pub deals: i64,
    /// Потребность.
    pub need_amount: Decimal,
    /// Заказано.
    pub ordered_amount: Decimal,
    /// Отгружено.
    pub shipped_amount: Decimal,
    /// Оплачено.
    pub paid_amount: Decimal,
    /// Маржа, план.
    pub margin_planned: Decimal,
    /// Маржа, факт.
    pub margin_earned: Decimal,
    /// Долг.
    pub debt: Decimal,
    /// Аванс.
    pub advance: Decimal,
}

/// The report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActiveDeals {
    /// The oldest deal first.
    pub rows: Vec<Row>,
    /// Итого.
    pub total: Total,
}

impl Reports {
    /// Every open deal. `now` tells the age of things; `known_at` is not looked at: states have no past.
    ///
    /// # Errors
    /// Those of every report: [`Error`].
    pub async fn active_deals(&self, ask: &Ask, filter: &Filter, now: DateTime<Utc>) -> Result<Answer<ActiveDeals>, Error> {
        let moment = self.begin(&Ask { known_at: None, ..ask.clone() }).await?;
        let open = Conditions::default().and("stage not in ('won', 'lost')").deals(filter);
        let ids = format!("select deal_id from cur_deals where {}", open.sql());
        let money = moment.visible().and(format!("deal_id in ({ids})")).values_of(&open);
        let deals = statements::deals(&open.sql());
        let (trucks, books) = (statements::trucks(&ids), statements::books(&money.sql()));
        let (deals, trucks, books) = tokio::try_join!(
            self.read::<Deal>(&deals, &open),
            self.read::<Truck>(&trucks, &open),
            self.read::<Books>(&books, &money),
        )?;
        Ok(Answer { as_of: moment.as_of, data: report(deals, trucks, books, now)? })
    }
}

fn report(deals: Vec<Deal>, trucks: Vec<Truck>, books: Vec<Books>, now: DateTime<Utc>) -> Result<ActiveDeals, Error> {
    let mut trucks_of: HashMap<u64, Vec<Truck>> = HashMap::new();
    for truck in trucks {
        trucks_of.entry(truck.deal_id).or_default().push(truck);
    }
    let mut books_of: HashMap<u64, Vec<Books>> = HashMap::new();
    for sums in books {
        books_of.entry(sums.deal_id).or_default().push(sums);
    }
    let mut rows = Vec::with_capacity(deals.len());
    for deal in deals {
        let trucks = trucks_of.remove(&deal.id).unwrap_or_default();
        let books = books_of.remove(&deal.id).unwrap_or_default();
        rows.push(row(deal, trucks, &books, now)?);
    }
    let mut total = Total::default();
    for row in &rows {
        total.add(row);
    }
    Ok(ActiveDeals { rows, total })
}

fn row(deal: Deal, trucks: Vec<Truck>, books: &[Books], now: DateTime<Utc>) -> Result<Row, Error> {
    let local = |moment: DateTime<Utc>| (moment + TimeDelta::minutes(deal.utc_offset.into())).date_naive();
    let days_since = |day: NaiveDate| (local(now) - day).num_days().max(0);
    let entered_on = local(deal.entered_at);
    let touched = trucks.iter().map(|truck| local(truck.updated_at)).chain(books.iter().map(|sums| sums.moved_on));
    let moved_on = touched.fold(entered_on, NaiveDate::max);
    let sum = |pick: fn(&Books) -> Decimal| books.iter().map(pick).sum::<Decimal>();
    let (debt, advance) = (sum(|sums| sums.debt), sum(|sums| sums.advance));
    let shipped_amount = sum(|sums| sums.revenue + sums.revenue_vat);
    let paid_amount = shipped_amount - debt + advance;
    let orders = trucks.into_iter().map(Truck::order).collect::<Result<Vec<_>, Error>>()?;
    let ordered = orders.iter().filter(|order| order.status != Status::Cancelled);
    let (ordered_amount, ordered_tonnes) =
        ordered.fold((Decimal::ZERO, Decimal::ZERO), |(amount, tonnes), order| (amount + order.amount, tonnes + order.tonnes));
    let priced = if ordered_amount.is_zero() { (deal.need_amount, deal.need_tonnes) } else { (ordered_amount, ordered_tonnes) };
    Ok(Row {
        deal_id: exact::number(deal.id)?,
        stage: Stage::parse(&deal.stage).map_err(|error| Error::Internal(Box::new(error)))?,
        opened_at: deal.opened_at,
        days_in_stage: days_since(entered_on),
        days_without_movement: days_since(moved_on),
        need_tonnes: deal.need_tonnes,
        ordered_tonnes,
        shipped_tonnes: sum(|sums| sums.tonnes),
        paid_tonnes: paid_tonnes(paid_amount, priced),
        need_amount: deal.need_amount,
        ordered_amount,
        shipped_amount,
        paid_amount,
        margin_planned: deal.margin_planned,
        margin_earned: sum(|sums| sums.revenue - sums.cogs - if sums.shipped { sums.direct } else { Decimal::ZERO }),
        debt,
        advance,
        orders,
        number: deal.number,
        title: deal.title,
        customer: deal.customer,
        manager: deal.manager,
        channel: deal.channel,
    })
}

/// How many tonnes `paid` roubles buy where `amount` buys `tonnes`, to the kilogram.
fn paid_tonnes(paid: Decimal, (amount, tonnes): (Decimal, Decimal)) -> Decimal {
    if amount.is_zero() { Decimal::ZERO } else { (paid * tonnes / amount).round_dp(3) }
}

impl Truck {
    fn order(self) -> Result<Order, Error> {
        let status = Status::parse(&self.status);
        Ok(Order {
            order_id: exact::number(self.order_id)?,
            number: self.number,
            status: status.ok_or_else(|| Error::Internal(format!("{:?} is not a status", self.status).into()))?,
            planned_on: self.planned_on,
            shipped_on: self.shipped_on,
            tonnes: self.tonnes,
            amount: self.amount,
        })
    }
}

impl Total {
    fn add(&mut self, row: &Row) {
        self.deals += 1;
        self.need_amount += row.need_amount;
        self.ordered_amount += row.ordered_amount;
        self.shipped_amount += row.shipped_amount;
        self.paid_amount += row.paid_amount;
        self.margin_planned += row.margin_planned;
        self.margin_earned += row.margin_earned;
        self.debt += row.debt;
        self.advance += row.advance;
    }
}
