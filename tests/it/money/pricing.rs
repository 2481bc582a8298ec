//! Prices from real batches: a quote and the order made from it agree to the kopeck, and those who may not see cost cannot find it out.

use shpunt_domain::access::{Actor, Role};
use shpunt_domain::catalog::units::Measure;
use shpunt_domain::orders::{Price, Unit};
use shpunt_domain::pricing::lists::{self, NewPrice, PartyGroup, PricesSet};
use shpunt_domain::pricing::price::Target;
use shpunt_domain::pricing::quote::{Ask, Quote, quote};
use shpunt_domain::pricing::serve::Basis;
use shpunt_domain::pricing::settings;
use shpunt_domain::{Code, Error};
use shpunt_tests::ctx;

use super::{World, d, day};

pub(super) fn manager() -> Actor {
    Actor { user_id: 9, employee_id: 9, role: Role::Manager, within: None, colleagues: Vec::new() }
}

pub(super) fn per_tonne(gross: &str) -> Price {
    Price { unit: Unit::Tonne, price: d(gross), includes_vat: true }
}

impl World {
    /// Five pieces, six tonnes, with 12,000 of freight.
    fn ask(&self, basis: Basis) -> Ask {
        Ask {
            company_id: self.company_id,
            product_id: self.product_id,
            party_id: self.customer_id,
            quantity: d("5"),
            measure: Measure::Piece,
            on: day("2026-01-20"),
            delivery_address: "Тверь".to_owned(),
            basis,
            batch_id: 0,
            expenses: d("6000"),
            expenses_per_tonne: d("1000"),
            target: None,
            commission_percent: None,
            unit: Unit::Tonne,
            price: None,
        }
    }

    /// As the director, who aims at 20 % without commission.
    async fn quoted(&self, ask: Ask) -> Quote {
        let ask = Ask { target: Some(Target::Margin(d("20"))), commission_percent: Some(d("0")), ..ask };
        quote(self.db(), &Actor::system(), ask).await.unwrap()
    }

    async fn refused(&self, actor: &Actor, ask: Ask) -> Error {
        quote(self.db(), actor, ask).await.unwrap_err()
    }

    /// Ten pieces for 60,000 each, and older ones for 72,000.
    async fn two_batches(&self) -> (i64, i64) {
        let newer = self.receive("С-1", "2026-01-15", 10, "600000", "132000").await;
        let older = self.receive("С-2", "2026-01-10", 10, "720000", "158400").await;
        (newer, older)
    }
}

#[tokio::test]
async fn a_quote_and_its_order_agree_to_the_kopeck() {
    let world = World::new().await;
    let (_, older) = world.two_batches().await;
    let quote = world.quoted(world.ask(Basis::Oldest)).await;
    // (360,000 + 12,000) / 0.8 / 6 t · 1.22 = 94,550, in steps of 100, 10 and 100.
    let prices: Vec<_> = quote.prices.iter().map(|price| (price.unit, price.gross, price.floor)).collect();
    assert_eq!(
        prices,
        [(Unit::Tonne, d("94600"), d("79600")), (Unit::Metre, d("9460"), d("7960")), (Unit::Piece, d("113500"), d("95500")),]
    );
    assert_eq!((quote.costs.goods, quote.costs.expenses), (d("360000"), d("12000")));
    assert_eq!((quote.measured.tonnes, quote.wall_m2), (d("6"), Some(d("25.2"))));
    let reached = quote.reached.earned;
    assert_eq!((reached.sum.net, reached.contribution), (d("465245.90"), d("93245.90")));
    assert_eq!(reached.contribution_percent, Some(d("20.04")));
    let line = world.goods(older, 5, &quote.reached.price.price.to_string());
    let order = world.order("order", vec![line]).await;
    assert_eq!((order.net, order.vat, order.gross), (reached.sum.net, reached.sum.vat, reached.sum.gross));
    world.ship(&order, "2026-01-20").await.unwrap();
    assert_eq!(world.balance("cogs").await, quote.costs.goods, "what it was quoted at is what it cost");
    world.check_books().await;
}

#[tokio::test]
async fn a_basis_takes_what_is_free_on_the_day() {
    let world = World::new().await;
    let (newer, older) = world.two_batches().await;
    let served = async |basis, quantity: &str, batch_id, on: &str| -> Vec<_> {
        let ask = Ask { quantity: d(quantity), batch_id, on: day(on), ..world.ask(basis) };
        world.quoted(ask).await.served.iter().map(|row| (row.batch_id, row.pieces, row.cost)).collect()
    };
    assert_eq!(served(Basis::Cheapest, "5", 0, "2026-01-20").await, [(newer, 5, d("300000"))]);
    assert_eq!(served(Basis::Average, "5", 0, "2026-01-20").await, [(older, 5, d("330000"))]);
    assert_eq!(served(Basis::Chosen, "5", newer, "2026-01-20").await, [(newer, 5, d("300000"))]);
    assert_eq!(served(Basis::Cheapest, "5", 0, "2026-01-12").await, [(older, 5, d("360000"))], "the newer came later");
    // A confirmed order keeps eight of the older ones, a draft none.
    world.order("promised", vec![world.goods(older, 8, "90000")]).await;
    assert_eq!(served(Basis::Oldest, "5", 0, "2026-01-20").await, [(older, 2, d("144000")), (newer, 3, d("180000"))]);
    // What is not there costs what was paid last.
    assert_eq!(
        served(Basis::Oldest, "14", 0, "2026-01-20").await,
        [(older, 2, d("144000")), (newer, 10, d("600000")), (0, 2, d("120000"))]
    );
    for (ask, code) in [
        (Ask { quantity: d("11"), batch_id: newer, ..world.ask(Basis::Chosen) }, Code::BatchShort),
        (Ask { batch_id: 404, ..world.ask(Basis::Chosen) }, Code::NotFound),
        (Ask { on: day("2026-01-09"), ..world.ask(Basis::Oldest) }, Code::BatchShort),
        (Ask { product_id: world.service_id, ..world.ask(Basis::Oldest) }, Code::NotFound),
        (Ask { quantity: d("0"), ..world.ask(Basis::Oldest) }, Code::AmountNotPositive),
        (Ask { expenses: d("-1"), ..world.ask(Basis::Oldest) }, Code::AmountNotPositive),
        (Ask { expenses_per_tonne: d("9999999999999999"), ..world.ask(Basis::Oldest) }, Code::InvalidInput),
        (Ask { unit: Unit::Service, ..world.ask(Basis::Oldest) }, Code::InvalidInput),
        (Ask { on: day("2003-12-31"), ..world.ask(Basis::Oldest) }, Code::TaxRegimeMissing),
        (Ask { target: Some(Target::Margin(d("90.01"))), ..world.ask(Basis::Oldest) }, Code::InvalidInput),
        (
            Ask { target: Some(Target::Margin(d("90"))), commission_percent: Some(d("10")), ..world.ask(Basis::Oldest) },
            Code::InvalidInput,
        ),
        (Ask { price: Some(per_tonne("0")), ..world.ask(Basis::Oldest) }, Code::AmountNotPositive),
    ] {
        assert_eq!(world.refused(&Actor::system(), ask).await.code(), code);
    }
}

#[tokio::test]
async fn under_usn_the_purchase_vat_is_a_cost_and_the_sale_bears_five_percent() {
    let world = World::new().await.taxed("usn_5").await;
    world.receive("С-1", "2026-01-15", 10, "600000", "132000").await;
    let quote = world.quoted(Ask { expenses: d("0"), expenses_per_tonne: d("0"), ..world.ask(Basis::Oldest) }).await;
    // 366,000 / 0.8 / 6 t · 1.05 = 80,062.50.
    assert_eq!((quote.costs.goods, quote.prices[0].gross), (d("366000"), d("80100")));
    assert_eq!((quote.vat_percent, quote.reached.earned.sum.net), (d("5"), d("457714.29")));
}

#[tokio::test]
async fn a_manager_gets_a_price_and_no_way_to_its_cost() {
    let world = World::new().await;
    world.two_batches().await;
    let ask = |expenses: &str| Ask { expenses: d(expenses), expenses_per_tonne: d("0"), ..world.ask(Basis::Oldest) };
    for own in [
        Ask { target: Some(Target::Markup(d("0"))), ..ask("0") },
        Ask { target: Some(Target::Margin(d("0"))), ..ask("0") },
        Ask { commission_percent: Some(d("0")), ..ask("0") },
    ] {
        assert_eq!(world.refused(&manager(), own).await.code(), Code::Forbidden);
    }
    // 360,000 / 0.84 and 360,000 / 0.94 for the goods, 12,000 / 0.99 for the freight; 6 t; 22 %.
    let quoted = quote(world.db(), &manager(), ask("12000")).await.unwrap();
    assert_eq!((quoted.prices[0].gross, quoted.prices[0].floor), (d("89700"), d("80400")));
    // The price follows the freight as the floor does: their difference tells nothing of what lies between them.
    let slope = async |role: Role, margin: &str| {
        let input = settings::MarginMinimum { role: String::new(), customer_group_id: 0, percent: d(margin) };
        settings::minimum_set(world.db(), &ctx(margin), None, input.customer_group_id, input.percent).await.unwrap();
        let actor = Actor { role, ..manager() };
        let floor = async |expenses: &str| quote(world.db(), &actor, ask(expenses)).await.unwrap().prices[0].floor;
        floor("60000000").await - floor("0").await
    };
    let (low, high) = (slope(Role::Manager, "1").await, slope(Role::Manager, "50").await);
    assert!((low - high).abs() <= d("100"), "{low} {high}: within a price step");
    let (low, high) = (slope(Role::HeadOfSales, "2").await, slope(Role::HeadOfSales, "51").await);
    assert!((low - high).abs() <= d("100"), "{low} {high}: the floor is one, whoever asks");
}

#[tokio::test]
async fn the_closest_list_and_the_closest_floor_count() {
    let world = World::new().await;
    world.two_batches().await;
    let db = world.db();
    let group = lists::group_create(db, &ctx("group"), "Мостовики").await.unwrap().value.customer_group_id;
    let list = async |group, name: &str, prices: &[(&str, &str)]| {
        let list = lists::list_create(db, &ctx(name), world.company_id, group, name).await.unwrap().value;
        let prices = prices.iter().map(|(from, price)| NewPrice {
            product_id: world.product_id,
            valid_from: day(from),
            price: per_tonne(price),
        });
        let set = PricesSet { price_list_id: list.price_list_id, prices: prices.collect() };
        lists::prices_set(db, &ctx(&format!("{name} prices")), &set).await.unwrap();
    };
    list(0, "Общий", &[("2026-01-01", "105000"), ("2026-01-19", "110000"), ("2026-02-01", "200000")]).await;
    list(group, "Мостовики", &[("2026-01-01", "100000")]).await;
    let again = lists::list_create(db, &ctx("again"), world.company_id, group, "Ещё").await.unwrap_err();
    assert_eq!(again.code(), Code::AlreadyExists);
    let typed =
        async |price: Price| quote(db, &manager(), Ask { price: Some(price), ..world.ask(Basis::Cheapest) }).await.unwrap();
    assert_eq!(typed(per_tonne("100000")).await.list.unwrap().price.price, d("110000"));
    let set = PartyGroup { party_id: world.customer_id, customer_group_id: group };
    lists::party_group_set(db, &ctx("member"), &set).await.unwrap();
    let judged = async |price: &str| typed(per_tonne(price)).await.typed.unwrap();
    let at = |discount: &str, over| (Some(d(discount)), over);
    let is = |judged: shpunt_domain::pricing::quote::Judged| (judged.discount_percent, judged.over_limit);
    assert_eq!(is(judged("97000").await), at("3.00", false));
    assert_eq!(is(judged("96900").await), at("3.10", true));
    assert_eq!(is(judged("101000").await), at("-1.00", false));
    settings::limit_set(db, &ctx("limit"), Role::Manager, d("5")).await.unwrap();
    assert_eq!(is(judged("96900").await), at("3.10", false));
    // The floor: 300,000 / 0.94 and 12,000 / 0.99, 6 t, 22 %: 67,360 → 67,400.
    assert!(judged("67300").await.under_floor && !judged("67400").await.under_floor);
    // A price per metre without VAT is judged by the same floor: 67,400 a tonne are 6,740 a metre, in its own steps.
    let metre = |price: &str| Price { unit: Unit::Metre, price: d(price), includes_vat: false };
    assert!(typed(metre("5524")).await.typed.unwrap().under_floor);
    assert!(!typed(metre("5525")).await.typed.unwrap().under_floor);
    settings::minimum_set(db, &ctx("of the role"), Some(Role::Manager), 0, d("1")).await.unwrap();
    assert!(!judged("67300").await.under_floor, "a manager may go lower");
    settings::minimum_set(db, &ctx("of the group"), None, group, d("20")).await.unwrap();
    assert!(judged("67400").await.under_floor, "not for this group");
    settings::minimum_set(db, &ctx("of both"), Some(Role::Manager), group, d("2")).await.unwrap();
    assert!(!judged("67400").await.under_floor);
    lists::party_group_set(db, &ctx("out"), &PartyGroup { customer_group_id: 0, ..set }).await.unwrap();
    assert_eq!(typed(per_tonne("100000")).await.list.unwrap().price.price, d("110000"));
}
