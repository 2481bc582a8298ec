//! `shpunt demo`: a year of made-up business, in empty books.

use std::process::ExitCode;

use anyhow::Result;
use shpunt_ingest::demo::{self, Options, Summary};

use super::teller::Teller;
use crate::config::Place;
use crate::databases::{Databases, Need, Urls};

/// Fills empty books with a year of demo business; one that was interrupted goes on
#[derive(clap::Args)]
pub(super) struct Demo {
    /// The business is made up from this number, the same each time
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,

    /// How many deals; orders and batches follow
    #[arg(long, value_name = "N", default_value_t = demo::DEALS)]
    deals: u32,

    #[command(flatten)]
    place: Place,
}

impl Demo {
    pub(super) async fn run(self) -> Result<ExitCode> {
        let teller = Teller::new(false);
        let databases = Databases::find(&self.place, Need::Postgres, &teller.progress_of_engines()).await?;
        let made = self.make(&databases.urls, &teller).await;
        databases.stop().await;
        teller.finish();
        let made = made?;
        println!("{} deals, {} orders, {} batches, {} payments", made.deals, made.orders, made.batches, made.payments);
        Ok(ExitCode::SUCCESS)
    }

    async fn make(&self, urls: &Urls, teller: &Teller) -> Result<Summary> {
        let db = urls.migrate_postgres(4).await?;
        let options = Options { deals: self.deals, ..Options::new(self.seed, super::clock()()) };
        let made =
            demo::run(&db, &options, &|step| teller.progress("making the demo business", step.done as u64, step.total as u64))
                .await;
        db.close().await;
        Ok(made?)
    }
}
