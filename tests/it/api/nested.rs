//! A nested query takes the same few statements however many rows there are.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tracing::field::{Field, Visit};
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::{Layer, Registry};

use super::world::World;

/// Counts the statements sqlx sends from this thread.
#[derive(Clone, Default)]
pub(super) struct Statements(Arc<AtomicUsize>);

impl<S: tracing::Subscriber> Layer<S> for Statements {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        struct Summary(bool);
        impl Visit for Summary {
            fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
            fn record_str(&mut self, field: &Field, value: &str) {
                // What the listener of the frontier does is not the request's.
                self.0 |= field.name() == "summary" && !value.to_lowercase().starts_with("listen");
            }
        }
        if event.metadata().target() == "sqlx::query" {
            let mut summary = Summary(false);
            event.record(&mut summary);
            self.0.fetch_add(usize::from(summary.0), Ordering::Relaxed);
        }
    }
}

impl Statements {
    pub(super) fn listen(&self) -> DefaultGuard {
        tracing::subscriber::set_default(Registry::default().with(self.clone()))
    }

    pub(super) fn take(&self) -> usize {
        self.0.swap(0, Ordering::Relaxed)
    }
}

/// `count` deals, each with three orders of two lines and an advance, straight into the tables.
pub(super) async fn fill(world: &World, count: i32) {
    sqlx::query(
        "with d as (
            insert into deals (company_id, number, title, party_id, channel_id, stage, stage_entered_at, opened_at)
            select 1, 'Т-' || n, 'Сделка ' || n, 1 + n % 3, 1 + n % 2, 'in_supply', now(), now() - n * interval '1 hour'
            from generate_series(1, $1) n returning deal_id, party_id),
         t as (insert into stage_transitions (deal_id, from_stage, to_stage, at, actor_id) select deal_id, '', 'new_lead', now(), 1 from d),
         o as (
            insert into orders (company_id, deal_id, party_id, number, status, planned_on, created_at, updated_at)
            select 1, deal_id, party_id, 'Т-' || deal_id || '-' || n, 'draft', '2026-02-10', now(), now()
            from d, generate_series(1, 3) n returning order_id, deal_id),
         l as (
            insert into order_lines (order_id, line, kind, product_id, batch_id, pieces, metres, unit, quantity, price, price_includes_vat,
                vat_percent, net, vat, gross)
            select order_id, n, 'goods', 1, 1, 1, 12, 'т', 1.2, 100, true, 22, 100, 22, 122 from o, generate_series(1, 2) n),
         c as (
            insert into documents (company_id, kind, number, issued_on, party_id, created_at)
            select 1, 'payment_in', 'Т-' || deal_id, '2026-02-10', party_id, now() from d returning document_id, number)
         insert into payments (company_id, cash_account_id, direction, article_id, party_id, target, deal_id, document_id, paid_on, amount, created_at)
         select 1, 1, 'in', 1, d.party_id, 'deal', d.deal_id, c.document_id, '2026-02-10', 100, now()
         from d join c on c.number = 'Т-' || d.deal_id",
    )
    .bind(count)
    .execute(&world.test().db)
    .await
    .unwrap();
}

#[tokio::test]
async fn statements_do_not_grow_with_rows() {
    let world = World::new().await;
    world.batch("С-1").await;
    let statements = Statements::default();
    let _listening = statements.listen();
    // Interest in sqlx's events was decided before anybody listened.
    tracing::callsite::rebuild_interest_cache();
    let nested = "{ deals(first: 60) { nodes { title company { name } customer { name contracts { number } } contract { number }
        manager { name } channel { name } stageLog { to actor { login employee { name } } }
        orders { number lines { product { name } batch { number warehouse { name } balance { pieces } } } expenses { net { amount } }
            payments { id } settlements { id } }
        payments { amount { amount } article { name } cashAccount { name } document { number } } settlements { id } } } }";
    let broad = "{ orders(first: 100) { nodes { number deal { title customer { name } orders { number } }
        lines { product { name } batch { supplier { name } } } payments { id } settlements { id } } } }";
    let mut counts = Vec::new();
    for count in [2, 20, 38] {
        fill(&world, count).await;
        statements.take();
        let data = world.api.get(&world.api.director, nested).await;
        let deals = (data["deals"]["nodes"].as_array().unwrap().len(), statements.take());
        let data = world.api.get(&world.api.director, broad).await;
        let orders = (data["orders"]["nodes"].as_array().unwrap().len(), statements.take());
        counts.push((deals, orders));
        sqlx::query("update deals set number = 'Ф-' || deal_id").execute(&world.test().db).await.unwrap();
        sqlx::query("update documents set number = 'Ф-' || document_id").execute(&world.test().db).await.unwrap();
    }
    let rows: Vec<_> = counts.iter().map(|(deals, orders)| (deals.0, orders.0)).collect();
    assert_eq!(rows, [(2, 6), (22, 66), (60, 100)]);
    // One for the list, one for each way on, and the lines with their orders. Two levels that ask for parties may meet in one, and on
    // a busy machine a batch may leave before the last who asks.
    let most = |(deals, orders): &((usize, usize), (usize, usize))| (10..=25).contains(&deals.1) && (5..=13).contains(&orders.1);
    assert!(counts.iter().all(most), "{counts:?}");

    statements.take();
    let ids: Vec<_> = (1..=50).map(|id| format!("\"deal_{id}\"")).collect();
    let nodes = world
        .api
        .get(&world.api.director, &format!("{{ nodes(ids: [{}]) {{ ... on Deal {{ customer {{ name }} }} }} }}", ids.join(",")))
        .await;
    assert_eq!(nodes["nodes"].as_array().unwrap().len(), 50);
    assert_eq!(statements.take(), 2);
}
