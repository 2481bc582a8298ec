//! Active deals: how far every open deal has come.

use rust_decimal::Decimal;
use shpunt_analytics::reports::Filter;
use shpunt_analytics::reports::active_deals::{ActiveDeals, Row};
use shpunt_domain::access::Scope;
use shpunt_domain::deals::Stage;
use shpunt_domain::orders::Status;

use super::office::{Office, booked, d, day, noon};

async fn ask(office: &Office, filter: &Filter) -> ActiveDeals {
    office.reports.active_deals(&office.ask().await, filter, booked()).await.unwrap().data
}

fn titles(report: &ActiveDeals) -> Vec<&str> {
    report.rows.iter().map(|row| row.title.as_str()).collect()
}

/// Need, ordered, shipped, paid.
fn tonnes(row: &Row) -> [Decimal; 4] {
    [row.need_tonnes, row.ordered_tonnes, row.shipped_tonnes, row.paid_tonnes]
}

fn amounts(row: &Row) -> [Decimal; 4] {
    [row.need_amount, row.ordered_amount, row.shipped_amount, row.paid_amount]
}

/// Margin planned and earned, debt, advance.
fn margins(row: &Row) -> [Decimal; 4] {
    [row.margin_planned, row.margin_earned, row.debt, row.advance]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_open_deal_says_how_far_it_has_come() {
    let Some(office) = Office::new("deals").await else { return };
    let report = ask(&office, &Filter::ALL).await;
    assert_eq!(titles(&report), ["Набережная", "Котлован", "Склад", "Башня", "Звонок"], "won and lost ones are not active");
    let [embankment, pit, store, tower, caller] = &report.rows[..] else { unreachable!() };
    an_order_after_another(embankment);
    assert_eq!(tonnes(pit), ["4.8", "4.8", "4.8", "2.4"].map(d));
    assert_eq!(amounts(pit), ["528000", "528000", "528000", "264000"].map(d));
    assert_eq!(margins(pit), ["150000", "210057.14", "264000", "0"].map(d));
    // In supply since 3 February; the last money came on the 25th.
    assert_eq!((pit.days_in_stage, pit.days_without_movement), (27, 5));
    // Prepaid and not ordered: what is paid for is measured by what is needed.
    assert_eq!(tonnes(tower), ["10", "0", "0", "5"].map(d));
    assert_eq!(amounts(tower), ["1000000", "0", "0", "500000"].map(d));
    assert_eq!(margins(tower), ["200000", "0", "0", "500000"].map(d));
    assert_eq!((tower.stage, tower.days_in_stage, tower.days_without_movement), (Stage::Contract, 18, 10));
    assert_eq!((store.days_in_stage, store.days_without_movement), (16, 16));
    assert_eq!((caller.customer.as_str(), caller.manager.as_str(), caller.channel.as_str()), ("Пётр", "", "Не определён"));
    assert_eq!((amounts(caller), tonnes(caller)), ([Decimal::ZERO; 4], [Decimal::ZERO; 4]));
    let total = &report.total;
    assert_eq!(total.deals, 5);
    assert_eq!(
        [total.need_amount, total.ordered_amount, total.shipped_amount, total.paid_amount],
        ["4528000", "2988000", "2388000", "2364000"].map(d)
    );
    assert_eq!(
        [total.margin_planned, total.margin_earned, total.debt, total.advance],
        ["850000", "774647.31", "524000", "500000"].map(d)
    );
    filters(&office).await;
    the_books_agree(&office, &report).await;
    office.stop().await;
}

fn an_order_after_another(row: &Row) {
    let words = [row.number.as_str(), &row.customer, &row.manager, &row.channel];
    assert_eq!(words, ["Д-000001", "Мост", "Иван", "Сайт"]);
    assert_eq!((row.stage, row.opened_at), (Stage::InSupply, noon("2025-12-05")));
    // 12 + 6 t left, 6 t are planned; 1,600,000 of 2,460,000 is paid.
    assert_eq!(tonnes(row), ["24", "24", "18", "15.610"].map(d));
    assert_eq!(amounts(row), ["2400000", "2460000", "1860000", "1600000"].map(d));
    // 1,524,590.17 − 900,000 − 60,000; the pile cut for the truck that has not left costs nothing yet.
    assert_eq!(margins(row), ["500000", "564590.17", "260000", "0"].map(d));
    assert_eq!((row.days_in_stage, row.days_without_movement), (77, 0));
    let orders: Vec<_> =
        row.orders.iter().map(|order| (order.status, order.planned_on, order.shipped_on, order.tonnes, order.amount)).collect();
    let (first, second) = (day("2026-01-20"), day("2026-02-05"));
    assert_eq!(
        orders,
        [
            (Status::Shipped, first, Some(first), d("12"), d("1260000")),
            (Status::Shipped, second, Some(second), d("6"), d("600000")),
            (Status::Confirmed, day("2026-03-10"), None, d("6"), d("600000")),
            (Status::Cancelled, day("2026-03-12"), None, d("24"), d("2160000")),
        ]
    );
}

async fn filters(office: &Office) {
    for (filter, expected) in [
        (Office::of_company(office.b), vec!["Котлован", "Башня"]),
        (Filter { channel_id: Some(office.avito), ..Filter::ALL }, vec!["Склад"]),
        (Filter { manager_id: Some(office.ivan), ..Filter::ALL }, vec!["Набережная", "Котлован"]),
        (Filter { scope: Scope::of(office.olga, &[]), ..Filter::ALL }, vec!["Склад", "Башня"]),
        (Filter { scope: Scope::of(office.olga, &[]), manager_id: Some(office.ivan), ..Filter::ALL }, vec![]),
        (Filter { manager_id: Some(0), ..Filter::ALL }, vec!["Звонок"]),
    ] {
        let report = ask(office, &filter).await;
        assert_eq!(titles(&report), expected, "{filter:?}");
        assert_eq!(usize::try_from(report.total.deals).unwrap(), expected.len());
    }
}

async fn the_books_agree(office: &Office, report: &ActiveDeals) {
    for row in &report.rows {
        let of = async |sum: &str, account: &str| {
            office.books(sum, &format!("account = '{account}' and deal_id = {}", row.deal_id)).await
        };
        assert_eq!(row.shipped_amount, of("-sum(amount + vat)", "revenue").await);
        assert_eq!(row.shipped_tonnes, of("-sum(tonnes_theoretical)", "revenue").await);
        assert_eq!(row.debt, of("sum(amount)", "receivables").await);
        assert_eq!(row.advance, of("-sum(amount)", "customer_advances").await);
        // No carrier was paid for these deals, so all their cash came from the customer.
        assert_eq!(row.paid_amount, of("sum(amount)", "cash").await, "{}", row.title);
    }
}
