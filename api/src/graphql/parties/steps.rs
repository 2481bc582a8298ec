//! What plans answer of counterparties.

use super::{Contact, Contract, Party};
use crate::graphql::companies;
use crate::graphql::plan::{Field, Step, Steps, Word};

impl Steps for Party {
    fn step(field: &Field<'_>) -> Option<Step<Self>> {
        match field.name {
            "id" => field.leaf(|party: &Self| &party.id),
            "name" => field.leaf(|party: &Self| &party.name),
            "inn" => field.leaf(|party: &Self| &party.inn),
            "phone" => field.leaf(|party: &Self| &party.phone),
            "email" => field.leaf(|party: &Self| &party.email),
            "isCustomer" => field.leaf(|party: &Self| &party.is_customer),
            "isSupplier" => field.leaf(|party: &Self| &party.is_supplier),
            "isCarrier" => field.leaf(|party: &Self| &party.is_carrier),
            "externalId" => field.leaf(|party: &Self| &party.external_id),
            "version" => field.leaf(|party: &Self| &party.version),
            "contacts" => field.many(|party: &Self| party.number, super::contacts),
            "contracts" => field.many(|party: &Self| party.number, super::contracts_of_parties),
            _ => None,
        }
    }
}

impl Steps for Contact {
    fn step(field: &Field<'_>) -> Option<Step<Self>> {
        match field.name {
            "id" => field.leaf(|contact: &Self| &contact.id),
            "name" => field.leaf(|contact: &Self| &contact.name),
            "phone" => field.leaf(|contact: &Self| &contact.phone),
            "email" => field.leaf(|contact: &Self| &contact.email),
            "version" => field.leaf(|contact: &Self| &contact.version),
            _ => None,
        }
    }
}

impl Steps for Contract {
    fn step(field: &Field<'_>) -> Option<Step<Self>> {
        match field.name {
            "id" => field.leaf(|contract: &Self| &contract.id),
            "kind" => field.value(|contract: &Self| Word(contract.kind)),
            "number" => field.leaf(|contract: &Self| &contract.number),
            "signedOn" => field.leaf(|contract: &Self| &contract.signed_on),
            "paymentDays" => field.leaf(|contract: &Self| &contract.payment_days),
            "titleOnDelivery" => field.leaf(|contract: &Self| &contract.title_on_delivery),
            "version" => field.leaf(|contract: &Self| &contract.version),
            "company" => field.existing(|contract: &Self| contract.company_id, companies::by_ids),
            "party" => field.existing(|contract: &Self| contract.party_id, super::by_ids),
            _ => None,
        }
    }
}
