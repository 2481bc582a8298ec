//! Inside the domain: slices stand on lower slices, one file writes the ledger, time comes from outside.

use super::{Source, has_word, report, sources};

/// Lower ones first; the design names all of them, also those that do not exist yet.
const SLICES: [&str; 18] = [
    "access",
    "notifications",
    "companies",
    "parties",
    "catalog",
    "ledger",
    "documents",
    "settlements",
    "batches",
    "marketing",
    "direct",
    "deals",
    "orders",
    "purchasing",
    "pricing",
    "treasury",
    "payroll",
    "communications",
];

/// What all slices stand on.
const GROUND: [&str; 9] = ["command", "constraints", "days", "db", "error", "keyset", "money", "search", "text"];

const LEDGER_WRITER: &str = "domain/src/ledger/store.rs";

fn domain() -> Vec<Source> {
    sources("rs").into_iter().filter(|source| source.lies_in(&["domain/src/"])).collect()
}

/// The slice a file of the domain belongs to.
fn slice_of(path: &str) -> &str {
    let inside = path.trim_start_matches("domain/src/");
    inside.split('/').next().unwrap_or(inside).trim_end_matches(".rs")
}

#[test]
fn a_slice_stands_on_lower_ones() {
    let mut findings = Vec::new();
    for source in domain() {
        let slice = slice_of(&source.path);
        if slice == "lib" {
            continue;
        }
        let Some(height) = SLICES.iter().position(|name| *name == slice) else {
            if !GROUND.contains(&slice) {
                findings
                    .push(format!("{}: `{slice}` is neither a slice nor in the ground (tests/it/tidy/slices.rs)", source.path));
            }
            continue;
        };
        for higher in &SLICES[height + 1..] {
            let names = [format!("crate::{higher}"), format!("super::super::{higher}")];
            findings.extend(source.find(|line| names.iter().any(|name| has_word(line, name)) || braced(line, higher)));
        }
    }
    report(
        "A slice of the domain calls a higher one:",
        "Turn the call round: the higher slice calls the lower one's `_in_tx` function, or passes it the fact it needs.",
        &findings,
    );
}

/// `use crate::{…, higher::…}` on one line.
fn braced(line: &str, slice: &str) -> bool {
    line.trim_start().trim_start_matches("pub ").strip_prefix("use crate::{").is_some_and(|list| has_word(list, slice))
}

#[test]
fn one_file_writes_the_ledger() {
    let mut findings = Vec::new();
    for source in sources("rs")
        .iter()
        .filter(|source| source.path != LEDGER_WRITER && source.lies_in(&["domain/", "api/", "ingest/", "analytics/"]))
    {
        findings.extend(source.find(|line| {
            let line = line.to_lowercase();
            ["insert into ledger_", "update ledger_", "delete from ledger_", "truncate ledger_", "copy ledger_"]
                .iter()
                .any(|sql| line.contains(sql))
        }));
    }
    report(
        "The ledger is written outside domain/src/ledger/store.rs:",
        "Build a Posting and give it to ledger::post_in_tx.",
        &findings,
    );
}

#[test]
fn functions_in_a_transaction_say_so() {
    let mut findings = Vec::new();
    for source in domain() {
        let signatures = signatures(&source);
        findings.extend(signatures.into_iter().filter_map(|(number, name, arguments)| {
            let takes_one = ["&mut Run<", "&mut Tx<", "&mut PgTransaction<"].iter().any(|tx| arguments.contains(tx));
            let says_so = name.ends_with("_in_tx") || name.starts_with("lock_");
            (takes_one && !says_so).then(|| format!("{}:{number}: fn {name}", source.path))
        }));
    }
    report(
        "A function takes a transaction and its name does not say so:",
        "End its name in `_in_tx` (or begin it with `lock_` when locking is all it does).",
        &findings,
    );
}

/// Line, name and arguments of every function that is not a test.
fn signatures(source: &Source) -> Vec<(usize, String, String)> {
    let code: Vec<_> = source.code().collect();
    let mut found = Vec::new();
    for (at, (number, line)) in code.iter().enumerate() {
        let Some((_, rest)) = line.split_once("fn ") else { continue };
        let name: String = rest.chars().take_while(|character| character.is_alphanumeric() || *character == '_').collect();
        if name.is_empty() || !rest[name.len()..].starts_with(['(', '<']) {
            continue;
        }
        let to_the_body = code[at..].iter().take(20).map(|(_, line)| *line);
        let mut text = String::new();
        for line in to_the_body {
            text.push_str(line);
            if line.trim_end().ends_with(['{', ';']) {
                break;
            }
        }
        let arguments = text.split("->").next().unwrap_or_default().to_owned();
        // A bound such as AsyncFn(&mut Run<'_>) describes somebody else's argument.
        let arguments = arguments.split(" where ").next().unwrap_or_default().to_owned();
        found.push((*number, name, arguments));
    }
    found
}

#[test]
fn the_domain_takes_time_and_ids_from_its_caller() {
    let from_nowhere = ["Utc::now", "Local::now", "SystemTime::now", "new_v4", "now_v7"];
    let findings: Vec<_> =
        domain().iter().flat_map(|source| source.find(|line| from_nowhere.iter().any(|call| has_word(line, call)))).collect();
    report(
        "The domain makes up time or ids:",
        "Take them from command::Ctx, so that tests and the demo can fix them.",
        &findings,
    );
}
