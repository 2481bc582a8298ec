//! A set of permissions (набор прав), small enough to be copied: what a token leaves of a role.
//!
//! Invariant: a code nobody knows any more permits nothing; the set is kept and sent as the codes, never as bits.

use serde::{Deserialize, Serialize};

use super::{Permission, Reach};

const _: () = assert!(Permission::ALL.len() <= 64, "one bit for each permission");

/// Some of all permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(from = "Vec<String>", into = "Vec<String>")]
pub struct Permissions(u64);

impl Permissions {
    /// Whether it is one of them.
    pub const fn contains(self, permission: Permission) -> bool {
        self.0 & bit(permission) != 0
    }

    /// Those of both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Those that are not in `other`.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether something of it shows amounts that tell what goods cost: of a person who sees the own deals less than of one who sees all.
    pub fn tells_cost(self, reach: Reach) -> bool {
        use Permission::{SeeEntries, SeeMargin, SeePayments, SeePrices, SeeResults, SeeSettlements};
        let telling: &[Permission] = match reach {
            Reach::All => &[SeeMargin, SeeResults, SeePrices, SeeSettlements, SeePayments, SeeEntries],
            Reach::Own => &[SeeMargin, SeeResults],
        };
        telling.iter().any(|permission| self.contains(*permission))
    }

    /// Whether there are none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Each, in the order of the list.
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.into_iter().filter(move |permission| self.contains(*permission))
    }

    /// Their codes, in the order of the list.
    pub fn codes(self) -> Vec<String> {
        self.iter().map(|permission| permission.as_str().to_owned()).collect()
    }
}

const fn bit(permission: Permission) -> u64 {
    1 << permission as u64
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        Self(permissions.into_iter().fold(0, |bits, permission| bits | bit(permission)))
    }
}

impl From<Vec<String>> for Permissions {
    fn from(codes: Vec<String>) -> Self {
        Permission::ALL.into_iter().filter(|permission| codes.iter().any(|code| code == permission.as_str())).collect()
    }
}

impl From<Permissions> for Vec<String> {
    fn from(permissions: Permissions) -> Self {
        permissions.codes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_was_put_in_and_goes_out_as_codes() {
        let some: Permissions = [Permission::SeeDeals, Permission::ManagePeople].into_iter().collect();
        for permission in Permission::ALL {
            let wanted = matches!(permission, Permission::SeeDeals | Permission::ManagePeople);
            assert_eq!(some.contains(permission), wanted, "{}", permission.as_str());
        }
        assert_eq!(some.codes(), ["see_deals", "manage_people"]);
        assert_eq!(Permissions::from(some.codes()), some);
        let all: Permissions = Permission::ALL.into_iter().collect();
        assert_eq!(all.iter().count(), Permission::ALL.len());
        assert_eq!(some.and(all), some);
        assert!(some.without(all).is_empty() && !all.without(some).is_empty());
        assert_eq!(serde_json::to_string(&some).ok().as_deref(), Some(r#"["see_deals","manage_people"]"#));
    }

    #[test]
    fn a_code_nobody_knows_permits_nothing() {
        assert!(Permissions::from(vec!["see_everything".to_owned(), String::new()]).is_empty());
        assert!(Permissions::default().is_empty());
    }
}
