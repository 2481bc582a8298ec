//! What plans answer of payments.

use super::{CashAccount, Payment};
use crate::graphql::plan::{Field, Step, Steps, Word};
use crate::graphql::{companies, deals, orders, parties};

impl Steps for Payment {
    fn step(field: &Field<'_>) -> Option<Step<Self>> {
        match field.name {
            "id" => field.leaf(|payment: &Self| &payment.id),
            "direction" => field.value(|payment: &Self| Word(payment.direction)),
            "paidOn" => field.leaf(|payment: &Self| &payment.paid_on),
            "amount" => field.inside(|payment: &Self| &payment.amount),
            "purpose" => field.leaf(|payment: &Self| &payment.purpose),
            "company" => field.existing(|payment: &Self| payment.refers.company, companies::by_ids),
            "cashAccount" => field.existing(|payment: &Self| payment.refers.cash_account, super::cash_accounts),
            "party" => field.one(|payment: &Self| payment.refers.party, parties::by_ids),
            "contract" => field.one(|payment: &Self| payment.refers.contract, parties::contracts),
            "deal" => field.one(|payment: &Self| payment.refers.deal, deals::by_ids),
            "order" => field.one(|payment: &Self| payment.refers.order, orders::by_ids),
            _ => None,
        }
    }
}

impl Steps for CashAccount {
    fn step(field: &Field<'_>) -> Option<Step<Self>> {
        match field.name {
            "id" => field.leaf(|account: &Self| &account.id),
            "kind" => field.value(|account: &Self| Word(account.kind)),
            "name" => field.leaf(|account: &Self| &account.name),
            "currency" => field.leaf(|account: &Self| &account.currency),
            "isActive" => field.leaf(|account: &Self| &account.is_active),
            "version" => field.leaf(|account: &Self| &account.version),
            "company" => field.existing(|account: &Self| account.company_id, companies::by_ids),
            _ => None,
        }
    }
}
