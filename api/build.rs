//! Has the binary built anew when the page was: `dashboards/dist` is embedded, and cargo does not watch it by itself.
//!
//! A clone has no such folder before `npm run build`. It is made empty then: the binary compiles and serves a page that names
//! `cargo xtask up`, and cargo has something to watch.

use std::path::Path;

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../dashboards/dist");
    if let Err(error) = std::fs::create_dir_all(&folder) {
        println!("cargo::warning=dashboards/dist cannot be made ({error}); build the page first: npm run build");
    }
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={}", folder.display());
}
