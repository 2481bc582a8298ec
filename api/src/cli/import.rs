//! `shpunt import`: files of other systems.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use shpunt_domain::catalog::profiles::Imported;
use shpunt_ingest::leads::{self, Map, Report, Step};
use shpunt_ingest::profiles;

use super::teller::Teller;
use crate::config::Place;
use crate::databases::{Databases, Need, Urls};

const MAPS: &str = "\
A map says which column is which, for instance:
  kind = \"lead\"                 # or \"win\"
  encoding = \"utf-8\"            # or \"windows-1251\"
  delimiter = \",\"               # or \";\"
  dates = [\"%d.%m.%Y\"]

  [columns]
  id = \"№\"
  at = \"Дата обращения\"
  channel = \"Источник\"

Examples of whole maps are in ingest/maps/. A file is taken whole: what cannot be taken is listed with line and reason. The same
file again changes nothing.";

/// Takes over files of other systems
#[derive(clap::Args)]
pub(super) struct Import {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Leads, or deals won, from a CSV file; first the leads, then the wins
    Leads(Leads),
    /// A table of sheet-pile profiles from a CSV or JSON file; a weight that its area contradicts is refused
    Profiles(Profiles),
}

#[derive(clap::Args)]
#[command(after_help = MAPS)]
struct Leads {
    /// The CSV file
    file: PathBuf,

    /// The TOML file that says which column is which
    #[arg(long, value_name = "MAP.toml")]
    map: PathBuf,

    #[command(flatten)]
    place: Place,
}

const TABLE: &str = "\
CSV has a header with these columns, in any order, separated by `;` or `,`; JSON is an array of objects with the same names:
  profile;family;width_mm;kg_per_m;area_cm2_per_m;source;edition
  AZ 26-700;AZ;700;102.9;187.2;ArcelorMittal;2024

The area is the steel of a metre of wall: a row is taken when kg_per_m is 0.785 * area * width / 1000 to 0.3 kg. Products that exist
keep the weight they were made with.";

#[derive(clap::Args)]
#[command(after_help = TABLE)]
struct Profiles {
    /// The CSV or JSON file
    file: PathBuf,

    #[command(flatten)]
    place: Place,
}

impl Import {
    pub(super) async fn run(self) -> Result<ExitCode> {
        match self.what {
            What::Leads(leads) => leads.run().await,
            What::Profiles(profiles) => profiles.run().await,
        }
    }
}

impl Profiles {
    async fn run(self) -> Result<ExitCode> {
        let teller = Teller::new(false);
        let databases = Databases::find(&self.place, Need::Postgres, &teller.progress_of_engines()).await?;
        let done = self.import(&databases.urls).await;
        databases.stop().await;
        teller.finish();
        let done = done?;
        let (added, changed, unchanged) = (done.added.len(), done.changed.len(), done.unchanged.len());
        println!("profiles: {added} added, {changed} changed, {unchanged} known already, {} not taken", done.rejected.len());
        for row in &done.rejected {
            println!("not taken: line {}, {}: {}", row.line, row.profile, row.reason);
        }
        let taken = added + changed + unchanged;
        Ok(if taken == 0 && !done.rejected.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }

    async fn import(&self, urls: &Urls) -> Result<Imported> {
        let db = urls.migrate_postgres(4).await?;
        let done = profiles::import(&db, &super::system_ctx(), &self.file).await;
        db.close().await;
        done.with_context(|| format!("{} was not imported, nothing was changed", self.file.display()))
    }
}

impl Leads {
    async fn run(self) -> Result<ExitCode> {
        let leads = self;
        // Read first: engines are not started for a map that cannot be read.
        let map = Map::load(&leads.map).await?;
        let teller = Teller::new(false);
        let databases = Databases::find(&leads.place, Need::Postgres, &teller.progress_of_engines()).await?;
        let report = import(&databases.urls, &leads, &map, &teller).await;
        databases.stop().await;
        teller.finish();
        let report = report?;
        println!("{report}");
        if report.is_refused() {
            let rows = report.rows;
            super::say(&format!(
                "shpunt: none of the {rows} rows was taken; correct the file or the map as listed, then import again"
            ));
            return Ok(ExitCode::FAILURE);
        }
        Ok(ExitCode::SUCCESS)
    }
}

async fn import(urls: &Urls, input: &Leads, map: &Map, teller: &Teller) -> Result<Report> {
    let db = urls.migrate_postgres(4).await?;
    let tell = |step: Step| match step {
        Step::Read { rows, of } => teller.progress("rows read", rows as u64, of as u64),
        Step::Writing { rows } => teller.step(&format!("writing {rows} rows")),
    };
    let report = leads::import(&db, &super::system_ctx(), &input.file, map, &tell).await;
    db.close().await;
    report.with_context(|| format!("{} was not imported, nothing was changed", input.file.display()))
}
