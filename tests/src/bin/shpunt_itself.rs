//! The whole program once more, for tests: cargo builds this one anew whenever a test is.

fn main() -> std::process::ExitCode {
    shpunt_api::cli::main()
}
