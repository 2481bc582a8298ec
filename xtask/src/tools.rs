//! Cargo tools of pinned versions, installed from crates.io when missing or too old.

use std::process::Command;

use anyhow::Result;

use crate::step::{Steps, say};
use crate::workspace;

struct Tool {
    /// Crate and program.
    name: &'static str,
    version: [u32; 3],
    /// Features or profile: what makes the build from source shorter.
    install: &'static [&'static str],
}

const NEXTEST: Tool =
    Tool { name: "cargo-nextest", version: [0, 9, 143], install: &["--no-default-features", "--features", "default-no-update"] };
// Unoptimized: the check takes a second either way, the optimized build takes minutes more.
const DENY: Tool = Tool { name: "cargo-deny", version: [0, 20, 2], install: &["--debug"] };

/// cargo-nextest, the test runner.
pub(crate) fn nextest(steps: &mut Steps) -> Result<()> {
    NEXTEST.ensure(steps)
}

/// cargo-deny, which checks licences and sources of dependencies.
pub(crate) fn deny(steps: &mut Steps) -> Result<()> {
    DENY.ensure(steps)
}

impl Tool {
    fn ensure(&self, steps: &mut Steps) -> Result<()> {
        let wanted = self.version.map(|part| part.to_string()).join(".");
        match self.installed() {
            Some(version) if version >= self.version => return Ok(()),
            Some(version) => {
                say(&format!("   {} {} is older than {wanted}", self.name, version.map(|part| part.to_string()).join(".")));
            }
            None => say(&format!("   {} is not installed; it is built from source once, which takes some minutes", self.name)),
        }
        let mut command = workspace::cargo(&["install", "--locked", self.name, "--version", &format!("={wanted}")]);
        command.args(self.install);
        steps.run(&format!("install {}", self.name), &mut command)
    }

    fn installed(&self) -> Option<[u32; 3]> {
        let subcommand = self.name.trim_start_matches("cargo-");
        // Called as cargo calls it: the program itself expects its own name as the first argument.
        let output = Command::new(self.name).args([subcommand, "--version"]).output().ok()?;
        parse_version(&String::from_utf8_lossy(&output.stdout))
    }
}

/// The first `a.b.c` of a program's answer to `--version`.
fn parse_version(text: &str) -> Option<[u32; 3]> {
    text.split_whitespace().find_map(|word| {
        let mut parts = word.splitn(3, '.');
        let mut part = || -> Option<u32> {
            let digits: String = parts.next()?.chars().take_while(char::is_ascii_digit).collect();
            digits.parse().ok()
        };
        Some([part()?, part()?, part()?])
    })
}

#[cfg(test)]
mod tests {
    use super::parse_version;

    #[test]
    fn finds_the_version_in_what_programs_print() {
        assert_eq!(parse_version("cargo-nextest 0.9.143 (60fa45f63 2026-08-04)\nrelease: 0.9.143"), Some([0, 9, 143]));
        assert_eq!(parse_version("cargo-deny 0.20.2-rc1"), Some([0, 20, 2]));
        assert_eq!(parse_version("no version here"), None);
    }
}
