//! What people and programs talk to: GraphQL and the page over HTTP, and the command line of the one binary, `shpunt`.
//!
//! `cli` has a file per verb; `up` is the supervised process tree; `server` is HTTP; `graphql` is the schema. Money passes through
//! as text and decimals, never as floats.
// A root of the graph is a chain of its slices, and each of them an async chain down to a socket: deeper than the 128 of the compiler.
#![recursion_limit = "256"]

mod allowance;
pub mod cli;
pub mod config;
pub mod databases;
pub mod graphql;
pub mod logging;
mod private_file;
pub mod server;
pub mod shutdown;
pub mod up;
pub mod work;
