//! The real funnel of 2017-2018, whose data lie outside this repository: what was imported equals a count of the file itself.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use shpunt_domain::Db;
use shpunt_ingest::leads::{Map, Report, import};
use shpunt_tests::ctx;
use shpunt_tests::db::TestDb;

/// Every import is a command of its own.
static RUNS: AtomicUsize = AtomicUsize::new(0);

/// Leads and wins per channel.
pub(crate) type Counts = BTreeMap<String, (i64, i64)>;

/// The directory of the data, or a loud line.
pub(crate) fn data() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/funnel-2018");
    let dir = std::env::var_os("SHPUNT_FUNNEL_DATA").map_or(beside, PathBuf::from);
    if dir.join("leads.csv").exists() {
        return Some(dir);
    }
    eprintln!("SKIPPED: no leads.csv in {}; SHPUNT_FUNNEL_DATA names the directory of the funnel of 2018", dir.display());
    None
}

/// Imports one of the two files with the map that is kept for it.
pub(crate) async fn bring(db: &Db, dir: &Path, file: &str, map: &str) -> Report {
    let maps = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ingest/maps");
    let map = Map::load(&maps.join(map)).await.unwrap();
    let ctx = ctx(&format!("{file} {}", RUNS.fetch_add(1, Ordering::Relaxed)));
    import(db, &ctx, &dir.join(file), &map, &|_| {}).await.unwrap()
}

/// Counts the files themselves, by nothing but lines and commas: the columns used stand before any quoted one.
pub(crate) fn direct(dir: &Path) -> Counts {
    let read = |file: &str| std::fs::read_to_string(dir.join(file)).unwrap();
    let (leads, wins) = (read("leads.csv"), read("closed_deals.csv"));
    let channels: HashMap<&str, &str> = leads
        .lines()
        .skip(1)
        .map(|line| line.split(',').collect::<Vec<_>>())
        .map(|cells| (cells[0], if cells[3].is_empty() { "unknown" } else { cells[3] }))
        .collect();
    let mut counts = Counts::new();
    for channel in channels.values() {
        counts.entry((*channel).to_owned()).or_default().0 += 1;
    }
    for lead in wins.lines().skip(1).map(|line| line.split(',').next().unwrap()) {
        counts.entry(channels[lead].to_owned()).or_default().1 += 1;
    }
    counts
}

#[tokio::test]
async fn the_books_count_what_the_files_count() {
    let Some(dir) = data() else { return };
    let test = TestDb::new().await;
    test.companies().await;
    let leads = bring(&test.db, &dir, "leads.csv", "funnel-2018-leads.toml").await;
    let wins = bring(&test.db, &dir, "closed_deals.csv", "funnel-2018-wins.toml").await;
    eprintln!("leads: {leads}\nwins: {wins}");
    assert_eq!((leads.rows, leads.changed, leads.rejected.len()), (8_000, 8_000, 0));
    assert_eq!((wins.rows, wins.changed, wins.rejected.len(), wins.noted.len()), (842, 842, 0, 1));
    let counted: Vec<(String, i64, i64)> = sqlx::query_as(
        "select code, count(*), count(*) filter (where stage = 'won') from deals join channels using (channel_id) group by code",
    )
    .fetch_all(&test.db)
    .await
    .unwrap();
    let counted: Counts = counted.into_iter().map(|(channel, leads, wins)| (channel, (leads, wins))).collect();
    let direct = direct(&dir);
    assert_eq!((direct.len(), direct.values().map(|count| count.1).sum::<i64>()), (10, 842));
    for (channel, (leads, wins)) in &direct {
        eprintln!("{channel:<20} {leads:>6} {wins:>5}   {:?}", counted.get(channel));
    }
    assert_eq!(counted, direct);
    // The same files again change nothing.
    let again = bring(&test.db, &dir, "leads.csv", "funnel-2018-leads.toml").await;
    assert_eq!((again.changed, again.unchanged), (0, 8_000));
    let again = bring(&test.db, &dir, "closed_deals.csv", "funnel-2018-wins.toml").await;
    assert_eq!((again.changed, again.unchanged), (0, 842));
}
