//! The rules of the house, as tests: what ARCHITECTURE.md promises and no compiler checks.
//!
//! Every rule prints the offending `file:line` and what to do about it.

mod crates;
mod documents;
mod slices;
mod sources;
mod tables;

use std::fs;
use std::path::{Path, PathBuf};

/// A text file of the repository.
struct Source {
    /// Relative to the workspace root, with forward slashes.
    path: String,
    text: String,
}

impl Source {
    /// The numbered lines of code: without comment lines and without the unit tests at the end.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = (1..).zip(self.text.lines());
        lines.take_while(|(_, line)| *line != "#[cfg(test)]").filter(|(_, line)| {
            let line = line.trim_start();
            !(line.starts_with("//") || line.starts_with("--"))
        })
    }

    /// Findings for every line of code that `is_bad`.
    fn find(&self, mut is_bad: impl FnMut(&str) -> bool) -> Vec<String> {
        let bad = self.code().filter(|(_, line)| is_bad(line));
        bad.map(|(number, line)| format!("{}:{number}: {}", self.path, line.trim())).collect()
    }

    fn lies_in(&self, folders: &[&str]) -> bool {
        folders.iter().any(|folder| self.path.starts_with(folder))
    }
}

/// Fails with all findings when there is one.
#[track_caller]
fn report(rule: &str, advice: &str, findings: &[String]) {
    assert!(findings.is_empty(), "{rule}\n  {}\n{advice}\n", findings.join("\n  "));
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie in the workspace root")
}

/// Whether `text` has `word` with no identifier character on either side.
fn has_word(text: &str, word: &str) -> bool {
    let inside = |character: char| character.is_alphanumeric() || character == '_';
    text.match_indices(word).any(|(at, _)| !text[..at].ends_with(inside) && !text[at + word.len()..].starts_with(inside))
}

/// All files whose name ends in `.EXTENSION`, sorted; what is built or fetched is left out.
fn sources(wanted: &str) -> Vec<Source> {
    files().into_iter().filter(|path| extension(path) == wanted).map(|path| read(&path)).collect()
}

fn extension(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(_, extension)| extension)
}

fn read(path: &str) -> Source {
    let text = fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("cannot read {path}: {error}"));
    Source { path: path.to_owned(), text }
}

/// Every file of the repository, relative to its root.
fn files() -> Vec<String> {
    let mut files = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root().join(&folder)).unwrap() {
            let entry = entry.unwrap();
            let path = folder.join(entry.file_name());
            let made = ["target", "node_modules", "dist", ".git", "data"].iter().any(|name| entry.file_name() == *name);
            match entry.file_type().unwrap() {
                _ if made => {}
                kind if kind.is_dir() => folders.push(path),
                _ => files.push(path.to_str().expect("file names are UTF-8").replace('\\', "/")),
            }
        }
    }
    files.sort();
    files
}
