//! A customs declaration: duty and import VAT on one paper, owed to the customs.

use rust_decimal::Decimal;
use shpunt_domain::Code;
use shpunt_domain::batches::expenses::commands::PostExpense;
use shpunt_domain::batches::expenses::{Basis, Kind};

use super::super::late_cost::costs;
use super::{World, d};

impl World {
    /// Ten piles for 1,000,000 without VAT, two of them sold, and their declaration.
    async fn declared(&self, duty: &str, import_vat: &str) -> (i64, PostExpense) {
        let batch = self.receive("С-1", "2026-01-10", 10, "1000000", "0").await;
        self.sold(batch, 2, "2026-01-20").await;
        let mut paper = self.bill("2026-02-01", duty, Basis::Pieces, &[batch]).await;
        paper.party_id =
            sqlx::query_scalar("insert into parties (name, created_at) values ('Московская таможня', now()) returning party_id")
                .fetch_one(self.db())
                .await
                .unwrap();
        (paper.article_id, paper.vat) = (self.article("customs").await, d(import_vat));
        (batch, paper)
    }

    async fn owed_to(&self, party_id: i64) -> Decimal {
        sqlx::query_scalar("select sum(open) from settlement_items where account = 'payables' and party_id = $1")
            .bind(party_id)
            .fetch_one(self.db())
            .await
            .unwrap()
    }
}

#[tokio::test]
async fn duty_is_cost_and_import_vat_is_deducted() {
    let world = World::new().await;
    // 5 % of duty, and 22 % of 1,050,000.
    let (batch, paper) = world.declared("50000", "231000").await;
    let posted = world.posted(&paper).await.unwrap();
    assert_eq!((posted.cost, posted.vat), (d("50000"), d("231000")));
    // A pile costs 105,000, sold or not.
    assert_eq!(costs(&world, batch).await, (d("840000"), vec![d("210000")]));
    assert_eq!(world.balance("vat_input").await, d("231000"));
    assert_eq!(world.owed_to(paper.party_id).await, d("281000"));
    world.check_books().await;
    world.taken_back(&posted, "2026-02-10").await.unwrap();
    assert_eq!(world.balance("vat_input").await, d("0"));
    assert_eq!(costs(&world, batch).await, (d("800000"), vec![d("200000")]));
    world.check_books().await;
}

#[tokio::test]
async fn without_deduction_import_vat_is_cost() {
    let world = World::new().await.taxed("usn_7").await;
    let (batch, paper) = world.declared("50000", "231000").await;
    world.posted(&paper).await.unwrap();
    assert_eq!(costs(&world, batch).await, (d("1024800"), vec![d("256200")]));
    assert_eq!(world.balance("vat_input").await, d("0"));
    assert_eq!(world.owed_to(paper.party_id).await, d("281000"));
    world.check_books().await;
}

#[tokio::test]
async fn import_vat_without_duty() {
    // From within the customs union VAT is paid to the tax office and there is no duty.
    let world = World::new().await;
    let (batch, paper) = world.declared("0", "220000").await;
    let posted = world.posted(&paper).await.unwrap();
    assert_eq!(costs(&world, batch).await, (d("800000"), vec![d("200000")]));
    assert_eq!((world.balance("vat_input").await, world.owed_to(paper.party_id).await), (d("220000"), d("220000")));
    world.check_books().await;
    world.taken_back(&posted, "2026-02-10").await.unwrap();
    assert_eq!(world.balance("vat_input").await, d("0"));
    world.check_books().await;
}

#[tokio::test]
async fn vat_above_the_sum_stands_only_on_a_declaration() {
    let world = World::new().await;
    let (_, paper) = world.declared("50000", "231000").await;
    let freight = PostExpense { article_id: world.article("freight_in").await, ..paper.clone() };
    let credit = PostExpense { kind: Kind::Credit, ..paper.clone() };
    let nothing = PostExpense { net: d("0"), vat: d("0"), ..paper };
    for (refused, code) in [(freight, Code::InvalidInput), (credit, Code::InvalidInput), (nothing, Code::AmountNotPositive)] {
        assert_eq!(world.posted(&refused).await.unwrap_err().code(), code);
    }
}
