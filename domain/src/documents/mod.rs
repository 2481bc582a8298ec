//! The register of documents and their gapless numbers.

pub mod read;
pub mod store;

use chrono::NaiveDate;
use rust_decimal::Decimal;

/// What a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Kind {
    /// Поступление.
    Receipt,
    /// Отгрузка (УПД).
    Shipment,
    /// Платёж входящий.
    PaymentIn,
    /// Платёж исходящий.
    PaymentOut,
    /// Перевод между своими счетами.
    Transfer,
    /// Расход заказа.
    OrderExpense,
    /// Расход периода.
    Expense,
    /// Начисление зарплаты.
    Payroll,
    /// Зачёт аванса.
    Offset,
    /// Сторно.
    Storno,
    /// Ввод остатков.
    Opening,
    /// Дополнительный расход на серии.
    AdditionalExpense,
    /// Возврат от покупателя.
    OrderReturn,
    /// Корректировка отгрузки (УКД).
    OrderCorrection,
    /// Перемещение товара на другой склад.
    BatchTransfer,
    /// Резка серии.
    BatchCut,
    /// Изменение состояния товара.
    BatchConvert,
    /// Списание товара.
    BatchWriteOff,
    /// Оприходование излишков.
    BatchSurplus,
    /// Инвентаризация.
    StockCount,
    /// Возврат поставщику.
    SupplierReturn,
    /// Исход претензии.
    Claim,
    /// Переоценка валютной задолженности.
    Revaluation,
    /// Прибытие товара в пути.
    BatchArrival,
    /// Недостача при приёмке.
    BatchShortage,
    /// Общий счёт на расходы серий и заказов.
    JointBill,
}

impl Kind {
    /// The code stored in the register.
    pub const fn as_str(self) -> &'static str {
        self.row().0
    }

    /// The letters a number begins with.
    const fn prefix(self) -> &'static str {
        self.row().1
    }

    const fn row(self) -> (&'static str, &'static str) {
        match self {
            Self::Receipt => ("receipt", "ПТ"),
            Self::Shipment => ("shipment", "УПД"),
            Self::PaymentIn => ("payment_in", "ВХ"),
            Self::PaymentOut => ("payment_out", "ИСХ"),
            Self::Transfer => ("transfer", "ПР"),
            Self::OrderExpense => ("order_expense", "РЗ"),
            Self::Expense => ("expense", "РП"),
            Self::Payroll => ("payroll", "ЗП"),
            Self::Offset => ("offset", "ЗЧ"),
            Self::Storno => ("storno", "СТ"),
            Self::Opening => ("opening", "ОС"),
            Self::AdditionalExpense => ("additional_expense", "ДР"),
            Self::OrderReturn => ("order_return", "ВЗ"),
            Self::OrderCorrection => ("order_correction", "УКД"),
            Self::BatchTransfer => ("batch_transfer", "ПМ"),
            Self::BatchCut => ("batch_cut", "РК"),
            Self::BatchConvert => ("batch_convert", "ИС"),
            Self::BatchWriteOff => ("batch_write_off", "СП"),
            Self::BatchSurplus => ("batch_surplus", "ОИ"),
            Self::StockCount => ("stock_count", "ИН"),
            Self::SupplierReturn => ("supplier_return", "ВП"),
            Self::Claim => ("claim", "ПРТ"),
            Self::Revaluation => ("revaluation", "КР"),
            Self::BatchArrival => ("batch_arrival", "ПБ"),
            Self::BatchShortage => ("batch_shortage", "АН"),
            Self::JointBill => ("joint_bill", "ОБ"),
        }
    }
}

/// A document to register.
#[derive(Debug, Clone)]
pub struct New<'a> {
    /// Own company.
    pub company_id: i64,
    /// What it is.
    pub kind: Kind,
    /// Its date.
    pub issued_on: NaiveDate,
    /// Counterparty, 0 = none.
    pub party_id: i64,
    /// The order, batch or payment it belongs to.
    pub subject_id: i64,
    /// Sum with VAT.
    pub gross: Decimal,
    /// Free text.
    pub note: &'a str,
}
