//! The chart of accounts (план счетов) and what section of the balance each belongs to.

use serde::{Deserialize, Serialize};

/// Where an account stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Section {
    /// Активы: the balance is a debit.
    Asset,
    /// Обязательства.
    Liability,
    /// Капитал.
    Equity,
    /// Доходы.
    Income,
    /// Расходы.
    Expense,
}

/// An account of the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Account {
    /// Денежные средства.
    Cash,
    /// Деньги в пути.
    CashInTransit,
    /// Товары на складах.
    Inventory,
    /// Товары в пути.
    GoodsInTransit,
    /// Товары отгруженные.
    GoodsShipped,
    /// Задолженность покупателей.
    Receivables,
    /// Авансы поставщикам.
    SupplierAdvances,
    /// НДС входящий.
    VatInput,
    /// НДС с авансов полученных.
    VatOnCustomerAdvances,
    /// Подотчётные лица.
    AccountablePersons,
    /// Претензии.
    Claims,
    /// Расходы будущих периодов.
    DeferredCosts,
    /// Выданные займы.
    LoansGiven,
    /// Основные средства.
    FixedAssets,
    /// Накопленная амортизация.
    AccumulatedDepreciation,
    /// Задолженность поставщикам.
    Payables,
    /// Начисленные расходы.
    AccruedCosts,
    /// Авансы покупателей.
    CustomerAdvances,
    /// Задолженность по зарплате.
    PayrollPayable,
    /// Страховые взносы.
    Contributions,
    /// Налоги к уплате.
    TaxesPayable,
    /// НДС к уплате.
    VatOutput,
    /// НДС с авансов выданных.
    VatOnSupplierAdvances,
    /// Кредиты и займы.
    Loans,
    /// Проценты к уплате.
    InterestPayable,
    /// Капитал.
    Capital,
    /// Изъятия собственников.
    Drawings,
    /// Ввод остатков.
    OpeningBalances,
    /// Выручка.
    Revenue,
    /// Прочие доходы.
    OtherIncome,
    /// Себестоимость продаж.
    Cogs,
    /// Прямые расходы заказов.
    OrderExpenses,
    /// Расходы на персонал.
    Payroll,
    /// Реклама.
    Advertising,
    /// Общие расходы.
    Overheads,
    /// Списания.
    WriteOffs,
    /// Амортизация.
    Depreciation,
    /// Проценты.
    InterestExpense,
    /// Курсовые разницы.
    ExchangeDifferences,
    /// Штрафы и пени.
    Penalties,
    /// Налог на прибыль / УСН.
    IncomeTax,
    /// Округления.
    Rounding,
}

impl Account {
    /// The whole chart, in the order of the balance.
    pub const ALL: [Self; 42] = [
        Self::Cash,
        Self::CashInTransit,
        Self::Inventory,
        Self::GoodsInTransit,
        Self::GoodsShipped,
        Self::Receivables,
        Self::SupplierAdvances,
        Self::VatInput,
        Self::VatOnCustomerAdvances,
        Self::AccountablePersons,
        Self::Claims,
        Self::DeferredCosts,
        Self::LoansGiven,
        Self::FixedAssets,
        Self::AccumulatedDepreciation,
        Self::Payables,
        Self::AccruedCosts,
        Self::CustomerAdvances,
        Self::PayrollPayable,
        Self::Contributions,
        Self::TaxesPayable,
        Self::VatOutput,
        Self::VatOnSupplierAdvances,
        Self::Loans,
        Self::InterestPayable,
        Self::Capital,
        Self::Drawings,
        Self::OpeningBalances,
        Self::Revenue,
        Self::OtherIncome,
        Self::Cogs,
        Self::OrderExpenses,
        Self::Payroll,
        Self::Advertising,
        Self::Overheads,
        Self::WriteOffs,
        Self::Depreciation,
        Self::InterestExpense,
        Self::ExchangeDifferences,
        Self::Penalties,
        Self::IncomeTax,
        Self::Rounding,
    ];

    /// Section, Russian name, English name; `code` is the value stored in the ledger.
    const fn row(self) -> (&'static str, Section, &'static str, &'static str) {
        use Section::{Asset, Equity, Expense, Income, Liability};
        match self {
            Self::Cash => ("cash", Asset, "Денежные средства", "Cash"),
            Self::CashInTransit => ("cash_in_transit", Asset, "Деньги в пути", "Cash in transit"),
            Self::Inventory => ("inventory", Asset, "Товары на складах", "Inventory"),
            Self::GoodsInTransit => ("goods_in_transit", Asset, "Товары в пути", "Goods in transit"),
            Self::GoodsShipped => ("goods_shipped", Asset, "Товары отгруженные", "Goods shipped"),
            Self::Receivables => ("receivables", Asset, "Задолженность покупателей", "Receivables"),
            Self::SupplierAdvances => ("supplier_advances", Asset, "Авансы поставщикам", "Supplier advances"),
            Self::VatInput => ("vat_input", Asset, "НДС входящий", "Input VAT"),
            Self::VatOnCustomerAdvances => {
                ("vat_on_customer_advances", Asset, "НДС с авансов полученных", "VAT on customer advances")
            }
            Self::AccountablePersons => ("accountable_persons", Asset, "Подотчётные лица", "Accountable persons"),
            Self::Claims => ("claims", Asset, "Претензии", "Claims"),
            Self::DeferredCosts => ("deferred_costs", Asset, "Расходы будущих периодов", "Deferred costs"),
            Self::LoansGiven => ("loans_given", Asset, "Выданные займы", "Loans given"),
            Self::FixedAssets => ("fixed_assets", Asset, "Основные средства", "Fixed assets"),
            Self::AccumulatedDepreciation => {
                ("accumulated_depreciation", Asset, "Накопленная амортизация", "Accumulated depreciation")
            }
            Self::Payables => ("payables", Liability, "Задолженность поставщикам", "Payables"),
            Self::AccruedCosts => ("accrued_costs", Liability, "Начисленные расходы", "Accrued costs"),
            Self::CustomerAdvances => ("customer_advances", Liability, "Авансы покупателей", "Customer advances"),
            Self::PayrollPayable => ("payroll_payable", Liability, "Задолженность по зарплате", "Payroll payable"),
            Self::Contributions => ("contributions", Liability, "Страховые взносы", "Contributions"),
            Self::TaxesPayable => ("taxes_payable", Liability, "Налоги к уплате", "Taxes payable"),
            Self::VatOutput => ("vat_output", Liability, "НДС к уплате", "Output VAT"),
            Self::VatOnSupplierAdvances => {
                ("vat_on_supplier_advances", Liability, "НДС с авансов выданных", "VAT on supplier advances")
            }
            Self::Loans => ("loans", Liability, "Кредиты и займы", "Loans"),
            Self::InterestPayable => ("interest_payable", Liability, "Проценты к уплате", "Interest payable"),
            Self::Capital => ("capital", Equity, "Капитал", "Capital"),
            Self::Drawings => ("drawings", Equity, "Изъятия собственников", "Drawings"),
            Self::OpeningBalances => ("opening_balances", Equity, "Ввод остатков", "Opening balances"),
            Self::Revenue => ("revenue", Income, "Выручка", "Revenue"),
            Self::OtherIncome => ("other_income", Income, "Прочие доходы", "Other income"),
            Self::Cogs => ("cogs", Expense, "Себестоимость продаж", "Cost of goods sold"),
            Self::OrderExpenses => ("order_expenses", Expense, "Прямые расходы заказов", "Order expenses"),
            Self::Payroll => ("payroll", Expense, "Расходы на персонал", "Payroll"),
            Self::Advertising => ("advertising", Expense, "Реклама", "Advertising"),
            Self::Overheads => ("overheads", Expense, "Общие расходы", "Overheads"),
            Self::WriteOffs => ("write_offs", Expense, "Списания", "Write-offs"),
            Self::Depreciation => ("depreciation", Expense, "Амортизация", "Depreciation"),
            Self::InterestExpense => ("interest_expense", Expense, "Проценты", "Interest"),
            Self::ExchangeDifferences => ("exchange_differences", Expense, "Курсовые разницы", "Exchange differences"),
            Self::Penalties => ("penalties", Expense, "Штрафы и пени", "Penalties"),
            Self::IncomeTax => ("income_tax", Expense, "Налог на прибыль / УСН", "Income tax"),
            Self::Rounding => ("rounding", Expense, "Округления", "Rounding"),
        }
    }

    /// Whether it holds what a customer is sold and owes (счета продаж), and nothing of what that costs us.
    pub const fn is_of_sales(self) -> bool {
        matches!(self, Self::Revenue | Self::Receivables | Self::CustomerAdvances | Self::VatOutput | Self::VatOnCustomerAdvances)
    }

    /// The code stored in the ledger, for example `customer_advances`.
    pub const fn as_str(self) -> &'static str {
        self.row().0
    }

    /// The section.
    pub const fn section(self) -> Section {
        self.row().1
    }

    /// The name in Russian.
    pub const fn name_ru(self) -> &'static str {
        self.row().2
    }

    /// The name in English.
    pub const fn name_en(self) -> &'static str {
        self.row().3
    }

    /// The account of a stored code.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|account| account.as_str() == code)
    }
}
