//! The bridge between gross profit by posting and by shipment, after freight is billed for goods sold before.

use rust_decimal::Decimal;
use shpunt_analytics::reports::bridge::{Bridge, Part};
use shpunt_analytics::reports::{Filter, Period};
use shpunt_domain::batches::expenses::commands::{PostExpense, Target, post_expense};
use shpunt_domain::batches::expenses::{Basis, Kind};
use shpunt_tests::ctx;

use super::office::{Office, d, day, period};

/// Freight of 30,000 for twenty piles is 1,500 for each: ten were shipped in January, five on 5 February, five are on hand.
pub(super) async fn a_late_cost_is_explained(office: &Office) {
    let before = bridge(office, &Filter::ALL, period("2026-01-01", "2026-01-31")).await;
    assert_eq!((before.in_other_periods.cogs, before.in_other_periods.direct_expenses), (d("0"), d("10000")));
    let bill = PostExpense {
        company_id: office.a,
        party_id: office.carrier,
        contract_id: 0,
        article_id: office.article("freight_in").await,
        kind: Kind::Expense,
        number: "77".to_owned(),
        issued_on: day("2026-02-25"),
        effective_on: None,
        net: d("30000"),
        vat: d("6600"),
        basis: Basis::Tonnes,
        targets: vec![Target { batch_id: office.batch_a1, share: None }],
    };
    post_expense(&office.rig.db, &ctx("late freight"), &bill).await.unwrap();
    // January's shipment cost 15,000 more, and its crane of 10,000 was posted in February too.
    let january = bridge(office, &Filter::ALL, period("2026-01-01", "2026-01-31")).await;
    assert_eq!(january.in_other_periods, Part { revenue: d("0"), cogs: d("15000"), direct_expenses: d("10000") });
    assert_eq!((january.of_other_periods, january.posted), (Part::default(), before.posted));
    assert_eq!(january.shipped.gross_profit(), january.posted.gross_profit() - d("15000"));
    // February was charged for January.
    let february = bridge(office, &Filter::ALL, period("2026-02-01", "2026-02-28")).await;
    assert_eq!(february.of_other_periods, Part { revenue: d("0"), cogs: d("15000"), direct_expenses: d("10000") });
    assert_eq!(february.in_other_periods, Part::default());
    // The day of the bill and the day of the truck, from the entries themselves.
    let day_of_bill = bridge(office, &Filter::ALL, period("2026-02-25", "2026-02-25")).await;
    assert_eq!(
        (day_of_bill.of_other_periods.cogs, day_of_bill.posted.cogs, day_of_bill.shipped.cogs),
        (d("22500"), d("22500"), d("0"))
    );
    let day_of_truck = bridge(office, &Filter::ALL, period("2026-02-05", "2026-02-05")).await;
    assert_eq!((day_of_truck.in_other_periods.cogs, day_of_truck.shipped.cogs), (d("7500"), d("307500")));
    // The other company sold none of it; over all time the bases are equal.
    let other = bridge(office, &Office::of_company(office.b), period("2026-01-01", "2026-02-28")).await;
    assert_eq!((other.of_other_periods, other.in_other_periods, other.posted), (Part::default(), Part::default(), other.shipped));
    for whole in [period("2025-01-01", "2026-12-31"), period("2025-01-02", "2026-12-30")] {
        let all = bridge(office, &Filter::ALL, whole).await;
        assert_eq!((all.posted, all.of_other_periods, all.in_other_periods), (all.shipped, Part::default(), Part::default()));
        assert_eq!(all.posted.cogs, office.books("sum(amount)", "account = 'cogs'").await);
    }
}

/// The bridge, which must be that of the books and hold to the kopeck.
async fn bridge(office: &Office, filter: &Filter, of: Period) -> Bridge {
    let bridge = office.reports.gross_profit_bridge(&office.ask().await, filter, of).await.unwrap().data;
    let company = filter.company_id.map_or_else(|| "true".to_owned(), |id| format!("company_id = {id}"));
    let within = |column: &str| format!("{column} between '{}' and '{}'", of.from, of.to);
    let (posted, shipped) = (within("effective_on"), within("origin_on"));
    for (part, condition) in [
        (bridge.posted, posted.clone()),
        (bridge.of_other_periods, format!("{posted} and not {shipped}")),
        (bridge.in_other_periods, format!("{shipped} and not {posted}")),
        (bridge.shipped, shipped),
    ] {
        let sum = async |sum: &str, account: &str| -> Decimal {
            office.books(sum, &format!("account = '{account}' and {company} and {condition}")).await
        };
        let books = Part {
            revenue: sum("-sum(amount)", "revenue").await,
            cogs: sum("sum(amount)", "cogs").await,
            direct_expenses: sum("sum(amount)", "order_expenses").await,
        };
        assert_eq!(part, books, "{condition}");
    }
    for of in [|part: &Part| part.revenue, |part: &Part| part.cogs, |part: &Part| part.contribution()] {
        let Bridge { posted, of_other_periods, in_other_periods, shipped } = &bridge;
        assert_eq!(of(shipped), of(posted) - of(of_other_periods) + of(in_other_periods));
    }
    bridge
}
