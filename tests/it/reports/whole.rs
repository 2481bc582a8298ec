//! Asked while postings arrive, a report holds whole postings only, from the mart as from single entries.

use rust_decimal::Decimal;
use shpunt_analytics::reports::entries::EntryFilter;
use shpunt_analytics::reports::{Ask, Filter};

use super::office::{day, reports};
use crate::cdc::rig::{Rig, post, token};

const LINES: i32 = 20;
const POSTINGS: usize = 300;

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_holds_whole_postings() {
    let Some(rig) = Rig::new("whole").await else { return };
    let (work, reports) = (rig.work(), reports(&rig));
    rig.caught_up().await;
    let (db, company) = (rig.db.clone(), rig.company);
    let posting = tokio::spawn(async move {
        for _ in 0..POSTINGS {
            post(&db, company, LINES).await;
        }
    });
    let mut seen = Vec::new();
    while !posting.is_finished() {
        let plain = Ask::default();
        let balance = reports.balance(&plain, &Filter::ALL, day("2026-12-31")).await.unwrap().data;
        assert_eq!(balance.check, Decimal::ZERO, "{balance:?}");
        // The newest hundred are five postings: half of one would not sum to nothing.
        let page = reports.ledger_entries(&plain, &EntryFilter::ALL, 100, None).await.unwrap().data;
        assert_eq!(page.entries.iter().map(|entry| entry.amount).sum::<Decimal>(), Decimal::ZERO);
        seen.push(balance.assets);
    }
    posting.await.unwrap();
    assert!(seen.is_sorted() && seen.first() < seen.last(), "{seen:?}");
    let all = Ask { after: Some(token(&rig.db).await), ..Ask::default() };
    let answer = reports.balance(&all, &Filter::ALL, day("2026-12-31")).await.unwrap();
    let expected = Decimal::new(100_001, 2) * Decimal::from(LINES / 2) * Decimal::from(POSTINGS);
    assert_eq!((answer.data.assets, answer.data.equity), (expected, expected));
    assert!(answer.as_of.lsn >= all.after.unwrap().parse().unwrap());
    work.stop().await;
    rig.stop().await;
}
