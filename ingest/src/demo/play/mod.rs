//! Plays a script: one command per step, at the step's moment, under the key of its place; names become ids on the way.

mod costs;
mod goods;

use std::collections::HashMap;

use chrono::{NaiveDate, NaiveDateTime};
use rust_decimal::Decimal;
use shpunt_domain::access::{Actor, commands as access};
use shpunt_domain::batches::commands as batches;
use shpunt_domain::catalog::commands as catalog;
use shpunt_domain::command::Ctx;
use shpunt_domain::companies::commands as companies;
use shpunt_domain::deals::{Deal, commands as deals};
use shpunt_domain::orders::deliver::{Deliver, deliver};
use shpunt_domain::orders::{Order, cancel, commands as orders};
use shpunt_domain::parties::commands as parties;
use shpunt_domain::treasury::{Target, commands as treasury};
use shpunt_domain::{Db, Error, Result, ledger, marketing};
use uuid::Uuid;

use super::script::{Act, Aim, DealFields, Line, Payment, Script, Thing};
use super::{Options, Step, Summary, calendar, market, names};

/// A command of the system at a local moment, booked at it.
pub(super) fn ctx(at: NaiveDateTime, key: String) -> Ctx {
    let now = calendar::utc(at);
    let mut ctx = Ctx::new(Actor::system(), now, Uuid::nil()).with_key(Some(key));
    ctx.booked_at = Some(now);
    ctx
}

/// Plays every step; those done before answer from the log.
pub(super) async fn script(db: &Db, options: &Options, script: &Script, progress: &(dyn Fn(Step) + Sync)) -> Result<Summary> {
    let mut player = Player::new(db).await?;
    for (index, step) in script.steps.iter().enumerate() {
        let ctx = ctx(step.at, format!("demo/{}/{index}", options.seed));
        player.play(&ctx, step.at.date(), &step.act).await?;
        progress(Step { done: index + 1, total: script.steps.len(), on: step.at.date() });
    }
    let count = |made: fn(&Act) -> bool| script.steps.iter().filter(|step| made(&step.act)).count();
    Ok(Summary {
        options: *options,
        from: options.from(),
        commands: script.steps.len(),
        deals: count(|act| matches!(act, Act::DealCreate { .. })),
        orders: count(|act| matches!(act, Act::OrderCreate { .. })),
        batches: count(|act| matches!(act, Act::Receive(_) | Act::ReceiveAfar { .. } | Act::Arrive { .. })),
        payments: count(|act| matches!(act, Act::Pay(_))),
    })
}

struct Player<'a> {
    db: &'a Db,
    ids: HashMap<Thing, i64>,
    articles: HashMap<String, i64>,
    /// Present versions of open deals.
    versions: HashMap<usize, i32>,
    /// Lines of goods of an order with their theoretical tonnes.
    lines: HashMap<usize, Vec<(i64, Decimal)>>,
}

impl<'a> Player<'a> {
    async fn new(db: &'a Db) -> Result<Self> {
        let articles = ledger::articles::list(db).await?.into_iter().map(|article| (article.code, article.article_id)).collect();
        let channels = marketing::store::list(db, None, 0, 1000).await?;
        let unknown = channels.into_iter().find(|channel| channel.code == marketing::UNKNOWN);
        let ids = unknown.map(|channel| (Thing::Channel(0), channel.channel_id)).into_iter().collect();
        Ok(Self { db, ids, articles, versions: HashMap::new(), lines: HashMap::new() })
    }

    fn id(&self, thing: Thing) -> Result<i64> {
        self.ids.get(&thing).copied().ok_or_else(|| Error::internal("the demo names something it has not made yet"))
    }

    fn id_or_none(&self, thing: Option<Thing>) -> Result<i64> {
        thing.map_or(Ok(0), |thing| self.id(thing))
    }

    fn article(&self, code: &str) -> Result<i64> {
        self.articles.get(code).copied().ok_or_else(|| Error::not_found("article", code))
    }

    async fn play(&mut self, ctx: &Ctx, on: NaiveDate, act: &Act) -> Result<()> {
        match act {
            Act::DealCreate { .. } | Act::DealUpdate { .. } | Act::DealMove { .. } | Act::DealHandOver { .. } => {
                self.play_deal(ctx, act).await
            }
            Act::OrderCreate { .. }
            | Act::OrderConfirm { .. }
            | Act::OrderCancel { .. }
            | Act::OrderShip { .. }
            | Act::OrderDeliver { .. } => self.play_order(ctx, on, act).await,
            Act::Receive(_)
            | Act::ReceiveAfar { .. }
            | Act::Arrive { .. }
            | Act::Miss { .. }
            | Act::SendBack { .. }
            | Act::SettleClaim { .. } => self.play_goods(ctx, on, act).await,
            Act::OrderExpense { .. }
            | Act::OrderPlan(_)
            | Act::PlanBill(_)
            | Act::GoodsBill { .. }
            | Act::JointBill { .. }
            | Act::Accrue(_) => self.play_cost(ctx, on, act).await,
            Act::Pay(payment) => self.pay(ctx, on, payment).await,
            Act::Transfer { from, to, amount } => {
                let (from_account_id, to_account_id) = (self.id(Thing::Account(*from))?, self.id(Thing::Account(*to))?);
                let input = treasury::Transfer { from_account_id, to_account_id, on, received_on: None, amount: *amount };
                treasury::transfer(self.db, ctx, &input).await.map(drop)
            }
            other => self.play_setting(ctx, on, other).await,
        }
    }

    async fn play_setting(&mut self, ctx: &Ctx, on: NaiveDate, act: &Act) -> Result<()> {
        let db = self.db;
        let (thing, id) = match act {
            Act::Company { company, inn, first_day } => {
                let (name, regime) = market::COMPANIES[*company];
                let input = companies::Create {
                    name: name.to_owned(),
                    inn: inn.clone(),
                    first_day: *first_day,
                    utc_offset_minutes: calendar::UTC_OFFSET_MINUTES,
                    regime,
                };
                (Thing::Company(*company), companies::create(db, ctx, input).await?.value.company_id)
            }
            Act::Employee { employee } => {
                let input = access::EmployeeAdd { name: names::PEOPLE[*employee].to_owned() };
                (Thing::Employee(*employee), access::employee_add(db, ctx, input).await?.value.employee_id)
            }
            Act::Channel { channel } => {
                let market::Channel { code, name, .. } = market::CHANNELS[*channel];
                let input = marketing::commands::Create { code: code.to_owned(), name: name.to_owned() };
                (Thing::Channel(*channel), marketing::commands::create(db, ctx, input).await?.value.channel_id)
            }
            Act::Warehouse { warehouse, name } => {
                let input = batches::WarehouseCreate { name: (*name).to_owned(), ..batches::WarehouseCreate::default() };
                (Thing::Warehouse(*warehouse), batches::warehouse_create(db, ctx, input).await?.value.warehouse_id)
            }
            Act::Goods { goods, condition } => {
                let planned = market::GOODS[*goods];
                let input = catalog::GoodsCreate {
                    profile: planned.profile.to_owned(),
                    length_m: planned.length.into(),
                    condition: *condition,
                };
                let product = catalog::goods_create(db, ctx, input).await?.value;
                if product.kg_per_m != planned.kg() {
                    return Err(Error::internal("the demo knows another weight of a profile than the catalogue"));
                }
                (Thing::Goods(*goods), product.product_id)
            }
            Act::Service { service, sku, name } => {
                let input = catalog::ServiceCreate { sku: (*sku).to_owned(), name: (*name).to_owned() };
                (Thing::Service(*service), catalog::service_create(db, ctx, input).await?.value.product_id)
            }
            Act::Account { account, company, is_bank, name } => {
                let company_id = self.id(Thing::Company(*company))?;
                let input = treasury::OpenAccount { company_id, is_bank: *is_bank, name: (*name).to_owned() };
                (Thing::Account(*account), treasury::open_account(db, ctx, &input).await?.value.cash_account_id)
            }
            Act::Party { party, fields } => {
                (Thing::Party(*party), parties::create(db, ctx, fields.clone()).await?.value.party_id)
            }
            Act::Contact { party, name, phone } => {
                let party_id = self.id(Thing::Party(*party))?;
                let input = parties::ContactAdd { party_id, name: name.clone(), phone: phone.clone(), email: String::new() };
                return parties::contact_add(db, ctx, input).await.map(drop);
            }
            Act::Contract { contract, company, party, kind, number, payment_days, title_on_delivery } => {
                let input = parties::ContractCreate {
                    company_id: self.id(Thing::Company(*company))?,
                    party_id: self.id(Thing::Party(*party))?,
                    kind: *kind,
                    number: number.clone(),
                    signed_on: on,
                    title_on_delivery: *title_on_delivery,
                    payment_days: *payment_days,
                };
                (Thing::Contract(*contract), parties::contract_create(db, ctx, input).await?.value.contract_id)
            }
            _ => return Err(Error::internal("a step of the demo has no player")),
        };
        self.ids.insert(thing, id);
        Ok(())
    }

    async fn play_deal(&mut self, ctx: &Ctx, act: &Act) -> Result<()> {
        let (deal, done): (usize, Deal) = match act {
            Act::DealCreate { deal, company, employee, fields } => {
                let input = deals::Create {
                    company_id: self.id(Thing::Company(*company))?,
                    employee_id: self.id(Thing::Employee(*employee))?,
                    fields: self.fields(fields)?,
                };
                let done = deals::create(self.db, ctx, input).await?.value;
                self.ids.insert(Thing::Deal(*deal), done.deal_id);
                (*deal, done)
            }
            Act::DealUpdate { deal, fields } => {
                let input = deals::Update {
                    deal_id: self.id(Thing::Deal(*deal))?,
                    expected_version: self.versions.get(deal).copied().unwrap_or_default(),
                    fields: self.fields(fields)?,
                };
                (*deal, deals::update(self.db, ctx, input).await?.value)
            }
            Act::DealMove { deal, to, reason } => {
                let input = deals::MoveStage {
                    deal_id: self.id(Thing::Deal(*deal))?,
                    stage: to.as_str().to_owned(),
                    lost_reason: (*reason).to_owned(),
                };
                (*deal, deals::move_stage(self.db, ctx, input).await?.value)
            }
            Act::DealHandOver { deal, employee } => {
                let input =
                    deals::HandOver { deal_id: self.id(Thing::Deal(*deal))?, employee_id: self.id(Thing::Employee(*employee))? };
                (*deal, deals::hand_over(self.db, ctx, input).await?.value)
            }
            _ => return Err(Error::internal("a step of the demo has no player")),
        };
        self.versions.insert(deal, done.version);
        Ok(())
    }

    fn fields(&self, fields: &DealFields) -> Result<deals::Fields> {
        Ok(deals::Fields {
            title: fields.title.clone(),
            party_id: self.id_or_none(fields.party.map(Thing::Party))?,
            contract_id: self.id_or_none(fields.contract.map(Thing::Contract))?,
            channel_id: self.id(Thing::Channel(fields.channel))?,
            need_tonnes: fields.need_tonnes,
            need_gross: fields.need_gross,
            planned_margin: fields.planned_margin,
            contact_name: fields.contact.clone(),
            contact_phone: fields.phone.clone(),
        })
    }

    async fn play_order(&mut self, ctx: &Ctx, on: NaiveDate, act: &Act) -> Result<()> {
        let db = self.db;
        match act {
            Act::OrderCreate { order, deal, planned_on, vehicle, lines } => {
                let input = orders::Create {
                    deal_id: self.id(Thing::Deal(*deal))?,
                    planned_on: *planned_on,
                    vehicle: vehicle.clone(),
                    lines: lines.iter().map(|line| self.line(line)).collect::<Result<_>>()?,
                };
                let done: Order = orders::create(db, ctx, &input).await?.value;
                self.ids.insert(Thing::Order(*order), done.order_id);
                let goods = done.lines.iter().filter(|line| line.is_goods());
                self.lines.insert(*order, goods.map(|line| (line.order_line_id, line.tonnes_theoretical)).collect());
                Ok(())
            }
            Act::OrderConfirm { order } => orders::confirm(db, ctx, &self.moved(*order, None)?).await.map(drop),
            Act::OrderCancel { order } => cancel::cancel(db, ctx, &self.moved(*order, None)?).await.map(drop),
            Act::OrderDeliver { order } => {
                deliver(db, ctx, &Deliver::plain(self.id(Thing::Order(*order))?, Some(on))).await.map(drop)
            }
            Act::OrderShip { order, scales } => {
                let lines = self.lines.remove(order).unwrap_or_default();
                let weigh = |per_mille: i64| {
                    lines.iter().map(move |(order_line_id, tonnes)| orders::Weighed {
                        order_line_id: *order_line_id,
                        tonnes: (tonnes * Decimal::new(per_mille, 3)).round_dp(2),
                    })
                };
                let weighed = scales.map(|per_mille| weigh(per_mille).collect()).unwrap_or_default();
                let input = orders::Ship { order_id: self.id(Thing::Order(*order))?, shipped_on: on, weighed };
                orders::ship(db, ctx, &input).await.map(drop)
            }
            _ => Err(Error::internal("a step of the demo has no player")),
        }
    }

    fn moved(&self, order: usize, on: Option<NaiveDate>) -> Result<orders::Move> {
        Ok(orders::Move { order_id: self.id(Thing::Order(order))?, on })
    }

    fn line(&self, line: &Line) -> Result<orders::NewLine> {
        Ok(match *line {
            Line::Goods { goods, batch, pieces, price } => orders::NewLine {
                product_id: self.id(Thing::Goods(goods))?,
                batch_id: Some(self.id(Thing::Batch(batch))?),
                pieces,
                quantity: Decimal::ZERO,
                price,
            },
            Line::Service { service, price } => orders::NewLine {
                product_id: self.id(Thing::Service(service))?,
                batch_id: None,
                pieces: 0,
                quantity: Decimal::ONE,
                price,
            },
        })
    }

    async fn pay(&self, ctx: &Ctx, on: NaiveDate, payment: &Payment) -> Result<()> {
        let target = match payment.aim {
            Aim::Order(order) => Target::Order(self.id(Thing::Order(order))?),
            Aim::Deal(deal) => Target::Deal(self.id(Thing::Deal(deal))?),
            Aim::Contract(contract) => Target::Contract(self.id(Thing::Contract(contract))?),
            Aim::Party => Target::Party,
            Aim::Nobody => Target::None,
        };
        let input = treasury::Pay {
            direction: payment.direction,
            cash_account_id: self.id(Thing::Account(payment.account))?,
            article_id: self.article(payment.article)?,
            party_id: self.id_or_none(payment.party.map(Thing::Party))?,
            target,
            paid_on: on,
            amount: payment.amount,
            purpose: payment.purpose.clone(),
            payment_request_id: 0,
        };
        treasury::pay(self.db, ctx, &input).await.map(drop)
    }
}
