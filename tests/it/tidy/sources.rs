//! How source files look.

use std::collections::BTreeSet;

use super::{Source, extension, files, has_word, report, sources};

const LINES_MAX: usize = 500;

/// Programs talk to people by printing; everything else by `tracing`.
const MAY_PRINT: [&str; 5] = ["api/src/main.rs", "api/src/cli/", "api/build.rs", "tests/", "xtask/"];

#[test]
fn files_are_short() {
    let mut findings = Vec::new();
    for source in sources("rs") {
        let lines = source.text.lines().count();
        if lines >= LINES_MAX {
            findings.push(format!("{}: {lines} lines", source.path));
        }
    }
    report(
        "A file has 500 lines or more:",
        "Split it by what its parts answer for; a folder with a mod.rs keeps the name.",
        &findings,
    );
}

#[test]
fn every_module_says_what_it_is_for() {
    let silent = |source: &Source| !source.text.lines().next().unwrap_or_default().starts_with("//! ");
    let findings: Vec<_> =
        sources("rs").iter().filter(|source| silent(source)).map(|source| format!("{}:1", source.path)).collect();
    report("A module without a header:", "Begin it with `//!`: what question it answers, which invariant it keeps.", &findings);
}

#[test]
fn migrations_and_schemas_say_what_they_are_for() {
    let silent = |source: &Source| !source.text.starts_with("-- ");
    let findings: Vec<_> =
        sources("sql").iter().filter(|source| silent(source)).map(|source| format!("{}:1", source.path)).collect();
    report("An SQL file without a header:", "Begin it with a `--` line that says what it holds.", &findings);
}

#[test]
fn only_programs_print() {
    let printing = |line: &str| ["println!", "print!", "eprintln!", "eprint!"].iter().any(|name| has_word(line, name));
    let libraries = sources("rs").into_iter().filter(|source| !source.lies_in(&MAY_PRINT));
    let findings: Vec<_> = libraries.flat_map(|source| source.find(printing)).collect();
    report("A library prints:", "Use tracing with fields; only the command line's own answers are printed.", &findings);
}

#[test]
fn tests_are_run() {
    let skipped = format!("#[{}", "ignore");
    let findings: Vec<_> = sources("rs")
        .iter()
        .flat_map(|source| {
            (1..)
                .zip(source.text.lines())
                .filter(|(_, line)| line.trim_start().starts_with(&skipped))
                .map(|(number, _)| format!("{}:{number}", source.path))
                .collect::<Vec<_>>()
        })
        .collect();
    report("A test that is never run:", "Make it pass or remove it.", &findings);
}

#[test]
fn names_say_what_is_inside() {
    let empty = ["utils", "util", "helpers", "helper", "common", "misc", "types", "manager"];
    let mut findings = Vec::new();
    let all = files();
    let known: BTreeSet<_> = all.iter().map(String::as_str).collect();
    for path in all.iter().filter(|path| extension(path) == "rs") {
        let stem = path.trim_end_matches(".rs");
        if stem.split('/').any(|part| empty.contains(&part)) {
            findings.push(format!("{path}: a name that says nothing"));
        }
        if known.contains(format!("{stem}/mod.rs").as_str()) {
            findings.push(format!("{path}: both a file and a folder"));
        }
    }
    report(
        "A file is badly named:",
        "Name it by the concept it holds; a module with parts is a folder with a mod.rs.",
        &findings,
    );
}
