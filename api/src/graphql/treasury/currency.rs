//! Exchange rates, money in currency and claims, in the graph.

use async_graphql::{ComplexObject, Context, InputObject, Object, SimpleObject};
use shpunt_domain::companies::rates::{self, Currency, commands as rating};
use shpunt_domain::treasury::{Target, claims, commands, currency, unrevalue};

use super::{CashAccount, Payment, PaymentDirection, PaymentRequest};
use crate::graphql::caller::{command, db};
use crate::graphql::companies::Company;
use crate::graphql::documents::Document;
use crate::graphql::error::Result;
use crate::graphql::ids::{Id, or_zero};
use crate::graphql::ledger::Article;
use crate::graphql::loaders::loaders;
use crate::graphql::page;
use crate::graphql::parties::{Contract, Party};
use crate::graphql::scalars::{Day, Money, Number, Uuid};
use crate::graphql::settlements::SettlementItem;
use crate::graphql::text::given;
use crate::graphql::user_error::{self, payload};

/// The rate of a currency on a day (курс валюты).
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct ExchangeRate {
    /// Its three letters (валюта).
    currency: String,
    /// When (дата).
    rated_on: Day,
    /// For how many units (номинал).
    nominal: i32,
    /// Roubles for so many (курс).
    rate: Number,
    /// Who says so (источник).
    source: Option<String>,
}

impl From<rates::Rate> for ExchangeRate {
    fn from(rate: rates::Rate) -> Self {
        Self {
            currency: rate.currency.to_string(),
            rated_on: Day(rate.rated_on),
            nominal: rate.nominal,
            rate: Number(rate.rate.normalize()),
            source: given(rate.source),
        }
    }
}

/// A revaluation of what is owed in a currency (переоценка валютной задолженности).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct CurrencyRevaluation {
    /// Its three letters (валюта).
    currency: String,
    /// Business date (дата).
    revalued_on: Day,
    /// Roubles for one unit (курс).
    rate: Number,
    /// By how much the debts grew (изменение задолженности); below zero they shrank.
    difference: Money,
    /// When it was taken back (дата сторно); null while it stands.
    reversed_on: Option<Day>,
    #[graphql(skip)]
    document_id: i64,
}

impl From<currency::Revaluation> for CurrencyRevaluation {
    fn from(row: currency::Revaluation) -> Self {
        Self {
            currency: row.currency,
            revalued_on: Day(row.revalued_on),
            rate: Number(row.rate.normalize()),
            difference: Money::roubles(row.difference),
            reversed_on: row.reversed_on.map(Day),
            document_id: row.document_id,
        }
    }
}

#[ComplexObject]
impl CurrencyRevaluation {
    /// Its document (документ).
    async fn document(&self, ctx: &Context<'_>) -> Result<Option<Document>> {
        loaders(ctx).documents.find(self.document_id).await
    }
}

/// Which rate (курс): there is one of a currency a day.
#[derive(InputObject)]
pub(crate) struct ExchangeRatePlaceInput {
    /// Its three letters (валюта).
    currency: String,
    /// Of which day (дата).
    rated_on: Day,
}

/// Questions about exchange rates.
#[derive(Default)]
pub(crate) struct ExchangeRatesQuery;

#[Object]
impl ExchangeRatesQuery {
    /// Exchange rates (курсы валют), newest first.
    #[graphql(complexity = "page::cost(first, child_complexity)")]
    async fn exchange_rates(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Of this currency (валюта).")] currency: Option<String>,
        #[graphql(desc = "Of this day or later (с).")] from: Option<Day>,
        #[graphql(desc = "Of this day or earlier (по).")] to: Option<Day>,
        #[graphql(default_with = "page::DEFAULT", desc = "How many at most, 1 to 100 (сколько).")] first: i32,
        #[graphql(desc = "Behind this rate of the list (после курса).")] after: Option<ExchangeRatePlaceInput>,
    ) -> Result<Vec<ExchangeRate>> {
        let currency = currency.map(|code| Currency::foreign(&code, "currency")).transpose()?;
        let after = after
            .map(|place| Currency::foreign(&place.currency, "after.currency").map(|currency| (place.rated_on.0, currency)))
            .transpose()?;
        let limit = page::size(first)?.into();
        let rows = rates::store::list(db(ctx), currency, from.map(|day| day.0), to.map(|day| day.0), after, limit).await?;
        Ok(rows.into_iter().map(ExchangeRate::from).collect())
    }
}

/// The rate of a currency on a day (курс валюты).
#[derive(InputObject)]
pub(crate) struct ExchangeRateSetInput {
    /// Its three letters (валюта), such as `CNY`.
    currency: String,
    /// When (дата).
    rated_on: Day,
    /// For how many units (номинал).
    #[graphql(default = 1)]
    nominal: i32,
    /// Roubles for so many (курс), at most six decimal places.
    rate: Number,
    /// Who says so (источник).
    #[graphql(default)]
    source: String,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// Money to a supplier in currency, or back from him (платёж в валюте).
#[derive(InputObject)]
pub(crate) struct CurrencyPaymentRecordInput {
    /// To the supplier, or an advance back from him (направление).
    #[graphql(default_with = "PaymentDirection::Out")]
    direction: PaymentDirection,
    /// Through which account (счёт), in roubles.
    cash_account_id: Id<CashAccount>,
    /// What it is for (статья).
    article_id: Id<Article>,
    /// To or from whom (поставщик).
    party_id: Id<Party>,
    /// Under which contract (договор).
    contract_id: Option<Id<Contract>>,
    /// Business date (дата).
    paid_on: Day,
    /// The three letters of the currency (валюта).
    currency: String,
    /// What the supplier gets or pays back of it (сумма в валюте), more than zero.
    currency_amount: Number,
    /// Roubles that left the account or came to it, at the bank's rate (сумма в рублях), more than zero.
    amount: Number,
    /// As in the statement (назначение).
    #[graphql(default)]
    purpose: String,
    /// The approved request it is paid by (заявка на оплату), which is in roubles.
    payment_request_id: Option<Id<PaymentRequest>>,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// Which debts to revalue (переоценка).
#[derive(InputObject)]
pub(crate) struct CurrencyRevalueInput {
    /// Whose (своя организация).
    company_id: Id<Company>,
    /// The three letters of the currency (валюта).
    currency: String,
    /// The last day of a month (последний день месяца).
    on: Day,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// Takes a revaluation back (сторно переоценки).
#[derive(InputObject)]
pub(crate) struct CurrencyRevaluationReverseInput {
    /// Whose (своя организация).
    company_id: Id<Company>,
    /// The three letters of the currency (валюта).
    currency: String,
    /// The day it revalued on (дата переоценки).
    revalued_on: Day,
    /// Business date of the storno (дата сторно).
    on: Day,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// The end of a claim, or of a part of it (исход претензии).
#[derive(InputObject)]
pub(crate) struct ClaimSettleInput {
    /// The claim (претензия).
    claim_id: Id<SettlementItem>,
    /// Business date (дата).
    on: Day,
    /// Roubles (сумма), more than zero, at most what is open.
    amount: Number,
    /// The article of losses when it is given up (статья убытка), such as `claim_refused`; left out, the supplier acknowledged it.
    article_id: Option<Id<Article>>,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

payload! {
    /// What `exchangeRateSet` did.
    ExchangeRateSetPayload {
        /// The rate (курс); null when nothing was done.
        exchange_rate: ExchangeRate
    }
}

payload! {
    /// What `currencyPaymentRecord` did.
    CurrencyPaymentRecordPayload {
        /// The payment (платёж); null when nothing was done.
        payment: Payment
    }
}

payload! {
    /// What `currencyRevalue` did.
    CurrencyRevaluePayload {
        /// The revaluation (переоценка); null when nothing was done.
        currency_revaluation: CurrencyRevaluation
    }
}

payload! {
    /// What `currencyRevaluationReverse` did.
    CurrencyRevaluationReversePayload {
        /// The revaluation (переоценка); null when nothing was done.
        currency_revaluation: CurrencyRevaluation
    }
}

payload! {
    /// What `claimSettle` did.
    ClaimSettlePayload {
        /// Its document (документ); null when nothing was done.
        document: Document
    }
}

/// Changes of rates, of money in currency and of claims.
#[derive(Default)]
pub(crate) struct CurrencyMutation;

#[Object]
impl CurrencyMutation {
    /// Sets the rate of a currency on a day (установить курс), in place of what was known of it; what was posted by it stays.
    /// Codes: `INVALID_INPUT`, `AMOUNT_NOT_POSITIVE`.
    async fn exchange_rate_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The rate (курс).")] input: ExchangeRateSetInput,
    ) -> Result<ExchangeRateSetPayload> {
        let set = rating::SetRate {
            currency: input.currency,
            rated_on: input.rated_on.0,
            nominal: input.nominal,
            rate: input.rate.0,
            source: input.source,
        };
        ExchangeRateSetPayload::of(rating::set(db(ctx), &command(ctx, input.idempotency_key)?, &set).await)
    }

    /// Records money to a supplier in currency (провести платёж в валюте): it closes debts in that currency, oldest first, and what their
    /// roubles differ by is an exchange difference; the rest is an advance at the rate paid. Money that comes back lowers his advances in that
    /// currency, oldest first, at the roubles they are carried at.
    /// Codes: `INVALID_INPUT`, `AMOUNT_NOT_POSITIVE`, `NOT_FOUND`, `PARTY_MISMATCH`, `COMPANY_MISMATCH`, `ARTICLE_MISMATCH`,
    /// `CURRENCY_MISMATCH`, `CASH_SHORT`, `NOTHING_TO_OFFSET` (more came back than is open), `DATE_TOO_EARLY` (the debt was revalued later),
    /// `DATE_IN_FUTURE`, `DATE_BEFORE_FIRST_DAY`, `PERIOD_CLOSED`, `PAYMENT_REQUEST_NEEDED`, `PAYMENT_REQUEST_STATUS`,
    /// `PAYMENT_REQUEST_MISMATCH`, `FOUR_EYES`.
    async fn currency_payment_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The payment (платёж).")] input: CurrencyPaymentRecordInput,
    ) -> Result<CurrencyPaymentRecordPayload> {
        let contract_id = or_zero(input.contract_id);
        let payment = commands::Pay {
            direction: input.direction.into(),
            cash_account_id: input.cash_account_id.number,
            article_id: input.article_id.number,
            party_id: input.party_id.number,
            target: if contract_id == 0 { Target::Party } else { Target::Contract(contract_id) },
            paid_on: input.paid_on.0,
            amount: input.amount.0,
            purpose: input.purpose,
            payment_request_id: or_zero(input.payment_request_id),
        };
        let pay = currency::PayInCurrency { payment, currency: input.currency, currency_amount: input.currency_amount.0 };
        let done = currency::pay(db(ctx), &command(ctx, input.idempotency_key)?, &pay).await;
        let whole = user_error::then(done, async |row| loaders(ctx).payments.existing(row.payment_id).await).await?;
        CurrencyPaymentRecordPayload::of(whole)
    }

    /// Carries what is owed to suppliers in a currency at the rate of a month's last day (переоценить валютную задолженность); advances keep
    /// the rate they were paid at.
    /// Codes: `INVALID_INPUT` (not a last day), `RATE_MISSING`, `DATE_TOO_EARLY` (revalued on that day or later already, or one was taken back
    /// later), `NOT_FOUND`, `DATE_IN_FUTURE`, `DATE_BEFORE_FIRST_DAY`, `PERIOD_CLOSED`.
    async fn currency_revalue(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What and when (что и когда).")] input: CurrencyRevalueInput,
    ) -> Result<CurrencyRevaluePayload> {
        let revalue = currency::Revalue { company_id: input.company_id.number, currency: input.currency, on: input.on.0 };
        CurrencyRevaluePayload::of(currency::revalue(db(ctx), &command(ctx, input.idempotency_key)?, &revalue).await)
    }

    /// Takes the last revaluation of a currency back (сторнировать переоценку), unless one of its debts was paid at the new rate since.
    /// Codes: `INVALID_INPUT`, `NOT_FOUND`, `STILL_IN_USE` (a later one stands, or something was paid since), `DATE_TOO_EARLY`,
    /// `DATE_IN_FUTURE`, `DATE_BEFORE_FIRST_DAY`, `PERIOD_CLOSED`.
    async fn currency_revaluation_reverse(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which and when (сторно).")] input: CurrencyRevaluationReverseInput,
    ) -> Result<CurrencyRevaluationReversePayload> {
        let reverse = unrevalue::ReverseRevaluation {
            company_id: input.company_id.number,
            currency: input.currency,
            revalued_on: input.revalued_on.0,
            on: input.on.0,
        };
        let key = command(ctx, input.idempotency_key)?;
        CurrencyRevaluationReversePayload::of(unrevalue::reverse(db(ctx), &key, &reverse).await)
    }

    /// Settles a claim on a supplier, or a part of it (завершить претензию): acknowledged, it is an advance at him; given up, a loss.
    /// Codes: `AMOUNT_NOT_POSITIVE`, `INVALID_INPUT`, `NOT_FOUND`, `NOTHING_TO_OFFSET`, `ARTICLE_MISMATCH`, `DATE_IN_FUTURE`,
    /// `DATE_BEFORE_FIRST_DAY`, `PERIOD_CLOSED`, `FOUR_EYES`.
    async fn claim_settle(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which and how (какая и чем).")] input: ClaimSettleInput,
    ) -> Result<ClaimSettlePayload> {
        let settle = claims::SettleClaim {
            claim_id: input.claim_id.number,
            on: input.on.0,
            amount: input.amount.0,
            article_id: input.article_id.map(|id| id.number),
        };
        let done = claims::settle(db(ctx), &command(ctx, input.idempotency_key)?, &settle).await;
        let whole = user_error::then(done, async |id| loaders(ctx).documents.existing(id).await).await?;
        ClaimSettlePayload::of(whole)
    }
}
