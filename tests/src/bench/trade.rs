//! A trade made through the API alone: trucks that are ordered, confirmed, shipped and delivered, one command after another.

use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context as _, Result};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::graphql::GraphQl;

/// Pieces of a batch: enough for every truck of a run.
const PIECES: i64 = 1_000_000;
/// Pieces of a truck, and the price of one without VAT, roubles.
const TRUCK: i64 = 10;
/// So many trucks make a deal; then comes the next.
const TRUCKS: usize = 20;
const PRICE: i64 = 98_765;
/// What was committed before must be seen by then even without a token.
const LONG: Duration = Duration::from_secs(30);

/// A company of its own with a customer and goods.
#[derive(Debug, Clone)]
pub struct Trade {
    name: String,
    company: Value,
    customer: Value,
    supplier: Value,
    goods: Value,
    warehouse: Value,
    today: String,
}

/// What a command does to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A draft is made.
    Create,
    /// It is confirmed.
    Confirm,
    /// It leaves.
    Ship,
    /// It arrives.
    Deliver,
}

impl Step {
    /// The status of the order afterwards, as the database writes it.
    pub fn status(self) -> &'static str {
        match self {
            Self::Create => "draft",
            Self::Confirm => "confirmed",
            Self::Ship => "shipped",
            Self::Deliver => "delivered",
        }
    }

    fn next(self) -> Self {
        match self {
            Self::Create => Self::Confirm,
            Self::Confirm => Self::Ship,
            Self::Ship => Self::Deliver,
            Self::Deliver => Self::Create,
        }
    }
}

/// The number of a row in an id of the API, such as 42 of `order_42`.
///
/// # Errors
/// It is no such id.
pub fn number_of(id: &str) -> Result<i64> {
    let (_, number) = id.rsplit_once('_').with_context(|| format!("not an id: {id:?}"))?;
    Ok(number.parse()?)
}

/// A command that was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// What it did.
    pub step: Step,
    /// To which order.
    pub order: String,
    /// A report asked after it shows the change; none when it had been done before and only its answer was lost.
    pub token: Option<String>,
}

impl Trade {
    /// Makes the company; `inn` and `name` must be new.
    ///
    /// # Errors
    /// A mutation is refused.
    pub async fn begin(client: &mut GraphQl, name: &str, inn: &str) -> Result<Self> {
        let company = json!({ "name": name, "inn": inn, "firstDay": "2025-01-01", "regime": "OSNO" });
        let company = made(client, "companyCreate", "company", company).await?;
        let customer = json!({ "name": format!("Покупатель {name}"), "isCustomer": true });
        let customer = made(client, "partyCreate", "party", customer).await?;
        let supplier = json!({ "name": format!("Поставщик {name}"), "isSupplier": true });
        let supplier = made(client, "partyCreate", "party", supplier).await?;
        let goods = json!({ "product": { "goods": { "profile": "Л5", "lengthM": "11.370", "condition": "NEW" } } });
        let goods = made(client, "productCreate", "product", goods).await?;
        let warehouse = made(client, "warehouseCreate", "warehouse", json!({ "name": format!("Склад {name}") })).await?;
        let moscow = DateTime::<Utc>::from(SystemTime::now()) + TimeDelta::hours(3);
        let today = moscow.date_naive().to_string();
        Ok(Self { name: name.to_owned(), company, customer, supplier, goods, warehouse, today })
    }

    /// The business date everything happens on.
    pub fn today(&self) -> &str {
        &self.today
    }

    /// The company, by its id in the API.
    pub fn company(&self) -> &Value {
        &self.company
    }

    /// The customer of its deals, by its id in the API.
    pub fn customer(&self) -> &Value {
        &self.customer
    }

    /// The id of the company.
    ///
    /// # Errors
    /// It is no number.
    pub fn company_id(&self) -> Result<i64> {
        number_of(self.company.as_str().unwrap_or_default())
    }

    /// A channel with a deal and a batch of its own, so that lanes do not wait for each other.
    ///
    /// # Errors
    /// A mutation is refused.
    pub async fn lane(&self, client: &GraphQl, number: usize) -> Result<Lane> {
        let mut client = client.another();
        let code = format!("{}-{number}", self.name.to_lowercase());
        let channel = json!({ "code": code, "name": format!("Канал {} {number}", self.name) });
        let channel = made(&mut client, "channelCreate", "channel", channel).await?;
        let batch = json!({
            "companyId": self.company, "supplierId": self.supplier, "warehouseId": self.warehouse, "productId": self.goods,
            "number": code, "receivedOn": self.today, "pieces": PIECES, "net": (PIECES * 80_000).to_string(),
            "vat": (PIECES * 17_600).to_string()
        });
        let batch = made(&mut client, "batchReceive", "batch", batch).await?;
        let new_deal = json!({
            "companyId": self.company, "title": format!("Сделка {code}"), "channelId": channel, "customerId": self.customer
        });
        let deal = made(&mut client, "dealCreate", "deal", new_deal.clone()).await?;
        let line = json!({
            "productId": self.goods, "batchId": batch, "pieces": TRUCK, "unit": "PIECE", "price": PRICE.to_string(),
            "priceIncludesVat": false
        });
        let today = self.today.clone();
        let begun = Lane {
            client,
            channel,
            new_deal,
            deal,
            trucks: 0,
            line,
            today,
            order: Value::Null,
            next: Step::Create,
            key: Uuid::nil(),
            again: false,
        };
        Ok(begun)
    }
}

/// One truck after another on one connection.
pub struct Lane {
    client: GraphQl,
    channel: Value,
    new_deal: Value,
    deal: Value,
    /// Of this deal.
    trucks: usize,
    line: Value,
    today: String,
    order: Value,
    next: Step,
    /// Of the command that was sent and not answered.
    key: Uuid,
    again: bool,
}

impl Lane {
    /// Its deal, by its id in the API.
    pub fn deal(&self) -> &Value {
        &self.deal
    }

    /// So many more deals like its own.
    ///
    /// # Errors
    /// A mutation is refused.
    pub async fn deals(&mut self, many: usize) -> Result<Vec<Value>> {
        let mut deals = Vec::with_capacity(many);
        for _ in 0..many {
            deals.push(made(&mut self.client, "dealCreate", "deal", self.new_deal.clone()).await?);
        }
        Ok(deals)
    }

    /// A line of its orders as the API takes it.
    pub fn line(&self) -> &Value {
        &self.line
    }

    /// Goes on over another connection: the server was started again.
    pub fn speak_through(&mut self, client: GraphQl) {
        self.client = client;
    }

    /// Runs the next command of the truck. One that was not answered is sent again under the same key, and takes effect once.
    ///
    /// # Errors
    /// It is refused, or not answered: call it again.
    pub async fn step(&mut self) -> Result<Done> {
        if !self.again {
            self.key = Uuid::from_u128(rand::random());
        }
        let step = self.next;
        if step == Step::Create && !self.again && self.trucks == TRUCKS {
            self.deal = self.deals(1).await?.remove(0);
            self.trucks = 0;
        }
        let (field, input) = match step {
            Step::Create => (
                "orderCreate",
                json!({ "dealId": self.deal, "plannedOn": self.today, "lines": [self.line], "idempotencyKey": self.key }),
            ),
            Step::Confirm => ("orderConfirm", json!({ "orderId": self.order })),
            Step::Ship => ("orderShip", json!({ "orderId": self.order, "shippedOn": self.today, "idempotencyKey": self.key })),
            Step::Deliver => ("orderDeliver", json!({ "orderId": self.order, "deliveredOn": self.today })),
        };
        let was_again = std::mem::replace(&mut self.again, true);
        let document = mutation(field, "order { id } consistencyToken");
        let mut payload = match self.client.change(field, &document, input).await {
            // It has no key because it needs none: the order is where it should be.
            Err(error) if was_again && error.to_string().contains("ORDER_STATUS") => json!({ "order": { "id": self.order } }),
            answer => answer?,
        };
        self.order = payload["order"]["id"].take();
        self.next = step.next();
        self.trucks += usize::from(step == Step::Create);
        self.again = false;
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let order = text(&self.order).context("a payload without an order")?;
        Ok(Done { step, order, token: text(&payload["consistencyToken"]) })
    }

    /// Asks a report of ClickHouse, after the token of `done`, until the change is in it: gross profit for a shipment, active deals
    /// for the rest.
    ///
    /// # Errors
    /// The report fails otherwise than by not having the change yet.
    pub async fn see(&mut self, done: &Done) -> Result<()> {
        let filter = json!({ "channelId": self.channel });
        let (document, variables) = if done.step == Step::Ship {
            let period = json!({ "from": self.today, "to": self.today });
            (GROSS_PROFIT, json!({ "after": done.token, "filter": filter, "period": period }))
        } else {
            (ACTIVE_DEALS, json!({ "after": done.token, "filter": filter }))
        };
        let begun = Instant::now();
        loop {
            match self.client.ask(document, variables.clone()).await {
                Ok(data) if has(&data["report"], done) => return Ok(()),
                Ok(_) if done.token.is_none() && begun.elapsed() < LONG => tokio::time::sleep(Duration::from_millis(20)).await,
                // The token did not do what it promises.
                Ok(data) => anyhow::bail!("{done:?} is not in the report asked after it: {data}"),
                Err(error) if error.to_string().contains("NOT_YET_VISIBLE") => {}
                Err(error) => return Err(error),
            }
        }
    }
}

const GROSS_PROFIT: &str = "query($after: String, $period: PeriodInput!, $filter: ReportScopeInput) {
    report: grossProfitReport(after: $after, period: $period, groupBy: ORDER, filter: $filter) { rows { key revenue } }
}";

const ACTIVE_DEALS: &str = "query($after: String, $filter: ReportScopeInput) {
    report: activeDealsReport(after: $after, filter: $filter) { rows { orders { orderId status } } }
}";

fn has(report: &Value, done: &Done) -> bool {
    let rows = report["rows"].as_array().map(Vec::as_slice).unwrap_or_default();
    if done.step == Step::Ship {
        let revenue = format!("{}.00", TRUCK * PRICE);
        return rows.iter().any(|row| row["key"] == done.order.as_str() && row["revenue"] == revenue.as_str());
    }
    let mut orders = rows.iter().filter_map(|row| row["orders"].as_array()).flatten();
    let status = done.step.status().to_uppercase();
    orders.any(|order| order["orderId"] == done.order.as_str() && order["status"] == status.as_str())
}

/// The document of a mutation of one field; the type of its input is named after it.
fn mutation(field: &str, selection: &str) -> String {
    let (first, rest) = field.split_at(1);
    let input = format!("{}{rest}Input", first.to_uppercase());
    format!("mutation($input: {input}!) {{ {field}(input: $input) {{ {selection} userErrors {{ code message }} }} }}")
}

/// The id of what a mutation made.
async fn made(client: &mut GraphQl, field: &str, what: &str, input: Value) -> Result<Value> {
    let mut payload = client.change(field, &mutation(field, &format!("{what} {{ id }}")), input).await?;
    Ok(payload[what]["id"].take())
}
