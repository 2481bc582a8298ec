//! As whom does PostgreSQL run, and can that user reach a path?
//!
//! It refuses to run as root, so a parent that is root gives the cluster to an unprivileged user
//! and starts everything as that user: the owner of an existing cluster, else `nobody`.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use nix::unistd::{Gid, Uid, User};
use tokio::process::Command;

use crate::{Error, Result};

/// The user the server runs as, where it is not the parent's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) uid: u32,
    pub(super) gid: u32,
}

/// Whom to become; `None`: stay who we are.
pub(super) fn choose(cluster: &Path) -> Result<Option<Account>> {
    if !Uid::effective().is_root() {
        return Ok(None);
    }
    if let Ok(owner) = std::fs::metadata(cluster)
        && owner.uid() != 0
    {
        return Ok(Some(Account { uid: owner.uid(), gid: owner.gid() }));
    }
    match User::from_name("nobody") {
        Ok(Some(nobody)) => Ok(Some(Account { uid: nobody.uid.as_raw(), gid: nobody.gid.as_raw() })),
        _ => Err(Error::postgres(
            "PostgreSQL does not run as root and this machine has no user `nobody`; start shpunt as an ordinary user",
        )),
    }
}

/// Makes a child run as the account.
pub(super) fn become_account(command: &mut Command, account: Option<Account>) {
    if let Some(account) = account {
        // The standard library drops supplementary groups together with root.
        command.uid(account.uid).gid(account.gid);
    }
}

/// Gives one file or directory to the account.
pub(super) fn give(path: &Path, account: Option<Account>) -> Result<()> {
    let Some(account) = account else { return Ok(()) };
    nix::unistd::chown(path, Some(Uid::from_raw(account.uid)), Some(Gid::from_raw(account.gid))).map_err(|errno| Error::File {
        what: "cannot give away",
        path: path.to_owned(),
        source: errno.into(),
    })
}

/// Whether the account may pass through every directory down to `path`, and read it.
pub(super) fn reaches(account: Account, path: &Path) -> bool {
    let Ok(path) = path.canonicalize() else { return false };
    path.ancestors().all(|step| {
        let needed = if step == path { 0o5 } else { 0o1 };
        std::fs::metadata(step).is_ok_and(|meta| {
            let mode = match () {
                () if meta.uid() == account.uid => meta.mode() >> 6,
                () if meta.gid() == account.gid => meta.mode() >> 3,
                () => meta.mode(),
            };
            mode & needed == needed
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_directory_on_the_way_is_seen() {
        use std::os::unix::fs::PermissionsExt;
        let dir = std::env::temp_dir().join(format!("shpunt-reach-{}", std::process::id()));
        let inner = dir.join("a/b");
        std::fs::create_dir_all(&inner).unwrap();
        let stranger = Account { uid: 54321, gid: 54321 };
        assert!(reaches(stranger, &inner));
        std::fs::set_permissions(dir.join("a"), std::fs::Permissions::from_mode(0o700)).unwrap();
        assert!(!reaches(stranger, &inner));
        std::fs::remove_dir_all(&dir).unwrap();
    }
}
