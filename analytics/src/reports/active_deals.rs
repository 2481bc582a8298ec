//! Active deals (активные сделки): every open deal, how far it has come and how long it has been standing still.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use shpunt_domain::deals::Stage;
use shpunt_domain::orders::Status;

use super::{Answer, Ask, Error, Filter, Reports};

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
    pub async fn active_deals(&self, _ask: &Ask, _filter: &Filter, _now: DateTime<Utc>) -> Result<Answer<ActiveDeals>, Error> {
        Err(Error::NotReady)
    }
}
