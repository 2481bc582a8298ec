//! What a notification is about.

use crate::error::{Error, Result};

/// What a notification is about; the codes are those ids of the graph begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// Nothing one can look at.
    Nothing,
    /// A deal (сделка).
    Deal(i64),
    /// An order (заказ).
    Order(i64),
    /// A debt (долг).
    SettlementItem(i64),
    /// An own account (счёт или касса).
    CashAccount(i64),
    /// An own company (организация).
    Company(i64),
    /// A commercial offer (коммерческое предложение).
    Offer(i64),
    /// A task of a deal (задача).
    Task(i64),
    /// A call (звонок).
    Call(i64),
    /// An order to a supplier (заказ поставщику).
    SupplierOrder(i64),
    /// A payment request (заявка на оплату).
    PaymentRequest(i64),
    /// A login (пользователь).
    User(i64),
}

impl Subject {
    /// The code stored in the database and the number of the row; empty and 0 for nothing.
    pub const fn stored(self) -> (&'static str, i64) {
        match self {
            Self::Nothing => ("", 0),
            Self::Deal(id) => ("deal", id),
            Self::Order(id) => ("order", id),
            Self::SettlementItem(id) => ("settlement_item", id),
            Self::CashAccount(id) => ("cash_account", id),
            Self::Company(id) => ("company", id),
            Self::Offer(id) => ("offer", id),
            Self::Task(id) => ("deal_task", id),
            Self::Call(id) => ("call", id),
            Self::SupplierOrder(id) => ("supplier_order", id),
            Self::PaymentRequest(id) => ("payment_request", id),
            Self::User(id) => ("user", id),
        }
    }

    pub(super) fn of(code: &str, id: i64) -> Result<Self> {
        let known = [
            Self::Nothing,
            Self::Deal(id),
            Self::Order(id),
            Self::SettlementItem(id),
            Self::CashAccount(id),
            Self::Company(id),
            Self::Offer(id),
            Self::Task(id),
            Self::Call(id),
            Self::SupplierOrder(id),
            Self::PaymentRequest(id),
            Self::User(id),
        ];
        let found = known.into_iter().find(|subject| subject.stored().0 == code);
        found.ok_or_else(|| Error::internal("a notification is about something unknown"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_found_again_by_its_code() {
        for subject in [
            Subject::Nothing,
            Subject::Deal(7),
            Subject::Order(7),
            Subject::SettlementItem(7),
            Subject::CashAccount(7),
            Subject::Company(7),
            Subject::Offer(7),
            Subject::Task(7),
            Subject::Call(7),
            Subject::SupplierOrder(7),
            Subject::PaymentRequest(7),
            Subject::User(7),
        ] {
            let (code, id) = subject.stored();
            assert_eq!(Subject::of(code, id).unwrap(), subject);
        }
        assert!(Subject::of("task", 1).is_err());
    }
}
