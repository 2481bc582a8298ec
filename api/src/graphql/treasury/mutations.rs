//! Changes of money.

use async_graphql::{Context, InputObject, Object, OneofObject};
use shpunt_domain::Error;
use shpunt_domain::treasury::{Target, accounts, commands, expenses};

use super::{CashAccount, CashAccountKind, Payment, PaymentDirection, PaymentRequest};
use crate::graphql::access::Employee;
use crate::graphql::caller::{command, db};
use crate::graphql::companies::Company;
use crate::graphql::deals::Deal;
use crate::graphql::documents::Document;
use crate::graphql::error::Result;
use crate::graphql::ids::{Id, or_zero};
use crate::graphql::ledger::Article;
use crate::graphql::loaders::loaders;
use crate::graphql::marketing::Channel;
use crate::graphql::orders::Order;
use crate::graphql::parties::{Contract, Party};
use crate::graphql::purchasing::SupplierOrder;
use crate::graphql::scalars::{Day, Number, Uuid};
use crate::graphql::settlements::{SettlementItem, SettlementSide};
use crate::graphql::user_error::{self, payload};

/// A new bank account or cash desk (новый счёт или касса).
#[derive(InputObject)]
pub(crate) struct CashAccountOpenInput {
    /// Whose (своя организация).
    company_id: Id<Company>,
    /// Bank or cash desk (вид).
    kind: CashAccountKind,
    /// Name (название), unique per company.
    name: String,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// Another name for an account (изменение счёта или кассы): what is left out stays.
#[derive(InputObject)]
pub(crate) struct CashAccountUpdateInput {
    /// Which (счёт).
    cash_account_id: Id<CashAccount>,
    /// The version you read (версия).
    expected_version: i32,
    /// Name (название), unique per company.
    name: Option<String>,
    /// Payments may go through it (используется).
    is_active: Option<bool>,
}

payload! {
    /// What `cashAccountUpdate` did.
    CashAccountUpdatePayload {
        /// The account as it is now (счёт); null when nothing was done.
        cash_account: CashAccount
    }
}

/// What a payment settles (что оплачивается): open debts first, the rest stays as an advance.
#[derive(OneofObject, Clone, Copy)]
pub(crate) enum PaymentTargetInput {
    /// One order (заказ).
    #[graphql(name = "orderId")]
    Order(Id<Order>),
    /// A deal, before or besides its trucks (сделка).
    #[graphql(name = "dealId")]
    Deal(Id<Deal>),
    /// A contract (договор).
    #[graphql(name = "contractId")]
    Contract(Id<Contract>),
    /// An order to a supplier, whose receipts take its advance before any other (заказ поставщику).
    #[graphql(name = "supplierOrderId")]
    SupplierOrder(Id<SupplierOrder>),
    /// The party's own bills, of no contract, deal or order (счета контрагента).
    #[graphql(name = "partyId")]
    Party(Id<Party>),
}

/// With whom, 0 = nobody, and what it settles. Errors: `INVALID_INPUT` (two parties).
pub(super) fn aimed(party_id: Option<Id<Party>>, target: Option<PaymentTargetInput>) -> shpunt_domain::Result<(i64, Target)> {
    let named = or_zero(party_id);
    let target = match target {
        None => Target::None,
        Some(PaymentTargetInput::Order(id)) => Target::Order(id.number),
        Some(PaymentTargetInput::Deal(id)) => Target::Deal(id.number),
        Some(PaymentTargetInput::SupplierOrder(id)) => Target::SupplierOrder(id.number),
        Some(PaymentTargetInput::Contract(id)) => Target::Contract(id.number),
        Some(PaymentTargetInput::Party(id)) if named == 0 || named == id.number => return Ok((id.number, Target::Party)),
        Some(PaymentTargetInput::Party(_)) => {
            return Err(Error::invalid("target.partyId", "two parties are named; name one"));
        }
    };
    Ok((named, target))
}

/// A payment in or out (платёж).
#[derive(InputObject)]
pub(crate) struct PaymentRecordInput {
    /// In or out (направление).
    direction: PaymentDirection,
    /// Through which account (счёт или касса).
    cash_account_id: Id<CashAccount>,
    /// What it is for (статья).
    article_id: Id<Article>,
    /// With whom (контрагент); needed when it settles an order, a deal or a contract.
    party_id: Option<Id<Party>>,
    /// What it settles (что оплачивается); left out when the article itself names the account: bank fees, taxes, loans.
    target: Option<PaymentTargetInput>,
    /// Business date (дата).
    paid_on: Day,
    /// Roubles (сумма), more than zero whatever the direction.
    amount: Number,
    /// As in the statement (назначение).
    #[graphql(default)]
    purpose: String,
    /// The approved request it is paid by (заявка на оплату): for the same company, article, party and target, at most what is left of it.
    payment_request_id: Option<Id<PaymentRequest>>,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// Money between own accounts of one company (перевод между своими счетами).
#[derive(InputObject)]
pub(crate) struct TransferRecordInput {
    /// From (откуда).
    from_account_id: Id<CashAccount>,
    /// To (куда).
    to_account_id: Id<CashAccount>,
    /// Business date (дата).
    transferred_on: Day,
    /// When it arrived (дата поступления), if on another day: between the two it is under way.
    received_on: Option<Day>,
    /// Roubles (сумма), more than zero.
    amount: Number,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// An advance against a debt of the same party and company (зачёт аванса).
#[derive(InputObject)]
pub(crate) struct SettlementOffsetInput {
    /// Customers' or suppliers' (сторона).
    side: SettlementSide,
    /// The open advance (аванс).
    advance_id: Id<SettlementItem>,
    /// The open debt (долг).
    debt_id: Id<SettlementItem>,
    /// Business date (дата).
    offset_on: Day,
    /// Roubles (сумма), more than zero and at most what both have open.
    amount: Number,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// An expense of a period (расход периода): rent, advertising, salaries; owed now, paid when it is paid.
#[derive(InputObject)]
pub(crate) struct ExpenseAccrueInput {
    /// Whose (своя организация).
    company_id: Id<Company>,
    /// What it is for (статья): rent, office, advertising, storage, salary.
    article_id: Id<Article>,
    /// To whom it is owed (контрагент); left out for salaries.
    party_id: Option<Id<Party>>,
    /// The advertised channel (рекламный канал).
    channel_id: Option<Id<Channel>>,
    /// Whose salary (сотрудник).
    employee_id: Option<Id<Employee>>,
    /// Business date (дата).
    effective_on: Day,
    /// Without VAT, roubles (без НДС).
    net: Number,
    /// VAT as printed, roubles (НДС).
    vat: Number,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

payload! {
    /// What `cashAccountOpen` did.
    CashAccountOpenPayload {
        /// The new account (счёт или касса); null when nothing was done.
        cash_account: CashAccount
    }
}

payload! {
    /// What `paymentRecord` did.
    PaymentRecordPayload {
        /// The new payment (платёж); null when nothing was done.
        payment: Payment
    }
}

payload! {
    /// What `transferRecord` did.
    TransferRecordPayload {
        /// Its document (документ); null when nothing was done.
        document: Document
    }
}

payload! {
    /// What `settlementOffset` did.
    SettlementOffsetPayload {
        /// Its document (документ); null when nothing was done.
        document: Document
    }
}

payload! {
    /// What `expenseAccrue` did.
    ExpenseAccruePayload {
        /// Its document (документ); null when nothing was done.
        document: Document
    }
}

/// Changes of money.
#[derive(Default)]
pub(crate) struct TreasuryMutation;

#[Object]
impl TreasuryMutation {
    /// Renames or retires an account or a cash desk (изменить счёт или кассу). Codes: `NOT_FOUND`, `VERSION_CONFLICT`, `INVALID_INPUT`, `ALREADY_EXISTS`.
    async fn cash_account_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change (что изменить).")] input: CashAccountUpdateInput,
    ) -> Result<CashAccountUpdatePayload> {
        let update = accounts::Update {
            cash_account_id: input.cash_account_id.number,
            expected_version: input.expected_version,
            name: input.name,
            active: input.is_active,
        };
        let done = accounts::update(db(ctx), &command(ctx, None)?, update).await;
        let whole = user_error::then(done, async |row| loaders(ctx).cash_accounts.existing(row.cash_account_id).await).await?;
        CashAccountUpdatePayload::of(whole)
    }

    /// Opens a bank account or a cash desk (открыть счёт или кассу). Codes: `NOT_FOUND`, `ALREADY_EXISTS`, `INVALID_INPUT`.
    async fn cash_account_open(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new account (новый счёт).")] input: CashAccountOpenInput,
    ) -> Result<CashAccountOpenPayload> {
        let open = commands::OpenAccount {
            company_id: input.company_id.number,
            is_bank: input.kind == CashAccountKind::Bank,
            name: input.name,
        };
        let done = commands::open_account(db(ctx), &command(ctx, input.idempotency_key)?, &open).await;
        let whole = user_error::then(done, async |row| loaders(ctx).cash_accounts.existing(row.cash_account_id).await).await?;
        CashAccountOpenPayload::of(whole)
    }

    /// Records a payment and settles what it is for (провести платёж); money the other way under the same article gives an advance back
    /// (возврат аванса). Codes: `AMOUNT_NOT_POSITIVE`, `NOT_FOUND`, `PARTY_MISMATCH`, `COMPANY_MISMATCH`, `ARTICLE_MISMATCH`,
    /// `NOTHING_TO_OFFSET`, `CASH_SHORT`, `INVALID_INPUT`, `TAX_REGIME_MISSING`, `DATE_IN_FUTURE`, `DATE_BEFORE_FIRST_DAY`,
    /// `PERIOD_CLOSED`, `PAYMENT_REQUEST_NEEDED`, `PAYMENT_REQUEST_STATUS`, `PAYMENT_REQUEST_MISMATCH`, `FOUR_EYES`.
    async fn payment_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The payment (платёж).")] input: PaymentRecordInput,
    ) -> Result<PaymentRecordPayload> {
        let (party_id, target) = match aimed(input.party_id, input.target) {
            Ok(aimed) => aimed,
            Err(error) => return PaymentRecordPayload::of::<Payment>(Err(error)),
        };
        let pay = commands::Pay {
            direction: input.direction.into(),
            cash_account_id: input.cash_account_id.number,
            article_id: input.article_id.number,
            party_id,
            target,
            paid_on: input.paid_on.0,
            amount: input.amount.0,
            purpose: input.purpose,
            payment_request_id: or_zero(input.payment_request_id),
        };
        let done = commands::pay(db(ctx), &command(ctx, input.idempotency_key)?, &pay).await;
        let whole = user_error::then(done, async |row| loaders(ctx).payments.existing(row.payment_id).await).await?;
        PaymentRecordPayload::of(whole)
    }

    /// Moves money between own accounts of one company (провести перевод). Codes: `COMPANY_MISMATCH`, `INVALID_INPUT`,
    /// `AMOUNT_NOT_POSITIVE`, `NOT_FOUND`, `CASH_SHORT`, `DATE_IN_FUTURE`, `DATE_BEFORE_FIRST_DAY`, `PERIOD_CLOSED`.
    async fn transfer_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The transfer (перевод).")] input: TransferRecordInput,
    ) -> Result<TransferRecordPayload> {
        let transfer = commands::Transfer {
            from_account_id: input.from_account_id.number,
            to_account_id: input.to_account_id.number,
            on: input.transferred_on.0,
            received_on: input.received_on.map(|day| day.0),
            amount: input.amount.0,
        };
        let done = commands::transfer(db(ctx), &command(ctx, input.idempotency_key)?, &transfer).await;
        let whole = user_error::then(done, async |id| loaders(ctx).documents.existing(id).await).await?;
        TransferRecordPayload::of(whole)
    }

    /// Offsets an advance against a debt by a document (зачесть аванс). Codes: `NOTHING_TO_OFFSET`, `PARTY_MISMATCH`, `COMPANY_MISMATCH`,
    /// `AMOUNT_NOT_POSITIVE`, `NOT_FOUND`, `DATE_IN_FUTURE`, `DATE_BEFORE_FIRST_DAY`, `PERIOD_CLOSED`,
    /// `FOUR_EYES`.
    async fn settlement_offset(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What against what (что с чем).")] input: SettlementOffsetInput,
    ) -> Result<SettlementOffsetPayload> {
        let offset = commands::Offset {
            direction: input.side.direction(),
            advance_id: input.advance_id.number,
            debt_id: input.debt_id.number,
            on: input.offset_on.0,
            amount: input.amount.0,
        };
        let done = commands::offset(db(ctx), &command(ctx, input.idempotency_key)?, &offset).await;
        let whole = user_error::then(done, async |id| loaders(ctx).documents.existing(id).await).await?;
        SettlementOffsetPayload::of(whole)
    }

    /// Accrues an expense of a period and what is owed for it (начислить расход). Codes: `AMOUNT_NOT_POSITIVE`, `NOT_FOUND`,
    /// `ARTICLE_MISMATCH` (not an expense of a period), `INVALID_INPUT`, `TAX_REGIME_MISSING`, `DATE_IN_FUTURE`, `DATE_BEFORE_FIRST_DAY`,
    /// `PERIOD_CLOSED`,
    /// `FOUR_EYES`.
    async fn expense_accrue(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The expense (расход).")] input: ExpenseAccrueInput,
    ) -> Result<ExpenseAccruePayload> {
        let accrue = expenses::Accrue {
            company_id: input.company_id.number,
            article_id: input.article_id.number,
            party_id: or_zero(input.party_id),
            channel_id: or_zero(input.channel_id),
            department_id: 0,
            employee_id: or_zero(input.employee_id),
            effective_on: input.effective_on.0,
            net: input.net.0,
            vat: input.vat.0,
        };
        let done = expenses::accrue(db(ctx), &command(ctx, input.idempotency_key)?, &accrue).await;
        let whole = user_error::then(done, async |id| loaders(ctx).documents.existing(id).await).await?;
        ExpenseAccruePayload::of(whole)
    }
}
