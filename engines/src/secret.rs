//! Generated passwords: made once, kept beside the data they protect, readable by the owner only.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::{Error, Result};

/// Length of a generated password in characters (hexadecimal, so 128 bits).
const LENGTH: usize = 32;

/// The password kept in `path`; makes one on first use.
pub(crate) fn load_or_create(path: &Path) -> Result<String> {
    if let Some(password) = load(path)? {
        return Ok(password);
    }
    let password = random_hex(LENGTH / 2)?;
    // Written whole under another name first: a crash must not leave an empty password behind.
    let draft = path.with_extension(format!("{}.draft", std::process::id()));
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&draft)
        .map_err(Error::file("cannot create", &draft))?;
    file.write_all(password.as_bytes()).and_then(|()| file.sync_all()).map_err(Error::file("cannot write", &draft))?;
    // A hard link fails when the name is taken: of two makers the first wins and both agree.
    let linked = std::fs::hard_link(&draft, path);
    std::fs::remove_file(&draft).map_err(Error::file("cannot remove", &draft))?;
    match linked {
        Ok(()) => Ok(password),
        Err(_) => load(path)?.ok_or_else(|| Error::File {
            what: "cannot create",
            path: path.to_owned(),
            source: std::io::ErrorKind::NotFound.into(),
        }),
    }
}

fn load(path: &Path) -> Result<Option<String>> {
    match std::fs::read_to_string(path) {
        Ok(text) if text.trim().len() >= LENGTH => Ok(Some(text.trim().to_owned())),
        Ok(_) => {
            Err(Error::File { what: "no password inside", path: path.to_owned(), source: std::io::ErrorKind::InvalidData.into() })
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::File { what: "cannot read", path: path.to_owned(), source }),
    }
}

/// `bytes` random bytes from the operating system, in hexadecimal.
pub(crate) fn random_hex(bytes: usize) -> Result<String> {
    let source = Path::new("/dev/urandom");
    let mut buffer = vec![0; bytes];
    File::open(source).and_then(|mut file| file.read_exact(&mut buffer)).map_err(Error::file("cannot read", source))?;
    Ok(buffer.iter().fold(String::new(), |mut text, byte| {
        use std::fmt::Write;
        write!(text, "{byte:02x}").expect("writing to a string cannot fail");
        text
    }))
}
