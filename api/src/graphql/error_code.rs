//! The codes of the errors inside a payload: those of the domain that the sender can mend.

use async_graphql::Enum;
use shpunt_domain::Code;

/// Why a mutation was refused (код отказа). A code keeps its meaning for good; new ones may be added.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum ErrorCode {
    /// No row with this id, or it is out of the caller's reach (не найдено).
    NotFound,
    /// A value is out of its range, empty or malformed (неверное значение).
    InvalidInput,
    /// An amount, price or quantity is negative, or zero where it must be positive (сумма не положительна).
    AmountNotPositive,
    /// The row was changed since the client read it: read it again (устаревшая версия).
    VersionConflict,
    /// The idempotency key was used before with other input: use a new key (ключ уже использован).
    IdempotencyConflict,
    /// A unique value (number, login, ИНН, sku …) is taken (уже существует).
    AlreadyExists,
    /// Wrong login or password (неверный логин или пароль).
    CredentialsWrong,
    /// Too many wrong passwords for this login; wait (слишком много попыток входа).
    TooManyAttempts,
    /// The password is right; send the code of the second factor too (нужен код второго фактора).
    SecondFactorNeeded,
    /// The code is wrong, too old or used (неверный код второго фактора).
    SecondFactorWrong,
    /// The sign-in at the provider is over, used, or of another browser; begin it again (вход через провайдера устарел).
    SignInExpired,
    /// You took an earlier step on the same document or order that does not go with this one; ask somebody else (четыре глаза).
    FourEyes,
    /// The login or the role may do more than you, and manages people too (роль выше собственной).
    RoleAboveOwn,
    /// Debits do not equal credits (проводка не сбалансирована).
    PostingUnbalanced,
    /// The business date lies in the future (дата в будущем).
    DateInFuture,
    /// The business date lies before the company's first day (дата до начала учёта).
    DateBeforeFirstDay,
    /// The month is closed (период закрыт).
    PeriodClosed,
    /// Checks of the month are open: see `periodChecklist` (проверки не пройдены).
    PeriodChecksOpen,
    /// Months close in order and reopen in the reverse one (порядок закрытия).
    PeriodOrder,
    /// The batch does not hold that much, now or on a later date (в серии недостаточно).
    BatchShort,
    /// The pieces are there, but reserved by confirmed orders (зарезервировано).
    BatchReserved,
    /// The cash desk does not hold that much, on the day or on a later one (в кассе недостаточно).
    CashShort,
    /// The batch belongs to another company or product (чужая серия).
    BatchMismatch,
    /// The order, deal or contract belongs to another party (другой контрагент).
    PartyMismatch,
    /// The order, deal, contract or account belongs to another company (другая организация).
    CompanyMismatch,
    /// The order's status does not allow this (статус заказа не позволяет).
    OrderStatus,
    /// More is returned than was shipped and not returned yet (возвращается больше, чем отгружено).
    ReturnExceeded,
    /// The correction would change nothing (корректировать нечего).
    NothingToCorrect,
    /// The business date lies before the shipment, or before a later change of what it takes back (дата раньше отгрузки).
    DateTooEarly,
    /// The deal is won or lost (сделка закрыта).
    DealClosed,
    /// The offer's state does not allow this (статус предложения не позволяет).
    OfferStatus,
    /// The company pays so much only by an approved request (нужна согласованная заявка на оплату).
    PaymentRequestNeeded,
    /// The payment request's state does not allow this (статус заявки на оплату не позволяет).
    PaymentRequestStatus,
    /// The payment is not what was requested, or more than is left of it (платёж не по заявке).
    PaymentRequestMismatch,
    /// The offer lies under the floor or beyond the discount limit, and nobody approved it (требуется согласование).
    ApprovalRequired,
    /// The supplier order's state does not allow this (статус заказа поставщику не позволяет).
    SupplierOrderStatus,
    /// The receipt is dated before the order it comes against (поступление раньше заказа поставщику).
    DateBeforeOrder,
    /// The price of the receipt is final already, or was never preliminary (цена уже окончательная).
    PriceFinal,
    /// The request for prices is closed, or its answer no longer holds (запрос цен закрыт или ответ истёк).
    PurchaseRequestStatus,
    /// Open debts, deals or orders still name it (ещё используется).
    StillInUse,
    /// It is no longer in use, and new documents do not name it (выведено из использования).
    NotActive,
    /// No such stage, or the move is not allowed (недопустимый этап).
    StageUnknown,
    /// The stage or the order needs a customer on the deal (не указан покупатель).
    PartyRequired,
    /// A lost deal needs its reason (не указана причина проигрыша).
    LostReasonRequired,
    /// The article cannot be used for this (статья не подходит).
    ArticleMismatch,
    /// No tax regime or VAT rate is known on that date (не задан режим налогообложения).
    TaxRegimeMissing,
    /// There is not that much to offset (нечего зачесть).
    NothingToOffset,
    /// The transaction has been reversed already (уже сторнировано).
    AlreadyReversed,
    /// Every base of an allocation is zero: choose another basis (не по чему распределить).
    NothingToAllocate,
    /// The business date lies before the batch was received (дата до поступления серии).
    DateBeforeReceipt,
    /// The batch is worth less than what shall be taken from it, now or on a later date (стоимости серии недостаточно).
    BatchValueShort,
    /// The lengths do not add up to what is cut, or cannot be cut from its pieces (длины не сходятся).
    LengthMismatch,
    /// The product is of another profile, length or condition than the goods can become (не та номенклатура).
    ProductMismatch,
    /// The goods cost no more than the supplier's price: there is nothing to claim (нечего предъявить).
    NothingToClaim,
    /// No exchange rate of the currency is known on that date (нет курса валюты).
    RateMissing,
    /// The debt, the advance or the payment is in another currency, or in roubles (не та валюта).
    CurrencyMismatch,
    /// The goods are on their way: they must arrive first (товар в пути).
    BatchInTransit,
    /// The goods of the order are ours until they are unloaded (право собственности не перешло).
    TitleNotPassed,
    /// The order weighs more than its truck may carry: take another, or say why it may (перегруз).
    Overloaded,
    /// The truck or the dock is taken at that time (слот занят).
    SlotTaken,
    /// The order has no truck yet (машина не назначена).
    TruckRequired,
    /// The truck holds other pieces than the order says (погружено не столько, сколько в заказе).
    LoadMismatch,
    /// The state of the claim does not allow this (состояние претензии не позволяет).
    ClaimStatus,
}

impl ErrorCode {
    /// The code of a payload; `None` for those that go to `errors`.
    pub(crate) fn of(code: Code) -> Option<Self> {
        Some(match code {
            Code::NotFound => Self::NotFound,
            Code::InvalidInput => Self::InvalidInput,
            Code::AmountNotPositive => Self::AmountNotPositive,
            Code::VersionConflict => Self::VersionConflict,
            Code::IdempotencyConflict => Self::IdempotencyConflict,
            Code::AlreadyExists => Self::AlreadyExists,
            Code::CredentialsWrong => Self::CredentialsWrong,
            Code::TooManyAttempts => Self::TooManyAttempts,
            Code::SecondFactorNeeded => Self::SecondFactorNeeded,
            Code::SecondFactorWrong => Self::SecondFactorWrong,
            Code::SignInExpired => Self::SignInExpired,
            Code::FourEyes => Self::FourEyes,
            Code::RoleAboveOwn => Self::RoleAboveOwn,
            Code::PostingUnbalanced => Self::PostingUnbalanced,
            Code::DateInFuture => Self::DateInFuture,
            Code::DateBeforeFirstDay => Self::DateBeforeFirstDay,
            Code::PeriodClosed => Self::PeriodClosed,
            Code::PeriodChecksOpen => Self::PeriodChecksOpen,
            Code::PeriodOrder => Self::PeriodOrder,
            Code::BatchShort => Self::BatchShort,
            Code::BatchReserved => Self::BatchReserved,
            Code::CashShort => Self::CashShort,
            Code::BatchMismatch => Self::BatchMismatch,
            Code::PartyMismatch => Self::PartyMismatch,
            Code::CompanyMismatch => Self::CompanyMismatch,
            Code::OrderStatus => Self::OrderStatus,
            Code::ReturnExceeded => Self::ReturnExceeded,
            Code::NothingToCorrect => Self::NothingToCorrect,
            Code::DateTooEarly => Self::DateTooEarly,
            Code::DealClosed => Self::DealClosed,
            Code::OfferStatus => Self::OfferStatus,
            Code::PaymentRequestNeeded => Self::PaymentRequestNeeded,
            Code::PaymentRequestStatus => Self::PaymentRequestStatus,
            Code::PaymentRequestMismatch => Self::PaymentRequestMismatch,
            Code::ApprovalRequired => Self::ApprovalRequired,
            Code::SupplierOrderStatus => Self::SupplierOrderStatus,
            Code::DateBeforeOrder => Self::DateBeforeOrder,
            Code::PriceFinal => Self::PriceFinal,
            Code::PurchaseRequestStatus => Self::PurchaseRequestStatus,
            Code::StillInUse => Self::StillInUse,
            Code::NotActive => Self::NotActive,
            Code::StageUnknown => Self::StageUnknown,
            Code::PartyRequired => Self::PartyRequired,
            Code::LostReasonRequired => Self::LostReasonRequired,
            Code::ArticleMismatch => Self::ArticleMismatch,
            Code::TaxRegimeMissing => Self::TaxRegimeMissing,
            Code::NothingToOffset => Self::NothingToOffset,
            Code::AlreadyReversed => Self::AlreadyReversed,
            Code::NothingToAllocate => Self::NothingToAllocate,
            Code::DateBeforeReceipt => Self::DateBeforeReceipt,
            Code::BatchValueShort => Self::BatchValueShort,
            Code::LengthMismatch => Self::LengthMismatch,
            Code::ProductMismatch => Self::ProductMismatch,
            Code::NothingToClaim => Self::NothingToClaim,
            Code::RateMissing => Self::RateMissing,
            Code::CurrencyMismatch => Self::CurrencyMismatch,
            Code::BatchInTransit => Self::BatchInTransit,
            Code::TitleNotPassed => Self::TitleNotPassed,
            Code::Overloaded => Self::Overloaded,
            Code::SlotTaken => Self::SlotTaken,
            Code::TruckRequired => Self::TruckRequired,
            Code::LoadMismatch => Self::LoadMismatch,
            Code::ClaimStatus => Self::ClaimStatus,
            Code::Forbidden | Code::Unauthenticated | Code::Internal | Code::Unavailable => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::resolver_utils::EnumType as _;

    use super::*;

    #[test]
    fn a_code_is_written_the_same_everywhere() {
        let mut in_payloads = 0;
        for code in Code::ALL {
            let Some(known) = ErrorCode::of(code) else { continue };
            let item = ErrorCode::items().iter().find(|item| item.value == known).unwrap();
            assert_eq!(item.name, code.as_str());
            in_payloads += 1;
        }
        assert_eq!(in_payloads, ErrorCode::items().len());
    }
}
