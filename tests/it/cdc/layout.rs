//! The tables for one node and for a cluster, as the engine reads them.

use shpunt_analytics::schema::{Layout, apply, statements};
use shpunt_engines::clickhouse::Sidecar;

use super::rig::client;
use crate::engines::{Scratch, have_clickhouse, options};

#[tokio::test(flavor = "multi_thread")]
async fn the_statements_of_a_cluster_are_understood_and_those_of_a_node_may_be_repeated() {
    if !have_clickhouse() {
        return;
    }
    let dir = Scratch::new("layout");
    let sidecar = Sidecar::start(options(dir.path())).await.unwrap();
    let client = client(&sidecar);
    // There is no cluster here to run them on.
    let cluster = statements(&Layout::Cluster("main".to_owned()));
    assert!(cluster.len() > 30, "{}", cluster.len());
    for statement in &cluster {
        let tree = client.inner().query_raw(&format!("explain ast {statement}")).fetch_all::<String>().await;
        let tree = tree.unwrap_or_else(|error| panic!("{error}\n{statement}")).join("\n");
        let engine = tree.contains("Storage definition");
        assert!(engine == statement.starts_with("create table"), "{tree}\n{statement}");
    }
    for _ in 0..2 {
        apply(&client).await.unwrap();
    }
    sidecar.stop().await.unwrap();
}
