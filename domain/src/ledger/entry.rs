//! One line of a posting and the typed groups of dimensions it is built from.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::Account;
use crate::companies::rates::Foreign;

/// Whose sale: every dimension a revenue or cost line of an order carries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sale {
    /// Сделка.
    pub deal_id: i64,
    /// Заказ.
    pub order_id: i64,
    /// Строка заказа.
    pub order_line_id: i64,
    /// Товар или услуга.
    pub product_id: i64,
    /// Покупатель.
    pub party_id: i64,
    /// Договор.
    pub contract_id: i64,
    /// Менеджер at posting.
    pub employee_id: i64,
    /// Канал of the deal at posting.
    pub channel_id: i64,
}

/// What a part of the cost was paid for (элемент себестоимости).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CostElement {
    /// Закупка.
    Purchase,
    /// Доставка на склад.
    FreightIn,
    /// Разгрузка.
    Unloading,
    /// Резка.
    Cutting,
    /// Таможня.
    Customs,
    /// Хранение.
    Storage,
    /// Прочее.
    Other,
    /// Расход, узнанный после продажи.
    Late,
    /// Разница веса.
    Weight,
}

impl CostElement {
    /// All that goods may cost.
    const ALL: [Self; 9] = [
        Self::Purchase,
        Self::FreightIn,
        Self::Unloading,
        Self::Cutting,
        Self::Customs,
        Self::Storage,
        Self::Other,
        Self::Late,
        Self::Weight,
    ];

    /// The element of a stored code.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|element| element.as_str() == code)
    }

    /// The code stored in the ledger.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Purchase => "purchase",
            Self::FreightIn => "freight_in",
            Self::Unloading => "unloading",
            Self::Cutting => "cutting",
            Self::Customs => "customs",
            Self::Storage => "storage",
            Self::Other => "other",
            Self::Late => "late",
            Self::Weight => "weight",
        }
    }
}

/// What goods, by which cost element; measures have the sign of the amount.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stock {
    /// Серия.
    pub batch_id: i64,
    /// Товар.
    pub product_id: i64,
    /// Склад.
    pub warehouse_id: i64,
    /// Элемент себестоимости; none where cost is not meant.
    pub cost_element: Option<CostElement>,
    /// Штуки.
    pub pieces: i64,
    /// Метры.
    pub metres: Decimal,
    /// Тонны теоретические.
    pub tonnes_theoretical: Decimal,
    /// Тонны по весам; zero when not weighed.
    pub tonnes_weighed: Decimal,
}

impl Stock {
    /// The same goods on the way out: every measure negated.
    #[must_use]
    pub fn negated(self) -> Self {
        Self {
            pieces: -self.pieces,
            metres: -self.metres,
            tonnes_theoretical: -self.tonnes_theoretical,
            tonnes_weighed: -self.tonnes_weighed,
            ..self
        }
    }
}

/// Which money.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cash {
    /// Счёт или касса.
    pub cash_account_id: i64,
    /// Статья ДДС.
    pub article_id: i64,
}

/// With whom and for what a debt or an advance stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Settlement {
    /// Контрагент.
    pub party_id: i64,
    /// Договор.
    pub contract_id: i64,
    /// Сделка.
    pub deal_id: i64,
    /// Заказ.
    pub order_id: i64,
}

/// What an expense was for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Expense {
    /// Статья.
    pub article_id: i64,
    /// Подразделение.
    pub department_id: i64,
    /// Сотрудник.
    pub employee_id: i64,
    /// Рекламный канал.
    pub channel_id: i64,
}

/// One line: an account, a signed amount (debit > 0) and its dimensions (0 = none).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub(crate) account: Account,
    pub(crate) amount: Decimal,
    pub(crate) vat: Decimal,
    pub(crate) origin_on: Option<NaiveDate>,
    pub(crate) sale: Sale,
    pub(crate) stock: Stock,
    pub(crate) cash: Cash,
    pub(crate) department_id: i64,
    pub(crate) foreign: Option<Foreign>,
}

impl Entry {
    /// A debit of `amount`; a negative amount is a debit storno.
    pub fn debit(account: Account, amount: Decimal) -> Self {
        Self {
            account,
            amount,
            vat: Decimal::ZERO,
            origin_on: None,
            sale: Sale::default(),
            stock: Stock::default(),
            cash: Cash::default(),
            department_id: 0,
            foreign: None,
        }
    }

    /// A credit of `amount`.
    pub fn credit(account: Account, amount: Decimal) -> Self {
        Self::debit(account, -amount)
    }

    /// Memo: the VAT that belongs to the amount, with the amount's sign.
    #[must_use]
    pub fn vat(mut self, vat: Decimal) -> Self {
        self.vat = vat;
        self
    }

    /// The original shipment's date, where it is not the posting's own.
    #[must_use]
    pub fn origin_on(mut self, origin_on: NaiveDate) -> Self {
        self.origin_on = Some(origin_on);
        self
    }

    /// Adds the dimensions of a sale.
    #[must_use]
    pub fn sale(mut self, sale: Sale) -> Self {
        self.sale = sale;
        self
    }

    /// Adds goods; the product of the sale, if any, stays.
    #[must_use]
    pub fn stock(mut self, stock: Stock) -> Self {
        if stock.product_id != 0 {
            self.sale.product_id = stock.product_id;
        }
        self.stock = stock;
        self
    }

    /// Adds money.
    #[must_use]
    pub fn cash(mut self, cash: Cash) -> Self {
        self.cash = cash;
        self
    }

    /// What it is in another currency than roubles, with the amount's sign.
    #[must_use]
    pub fn in_currency(mut self, foreign: Foreign) -> Self {
        self.foreign = Some(foreign);
        self
    }

    /// Adds the settlement it belongs to.
    #[must_use]
    pub fn settlement(mut self, of: Settlement) -> Self {
        self.sale.party_id = of.party_id;
        self.sale.contract_id = of.contract_id;
        self.sale.deal_id = of.deal_id;
        self.sale.order_id = of.order_id;
        self
    }

    /// Adds what an expense was for; a zero leaves what is there.
    #[must_use]
    pub fn expense(mut self, of: Expense) -> Self {
        self.cash.article_id = of.article_id;
        self.department_id = of.department_id;
        if of.employee_id != 0 {
            self.sale.employee_id = of.employee_id;
        }
        if of.channel_id != 0 {
            self.sale.channel_id = of.channel_id;
        }
        self
    }

    /// The account.
    pub fn account(&self) -> Account {
        self.account
    }

    /// The signed amount, debit > 0.
    pub fn amount(&self) -> Decimal {
        self.amount
    }

    /// Says nothing: no amount and no measure.
    pub(crate) fn is_empty(&self) -> bool {
        self.amount.is_zero()
            && self.vat.is_zero()
            && self.stock.pieces == 0
            && self.stock.tonnes_theoretical.is_zero()
            && self.stock.tonnes_weighed.is_zero()
    }
}
