//! Which batches bear an expense and by what, checked before anything is locked.

use std::collections::HashSet;

use rust_decimal::Decimal;
use serde::Serialize;

use super::Basis;
use crate::error::{Error, Result};

/// Most targets of one bill.
pub const TARGETS_MAX: usize = 500;

/// Decimal places of a share, and more than anybody needs.
const SHARE_SCALE: u32 = 6;
const SHARE_MAX: Decimal = Decimal::from_parts(1_000_000_000, 0, 0, false, 0);

/// A batch that bears a part.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Target {
    /// The batch.
    pub batch_id: i64,
    /// Its share, in any unit; only where shares are given.
    pub share: Option<Decimal>,
}

/// What is known of a batch that shall bear a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bearer {
    pub(super) batch_id: i64,
    pub(super) pieces: i64,
    pub(super) metres: Decimal,
    pub(super) tonnes_theoretical: Decimal,
    pub(super) cost: Decimal,
    /// What additional expenses in force brought so far.
    pub(super) added: Decimal,
}

/// Refuses targets that are none, too many, named twice, or with shares that do not go with the basis.
pub(super) fn check(basis: Basis, targets: &[Target]) -> Result<()> {
    let each = targets.iter().map(|target| (target.batch_id, target.share));
    check_targets(each, basis == Basis::Manual, "batches", ".batchId")
}

/// The same of any bill: each target as it is named, with its share; `whom` tells what they are, `field` where a name stands in its target.
///
/// Errors: `INVALID_INPUT`.
pub(crate) fn check_targets<K: Eq + std::hash::Hash>(
    targets: impl ExactSizeIterator<Item = (K, Option<Decimal>)>,
    by_shares: bool,
    whom: &str,
    field: &str,
) -> Result<()> {
    if targets.len() == 0 || targets.len() > TARGETS_MAX {
        return Err(Error::invalid("targets", format!("name 1 to {TARGETS_MAX} {whom}; split a longer bill")));
    }
    let mut seen = HashSet::with_capacity(targets.len());
    for (index, (name, share)) in targets.enumerate() {
        if !seen.insert(name) {
            return Err(Error::invalid(format!("targets.{index}{field}"), "this target is named already; name each once"));
        }
        check_share(by_shares, share, format!("targets.{index}.share"))?;
    }
    Ok(())
}

/// Refuses a share that does not go with the basis, or that nobody needs. Errors: `INVALID_INPUT`.
fn check_share(by_shares: bool, share: Option<Decimal>, path: String) -> Result<()> {
    match share {
        None if by_shares => Err(Error::invalid(path, "give each target its share, 0 for none")),
        Some(_) if !by_shares => Err(Error::invalid(path, "shares are given only with the basis MANUAL; leave them out")),
        Some(share) if share < Decimal::ZERO || share > SHARE_MAX || share.normalize().scale() > SHARE_SCALE => {
            Err(Error::invalid(path, format!("a share is 0 to {SHARE_MAX} with at most {SHARE_SCALE} decimal places")))
        }
        _ => Ok(()),
    }
}

/// What each bearer is counted by; one that is not named, by nothing.
pub(super) fn of(basis: Basis, targets: &[Target], bearers: &[Bearer]) -> Vec<Decimal> {
    let share =
        |bearer: &Bearer| targets.iter().find(|target| target.batch_id == bearer.batch_id).and_then(|target| target.share);
    let base = |bearer: &Bearer| match basis {
        Basis::Tonnes => bearer.tonnes_theoretical,
        Basis::Pieces => Decimal::from(bearer.pieces),
        Basis::Metres => bearer.metres,
        Basis::Amount => bearer.cost,
        Basis::CurrentCost => (bearer.cost + bearer.added).max(Decimal::ZERO),
        Basis::Manual => share(bearer).unwrap_or_default(),
    };
    let named = |bearer: &Bearer| targets.iter().any(|target| target.batch_id == bearer.batch_id);
    bearers.iter().map(|bearer| if named(bearer) { base(bearer) } else { Decimal::ZERO }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;

    fn target(batch_id: i64, share: Option<i64>) -> Target {
        Target { batch_id, share: share.map(Decimal::from) }
    }

    #[test]
    fn targets_are_named_once_and_with_the_shares_their_basis_asks_for() {
        let refused = |basis, targets: &[Target]| {
            let error = check(basis, targets).unwrap_err();
            assert_eq!(error.code(), Code::InvalidInput);
            let Error::Invalid { path, .. } = error else { panic!("{error}") };
            path
        };
        assert_eq!(refused(Basis::Tonnes, &[]), "targets");
        let many: Vec<_> = (0..=500).map(|batch_id| target(batch_id, None)).collect();
        assert_eq!(refused(Basis::Tonnes, &many), "targets");
        assert!(check(Basis::Tonnes, &many[1..]).is_ok());
        assert_eq!(refused(Basis::Tonnes, &[target(1, None), target(2, None), target(1, None)]), "targets.2.batchId");
        assert_eq!(refused(Basis::Tonnes, &[target(1, Some(1))]), "targets.0.share");
        assert_eq!(refused(Basis::Manual, &[target(1, Some(1)), target(2, None)]), "targets.1.share");
        assert_eq!(refused(Basis::Manual, &[target(1, Some(-1))]), "targets.0.share");
        assert!(check(Basis::Manual, &[target(1, Some(0)), target(2, Some(3))]).is_ok());
    }
}
