//! The tables of both databases: keys, what is carried over, and what makes that exactly once.

use std::collections::BTreeMap;

use super::{report, sources};

/// Tables that stay in PostgreSQL, and why.
const NOT_SHIPPED: &[(&str, &str)] = &[
    ("users", "logins"),
    ("sessions", "logins"),
    ("login_attempts", "logins"),
    ("api_tokens", "logins of programs"),
    ("second_factors", "logins"),
    ("recovery_codes", "logins"),
    ("user_identities", "logins"),
    ("oidc_sign_ins", "logins"),
    ("duty_conflicts", "a rule of commands"),
    ("role_settings", "a rule of the door"),
    ("teams", "a rule of the door"),
    ("team_members", "a rule of the door"),
    ("access_log", "who read what, read by moment"),
    ("command_log", "the history of intent, read by id"),
    ("company_tax_regimes", "a rule of commands, already in the amounts"),
    ("vat_rates", "a rule of commands, already in the amounts"),
    ("contacts", "personal data that no report needs"),
    ("contracts", "labels of no report yet"),
    ("profiles", "their weight is in products"),
    ("profile_versions", "what profiles were, read by nobody's report"),
    ("customer_groups", "a rule of prices"),
    ("party_groups", "a rule of prices"),
    ("price_lists", "a rule of prices"),
    ("price_list_prices", "a rule of prices"),
    ("discount_limits", "a rule of prices"),
    ("margin_minimums", "a rule of prices"),
    ("price_settings", "a rule of prices"),
    ("offers", "read from PostgreSQL, in no report yet"),
    ("offer_lines", "read from PostgreSQL, in no report yet"),
    ("offer_line_batches", "read from PostgreSQL, in no report yet"),
    ("batch_passports", "labels of no report yet"),
    ("batch_buy_backs", "posted to the ledger as a receipt"),
    ("order_custody", "where goods lie that are no longer ours"),
    ("deal_tasks", "what people are to do, read from PostgreSQL"),
    ("calls", "personal data, in no report yet"),
    ("supplier_orders", "read from PostgreSQL, in no report yet"),
    ("supplier_order_lines", "read from PostgreSQL, in no report yet"),
    ("purchase_receipts", "read from PostgreSQL, in no report yet"),
    ("purchase_requests", "read from PostgreSQL, in no report yet"),
    ("purchase_request_lines", "read from PostgreSQL, in no report yet"),
    ("purchase_request_suppliers", "read from PostgreSQL, in no report yet"),
    ("supplier_answers", "read from PostgreSQL, in no report yet"),
    ("settlement_ties", "a rule of commands"),
    ("periods", "a rule of commands"),
    ("period_closes", "who closed which month, read from PostgreSQL"),
    ("period_totals", "what was reported at a close, a proof kept beside the books"),
    ("ledger_transaction", "its facts are on every entry"),
    ("documents", "read from PostgreSQL by id when a report is drilled into"),
    ("document_counters", "a counter"),
    ("settlement_offsets", "their sums are in settlement_items"),
    ("batch_balances", "the inventory account of the ledger says the same"),
    ("order_expenses", "posted to the ledger"),
    ("direct_expenses", "posted to the ledger"),
    ("direct_expense_targets", "posted to the ledger"),
    ("direct_expense_parts", "posted to the ledger"),
    ("joint_bills", "posted to the ledger"),
    ("planned_expenses", "posted to the ledger when they are accrued"),
    ("margin_changes", "read from PostgreSQL with the deal"),
    ("additional_expenses", "posted to the ledger"),
    ("additional_expense_shares", "posted to the ledger"),
    ("vehicles", "the directory of carriers"),
    ("drivers", "the directory of carriers, personal data"),
    ("order_trucks", "read from PostgreSQL with the order, in no report yet"),
    ("order_loads", "their weights are those of the shipment"),
    ("freight_requests", "read from PostgreSQL, in no report yet"),
    ("freight_quotes", "read from PostgreSQL, in no report yet"),
    ("order_files", "bytes that no report needs"),
    ("order_deliveries", "read from PostgreSQL with the order"),
    ("order_unloads", "read from PostgreSQL with the order"),
    ("carrier_claims", "posted to the ledger"),
    ("order_returns", "posted to the ledger"),
    ("order_return_lines", "posted to the ledger"),
    ("order_corrections", "posted to the ledger"),
    ("order_correction_lines", "posted to the ledger"),
    ("batch_moves", "read from PostgreSQL with the batch"),
    ("stock_counts", "posted to the ledger"),
    ("stock_count_lines", "posted to the ledger"),
    ("supplier_returns", "posted to the ledger"),
    ("supplier_return_lines", "posted to the ledger"),
    ("exchange_rates", "a rule of commands, already in the amounts"),
    ("batch_currencies", "read from PostgreSQL with the batch"),
    ("currency_revaluations", "posted to the ledger"),
    ("currency_revaluation_items", "what a storno of a revaluation takes back, their sums are in settlement_items"),
    ("claim_losses", "posted to the ledger"),
    ("batches_in_transit", "read from PostgreSQL with the batch"),
    ("batch_shortages", "posted to the ledger"),
    ("payment_requests", "what is to be paid, read from PostgreSQL; the payment is posted to the ledger"),
    ("payment_request_payments", "read from PostgreSQL with the request"),
    ("payment_rules", "a setting"),
    ("payments", "posted to the ledger"),
    ("spend", "posted to the ledger"),
    ("notification_kinds", "a setting"),
    ("notifications", "what people were told, read by themselves"),
];

/// Facts that are never changed or deleted: they need no current view over them.
const APPEND_ONLY: [&str; 2] = ["ledger_entry", "stage_transitions"];

struct Table {
    place: String,
    /// From the name to the `;`.
    text: String,
}

impl Table {
    fn columns(&self) -> Vec<&str> {
        let lines = self.text.lines().skip(1).filter_map(|line| line.split_whitespace().next());
        lines.filter(|word| !word.starts_with("--")).collect()
    }
}

/// Every `create table` under `folder`, by name.
fn tables(folder: &str) -> BTreeMap<String, Table> {
    statements(folder, "create table ").into_iter().collect()
}

/// Statements that begin with `opening` at the start of a line, by the name that follows it.
fn statements(folder: &str, opening: &str) -> Vec<(String, Table)> {
    let mut found = Vec::new();
    for source in sources("sql").iter().filter(|source| source.lies_in(&[folder])) {
        let mut at = 0;
        for line in source.text.split_inclusive('\n') {
            if let Some(rest) = line.strip_prefix(opening) {
                let rest = rest.trim_start_matches("if not exists ");
                let name = rest.split([' ', '(', '\n']).next().unwrap_or_default();
                let text = source.text[at..].split_inclusive(";\n").next().unwrap_or_default();
                let number = source.text[..at].lines().count() + 1;
                found.push((name.to_owned(), Table { place: format!("{}:{number}", source.path), text: text.to_owned() }));
            }
            at += line.len();
        }
    }
    found
}

/// What the publication names: table and columns.
fn shipped() -> BTreeMap<String, Vec<String>> {
    let text: String =
        sources("sql").into_iter().filter(|source| source.lies_in(&["migrations/"])).map(|source| source.text).collect();
    let mut shipped = BTreeMap::new();
    for statement in text.split(";\n").filter(|text| text.contains("create publication") || text.contains("alter publication")) {
        let code = statement.lines().filter(|line| !line.starts_with("--")).collect::<Vec<_>>().join("\n");
        for named in code.split(" table ").skip(1) {
            let Some((name, columns)) = named.split_once('(') else { continue };
            let columns = columns.split(')').next().unwrap_or_default();
            shipped.insert(name.trim().to_owned(), columns.split(',').map(|column| column.trim().to_owned()).collect());
        }
    }
    shipped
}

#[test]
fn every_table_has_a_primary_key() {
    let keyless = tables("migrations/").into_iter().filter(|(_, table)| !table.text.contains("primary key"));
    let findings: Vec<_> = keyless.map(|(name, table)| format!("{}: {name}", table.place)).collect();
    report("A table of PostgreSQL without a primary key:", "Give it one: replication and every upsert need it.", &findings);
}

#[test]
fn every_table_is_shipped_or_known_not_to_be() {
    let (tables, shipped) = (tables("migrations/"), shipped());
    assert!(shipped.len() > 10, "the publication is not found: {shipped:?}");
    let mut findings = Vec::new();
    for (name, table) in &tables {
        let stays = NOT_SHIPPED.iter().any(|(known, _)| known == name) || name.starts_with("cdc_");
        match (shipped.contains_key(name), stays) {
            (true, true) => {
                findings.push(format!("{}: {name} is in the publication and on the list of those not shipped", table.place));
            }
            (false, false) => findings.push(format!("{}: {name} is in neither", table.place)),
            _ => {}
        }
    }
    for (name, columns) in &shipped {
        match tables.get(name) {
            None => findings.push(format!("the publication names {name}, which does not exist")),
            Some(table) => {
                let known = table.columns();
                findings.extend(
                    columns
                        .iter()
                        .filter(|column| !known.contains(&column.as_str()))
                        .map(|column| format!("{}: the publication names {name}.{column}, which does not exist", table.place)),
                );
            }
        }
    }
    report(
        "A table is neither carried to ClickHouse nor known to stay:",
        "Add it to the publication (a new migration) or, with the reason, to NOT_SHIPPED in tests/it/tidy/tables.rs.",
        &findings,
    );
}

#[test]
fn every_shipped_table_has_its_twins() {
    let raw = tables("clickhouse/");
    let current: Vec<_> = ["create view ", "create or replace view "]
        .iter()
        .flat_map(|opening| statements("clickhouse/", opening))
        .map(|(name, _)| name)
        .collect();
    let mut findings = Vec::new();
    for (name, columns) in shipped() {
        match raw.get(&format!("raw_{name}")) {
            None => findings.push(format!("raw_{name} does not exist")),
            Some(table) => {
                let known = table.columns();
                findings.extend(
                    columns
                        .iter()
                        .filter(|column| *column != "deleted_at" && !known.contains(&column.as_str()))
                        .map(|column| format!("{}: raw_{name} has no {column}, which the publication ships", table.place)),
                );
            }
        }
        if !APPEND_ONLY.contains(&name.as_str()) && !current.contains(&format!("cur_{name}")) {
            findings.push(format!("cur_{name} does not exist"));
        }
    }
    report(
        "A shipped table has no twin in ClickHouse:",
        "Add it to clickhouse/01_raw.sql and clickhouse/02_current.sql.",
        &findings,
    );
}

#[test]
fn every_clickhouse_table_forgets_no_insert() {
    let tables = tables("clickhouse/");
    let mut findings = Vec::new();
    for (name, table) in tables.iter().filter(|(_, table)| table.text.contains("MergeTree")) {
        let window = table.text.split("non_replicated_deduplication_window").nth(1).unwrap_or_default();
        let digits: String =
            window.chars().skip_while(|character| !character.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
        if digits.parse::<u32>().unwrap_or(0) < 1000 {
            findings.push(format!("{}: {name} has no deduplication window of at least 1000", table.place));
        }
        if table.text.to_lowercase().contains("partition by") {
            findings.push(format!("{}: {name} is partitioned, which splits an insert into several", table.place));
        }
    }
    for (view, text) in statements("clickhouse/", "create materialized view ") {
        let target = text.text.split(" to ").nth(1).and_then(|rest| rest.split_whitespace().next()).unwrap_or_default();
        if !tables.contains_key(target) {
            findings.push(format!("{}: the target of {view} is not a table of ours", text.place));
        }
        if text.text.lines().any(|line| line.trim_start().starts_with("where ")) {
            findings.push(format!("{}: {view} has a WHERE, so its rows cannot be counted against the facts", text.place));
        }
    }
    report(
        "Exactly-once inserts into ClickHouse are not guaranteed:",
        "Every table and every target of a view: no partitions, `non_replicated_deduplication_window` of at least 1000; views without WHERE.",
        &findings,
    );
}

#[test]
fn shipped_rows_are_never_deleted() {
    let shipped = shipped();
    let mut findings = Vec::new();
    for source in sources("rs").iter().filter(|source| source.lies_in(&["domain/", "api/", "ingest/"])) {
        findings.extend(source.find(|line| {
            let line = line.to_lowercase();
            line.split("delete from ")
                .skip(1)
                .any(|rest| shipped.contains_key(rest.split([' ', '"', '\n']).next().unwrap_or_default()))
        }));
    }
    report("A row that was carried to ClickHouse is deleted:", "Set its `deleted_at` instead.", &findings);
}
