//! Changes of counterparties, their people and contracts.

use async_graphql::{Context, InputObject, MaybeUndefined, Object};
use shpunt_domain::parties::{commands, contacts, store};

use super::{Contact, Contract, ContractKind, Party};
use crate::graphql::caller::{command, db};
use crate::graphql::companies::Company;
use crate::graphql::error::Result;
use crate::graphql::ids::Id;
use crate::graphql::loaders::loaders;
use crate::graphql::scalars::{Day, Uuid};
use crate::graphql::text::patched;
use crate::graphql::user_error::{self, payload};

/// A new party (новый контрагент).
#[derive(InputObject)]
pub(crate) struct PartyCreateInput {
    /// Name (наименование).
    name: String,
    /// Taxpayer number (ИНН), 10 or 12 digits; belongs to one party.
    #[graphql(default)]
    inn: String,
    /// Phone (телефон).
    #[graphql(default)]
    phone: String,
    /// E-mail (электронная почта).
    #[graphql(default)]
    email: String,
    /// Buys from us (покупатель).
    #[graphql(default)]
    is_customer: bool,
    /// Sells to us (поставщик).
    #[graphql(default)]
    is_supplier: bool,
    /// Carries for us (перевозчик).
    #[graphql(default)]
    is_carrier: bool,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// Changes of a party (изменение контрагента): what is left out stays, null clears.
#[derive(InputObject)]
pub(crate) struct PartyUpdateInput {
    /// Which (контрагент).
    party_id: Id<Party>,
    /// The version you read (версия).
    expected_version: i32,
    /// Name (наименование).
    name: Option<String>,
    /// Taxpayer number (ИНН).
    inn: MaybeUndefined<String>,
    /// Phone (телефон).
    phone: MaybeUndefined<String>,
    /// E-mail (электронная почта).
    email: MaybeUndefined<String>,
    /// Buys from us (покупатель).
    is_customer: Option<bool>,
    /// Sells to us (поставщик).
    is_supplier: Option<bool>,
    /// Carries for us (перевозчик).
    is_carrier: Option<bool>,
}

/// A party to delete (удаление контрагента).
#[derive(InputObject)]
pub(crate) struct PartyDeleteInput {
    /// Which (контрагент).
    party_id: Id<Party>,
    /// The version you read (версия).
    expected_version: i32,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// A new person at a party (новое контактное лицо).
#[derive(InputObject)]
pub(crate) struct ContactAddInput {
    /// Whose (контрагент).
    party_id: Id<Party>,
    /// Name (имя).
    name: String,
    /// Phone (телефон).
    #[graphql(default)]
    phone: String,
    /// E-mail (электронная почта).
    #[graphql(default)]
    email: String,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// A new contract (новый договор).
#[derive(InputObject)]
pub(crate) struct ContractCreateInput {
    /// Our side (своя организация).
    company_id: Id<Company>,
    /// The other side (контрагент).
    party_id: Id<Party>,
    /// What it is about (вид).
    kind: ContractKind,
    /// Number (номер), unique for company and party.
    number: String,
    /// Day of signing (дата подписания).
    signed_on: Day,
    /// Days until a shipment is due to be paid (отсрочка), 0 to 365.
    #[graphql(default)]
    payment_days: i32,
    /// Title passes at unloading, not at shipment (переход права собственности при разгрузке).
    #[graphql(default)]
    title_on_delivery: bool,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// Other terms of a contract, for what is shipped from now on (изменение договора); what is left out stays.
#[derive(InputObject)]
pub(crate) struct ContractUpdateInput {
    /// Which (договор).
    contract_id: Id<Contract>,
    /// The version it was read with (версия).
    expected_version: i32,
    /// Days until a shipment is due to be paid (отсрочка), 0 to 365.
    payment_days: Option<i32>,
    /// Title passes at unloading, not at shipment (переход права собственности при разгрузке).
    title_on_delivery: Option<bool>,
}

payload! {
    /// What `partyCreate` did.
    PartyCreatePayload {
        /// The new party (контрагент); null when nothing was done.
        party: Party
    }
}

payload! {
    /// What `partyUpdate` did.
    PartyUpdatePayload {
        /// The party as it is now (контрагент); null when nothing was done.
        party: Party
    }
}

payload! {
    /// What `partyDelete` did.
    PartyDeletePayload {
        /// The party as it was (контрагент); null when nothing was done.
        party: Party
    }
}

/// Other words for a person (изменение контактного лица): what is left out stays.
#[derive(InputObject)]
pub(crate) struct ContactUpdateInput {
    /// Which (контактное лицо).
    contact_id: Id<Contact>,
    /// The version you read (версия).
    expected_version: i32,
    /// Name (имя).
    name: Option<String>,
    /// Phone (телефон); null = none.
    phone: MaybeUndefined<String>,
    /// E-mail (электронная почта); null = none.
    email: MaybeUndefined<String>,
}

payload! {
    /// What `contactUpdate` did.
    ContactUpdatePayload {
        /// The person as it is now (контактное лицо); null when nothing was done.
        contact: Contact
    }
}

/// A person to delete (удаление контактного лица).
#[derive(InputObject)]
pub(crate) struct ContactDeleteInput {
    /// Which (контактное лицо).
    contact_id: Id<Contact>,
    /// The version you read (версия).
    expected_version: i32,
}

payload! {
    /// What `contactDelete` did.
    ContactDeletePayload {
        /// The party it was of (контрагент); null when nothing was done.
        party: Party
    }
}

payload! {
    /// What `contactAdd` did.
    ContactAddPayload {
        /// The new person (контактное лицо); null when nothing was done.
        contact: Contact
    }
}

payload! {
    /// What `contractCreate` did.
    ContractCreatePayload {
        /// The new contract (договор); null when nothing was done.
        contract: Contract
    }
}

payload! {
    /// What `contractUpdate` did.
    ContractUpdatePayload {
        /// The contract as it is now (договор); null when nothing was done.
        contract: Contract
    }
}

/// Changes of parties.
#[derive(Default)]
pub(crate) struct PartiesMutation;

#[Object]
impl PartiesMutation {
    /// Deletes a person of a party (удалить контактное лицо). Codes: `NOT_FOUND`, `VERSION_CONFLICT`.
    async fn contact_delete(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change (что изменить).")] input: ContactDeleteInput,
    ) -> Result<ContactDeletePayload> {
        let delete = contacts::Delete { contact_id: input.contact_id.number, expected_version: input.expected_version };
        let done = contacts::delete(db(ctx), &command(ctx, None)?, delete).await;
        let whole = user_error::then(done, async |party_id| loaders(ctx).parties.existing(party_id).await).await?;
        ContactDeletePayload::of(whole)
    }

    /// Changes a person of a party (изменить контактное лицо). Codes: `NOT_FOUND`, `VERSION_CONFLICT`, `INVALID_INPUT`.
    async fn contact_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change (что изменить).")] input: ContactUpdateInput,
    ) -> Result<ContactUpdatePayload> {
        let or_none = |change| match change {
            MaybeUndefined::Undefined => None,
            MaybeUndefined::Null => Some(String::new()),
            MaybeUndefined::Value(text) => Some(text),
        };
        let update = contacts::Update {
            contact_id: input.contact_id.number,
            expected_version: input.expected_version,
            name: input.name,
            phone: or_none(input.phone),
            email: or_none(input.email),
        };
        ContactUpdatePayload::of(contacts::update(db(ctx), &command(ctx, None)?, update).await)
    }

    /// Creates a party (создать контрагента). Codes: `INVALID_INPUT`, `ALREADY_EXISTS` (ИНН).
    async fn party_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new party (новый контрагент).")] input: PartyCreateInput,
    ) -> Result<PartyCreatePayload> {
        let fields = commands::Fields {
            name: input.name,
            inn: input.inn,
            phone: input.phone,
            email: input.email,
            is_customer: input.is_customer,
            is_supplier: input.is_supplier,
            is_carrier: input.is_carrier,
        };
        PartyCreatePayload::of(commands::create(db(ctx), &command(ctx, input.idempotency_key)?, fields).await)
    }

    /// Changes a party (изменить контрагента). Codes: `NOT_FOUND`, `VERSION_CONFLICT`, `INVALID_INPUT`, `ALREADY_EXISTS` (ИНН).
    async fn party_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change (что изменить).")] input: PartyUpdateInput,
    ) -> Result<PartyUpdatePayload> {
        let party_id = input.party_id.number;
        let now = match store::get(db(ctx), party_id).await {
            Ok(party) => party,
            Err(error) => return PartyUpdatePayload::of::<Party>(Err(error)),
        };
        let fields = commands::Fields {
            name: input.name.unwrap_or(now.name),
            inn: patched(input.inn, now.inn),
            phone: patched(input.phone, now.phone),
            email: patched(input.email, now.email),
            is_customer: input.is_customer.unwrap_or(now.is_customer),
            is_supplier: input.is_supplier.unwrap_or(now.is_supplier),
            is_carrier: input.is_carrier.unwrap_or(now.is_carrier),
        };
        let update = commands::Update { party_id, expected_version: input.expected_version, fields };
        PartyUpdatePayload::of(commands::update(db(ctx), &command(ctx, None)?, update).await)
    }

    /// Deletes a party (удалить контрагента); old documents keep naming it. Codes: `NOT_FOUND`, `VERSION_CONFLICT`,
    /// `STILL_IN_USE` (an open debt, advance, deal or order).
    async fn party_delete(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one (какого).")] input: PartyDeleteInput,
    ) -> Result<PartyDeletePayload> {
        let delete = commands::Delete { party_id: input.party_id.number, expected_version: input.expected_version };
        PartyDeletePayload::of(commands::delete(db(ctx), &command(ctx, input.idempotency_key)?, delete).await)
    }

    /// Adds a person to a party (добавить контактное лицо). Codes: `NOT_FOUND`, `INVALID_INPUT`.
    async fn contact_add(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new person (новое лицо).")] input: ContactAddInput,
    ) -> Result<ContactAddPayload> {
        let add =
            commands::ContactAdd { party_id: input.party_id.number, name: input.name, phone: input.phone, email: input.email };
        ContactAddPayload::of(commands::contact_add(db(ctx), &command(ctx, input.idempotency_key)?, add).await)
    }

    /// Creates a contract (создать договор). Codes: `NOT_FOUND`, `INVALID_INPUT`, `ALREADY_EXISTS` (the number).
    async fn contract_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new contract (новый договор).")] input: ContractCreateInput,
    ) -> Result<ContractCreatePayload> {
        let create = commands::ContractCreate {
            company_id: input.company_id.number,
            party_id: input.party_id.number,
            kind: input.kind.into(),
            number: input.number,
            signed_on: input.signed_on.0,
            payment_days: input.payment_days,
            title_on_delivery: input.title_on_delivery,
        };
        ContractCreatePayload::of(commands::contract_create(db(ctx), &command(ctx, input.idempotency_key)?, create).await)
    }

    /// Changes the terms of a contract (изменить договор); orders that were shipped keep theirs. Codes: `NOT_FOUND`, `VERSION_CONFLICT`,
    /// `INVALID_INPUT`.
    async fn contract_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change (что изменить).")] input: ContractUpdateInput,
    ) -> Result<ContractUpdatePayload> {
        let update = commands::ContractUpdate {
            contract_id: input.contract_id.number,
            expected_version: input.expected_version,
            payment_days: input.payment_days,
            title_on_delivery: input.title_on_delivery,
        };
        ContractUpdatePayload::of(commands::contract_update(db(ctx), &command(ctx, None)?, update).await)
    }
}
