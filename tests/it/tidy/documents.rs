//! What is written about the code stays true, and the repository speaks only of itself.

use super::{files, read, report, root, sources};

const PROSE: [&str; 3] = ["README.md", "ARCHITECTURE.md", "CHANGELOG.md"];

const ARCHITECTURE_LINES_MAX: usize = 200;

/// The words in backticks of a document, with their lines.
fn quoted(text: &str) -> Vec<(usize, &str)> {
    let words = |line| str::split(line, '`').skip(1).step_by(2);
    (1..).zip(text.lines()).flat_map(|(number, line)| words(line).map(move |word| (number, word))).collect()
}

#[test]
fn named_paths_exist() {
    let tops: Vec<_> = files().iter().filter_map(|path| path.split_once('/')).map(|(top, _)| format!("{top}/")).collect();
    let mut findings = Vec::new();
    for document in ["README.md", "ARCHITECTURE.md"] {
        let source = read(document);
        for (number, word) in quoted(&source.text) {
            let is_path = tops.iter().any(|top| word.starts_with(top.as_str())) && !word.contains([' ', '*', '…', '<']);
            if is_path && !root().join(word).exists() && !word.starts_with("dashboards/dist") {
                findings.push(format!("{document}:{number}: {word}"));
            }
        }
    }
    report("A document names a path that does not exist:", "Correct the document, or give the file back its name.", &findings);
}

#[test]
fn named_commands_exist() {
    let mut findings = Vec::new();
    for document in PROSE {
        for (number, line) in (1..).zip(read(document).text.lines()) {
            for rest in line.split("cargo xtask ").skip(1) {
                let verb: String = rest.chars().take_while(char::is_ascii_lowercase).collect();
                if !verb.is_empty() && !root().join(format!("xtask/src/{verb}.rs")).exists() {
                    findings.push(format!("{document}:{number}: cargo xtask {verb}"));
                }
            }
        }
    }
    report("A document names a command that does not exist:", "`cargo xtask --help` lists them.", &findings);
}

#[test]
fn the_architecture_fits_in_one_sitting() {
    let lines = read("ARCHITECTURE.md").text.lines().count();
    assert!(
        lines <= ARCHITECTURE_LINES_MAX,
        "ARCHITECTURE.md has {lines} lines; keep to what a newcomer must know ({ARCHITECTURE_LINES_MAX})"
    );
}

#[test]
fn lockfiles_name_public_registries() {
    let mut findings = Vec::new();
    for path in files() {
        let public: &[&str] = if path.ends_with("Cargo.lock") {
            &["source = \"registry+https://github.com/rust-lang/crates.io-index\""]
        } else if path.ends_with("package-lock.json") {
            // Written in halves: a host of a registry stands in lockfiles only.
            &[concat!("\"resolved\": \"https://registry.", "npmjs.org/")]
        } else {
            continue;
        };
        for (number, line) in (1..).zip(read(&path).text.lines()) {
            let line = line.trim_start();
            let names_one = line.starts_with("source = ") || line.starts_with("\"resolved\": \"");
            if names_one && !public.iter().any(|prefix| line.starts_with(prefix)) {
                findings.push(format!("{path}:{number}: {line}"));
            }
        }
    }
    report(
        "A lockfile names a place that others cannot reach:",
        "Lock again against the public registries of cargo and npm.",
        &findings,
    );
}

#[test]
fn the_repository_speaks_only_of_itself() {
    // Written in halves, because this file is read too.
    let machine =
        [concat!("/ro", "ot/"), concat!("/wo", "rk/"), concat!("/ho", "me/"), concat!("/Us", "ers/"), concat!("arti", "factory")];
    let extensions = ["rs", "toml", "sql", "md", "json", "ts", "tsx", "css", "html", "mjs", "graphql", "txt", "lock", "yml"];
    let mut findings = Vec::new();
    for source in extensions.iter().flat_map(|extension| sources(extension)) {
        for (number, line) in (1..).zip(source.text.lines()) {
            if machine.iter().any(|path| mentions(line, path)) {
                findings.push(format!("{}:{number}: {}", source.path, line.trim()));
            }
        }
    }
    report(
        "A file speaks of the machine it was written on:",
        "Name things relative to the workspace root, or ask for them.",
        &findings,
    );
}

/// Whether a line has `path` as the start of an absolute path (not as the middle of another, or of a URL).
fn mentions(line: &str, path: &str) -> bool {
    line.match_indices(path)
        .any(|(at, _)| !line[..at].ends_with(|before: char| before.is_alphanumeric() || "./_-}".contains(before)))
}
