//! `shpunt import`: files of other systems.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use shpunt_ingest::leads::{self, Map, Report, Step};

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

impl Import {
    pub(super) async fn run(self) -> Result<ExitCode> {
        let What::Leads(leads) = self.what;
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
