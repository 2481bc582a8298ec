//! What a tree of processes costs: memory and processor time, read from /proc.

use std::collections::BTreeMap;
use std::fs;

/// One process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Its id.
    pub pid: u32,
    /// Its parent.
    pub parent: u32,
    /// Its arguments, the first is the program.
    pub arguments: Vec<String>,
    /// Processor time in ticks, its own.
    own_ticks: u64,
    /// Processor time in ticks of children that ended.
    children_ticks: u64,
}

/// Ticks in a second: fixed at 100 for programs on every Linux.
const TICKS: f64 = 100.0;

/// `root` and everything below it, parents before children; empty when it is gone.
pub fn tree(root: u32) -> Vec<Process> {
    let mut children: BTreeMap<u32, Vec<Process>> = BTreeMap::new();
    let mut found = Vec::new();
    for process in all() {
        if process.pid == root {
            found.push(process);
        } else {
            children.entry(process.parent).or_default().push(process);
        }
    }
    let mut next = 0;
    while next < found.len() {
        found.extend(children.remove(&found[next].pid).unwrap_or_default());
        next += 1;
    }
    found
}

/// `pid` and everything above it.
pub fn ancestry(pid: u32) -> Vec<u32> {
    std::iter::successors(Some(pid), |pid| stat(*pid).map(|(_, parent, ..)| parent).filter(|parent| *parent > 0)).collect()
}

/// Memory in KiB with shared pages divided among those who share them (Pss), summed.
pub fn pss_kib(processes: &[Process]) -> u64 {
    let pss = |process: &Process| {
        let rollup = fs::read_to_string(format!("/proc/{}/smaps_rollup", process.pid)).ok()?;
        let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"))?;
        line.split_whitespace().next()?.parse::<u64>().ok()
    };
    processes.iter().filter_map(pss).sum()
}

/// Processor seconds used so far by a tree, of its ended children too.
pub fn cpu_seconds(root: u32) -> f64 {
    seconds(tree(root).iter().map(|process| process.own_ticks + process.children_ticks).sum())
}

/// Processor seconds used so far by one process without its children.
pub fn own_cpu_seconds(pid: u32) -> f64 {
    seconds(read(pid).map_or(0, |process| process.own_ticks))
}

fn seconds(ticks: u64) -> f64 {
    u32::try_from(ticks).map_or(f64::MAX, f64::from) / TICKS
}

/// Whether a process with this id runs and is no zombie.
pub fn is_alive(pid: u32) -> bool {
    stat(pid).is_some_and(|(state, ..)| state != "Z")
}

/// Every process of the machine.
pub fn all() -> Vec<Process> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    pids.filter_map(read).collect()
}

fn read(pid: u32) -> Option<Process> {
    let (_, parent, own_ticks, children_ticks) = stat(pid)?;
    let line = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let arguments = line.split(|byte| *byte == 0).map(|word| String::from_utf8_lossy(word).into_owned()).collect();
    Some(Process { pid, parent, arguments, own_ticks, children_ticks })
}

/// State, parent, own ticks, ticks of ended children.
fn stat(pid: u32) -> Option<(String, u32, u64, u64)> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold anything; after it come the state (field 3), the parent (4) and the times (14 to 17).
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |field: usize| fields.get(field - 3)?.parse::<u64>().ok();
    let parent = u32::try_from(number(4)?).ok()?;
    Some((fields.first()?.to_string(), parent, number(14)? + number(15)?, number(16)? + number(17)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_itself_and_its_children() {
        let own = std::process::id();
        let mut child = std::process::Command::new("sleep").arg("30").spawn().unwrap();
        let found = tree(own);
        assert_eq!(found[0].pid, own);
        assert!(found.iter().any(|process| process.pid == child.id() && process.parent == own), "{found:?}");
        assert!(pss_kib(&found) > 0 && is_alive(child.id()));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!is_alive(child.id()) && tree(child.id()).is_empty());
    }
}
