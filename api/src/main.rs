//! The one binary. Everything is in the library, so that tests run the same program.

fn main() -> std::process::ExitCode {
    shpunt_api::cli::main()
}
