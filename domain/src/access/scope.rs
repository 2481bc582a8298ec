//! Whose rows somebody may see (видимость строк): decided in one place, handed to every list and report.

use std::sync::Arc;

/// Whose rows a list or a report may show: the one argument that decides row visibility.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Everything.
    All,
    /// Deals whose present manager is one of these employees, and what hangs on them.
    Employees(Arc<[i64]>),
}

impl Scope {
    /// The own deals of `employee_id` and those of `colleagues`.
    pub fn of(employee_id: i64, colleagues: &[i64]) -> Self {
        Self::Employees(std::iter::once(employee_id).chain(colleagues.iter().copied()).collect())
    }

    /// Of a stranger: no employee has this id.
    pub fn nobody() -> Self {
        Self::of(-1, &[])
    }

    /// The employees to filter by, if any.
    pub fn employees(&self) -> Option<&[i64]> {
        match self {
            Self::All => None,
            Self::Employees(ids) => Some(ids),
        }
    }
}
