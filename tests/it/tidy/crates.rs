//! Who may depend on whom, and where each outside library lives.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use super::{has_word, report, root, sources};

/// The arrows of the architecture: a crate and the crates of ours it may name.
const MAY_USE: [(&str, &[&str]); 7] = [
    ("shpunt-api", &["shpunt-analytics", "shpunt-domain", "shpunt-engines", "shpunt-ingest"]),
    ("shpunt-ingest", &["shpunt-domain"]),
    ("shpunt-analytics", &["shpunt-domain"]),
    ("shpunt-domain", &[]),
    ("shpunt-engines", &[]),
    ("shpunt-tests", &["shpunt-analytics", "shpunt-api", "shpunt-domain", "shpunt-engines", "shpunt-ingest"]),
    ("xtask", &[]),
];

/// Where an outside library may be a dependency. Tests may use everything.
const HOMES: [(&str, &[&str]); 10] = [
    ("sqlx", &["shpunt-domain", "shpunt-analytics"]),
    ("clickhouse", &["shpunt-analytics"]),
    ("pgwire-replication", &["shpunt-analytics"]),
    ("async-graphql", &["shpunt-api"]),
    ("async-graphql-value", &["shpunt-api"]),
    ("jsonwebtoken", &["shpunt-ingest"]),
    ("reqwest", &["shpunt-ingest"]),
    ("libloading", &["shpunt-engines"]),
    ("ring", &["shpunt-domain"]),
    ("totp-rs", &["shpunt-domain"]),
];

/// The two places of analytics that read PostgreSQL.
const POSTGRES_IN_ANALYTICS: [&str; 2] = ["analytics/src/cdc/pg/", "analytics/src/reconcile/pg.rs"];

/// What each crate of ours depends on, by name.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(root())
        .output()
        .unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let name = |value: &serde_json::Value| value["name"].as_str().unwrap().to_owned();
    let packages = metadata["packages"].as_array().unwrap();
    packages
        .iter()
        .map(|package| (name(package), package["dependencies"].as_array().unwrap().iter().map(name).collect()))
        .collect()
}

#[test]
fn dependencies_point_one_way() {
    let mut findings = Vec::new();
    let crates = dependencies();
    for (name, uses) in &crates {
        let Some((_, may_use)) = MAY_USE.iter().find(|(known, _)| known == name) else {
            findings.push(format!("{name} is not in the list of tests/it/tidy/crates.rs"));
            continue;
        };
        let ours = uses.iter().filter(|used| crates.contains_key(*used));
        findings.extend(ours.filter(|used| !may_use.contains(&used.as_str())).map(|used| format!("{name} -> {used}")));
    }
    report(
        "A crate depends on one that the architecture does not let it see:",
        "Move the code to the crate that may see both, or pass a value instead of calling.",
        &findings,
    );
}

#[test]
fn each_library_has_one_home() {
    let crates = dependencies();
    let mut findings = Vec::new();
    for (library, homes) in HOMES {
        for (name, uses) in &crates {
            if uses.contains(library) && name != "shpunt-tests" && !homes.contains(&name.as_str()) {
                findings.push(format!("{name}/Cargo.toml: {library} lives in {}", homes.join(" and ")));
            }
        }
    }
    for source in sources("rs").iter().filter(|source| source.lies_in(&["analytics/"])) {
        if !source.lies_in(&POSTGRES_IN_ANALYTICS) {
            findings.extend(source.find(|line| has_word(line, "sqlx")));
        }
    }
    report(
        "An outside library is used outside its home:",
        "Give its home a function that does what you need, and call that.",
        &findings,
    );
}

#[test]
fn checked_queries_are_where_bless_looks_for_them() {
    let elsewhere = sources("rs").into_iter().filter(|source| !source.lies_in(&["domain/", "analytics/"]));
    let checked = |line: &str| ["query!", "query_as!", "query_scalar!"].iter().any(|name| has_word(line, name));
    // This file names the macros.
    let findings: Vec<_> =
        elsewhere.filter(|source| !source.path.contains("/tidy/")).flat_map(|source| source.find(checked)).collect();
    report(
        "A checked query outside domain and analytics, of which `cargo xtask bless` makes no data:",
        "Tests use sqlx::query(\"…\") without the exclamation mark.",
        &findings,
    );
}
