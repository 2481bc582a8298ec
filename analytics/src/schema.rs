//! Creates the tables and views of ClickHouse from `clickhouse/*.sql`, for one node or for a cluster.
//!
//! Every statement can be run again without harm. Files differ between the two layouts only by two placeholders:
//! `{on_cluster}` and `{engine:Name(arguments)}`.

use crate::Client;

const RAW: &str = include_str!("../../clickhouse/01_raw.sql");
const CURRENT: &str = include_str!("../../clickhouse/02_current.sql");
const MARTS: [&str; 2] =
    [include_str!("../../clickhouse/10_mart_turnover.sql"), include_str!("../../clickhouse/11_mart_margin.sql")];

/// Which ClickHouse the statements are written for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Layout {
    /// One server, or the embedded engine.
    #[default]
    SingleNode,
    /// Replicated engines, every statement `ON CLUSTER` of this name.
    Cluster(String),
}

/// Creates the database and everything in it, for one node.
///
/// # Errors
/// What ClickHouse answered, or that it could not be reached.
pub async fn apply(client: &Client) -> Result<(), clickhouse::error::Error> {
    apply_layout(client, &Layout::SingleNode).await
}

/// The same for a given layout.
///
/// # Errors
/// What ClickHouse answered, or that it could not be reached.
pub async fn apply_layout(client: &Client, layout: &Layout) -> Result<(), clickhouse::error::Error> {
    create_database(client, layout).await?;
    for statement in statements(layout) {
        client.inner().query_raw(&statement).execute().await?;
    }
    Ok(())
}

/// The tables without the views of current rows: where a new epoch is loaded before it is exchanged.
pub(crate) async fn apply_tables(client: &Client, layout: &Layout) -> Result<(), clickhouse::error::Error> {
    create_database(client, layout).await?;
    for file in [RAW].into_iter().chain(MARTS) {
        for statement in split(&render(file, layout)) {
            client.inner().query_raw(&statement).execute().await?;
        }
    }
    Ok(())
}

async fn create_database(client: &Client, layout: &Layout) -> Result<(), clickhouse::error::Error> {
    let statement = format!("create database if not exists {} {}", client.database(), on_cluster(layout));
    client.in_database("default").inner().query_raw(&statement).execute().await
}

/// Every statement of a layout in order, as it would be sent.
pub fn statements(layout: &Layout) -> Vec<String> {
    [RAW, CURRENT].into_iter().chain(MARTS).flat_map(|file| split(&render(file, layout))).collect()
}

/// The SELECT by which a mart is filled, reading from `source` instead of the whole ledger.
pub(crate) fn mart_select(mart: &str, source: &str) -> Option<String> {
    let marker = format!("to {mart} as");
    MARTS.iter().flat_map(|file| split(&render(file, &Layout::SingleNode))).find_map(|statement| {
        let (_, select) = statement.split_once(&marker)?;
        Some(select.replace("from raw_ledger_entry as ledger", &format!("from {source} as ledger")))
    })
}

fn on_cluster(layout: &Layout) -> String {
    match layout {
        Layout::SingleNode => String::new(),
        Layout::Cluster(name) => format!("on cluster '{name}'"),
    }
}

fn render(file: &str, layout: &Layout) -> String {
    let mut rest = file;
    let mut text = String::with_capacity(file.len() + 512);
    while let Some((before, after)) = rest.split_once("{engine:") {
        let (engine, tail) = after.split_once('}').unwrap_or((after, ""));
        text.push_str(before);
        text.push_str(&render_engine(engine, layout));
        rest = tail;
    }
    text.push_str(rest);
    text.replace("{on_cluster}", &on_cluster(layout))
}

fn render_engine(engine: &str, layout: &Layout) -> String {
    let (name, arguments) = engine.split_once('(').unwrap_or((engine, ""));
    let arguments = arguments.trim_end_matches(')');
    match layout {
        Layout::SingleNode => format!("{name}({arguments})"),
        Layout::Cluster(_) => {
            let separator = if arguments.is_empty() { "" } else { ", " };
            format!("Replicated{name}('/clickhouse/tables/{{uuid}}/{{shard}}', '{{replica}}'{separator}{arguments})")
        }
    }
}

/// Statements end with `;` at the end of a line; lines of comment are left out.
fn split(text: &str) -> Vec<String> {
    let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("--")).collect();
    let code = format!("{}\n", code.join("\n"));
    code.split(";\n").map(str::trim).filter(|statement| !statement.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_placeholder_is_left_over() {
        let cluster = Layout::Cluster("main".to_owned());
        for statement in statements(&Layout::SingleNode) {
            assert!(!statement.contains('{') && statement.starts_with("create "), "{statement}");
        }
        for statement in statements(&cluster) {
            assert!(statement.contains("on cluster 'main'"), "{statement}");
            assert!(!statement.contains("{engine") && !statement.contains("{on_cluster"), "{statement}");
        }
        assert_eq!(statements(&cluster).len(), statements(&Layout::SingleNode).len());
    }

    #[test]
    fn a_replicated_engine_keeps_its_arguments() {
        assert_eq!(
            render_engine("ReplacingMergeTree(_version, _deleted)", &Layout::SingleNode),
            "ReplacingMergeTree(_version, _deleted)"
        );
        assert_eq!(
            render_engine("ReplacingMergeTree(_version, _deleted)", &Layout::Cluster("c".to_owned())),
            "ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}', _version, _deleted)"
        );
    }

    #[test]
    fn a_mart_can_be_filled_from_a_part_of_the_ledger() {
        for mart in ["mart_turnover_day", "mart_margin_month"] {
            let select = mart_select(mart, "(select 1)").unwrap();
            assert!(select.contains("from (select 1) as ledger") && !select.contains("raw_ledger_entry"), "{select}");
        }
        assert_eq!(mart_select("mart_unknown", "x"), None);
    }

    #[test]
    fn every_target_of_a_view_remembers_its_inserts() {
        for statement in statements(&Layout::SingleNode) {
            if statement.contains("MergeTree") {
                assert!(statement.contains("non_replicated_deduplication_window"), "{statement}");
                assert!(!statement.contains("partition by"), "{statement}");
            }
        }
    }
}
