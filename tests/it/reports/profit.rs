//! Gross profit: every figure of the ladder, by every dimension, on both bases, and the entries behind it.

use rust_decimal::Decimal;
use shpunt_analytics::reports::entries::EntryFilter;
use shpunt_analytics::reports::gross_profit::{Basis, GrossProfit, Group, Key, Row};
use shpunt_analytics::reports::{Ask, Filter, Language, Period};
use shpunt_domain::access::Scope;
use shpunt_domain::ledger::Account;

use super::office::{Office, d, day, period};

const GROUPS: [(Group, &str); 7] = [
    (Group::Deal, "deal_id"),
    (Group::Order, "order_id"),
    (Group::OrderLine, "order_line_id"),
    (Group::Batch, "batch_id"),
    (Group::Product, "product_id"),
    (Group::Customer, "party_id"),
    (Group::Manager, "employee_id"),
];

fn winter() -> Period {
    period("2025-12-01", "2026-02-28")
}

async fn ask(office: &Office, filter: &Filter, of: Period, group: Group, basis: Basis) -> GrossProfit {
    office.reports.gross_profit(&office.ask().await, filter, of, group, basis).await.unwrap().data
}

fn keys(report: &GrossProfit) -> Vec<Key> {
    report.rows.iter().map(|row| row.key).collect()
}

/// Revenue, cost and direct expenses, without and with VAT, and tonnes.
fn ladder(row: &Row) -> [Decimal; 6] {
    [row.revenue, row.revenue_with_vat, row.cogs, row.cogs_with_vat, row.direct_expenses, row.tonnes]
}

/// The same from PostgreSQL.
async fn in_books(office: &Office, condition: &str) -> [Decimal; 6] {
    let mut sums = [Decimal::ZERO; 6];
    for (sum, (what, account)) in sums.iter_mut().zip([
        ("-sum(amount)", "revenue"),
        ("-sum(amount + vat)", "revenue"),
        ("sum(amount)", "cogs"),
        ("sum(amount + vat)", "cogs"),
        ("sum(amount)", "order_expenses"),
        ("-sum(tonnes_theoretical)", "revenue"),
    ]) {
        *sum = office.books(what, &format!("account = '{account}' and {condition}")).await;
    }
    sums
}

#[tokio::test(flavor = "multi_thread")]
async fn the_profit_ladder_is_that_of_the_books() {
    let Some(office) = Office::new("profit").await else { return };
    by_hand(&office).await;
    every_row_is_the_sum_in_postgresql(&office).await;
    costs_learnt_later_restate_the_month_of_shipment(&office).await;
    filters_and_scope(&office).await;
    the_entries_behind_a_row_are_its_sum(&office).await;
    super::bridge::a_late_cost_is_explained(&office).await;
    office.stop().await;
}

async fn by_hand(office: &Office) {
    let report = ask(office, &Filter::ALL, winter(), Group::Deal, Basis::Posted).await;
    assert_eq!(keys(&report), [office.embankment, office.quay, office.pit].map(Key::Id), "the best first");
    let [embankment, quay, pit] = &report.rows[..] else { unreachable!() };
    assert_eq!(ladder(embankment), ["1524590.17", "1860000", "900000", "1080000", "65000", "18"].map(d));
    assert_eq!(ladder(quay), ["1200000", "1464000", "800000", "976000", "0", "16"].map(d));
    assert_eq!(ladder(pit), ["502857.14", "528000", "292800", "292800", "0", "4.8"].map(d), "under УСН input VAT is a cost");
    assert_eq!(embankment.label, "Д-000001 Набережная");
    let row = Row {
        key: Key::Total,
        label: "Итого".to_owned(),
        revenue: d("3227447.31"),
        revenue_with_vat: d("3852000"),
        cogs: d("1992800"),
        cogs_with_vat: d("2348800"),
        gross_profit: d("1234647.31"),
        gross_profit_with_vat: d("1503200"),
        direct_expenses: d("65000"),
        contribution: d("1169647.31"),
        // 1,234,647.31 ÷ 3,227,447.31 and ÷ 1,992,800: of the sums, not means of 40.97, 33.33 and 41.77.
        margin_percent: Some(d("38.25")),
        markup_percent: Some(d("61.96")),
        tonnes: d("38.8"),
        gross_profit_per_tonne: d("31820.81"),
        metres: office.books("-sum(metres)", "account = 'revenue'").await,
        pieces: report.total.pieces,
        // 1,169,647.31 ÷ 3,227,447.31 and ÷ 38.8.
        contribution_percent: Some(d("36.24")),
        contribution_per_tonne: Some(d("30145.55")),
        contribution_per_metre: report.total.contribution_per_metre,
        contribution_per_piece: report.total.contribution_per_piece,
    };
    assert_eq!(report.total, row);
    let pieces = office.books("-sum(pieces)::numeric", "account = 'revenue'").await;
    assert_eq!(Decimal::from(row.pieces), pieces);
    let each = |measure: Decimal| Some((row.contribution / measure).round_dp(2));
    assert_eq!((row.contribution_per_metre, row.contribution_per_piece), (each(row.metres), each(pieces)));
    let english = Ask { language: Language::En, ..office.ask().await };
    let report = office.reports.gross_profit(&english, &Filter::ALL, winter(), Group::Batch, Basis::Posted).await.unwrap().data;
    assert_eq!(report.total.label, "Total");
    let labels: Vec<_> = report.rows.iter().map(|row| (row.key, row.label.as_str())).collect();
    // Piles first; a service and direct expenses have no batch, and no cost to mark up.
    assert_eq!(
        labels,
        [
            (Key::Id(office.batch_a1), "А-1 Шпунт L5"),
            (Key::Id(office.batch_a2), "А-2 Шпунт PU"),
            (Key::Id(office.batch_b1), "Б-1 Шпунт L5"),
            (Key::Id(0), "No batch"),
        ]
    );
    let service = report.rows.last().unwrap();
    assert_eq!(ladder(service), ["49180.33", "60000", "0", "0", "65000", "0"].map(d));
    assert_eq!((service.margin_percent, service.markup_percent), (Some(d("100")), None));
    assert_eq!(service.gross_profit_per_tonne, Decimal::ZERO);
    // Nothing in it: no division by nothing.
    let empty = ask(office, &Filter::ALL, period("2024-01-01", "2024-12-31"), Group::Month, Basis::Posted).await;
    assert_eq!((empty.rows.len(), empty.total.margin_percent, empty.total.markup_percent), (0, None, None));
}

/// Whole months are read from the mart, other days from the entries: both must say what PostgreSQL says.
async fn every_row_is_the_sum_in_postgresql(office: &Office) {
    for of in
        [winter(), period("2026-02-01", "2026-02-28"), period("2026-01-21", "2026-02-10"), period("2026-02-10", "2026-02-10")]
    {
        for (basis, column) in [(Basis::Posted, "effective_on"), (Basis::Shipped, "origin_on")] {
            let within = format!("{column} between '{}' and '{}'", of.from, of.to);
            for (group, dimension) in GROUPS {
                let report = ask(office, &Filter::ALL, of, group, basis).await;
                assert!(!report.rows.is_empty(), "{group:?} {of:?}");
                for row in &report.rows {
                    let Key::Id(id) = row.key else { panic!("{:?}", row.key) };
                    assert!(!row.label.is_empty(), "{group:?} {id} has no name");
                    let books = in_books(office, &format!("{within} and {dimension} = {id}")).await;
                    assert_eq!(ladder(row), books, "{group:?} {id} {basis:?} {of:?}");
                }
                assert_eq!(ladder(&report.total), in_books(office, &within).await, "{group:?} {basis:?} {of:?}");
            }
            let report = ask(office, &Filter::ALL, of, Group::Month, basis).await;
            for row in &report.rows {
                let Key::Month(month) = row.key else { panic!("{:?}", row.key) };
                let books = in_books(office, &format!("{within} and date_trunc('month', {column}) = '{month}'")).await;
                assert_eq!((ladder(row), row.label.clone()), (books, month.to_string()), "{basis:?} {of:?}");
            }
        }
    }
}

async fn costs_learnt_later_restate_the_month_of_shipment(office: &Office) {
    let direct = async |basis| {
        let report = ask(office, &Filter::ALL, period("2026-01-01", "2026-02-28"), Group::Month, basis).await;
        assert_eq!(keys(&report), [day("2026-01-01"), day("2026-02-01")].map(Key::Month));
        report.rows.iter().map(|row| row.direct_expenses).collect::<Vec<_>>()
    };
    // The crane of the first truck was paid in February; the cut pile of the third has not left.
    assert_eq!(direct(Basis::Posted).await, ["50000", "15000"].map(d));
    assert_eq!(direct(Basis::Shipped).await, ["60000", "5000"].map(d));
}

async fn filters_and_scope(office: &Office) {
    let deals = async |filter: Filter, of: Period| keys(&ask(office, &filter, of, Group::Deal, Basis::Posted).await);
    for of in [winter(), period("2025-12-01", "2026-02-27")] {
        assert_eq!(deals(Office::of_company(office.b), of).await, [Key::Id(office.pit)]);
        assert_eq!(deals(Filter { channel_id: Some(office.avito), ..Filter::ALL }, of).await, [Key::Id(office.quay)]);
        // The quay was sold by Olga and belongs to Ivan now: her profit, his to look at.
        let of_olga = Filter { manager_id: Some(office.olga), ..Filter::ALL };
        assert_eq!(deals(of_olga.clone(), of).await, [Key::Id(office.quay)]);
        assert_eq!(deals(Filter { scope: Scope::of(office.olga, &[]), ..Filter::ALL }, of).await, []);
        let for_ivan = Filter { scope: Scope::of(office.ivan, &[]), ..Filter::ALL };
        assert_eq!(deals(for_ivan, of).await, [office.embankment, office.quay, office.pit].map(Key::Id));
        assert_eq!(deals(Filter { scope: Scope::of(office.ivan, &[]), ..of_olga }, of).await, [Key::Id(office.quay)]);
        assert_eq!(deals(Filter { manager_id: Some(-1), ..Filter::ALL }, of).await, []);
    }
    let by_manager = ask(office, &Filter::ALL, winter(), Group::Manager, Basis::Posted).await;
    assert_eq!(keys(&by_manager), [office.ivan, office.olga].map(Key::Id));
    assert_eq!(by_manager.rows[1].gross_profit, d("400000"));
}

async fn the_entries_behind_a_row_are_its_sum(office: &Office) {
    let asked = office.ask().await;
    for basis in [Basis::Posted, Basis::Shipped] {
        for (group, _) in GROUPS {
            // Entries are asked for by what a line belongs to.
            if group == Group::OrderLine {
                continue;
            }
            let report = ask(office, &Office::of_company(office.a), winter(), group, basis).await;
            for row in &report.rows {
                let Key::Id(id) = row.key else { panic!("{:?}", row.key) };
                let company_id = Some(office.a);
                let mut filter = EntryFilter { period: Some(winter()), basis, company_id, ..EntryFilter::ALL };
                match group {
                    Group::Deal => filter.deal_id = Some(id),
                    Group::Order => filter.order_id = Some(id),
                    Group::Batch => filter.batch_id = Some(id),
                    Group::Product => filter.product_id = Some(id),
                    Group::Customer => filter.party_id = Some(id),
                    Group::Manager => filter.employee_id = Some(id),
                    Group::Month | Group::OrderLine => unreachable!(),
                }
                let of = |account| EntryFilter { accounts: vec![account], ..filter.clone() };
                let (revenue, vat) = office.behind(&asked, &of(Account::Revenue)).await;
                assert_eq!((-revenue, -vat), (row.revenue, row.revenue_with_vat - row.revenue), "{group:?} {id}");
                let (cogs, vat) = office.behind(&asked, &of(Account::Cogs)).await;
                assert_eq!((cogs, vat), (row.cogs, row.cogs_with_vat - row.cogs), "{group:?} {id}");
                let accounts = vec![Account::Revenue, Account::Cogs, Account::OrderExpenses];
                let (result, _) = office.behind(&asked, &EntryFilter { accounts, ..filter.clone() }).await;
                assert_eq!(-result, row.contribution, "{group:?} {id} {basis:?}");
            }
        }
    }
}
