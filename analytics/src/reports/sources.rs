//! What each report is made of: the tables whose changes may change it.

/// A report (отчёт).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Report {
    /// Валовая прибыль.
    GrossProfit,
    /// Сделки в работе.
    ActiveDeals,
    /// Воронка.
    Funnel,
    /// Движение денег.
    CashFlow,
    /// Доходы и расходы.
    IncomeExpense,
    /// Баланс.
    Balance,
    /// Остатки.
    Stock,
    /// Изменения маржи.
    MarginChanges,
}

impl Report {
    /// The shipped tables it reads, those of its labels included.
    pub const fn sources(self) -> &'static [&'static str] {
        match self {
            Self::GrossProfit => {
                &["ledger_entry", "batches", "deals", "employees", "orders", "order_lines", "parties", "products"]
            }
            Self::ActiveDeals => {
                &["ledger_entry", "deals", "orders", "order_lines", "channels", "companies", "employees", "parties"]
            }
            Self::Funnel => &["stage_transitions", "deals", "channels", "companies", "employees"],
            Self::CashFlow => &["ledger_entry", "articles", "cash_accounts"],
            Self::IncomeExpense => &["ledger_entry", "articles"],
            Self::Balance => &["ledger_entry"],
            Self::Stock => &["ledger_entry", "batches", "products", "warehouses"],
            Self::MarginChanges => &["ledger_entry", "articles", "batches", "orders"],
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The tables named in the text of statements.
    fn named(text: &str) -> BTreeSet<&str> {
        let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
        words
            .filter_map(|word| match word.split_once('_') {
                Some(("raw" | "cur", table)) => Some(table),
                Some(("mart", _)) => Some("ledger_entry"),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn every_table_of_a_statement_is_a_source() {
        let active_deals = concat!(include_str!("active_deals/mod.rs"), include_str!("active_deals/statements.rs"));
        let funnel = concat!(include_str!("funnel/mod.rs"), include_str!("funnel/statements.rs"));
        for (report, text) in [
            (Report::GrossProfit, include_str!("gross_profit.rs")),
            (Report::ActiveDeals, active_deals),
            (Report::Funnel, funnel),
            (Report::CashFlow, include_str!("cash_flow.rs")),
            (Report::IncomeExpense, include_str!("income_expense.rs")),
            (Report::Balance, include_str!("balance.rs")),
            (Report::Stock, include_str!("stock.rs")),
            (Report::MarginChanges, include_str!("margin_changes/mod.rs")),
        ] {
            assert_eq!(named(text), report.sources().iter().copied().collect(), "{report:?}");
        }
    }
}
