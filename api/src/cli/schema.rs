//! `shpunt schema`: prints the GraphQL schema.

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Result;

use crate::graphql;

/// Prints the GraphQL schema in SDL
#[derive(clap::Args)]
pub(super) struct Schema {}

impl Schema {
    #[expect(clippy::unused_self, reason = "every verb is run alike")]
    pub(super) fn run(self) -> Result<ExitCode> {
        let mut out = std::io::stdout();
        out.write_all(graphql::sdl().as_bytes())?;
        out.flush()?;
        Ok(ExitCode::SUCCESS)
    }
}
