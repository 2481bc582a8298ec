//! Has the binary built anew when the page or GraphiQL was: their `dist` folders are embedded, and cargo does not watch them by itself.
//!
//! A clone has no such folders before `npm run build`. They are made empty then: the binary compiles and serves a page that names
//! the command which builds them, and cargo has something to watch.

use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    for built in ["dashboards/dist", "dashboards/graphiql/dist"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(built);
        if let Err(error) = std::fs::create_dir_all(&folder) {
            println!("cargo::warning={built} cannot be made ({error}); build it first: npm run build");
        }
        println!("cargo::rerun-if-changed={}", folder.display());
    }
}
