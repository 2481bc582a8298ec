//! Requests solved on real stock: from stock, by cutting, with analogues, by buying; and tables of profiles.

use rust_decimal::Decimal;
use shpunt_domain::access::Actor;
use shpunt_domain::batches::commands::{Receive, receive};
use shpunt_domain::catalog::units::Measure;
use shpunt_domain::orders::Unit;
use shpunt_domain::pricing::price::Target;
use shpunt_domain::pricing::solver::ask::{Request, Solved, solve};
use shpunt_domain::pricing::solver::variants::{PriceSource, Way};
use shpunt_ingest::profiles;
use shpunt_tests::scratch::Scratch;
use shpunt_tests::{ctx, now};

use super::pricing::{manager, per_tonne};
use super::{World, d, day};

impl World {
    /// Another product and its batch.
    async fn stock(&self, profile: &str, length: &str, kg: &str, pieces: i64, net: &str) -> (i64, i64) {
        let product_id: i64 = sqlx::query_scalar(
            "insert into products (kind, sku, name, profile, condition, length_m, kg_per_m)
             values ('goods', $1 || $2, $1, $1, 'new', $2::numeric, $3::numeric) returning product_id",
        )
        .bind(profile)
        .bind(length)
        .bind(kg)
        .fetch_one(self.db())
        .await
        .unwrap();
        let number = format!("{profile} {length}");
        let receipt = Receive { product_id, ..self.receipt(&number, "2026-01-15", pieces, net, "0") };
        (product_id, receive(self.db(), &ctx(&number), &receipt).await.unwrap().value.batch_id)
    }

    fn request(&self, pieces: &str, needed_on: &str) -> Request {
        Request {
            company_id: self.company_id,
            product_id: self.product_id,
            party_id: self.customer_id,
            quantity: d(pieces),
            measure: Measure::Piece,
            needed_on: day(needed_on),
            delivery_address: "Тверь".to_owned(),
            price: None,
            target: None,
            unit: Unit::Tonne,
            freight_per_truck: d("30000"),
            truck_tonnes: None,
            truck_length_m: None,
            ways: vec![Way::Stock, Way::Cutting, Way::Purchase],
            analogues: true,
        }
    }

    async fn solved(&self, request: Request) -> Solved {
        solve(self.db(), &Actor::system(), now(), request).await.unwrap()
    }
}

/// What is compared of variants: analogue, way, cost of goods, soonest day, late.
fn told(solved: &Solved) -> Vec<(bool, Way, Decimal, String, bool)> {
    let of = |variant: &shpunt_domain::pricing::solver::variants::Variant| {
        (variant.analogue, variant.way, variant.costs.goods, variant.earliest_on.to_string(), variant.late)
    };
    solved.variants.iter().map(of).collect()
}

#[tokio::test]
async fn a_request_is_served_by_cutting_buying_or_an_analogue() {
    let world = World::new().await;
    let exact = world.receive("С-1", "2026-01-15", 4, "240000", "0").await;
    let (_, long) = world.stock("Л5", "15", "100", 10, "700000").await;
    let solved = world.solved(world.request("6", "2026-03-20")).await;
    // Four pieces at 60,000 are not enough. A piece cut of 15 m costs 56,000, and 3 m worth 14,000 stay.
    assert_eq!(told(&solved), [(false, Way::Cutting, d("336000"), "2026-03-04".to_owned(), false)]);
    let cut = &solved.variants[0];
    assert_eq!(cut.parts.iter().map(|part| (part.batch_id, part.piles, part.pieces)).collect::<Vec<_>>(), [(long, 6, 6)]);
    assert_eq!(cut.left.iter().map(|left| (left.count, left.metres, left.value)).collect::<Vec<_>>(), [(6, d("3"), d("84000"))]);
    assert_eq!((cut.loads.len(), cut.costs.expenses, cut.oversize, cut.proven), (1, d("30000"), false, true));
    // (336,000 + 30,000) / (1 − 0.15 − 0.01) / 7.2 t · 1.22 = 73,829.37.
    assert_eq!((cut.judged.price, cut.price_source), (per_tonne("73900"), PriceSource::Target));

    // Without cutting, two are bought at the last price; in time on the 20th, not on the 10th.
    let whole = |needed_on: &str| Request { ways: vec![Way::Stock, Way::Purchase], ..world.request("6", needed_on) };
    let bought = world.solved(whole("2026-03-20")).await;
    assert_eq!(told(&bought), [(false, Way::Purchase, d("360000"), "2026-03-16".to_owned(), false)]);
    let parts: Vec<_> = bought.variants[0].parts.iter().map(|part| (part.batch_id, part.pieces)).collect();
    assert_eq!(parts, [(exact, 4), (0, 2)]);
    assert!(world.solved(whole("2026-03-10")).await.variants[0].late);

    // Л5-УМ is 4 % lighter a m²: six of its pieces make the wall of six.
    world.stock("Л5-УМ", "12", "113.88", 10, "500000").await;
    world.stock("Л4", "12", "74", 10, "100000").await;
    let solved = world.solved(world.request("6", "2026-03-20")).await;
    let today = "2026-03-02".to_owned();
    assert_eq!(
        told(&solved),
        [(true, Way::Stock, d("300000"), today, false), (false, Way::Cutting, d("336000"), "2026-03-04".to_owned(), false)],
        "Л4 is too light"
    );
    assert_eq!((solved.variants[0].measured.pieces, solved.variants[0].wall_m2), (6, Some(d("36"))));
    let eleven = world.solved(Request { ways: vec![Way::Stock], ..world.request("11", "2026-03-20") }).await;
    assert_eq!(eleven.variants[0].measured.pieces, 10, "ten wide ones are the wall of eleven: 55.44 m²");
    assert_eq!(told(&world.solved(Request { analogues: false, ..world.request("6", "2026-03-20") }).await).len(), 1);
}

#[tokio::test]
async fn forty_tonnes_go_on_trucks_and_a_wanted_price_shows_its_margin() {
    let world = World::new().await;
    world.receive("С-1", "2026-01-15", 50, "3000000", "0").await;
    let forty = Request {
        quantity: d("40"),
        measure: Measure::Tonne,
        price: Some(per_tonne("90000")),
        ..world.request("1", "2026-03-20")
    };
    let solved = world.solved(forty.clone()).await;
    let variant = &solved.variants[0];
    // 34 pieces of 1.2 t: 16 on each of two trucks, two on the third.
    let loads: Vec<_> = variant.loads.iter().map(|load| (load.trucks, load.pieces, load.tonnes)).collect();
    assert_eq!((solved.pieces, loads), (34, vec![(2, 16, d("19.2")), (1, 2, d("2.4"))]));
    assert_eq!((variant.costs.goods, variant.costs.expenses), (d("2040000"), d("90000")));
    // 40.8 t · 90,000 = 3,672,000 with VAT, 3,009,836.07 without; less goods, freight and 1 %.
    assert_eq!((variant.judged.earned.sum.net, variant.judged.earned.contribution), (d("3009836.07"), d("849737.71")));
    assert_eq!(variant.price_source, PriceSource::Wanted);
    let short = Request { truck_length_m: Some(d("11")), truck_tonnes: Some(d("1.2")), ..forty.clone() };
    let variant = &world.solved(short).await.variants[0];
    assert!(variant.oversize && variant.loads[0].trucks == 34);
    let small = Request { truck_tonnes: Some(d("1.1")), ..forty.clone() };
    let error = solve(world.db(), &Actor::system(), now(), small).await.unwrap_err();
    assert!(error.to_string().contains("one piece weighs 1.2 t"), "{error}");
    // A manager gets the same variants, without a target of the own.
    assert_eq!(told(&solve(world.db(), &manager(), now(), forty.clone()).await.unwrap()), told(&solved));
    let own = Request { target: Some(Target::Margin(d("0"))), ..forty };
    assert_eq!(solve(world.db(), &manager(), now(), own).await.unwrap_err().code(), shpunt_domain::Code::Forbidden);
    assert!(world.solved(Request { ways: vec![Way::Stock], ..world.request("51", "2026-03-20") }).await.variants.is_empty());
}

#[tokio::test]
async fn a_table_of_profiles_is_taken_row_by_row_and_changes_no_product() {
    let world = World::new().await;
    let dir = Scratch::new("profiles").unwrap();
    let file = dir.path().join("profiles.csv");
    let import = async |text: &str| {
        std::fs::write(&file, text).unwrap();
        profiles::import(world.db(), &ctx(text), &file).await.unwrap()
    };
    let head = "profile,family,width_mm,kg_per_m,area_cm2_per_m,source,edition\n";
    let table = format!(
        "{head}AZ 26-700,AZ,700,102.9,187.2,Producer,2026\nAZ 27,AZ,700,112,187.2,Site,1\nТест 1,Т,500,113.88,290,Завод,2\n"
    );
    let done = import(&table).await;
    assert_eq!(
        (done.added.as_slice(), done.changed.as_slice()),
        (["Тест 1".to_owned()].as_slice(), ["AZ 26-700".to_owned()].as_slice())
    );
    assert_eq!((done.rejected.len(), done.rejected[0].line), (1, 3));
    assert!(done.rejected[0].reason.contains("contradicts its area"), "{}", done.rejected[0].reason);
    let again = import(&format!("{table}\n")).await;
    assert_eq!((again.added.len(), again.changed.len(), again.unchanged.len()), (0, 0, 2));
    let versions: Vec<(i32, String)> =
        sqlx::query_as("select version, edition from profile_versions where profile = 'AZ 26-700' order by version")
            .fetch_all(world.db())
            .await
            .unwrap();
    assert_eq!(versions, [(1, "2024".to_owned()), (2, "2026".to_owned())]);
    // Л5 gets heavier; what exists keeps its weight.
    let heavier = import(&format!("{head}Л5,,420,100.1,303.6,Завод,3\n")).await;
    assert_eq!(heavier.changed, ["Л5"]);
    let kept: (Decimal, String) =
        sqlx::query_as("select p.kg_per_m, f.family from products p join profiles f using (profile) where p.product_id = $1")
            .bind(world.product_id)
            .fetch_one(world.db())
            .await
            .unwrap();
    assert_eq!(kept, (d("100"), "Л".to_owned()));
    for seeded in [
        "select count(*) from profiles where family = ''",
        "select count(*) from profiles where area_cm2_per_m > 0
        and abs(kg_per_m - 0.785 * area_cm2_per_m * width_mm / 1000) > 0.3",
    ] {
        assert_eq!(sqlx::query_scalar::<_, i64>(seeded).fetch_one(world.db()).await.unwrap(), 0);
    }
}
