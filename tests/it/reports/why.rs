//! Why a margin changed: the entries of a window lead from what was known before to what is known after, in words.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use shpunt_analytics::reports::gross_profit::{Basis, Group, Key};
use shpunt_analytics::reports::margin_changes::{Margin, MarginChanges, Of};
use shpunt_analytics::reports::{Ask, Error, Filter, Language};
use shpunt_domain::access::{Actor, Permission, Scope};
use shpunt_domain::command::{self, Ctx};
use shpunt_domain::ledger::{Account, CostElement, Entry, Kind, Posting, Sale, Stock, store};
use uuid::Uuid;

use super::office::{Office, booked, d, day, noon, period};

/// A bill for the first batch, twelve thousand of which fall on what the first truck took.
async fn late_cost(office: &Office, on: &str, amount: &str) {
    let (order_line_id, product_id): (i64, i64) =
        sqlx::query_as("select order_line_id, product_id from ledger_entry where account = 'cogs' and order_id = $1")
            .bind(office.order_first)
            .fetch_one(&office.rig.db)
            .await
            .unwrap();
    let sale = Sale {
        deal_id: office.embankment,
        order_id: office.order_first,
        order_line_id,
        product_id,
        party_id: office.bridge,
        employee_id: office.ivan,
        channel_id: office.site,
        ..Sale::default()
    };
    let stock = Stock { batch_id: office.batch_a1, cost_element: Some(CostElement::Late), ..Stock::default() };
    let entries = [
        Entry::debit(Account::Cogs, d(amount)).origin_on(day("2026-01-20")).sale(sale).stock(stock),
        Entry::credit(Account::AccruedCosts, d(amount)),
    ];
    let posting = Posting::try_new(Kind::Receipt, office.a, 0, day(on), entries).unwrap();
    let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, on.as_bytes());
    let ctx = Ctx { booked_at: Some(noon(on)), ..Ctx::new(Actor::system(), noon(on), id) };
    command::run(&office.rig.db, &ctx, "tests.late_cost", Permission::PostBooks, &on, async |run, _| {
        store::post_in_tx(run, &posting).await
    })
    .await
    .unwrap();
}

/// What gross profit says of the deal or the order at a moment.
async fn profit(office: &Office, ask: &Ask, of: Of) -> (Decimal, Decimal) {
    let (group, id) = match of {
        Of::Deal(id) => (Group::Deal, id),
        Of::Order(id) => (Group::Order, id),
    };
    let all = period("2025-01-01", "2026-12-31");
    let rows = office.reports.gross_profit(ask, &Filter::ALL, all, group, Basis::Posted).await.unwrap().data.rows;
    rows.iter().find(|row| row.key == Key::Id(id)).map_or_else(Default::default, |row| (row.gross_profit, row.contribution))
}

fn both(margin: Margin) -> (Decimal, Decimal) {
    (margin.gross_profit(), margin.contribution())
}

/// Everything told leads from before to after.
fn adds_up(report: &MarginChanges) {
    let effects = report.changes.iter().map(|change| both(change.effect)).chain([both(report.more_effect)]);
    let sum = effects.fold(both(report.before), |sum, effect| (sum.0 + effect.0, sum.1 + effect.1));
    assert_eq!(sum, both(report.after));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_entries_of_a_window_explain_the_margin_to_the_kopeck() {
    let Some(office) = Office::new("why").await else { return };
    let deal = Of::Deal(office.embankment);
    office.expense(office.order_first, "agent_bonus", "2026-02-12", "7000", "1540", noon("2026-04-15")).await;
    late_cost(&office, "2026-06-05", "12000").await;
    late_cost(&office, "2026-06-20", "-2000.50").await;
    let now = office.ask().await;
    let known = |at: DateTime<Utc>| Ask { known_at: Some(at), ..now.clone() };
    let changes = async |ask: &Ask, of: Of, since: DateTime<Utc>| {
        office.reports.margin_changes(ask, &Scope::All, of, since).await.unwrap().data
    };
    let since = noon("2026-03-31");
    let report = changes(&now, deal, since).await;
    adds_up(&report);
    assert_eq!(both(report.before), profit(&office, &known(since), deal).await);
    assert_eq!(both(report.after), profit(&office, &now, deal).await);
    // 624,590.17 of gross profit less 65,000 of expenses, before.
    assert_eq!((both(report.before), both(report.after)), ((d("624590.17"), d("559590.17")), (d("614590.67"), d("542590.67"))));
    let told: Vec<_> = report.changes.iter().map(|change| (&*change.text, change.effect.contribution())).collect();
    assert_eq!(
        told,
        [
            (
                "Расход «Агентское вознаграждение» после отгрузки заказа З-000001: +7\u{a0}000,00 к прямым расходам, \
                 проведено 12 февраля 2026, отгрузка 20 января 2026",
                d("-7000")
            ),
            (
                "Поздний расход по серии А-1: +12\u{a0}000,00 к себестоимости, проведено 5 июня 2026, отгрузка 20 января 2026",
                d("-12000")
            ),
            (
                "Уменьшение себестоимости по серии А-1: −2\u{a0}000,50 к себестоимости, проведено 20 июня 2026, отгрузка 20 января 2026",
                d("2000.50")
            ),
        ]
    );
    let bonus = &report.changes[0];
    assert_eq!((bonus.account, bonus.amount, bonus.booked_at), (Account::OrderExpenses, d("7000"), noon("2026-04-15")));
    assert_eq!(bonus.effect.gross_profit(), d("0"));
    assert!(bonus.document_id > 0);
    // Until a moment, of an order, in English.
    let until = Ask { known_at: Some(noon("2026-06-05")), language: Language::En, ..now.clone() };
    let order = Of::Order(office.order_first);
    let window = changes(&until, order, noon("2026-05-01")).await;
    adds_up(&window);
    assert_eq!(both(window.before), profit(&office, &known(noon("2026-05-01")), order).await);
    assert_eq!(both(window.after), profit(&office, &known(noon("2026-06-05")), order).await);
    assert_eq!(window.changes.len(), 1);
    assert_eq!(
        window.changes[0].text,
        "Late cost of batch А-1: +12,000.00 to cost of sales, posted 5 June 2026, shipped 20 January 2026"
    );
    // From the beginning: everything there is.
    let whole = changes(&now, deal, booked() - chrono::TimeDelta::microseconds(1)).await;
    adds_up(&whole);
    assert_eq!((whole.before, both(whole.after)), (Margin::default(), both(report.after)));
    assert!(
        whole.changes.iter().any(|change| change.text.starts_with("Отгрузка из серии А-1 по заказу З-000001: +600\u{a0}000,00"))
    );
    assert!(
        whole.changes.iter().any(|change| change.text.starts_with("Выручка по заказу З-000001: +983\u{a0}606,56")),
        "{whole:?}"
    );
    // Nothing of another's deal, nothing of an unknown one, no window that ends before it begins.
    let own = Scope::of(office.olga, &[]);
    let others = office.reports.margin_changes(&now, &own, deal, since).await.unwrap().data;
    assert_eq!((others.before, others.after, others.changes.len()), (Margin::default(), Margin::default(), 0));
    assert!(changes(&now, Of::Deal(999_999), since).await.changes.is_empty());
    let backwards = office.reports.margin_changes(&known(noon("2026-03-01")), &Scope::All, deal, since).await;
    assert!(matches!(backwards, Err(Error::Invalid { path: "since", .. })), "{backwards:?}");
    office.stop().await;
}
