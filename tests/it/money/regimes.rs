//! The tax regimes: what is revenue, what is cost, what VAT an advance carries.

use rust_decimal::Decimal;
use shpunt_domain::treasury::Target;

use super::{World, d};

/// Bought for 900,000 with VAT in it (737,704.92 + 162,295.08), prepaid and sold for 1,050,000: `domain-traps.md` 2.3.
async fn profit(regime: &str) -> (World, [Decimal; 4]) {
    let world = World::new().await.taxed(regime).await;
    let batch = world.receive("С-1", "2026-01-10", 10, "737704.92", "162295.08").await;
    world.paid("advance", Target::Deal(world.deal_id), "2026-01-15", "1050000").await;
    let prepaid = world.balance("vat_on_customer_advances").await;
    // 12 t at 87,500 with VAT.
    let order = world.order("order", vec![world.goods(batch, 10, "87500")]).await;
    world.ship(&order, "2026-01-20").await.unwrap();
    world.check_books().await;
    assert_eq!(world.balance("vat_on_customer_advances").await, Decimal::ZERO, "taken back whole");
    assert_eq!(world.balance("customer_advances").await, Decimal::ZERO);
    let figures = [prepaid, -world.balance("revenue").await, world.balance("cogs").await, -world.balance("vat_output").await];
    (world, figures)
}

#[tokio::test]
async fn usn_with_five_and_seven_percent() {
    let (world, figures) = profit("usn_5").await;
    // Profit 100,000, not 150,000: 5 % are not revenue, the supplier's VAT is cost.
    assert_eq!(figures, [d("50000"), d("1000000"), d("900000"), d("50000")]);
    assert_eq!(world.balance("vat_input").await, Decimal::ZERO);
    assert_eq!(world.balance("payables").await, d("-900000"));
    let (_, figures) = profit("usn_7").await;
    assert_eq!(figures, [d("68691.59"), d("981308.41"), d("900000"), d("68691.59")]);
}

#[tokio::test]
async fn usn_without_vat_has_none_on_advances_either() {
    let (world, figures) = profit("usn_exempt").await;
    assert_eq!(figures, [d("0"), d("1050000"), d("900000"), d("0")]);
    let vat: i64 = sqlx::query_scalar("select count(*) from ledger_entry where account like 'vat%' or vat <> 0")
        .fetch_one(world.db())
        .await
        .unwrap();
    assert_eq!(vat, 0);
}

#[tokio::test]
async fn the_general_regime() {
    let (world, figures) = profit("osno").await;
    assert_eq!(figures, [d("189344.26"), d("860655.74"), d("737704.92"), d("189344.26")]);
    assert_eq!(world.balance("vat_input").await, d("162295.08"));
}

#[tokio::test]
async fn an_exemption_that_ends_between_advance_and_shipment() {
    let world = World::new().await.taxed("usn_exempt").await;
    sqlx::query("insert into company_tax_regimes values ($1, '2026-02-01', 'usn_5')")
        .bind(world.company_id)
        .execute(world.db())
        .await
        .unwrap();
    world.paid("advance", Target::Deal(world.deal_id), "2026-01-15", "105000").await;
    let order = world.order("order", vec![world.service("105000")]).await;
    world.ship(&order, "2026-02-10").await.unwrap();
    // Nothing was charged on the advance, so nothing comes back; the shipment bears the VAT of its own day.
    assert_eq!((world.balance("vat_output").await, world.balance("revenue").await), (d("-5000"), d("-100000")));
    assert_eq!(world.balance("receivables").await, Decimal::ZERO);
    world.check_books().await;
}
