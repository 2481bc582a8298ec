//! Has the binary built anew when the page or GraphiQL was: their `dist` folders are embedded, and cargo does not watch them by itself.
//!
//! A clone has no such folders before `npm run build`. They are made empty then: the binary compiles and serves a page that names
//! the command which builds them, and cargo has something to watch.

use std::path::Path;
use std::time::{Duration, SystemTime};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    for built in ["dashboards/dist", "dashboards/graphiql/dist"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(built);
        if !folder.exists()
            && let Err(error) = make(&folder)
        {
            println!("cargo::warning={built} cannot be made ({error}); build it first: npm run build");
        }
        println!("cargo::rerun-if-changed={}", folder.display());
    }
}

/// Makes a folder that looks older than this run: to cargo a newer one has changed, and the next build would begin anew.
fn make(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    std::fs::File::open(folder)?.set_modified(SystemTime::UNIX_EPOCH + Duration::from_hours(24))
}
