//! The stable codes clients act on: each is documented, and none is ever given another meaning.

use std::fmt;

/// Stable code of a rejection. A code, once published, keeps its meaning; new ones may be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// No row with this id, or it was deleted.
    NotFound,
    /// A value is out of its range, empty or malformed.
    InvalidInput,
    /// An amount, price or quantity is negative or zero where it must be positive.
    AmountNotPositive,
    /// The row was changed since the client read it (`expectedVersion`).
    VersionConflict,
    /// The idempotency key was used before with other input.
    IdempotencyConflict,
    /// A unique value (number, login, ИНН, sku …) is taken.
    AlreadyExists,
    /// The actor may not do this.
    Forbidden,
    /// No valid session.
    Unauthenticated,
    /// Wrong login or password.
    CredentialsWrong,
    /// Too many wrong passwords for this login; it waits.
    TooManyAttempts,
    /// The password is right, the code of the second factor is missing.
    SecondFactorNeeded,
    /// The code of the second factor is wrong, too old or used.
    SecondFactorWrong,
    /// The sign-in at the provider is over, used, or of another browser.
    SignInExpired,
    /// The actor took an earlier step on the same thing that does not go with this one.
    FourEyes,
    /// The login or the role may do more than the actor, who manages people too.
    RoleAboveOwn,
    /// Debits do not equal credits.
    PostingUnbalanced,
    /// The business date lies in the future.
    DateInFuture,
    /// The business date lies before the company's first day.
    DateBeforeFirstDay,
    /// The month is closed.
    PeriodClosed,
    /// Checks of the month are open: blockers, or warnings nobody acknowledged.
    PeriodChecksOpen,
    /// Months close in order and reopen in the reverse one.
    PeriodOrder,
    /// The batch does not hold that much, now or on a later date.
    BatchShort,
    /// The pieces are there, but reserved by confirmed orders.
    BatchReserved,
    /// The cash desk does not hold that much, on the day or on a later one.
    CashShort,
    /// The batch belongs to another company or product.
    BatchMismatch,
    /// The order, deal or contract belongs to another party.
    PartyMismatch,
    /// The order, deal, contract or account belongs to another company.
    CompanyMismatch,
    /// The order's status does not allow this.
    OrderStatus,
    /// More is returned than was shipped and not returned yet.
    ReturnExceeded,
    /// The correction would change nothing.
    NothingToCorrect,
    /// The business date lies before the shipment, or before a later change of what it takes back.
    DateTooEarly,
    /// The deal is won or lost.
    DealClosed,
    /// The offer's state does not allow this.
    OfferStatus,
    /// The company pays so much only by an approved request.
    PaymentRequestNeeded,
    /// The payment request's state does not allow this.
    PaymentRequestStatus,
    /// The payment is not what was requested.
    PaymentRequestMismatch,
    /// The offer lies under the floor or beyond the discount limit, and nobody approved it.
    ApprovalRequired,
    /// The supplier order's state does not allow this.
    SupplierOrderStatus,
    /// The receipt is dated before the order it comes against.
    DateBeforeOrder,
    /// The price of the receipt is final already, or was never preliminary.
    PriceFinal,
    /// The request for prices is closed, or its answer no longer holds.
    PurchaseRequestStatus,
    /// Open debts, deals or orders still name it.
    StillInUse,
    /// The row of a directory was retired: new documents do not name it.
    NotActive,
    /// No such stage, or the move is not allowed.
    StageUnknown,
    /// The stage needs a party on the deal.
    PartyRequired,
    /// A lost deal needs its reason.
    LostReasonRequired,
    /// The article cannot be used for this payment.
    ArticleMismatch,
    /// No tax regime or VAT rate is known on that date.
    TaxRegimeMissing,
    /// There is not that much to offset.
    NothingToOffset,
    /// The transaction has been reversed already.
    AlreadyReversed,
    /// Every base of an allocation is zero.
    NothingToAllocate,
    /// The business date lies before the batch was received.
    DateBeforeReceipt,
    /// The batch is worth less than what shall be taken from it, now or on a later date.
    BatchValueShort,
    /// The lengths do not add up to what is cut, or cannot be cut from its pieces.
    LengthMismatch,
    /// The product is of another profile, length or condition than the goods can become.
    ProductMismatch,
    /// The goods cost no more than the supplier's price: there is nothing to claim.
    NothingToClaim,
    /// No exchange rate of the currency is known on that date.
    RateMissing,
    /// The debt, the advance or the payment is in another currency, or in roubles.
    CurrencyMismatch,
    /// The goods are on their way: they must arrive first.
    BatchInTransit,
    /// The goods of the order are ours until they are unloaded: what is asked for comes after delivery, or not at all.
    TitleNotPassed,
    /// The order weighs more than its truck may carry.
    Overloaded,
    /// The truck or the dock stands elsewhere at that time.
    SlotTaken,
    /// The order has no truck yet.
    TruckRequired,
    /// The truck holds other pieces than the order says.
    LoadMismatch,
    /// The state of the claim does not allow this.
    ClaimStatus,
    /// Something unexpected inside; the cause is in the log under the request id.
    Internal,
    /// The database or another engine does not answer, or its disk is full; repeat the command under the same idempotency key.
    Unavailable,
}

impl Code {
    /// Every code, for documentation and the test that all are documented.
    pub const ALL: [Self; 67] = [
        Self::NotFound,
        Self::InvalidInput,
        Self::AmountNotPositive,
        Self::VersionConflict,
        Self::IdempotencyConflict,
        Self::AlreadyExists,
        Self::Forbidden,
        Self::Unauthenticated,
        Self::CredentialsWrong,
        Self::TooManyAttempts,
        Self::SecondFactorNeeded,
        Self::SecondFactorWrong,
        Self::SignInExpired,
        Self::FourEyes,
        Self::RoleAboveOwn,
        Self::PostingUnbalanced,
        Self::DateInFuture,
        Self::DateBeforeFirstDay,
        Self::PeriodClosed,
        Self::PeriodChecksOpen,
        Self::PeriodOrder,
        Self::BatchShort,
        Self::BatchReserved,
        Self::CashShort,
        Self::BatchMismatch,
        Self::PartyMismatch,
        Self::CompanyMismatch,
        Self::OrderStatus,
        Self::ReturnExceeded,
        Self::NothingToCorrect,
        Self::DateTooEarly,
        Self::DealClosed,
        Self::OfferStatus,
        Self::PaymentRequestNeeded,
        Self::PaymentRequestStatus,
        Self::PaymentRequestMismatch,
        Self::ApprovalRequired,
        Self::SupplierOrderStatus,
        Self::DateBeforeOrder,
        Self::PriceFinal,
        Self::PurchaseRequestStatus,
        Self::StillInUse,
        Self::NotActive,
        Self::StageUnknown,
        Self::PartyRequired,
        Self::LostReasonRequired,
        Self::ArticleMismatch,
        Self::TaxRegimeMissing,
        Self::NothingToOffset,
        Self::AlreadyReversed,
        Self::NothingToAllocate,
        Self::DateBeforeReceipt,
        Self::BatchValueShort,
        Self::LengthMismatch,
        Self::ProductMismatch,
        Self::NothingToClaim,
        Self::RateMissing,
        Self::CurrencyMismatch,
        Self::BatchInTransit,
        Self::TitleNotPassed,
        Self::Overloaded,
        Self::SlotTaken,
        Self::TruckRequired,
        Self::LoadMismatch,
        Self::ClaimStatus,
        Self::Internal,
        Self::Unavailable,
    ];

    /// The code as clients see it, for example `BATCH_SHORT`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotFound => "NOT_FOUND",
            Self::InvalidInput => "INVALID_INPUT",
            Self::AmountNotPositive => "AMOUNT_NOT_POSITIVE",
            Self::VersionConflict => "VERSION_CONFLICT",
            Self::IdempotencyConflict => "IDEMPOTENCY_CONFLICT",
            Self::AlreadyExists => "ALREADY_EXISTS",
            Self::Forbidden => "FORBIDDEN",
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::CredentialsWrong => "CREDENTIALS_WRONG",
            Self::TooManyAttempts => "TOO_MANY_ATTEMPTS",
            Self::SecondFactorNeeded => "SECOND_FACTOR_NEEDED",
            Self::SecondFactorWrong => "SECOND_FACTOR_WRONG",
            Self::SignInExpired => "SIGN_IN_EXPIRED",
            Self::FourEyes => "FOUR_EYES",
            Self::RoleAboveOwn => "ROLE_ABOVE_OWN",
            Self::PostingUnbalanced => "POSTING_UNBALANCED",
            Self::DateInFuture => "DATE_IN_FUTURE",
            Self::DateBeforeFirstDay => "DATE_BEFORE_FIRST_DAY",
            Self::PeriodClosed => "PERIOD_CLOSED",
            Self::PeriodChecksOpen => "PERIOD_CHECKS_OPEN",
            Self::PeriodOrder => "PERIOD_ORDER",
            Self::BatchShort => "BATCH_SHORT",
            Self::BatchReserved => "BATCH_RESERVED",
            Self::CashShort => "CASH_SHORT",
            Self::BatchMismatch => "BATCH_MISMATCH",
            Self::PartyMismatch => "PARTY_MISMATCH",
            Self::CompanyMismatch => "COMPANY_MISMATCH",
            Self::OrderStatus => "ORDER_STATUS",
            Self::ReturnExceeded => "RETURN_EXCEEDED",
            Self::NothingToCorrect => "NOTHING_TO_CORRECT",
            Self::DateTooEarly => "DATE_TOO_EARLY",
            Self::DealClosed => "DEAL_CLOSED",
            Self::OfferStatus => "OFFER_STATUS",
            Self::PaymentRequestNeeded => "PAYMENT_REQUEST_NEEDED",
            Self::PaymentRequestStatus => "PAYMENT_REQUEST_STATUS",
            Self::PaymentRequestMismatch => "PAYMENT_REQUEST_MISMATCH",
            Self::ApprovalRequired => "APPROVAL_REQUIRED",
            Self::SupplierOrderStatus => "SUPPLIER_ORDER_STATUS",
            Self::DateBeforeOrder => "DATE_BEFORE_ORDER",
            Self::PriceFinal => "PRICE_FINAL",
            Self::PurchaseRequestStatus => "PURCHASE_REQUEST_STATUS",
            Self::StillInUse => "STILL_IN_USE",
            Self::NotActive => "NOT_ACTIVE",
            Self::StageUnknown => "STAGE_UNKNOWN",
            Self::PartyRequired => "PARTY_REQUIRED",
            Self::LostReasonRequired => "LOST_REASON_REQUIRED",
            Self::ArticleMismatch => "ARTICLE_MISMATCH",
            Self::TaxRegimeMissing => "TAX_REGIME_MISSING",
            Self::NothingToOffset => "NOTHING_TO_OFFSET",
            Self::AlreadyReversed => "ALREADY_REVERSED",
            Self::NothingToAllocate => "NOTHING_TO_ALLOCATE",
            Self::DateBeforeReceipt => "DATE_BEFORE_RECEIPT",
            Self::BatchValueShort => "BATCH_VALUE_SHORT",
            Self::LengthMismatch => "LENGTH_MISMATCH",
            Self::ProductMismatch => "PRODUCT_MISMATCH",
            Self::NothingToClaim => "NOTHING_TO_CLAIM",
            Self::RateMissing => "RATE_MISSING",
            Self::CurrencyMismatch => "CURRENCY_MISMATCH",
            Self::BatchInTransit => "BATCH_IN_TRANSIT",
            Self::TitleNotPassed => "TITLE_NOT_PASSED",
            Self::Overloaded => "OVERLOADED",
            Self::SlotTaken => "SLOT_TAKEN",
            Self::TruckRequired => "TRUCK_REQUIRED",
            Self::LoadMismatch => "LOAD_MISMATCH",
            Self::ClaimStatus => "CLAIM_STATUS",
            Self::Internal => "INTERNAL_SERVER_ERROR",
            Self::Unavailable => "UNAVAILABLE",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
