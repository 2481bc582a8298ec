//! Cash flow, income and expense and the balance: by hand, against PostgreSQL, and against each other.

use rust_decimal::Decimal;
use shpunt_analytics::reports::balance::{Balance, PROFIT};
use shpunt_analytics::reports::cash_flow::{Activity, CashFlow};
use shpunt_analytics::reports::entries::EntryFilter;
use shpunt_analytics::reports::gross_profit::{Basis, Group};
use shpunt_analytics::reports::income_expense::IncomeExpense;
use shpunt_analytics::reports::{Ask, Filter, Language, Period};
use shpunt_domain::access::Scope;
use shpunt_domain::ledger::{Account, Section};

use super::office::{Office, d, day, period};

fn first_two_months() -> Period {
    period("2026-01-01", "2026-02-28")
}

/// What the page calls "all time".
fn ever() -> Period {
    period("2000-01-01", "2026-12-31")
}

async fn cash(office: &Office, filter: &Filter, of: Period) -> CashFlow {
    let report = office.reports.cash_flow(&office.ask().await, filter, of).await.unwrap().data;
    for row in &report.accounts {
        assert_eq!(row.opening + row.received - row.paid, row.closing, "{row:?}");
    }
    for pair in report.months.windows(2) {
        assert_eq!(pair[0].closing, pair[1].opening, "{pair:?}");
    }
    let sum = |pick: fn(&shpunt_analytics::reports::cash_flow::AccountRow) -> Decimal| {
        report.accounts.iter().map(pick).sum::<Decimal>()
    };
    if let (Some(first), Some(last)) = (report.months.first(), report.months.last()) {
        assert_eq!((first.opening, last.closing), (sum(|row| row.opening), sum(|row| row.closing)));
        assert_eq!(last.closing - first.opening, report.rows.iter().map(|row| row.net).sum::<Decimal>());
    }
    report
}

async fn result(office: &Office, filter: &Filter, of: Period) -> IncomeExpense {
    office.reports.income_expense(&office.ask().await, filter, of).await.unwrap().data
}

async fn balance(office: &Office, filter: &Filter, at: &str) -> Balance {
    office.reports.balance(&office.ask().await, filter, day(at)).await.unwrap().data
}

fn profit(report: &IncomeExpense) -> Decimal {
    report.months.iter().map(|month| month.profit).sum()
}

fn line(balance: &Balance, account: &str) -> Decimal {
    balance.rows.iter().find(|row| row.account == account).map_or(Decimal::ZERO, |row| row.amount)
}

#[tokio::test(flavor = "multi_thread")]
async fn money_result_and_balance_agree_with_the_books_and_each_other() {
    let Some(office) = Office::new("balances").await else { return };
    cash_by_hand(&office).await;
    cash_of_some_deals(&office).await;
    cash_is_that_of_the_books(&office).await;
    result_by_hand(&office).await;
    result_of_a_channel_or_manager(&office).await;
    balance_is_that_of_the_books(&office).await;
    the_reports_agree(&office).await;
    the_entries_behind_a_number_are_its_sum(&office).await;
    office.stop().await;
}

async fn cash_by_hand(office: &Office) {
    let report = cash(office, &Office::of_company(office.a), first_two_months()).await;
    let accounts: Vec<_> =
        report.accounts.iter().map(|row| (row.name.as_str(), row.opening, row.received, row.paid, row.closing)).collect();
    assert_eq!(
        accounts,
        [
            // 3,000,000 − 1,440,000 + 1,200,000; then 400,000 + 1,464,000 in, both transfers and the bank's fee out.
            ("Банк А", d("2760000"), d("1864000"), d("151234.56"), d("4472765.44")),
            ("Касса А", d("0"), d("150000"), d("0"), d("150000")),
        ]
    );
    // The transfer within February is nobody's turnover; the one under way at the end of January is, until it arrives.
    let rows: Vec<_> =
        report.rows.iter().map(|row| (row.activity, row.article.as_str(), row.month, row.received, row.paid, row.net)).collect();
    let (january, february) = (day("2026-01-01"), day("2026-02-01"));
    assert_eq!(
        rows,
        [
            (Activity::Operating, "Поступления от покупателей", february, d("1864000"), d("0"), d("1864000")),
            (Activity::Operating, "Услуги банка", february, d("0"), d("1234.56"), d("-1234.56")),
            (Activity::Transfer, "Перевод между своими счетами", january, d("0"), d("50000"), d("-50000")),
            (Activity::Transfer, "Перевод между своими счетами", february, d("50000"), d("0"), d("50000")),
        ]
    );
    let months: Vec<_> = report.months.iter().map(|row| (row.month, row.opening, row.received, row.paid, row.closing)).collect();
    assert_eq!(
        months,
        [
            (january, d("2760000"), d("0"), d("50000"), d("2710000")),
            (february, d("2710000"), d("1914000"), d("1234.56"), d("4622765.44")),
        ]
    );
    let english = Ask { language: Language::En, ..office.ask().await };
    let report = office.reports.cash_flow(&english, &Filter::ALL, ever()).await.unwrap().data;
    assert!(report.rows.iter().any(|row| row.article == "Receipts from customers"), "{:#?}", report.rows);
    // From November to March without a gap, whatever the period.
    let months: Vec<_> = report.months.iter().map(|row| row.month.to_string()).collect();
    assert_eq!(months, ["2025-11-01", "2025-12-01", "2026-01-01", "2026-02-01", "2026-03-01"]);
}

/// Money carries no manager and no channel: it goes with its deal.
async fn cash_of_some_deals(office: &Office) {
    let closing = async |filter: Filter| {
        let report = cash(office, &filter, period("2026-01-01", "2026-02-27")).await;
        let sum = |of: fn(&shpunt_analytics::reports::cash_flow::AccountRow) -> Decimal| {
            report.accounts.iter().map(of).sum::<Decimal>()
        };
        (sum(|row| row.opening), sum(|row| row.closing))
    };
    // Ivan has the embankment (1,200,000 before), the quay and the pit; Olga the tower.
    let ivan = (d("1200000"), d("3328000"));
    assert_eq!(closing(Filter { manager_id: Some(office.ivan), ..Filter::ALL }).await, ivan);
    assert_eq!(closing(Filter { scope: Scope::of(office.ivan, &[]), ..Filter::ALL }).await, ivan);
    assert_eq!(closing(Filter { manager_id: Some(office.olga), ..Filter::ALL }).await, (d("0"), d("500000")));
    assert_eq!(closing(Filter { channel_id: Some(office.avito), ..Filter::ALL }).await, (d("0"), d("1464000")));
    let all_of_it = closing(Filter::ALL).await;
    let nobody = closing(Filter { manager_id: Some(0), ..Filter::ALL }).await;
    assert_eq!(nobody.1, all_of_it.1 - d("3828000"), "what is no deal's is nobody's");
}

async fn cash_is_that_of_the_books(office: &Office) {
    for of in [ever(), first_two_months(), period("2026-02-02", "2026-02-15")] {
        for (filter, company) in
            [(Filter::ALL, String::new()), (Office::of_company(office.b), format!(" and company_id = {}", office.b))]
        {
            let report = cash(office, &filter, of).await;
            let within = format!("account = 'cash' and effective_on between '{}' and '{}'{company}", of.from, of.to);
            for row in &report.accounts {
                let account = format!("account = 'cash' and cash_account_id = {}", row.cash_account_id);
                let opening = office.books("sum(amount)", &format!("{account} and effective_on < '{}'", of.from)).await;
                let closing = office.books("sum(amount)", &format!("{account} and effective_on <= '{}'", of.to)).await;
                assert_eq!((row.opening, row.closing), (opening, closing), "{row:?}");
            }
            for row in report.rows.iter().filter(|row| row.activity != Activity::Transfer) {
                let here = format!(
                    "{within} and article_id = {} and date_trunc('month', effective_on) = '{}'",
                    row.article_id, row.month
                );
                let (received, paid) = (
                    office.books("sum(greatest(amount, 0))", &here).await,
                    office.books("sum(greatest(-amount, 0))", &here).await,
                );
                assert_eq!((row.received, row.paid, row.net), (received, paid, received - paid), "{row:?}");
            }
            let net: Decimal = report.rows.iter().map(|row| row.net).sum();
            assert_eq!(net, office.books("sum(amount)", &within).await, "{of:?}");
        }
    }
}

async fn result_by_hand(office: &Office) {
    let report = result(office, &Office::of_company(office.a), first_two_months()).await;
    let rows: Vec<_> = report
        .rows
        .iter()
        .filter(|row| row.month == day("2026-02-01"))
        .map(|row| (row.section, row.account, row.label.as_str(), row.amount))
        .collect();
    let expense = |account, label, amount: &str| (Section::Expense, account, label, d(amount));
    assert_eq!(
        rows,
        [
            (Section::Income, Account::Revenue, "Выручка", d("1691803.28")),
            expense(Account::Cogs, "Себестоимость продаж", "1100000"),
            expense(Account::OrderExpenses, "Резка и подготовка", "5000"),
            expense(Account::OrderExpenses, "Погрузка и разгрузка", "10000"),
            expense(Account::Payroll, "Заработная плата", "80000"),
            expense(Account::Advertising, "Реклама", "30000"),
            expense(Account::Overheads, "Аренда", "100000"),
            expense(Account::Overheads, "Услуги банка", "1234.56"),
        ]
    );
    assert!(report.rows.iter().all(|row| row.article_id.is_some() == !matches!(row.account, Account::Revenue | Account::Cogs)));
    assert_eq!(profit(&report), d("648355.61"));
    let february = report.months.last().unwrap();
    assert_eq!((february.income, february.expense, february.profit), (d("1691803.28"), d("1326234.56"), d("365568.72")));
    for of in [ever(), period("2026-02-05", "2026-02-20")] {
        let within = format!("effective_on between '{}' and '{}'", of.from, of.to);
        let accounts = "('revenue', 'other_income', 'cogs', 'order_expenses', 'payroll', 'advertising', 'overheads')";
        let books = office.books("-sum(amount)", &format!("{within} and account in {accounts}")).await;
        assert_eq!(profit(&result(office, &Filter::ALL, of).await), books, "{of:?}");
    }
}

/// The turnover by day knows neither: whole months come from the other mart, other days from the entries.
async fn result_of_a_channel_or_manager(office: &Office) {
    for of in [first_two_months(), period("2026-01-02", "2026-02-28")] {
        // The quay's 400,000 less 30,000 of advertising.
        assert_eq!(
            profit(&result(office, &Filter { channel_id: Some(office.avito), ..Filter::ALL }, of).await),
            d("370000"),
            "{of:?}"
        );
        // 624,590.17 + 210,057.14 of gross profit less 65,000 of expenses and his salary.
        assert_eq!(
            profit(&result(office, &Filter { manager_id: Some(office.ivan), ..Filter::ALL }, of).await),
            d("689647.31"),
            "{of:?}"
        );
        // What he may see: the deals that are his now, and no salaries.
        let scope = Filter { scope: Scope::of(office.ivan, &[]), ..Filter::ALL };
        assert_eq!(profit(&result(office, &scope, of).await), d("1169647.31"), "{of:?}");
    }
}

async fn balance_is_that_of_the_books(office: &Office) {
    for at in ["2025-11-14", "2025-12-31", "2026-01-31", "2026-02-28", "2026-03-02", "2099-12-31"] {
        for (filter, company) in
            [(Filter::ALL, String::new()), (Office::of_company(office.b), format!(" and company_id = {}", office.b))]
        {
            let balance = balance(office, &filter, at).await;
            assert_eq!((balance.at, balance.check), (day(at), Decimal::ZERO), "{at}");
            assert_eq!(balance.assets, balance.liabilities + balance.equity);
            for row in &balance.rows {
                let accounts = if row.account == PROFIT {
                    let result = Account::ALL.into_iter().filter(|a| matches!(a.section(), Section::Income | Section::Expense));
                    result.map(|a| format!("'{}'", a.as_str())).collect::<Vec<_>>().join(", ")
                } else {
                    assert!(!row.amount.is_zero());
                    format!("'{}'", row.account)
                };
                let books =
                    office.books("sum(amount)", &format!("account in ({accounts}) and effective_on <= '{at}'{company}")).await;
                assert_eq!(row.amount, if row.section == Section::Asset { books } else { -books }, "{row:?} {at}");
            }
            let of = |section| balance.rows.iter().filter(|row| row.section == section).map(|row| row.amount).sum::<Decimal>();
            assert_eq!(
                (of(Section::Asset), of(Section::Liability), of(Section::Equity)),
                (balance.assets, balance.liabilities, balance.equity)
            );
        }
    }
    let december = balance(office, &Office::of_company(office.a), "2025-12-31").await;
    // Paid for at the end of the year: the goods, 1,560,000 of own money, the advance and its 200,000 of VAT.
    let lines: Vec<_> = december.rows.iter().map(|row| (row.account, row.amount)).collect();
    assert_eq!(
        lines,
        [
            ("cash", d("2760000")),
            ("inventory", d("1200000")),
            ("vat_input", d("240000")),
            ("vat_on_customer_advances", d("200000")),
            ("customer_advances", d("1200000")),
            ("vat_output", d("200000")),
            ("capital", d("3000000")),
            (PROFIT, d("0")),
        ]
    );
    // Shipped in January: the advance is gone with the VAT that was charged on it.
    let january = balance(office, &Office::of_company(office.a), "2026-01-31").await;
    assert_eq!((line(&january, "customer_advances"), line(&january, "vat_on_customer_advances")), (d("0"), d("0")));
    assert_eq!((line(&january, "receivables"), line(&january, "cash_in_transit")), (d("60000"), d("50000")));
    // The books are one: neither channel nor manager cuts them.
    let narrow = Filter { channel_id: Some(office.avito), manager_id: Some(office.olga), ..Filter::ALL };
    assert_eq!(balance(office, &narrow, "2026-03-02").await, balance(office, &Filter::ALL, "2026-03-02").await);
}

async fn the_reports_agree(office: &Office) {
    for filter in [Filter::ALL, Office::of_company(office.a), Office::of_company(office.b)] {
        let at_end = balance(office, &filter, "2026-12-31").await;
        let all_time = result(office, &filter, ever()).await;
        assert_eq!(profit(&all_time), line(&at_end, PROFIT), "the result of all time is the profit of the balance");
        let flow = cash(office, &filter, ever()).await;
        let closing: Decimal = flow.accounts.iter().map(|row| row.closing).sum();
        assert_eq!(closing, line(&at_end, "cash"), "what cash flow leaves is the cash of the balance");
        let asked = office.ask().await;
        let gross = office.reports.gross_profit(&asked, &filter, ever(), Group::Month, Basis::Posted).await.unwrap().data;
        for row in &gross.rows {
            let of = |account| {
                let rows = all_time.rows.iter().filter(|line| line.account == account && line.month.to_string() == row.label);
                rows.map(|line| line.amount).sum::<Decimal>()
            };
            assert_eq!(row.gross_profit, of(Account::Revenue) - of(Account::Cogs), "{}", row.label);
            assert_eq!(row.direct_expenses, of(Account::OrderExpenses), "{}", row.label);
        }
        let deals = office.reports.active_deals(&asked, &filter, super::office::booked()).await.unwrap().data.total;
        // Every debt and advance of customers belongs to a deal that is open, or is settled.
        assert_eq!((deals.debt, deals.advance), (line(&at_end, "receivables"), line(&at_end, "customer_advances")));
    }
}

async fn the_entries_behind_a_number_are_its_sum(office: &Office) {
    let (asked, of) = (office.ask().await, period("2026-01-01", "2026-02-27"));
    let company_id = Some(office.a);
    let behind = async |filter: EntryFilter| office.behind(&asked, &EntryFilter { company_id, ..filter }).await.0;
    let within = EntryFilter { period: Some(of), ..EntryFilter::ALL };
    let flow = cash(office, &Office::of_company(office.a), of).await;
    let cash_of = |filter: EntryFilter| EntryFilter { accounts: vec![Account::Cash], ..filter };
    for row in &flow.accounts {
        let filter = cash_of(EntryFilter { cash_account_id: Some(row.cash_account_id), ..within.clone() });
        assert_eq!(behind(filter).await, row.closing - row.opening, "{row:?}");
    }
    for row in &flow.rows {
        let month = month_within(row.month, of);
        let filter = cash_of(EntryFilter { article_id: Some(row.article_id), period: Some(month), ..within.clone() });
        assert_eq!(behind(filter).await, row.net, "{row:?}");
    }
    for row in &flow.months {
        let filter = cash_of(EntryFilter { period: Some(month_within(row.month, of)), ..within.clone() });
        assert_eq!(behind(filter).await, row.received - row.paid, "{row:?}");
    }
    for row in &result(office, &Office::of_company(office.a), of).await.rows {
        let period = Some(month_within(row.month, of));
        let filter = EntryFilter { accounts: vec![row.account], article_id: row.article_id, period, ..EntryFilter::ALL };
        assert_eq!(behind(filter).await.abs(), row.amount, "{row:?}");
    }
    for row in &balance(office, &Office::of_company(office.a), "2026-02-14").await.rows {
        let accounts = Account::parse(row.account).map_or_else(
            || Account::ALL.into_iter().filter(|a| matches!(a.section(), Section::Income | Section::Expense)).collect(),
            |account| vec![account],
        );
        let period = Some(period("2000-01-01", "2026-02-14"));
        let sum = behind(EntryFilter { accounts, period, ..EntryFilter::ALL }).await;
        assert_eq!(sum, if row.section == Section::Asset { row.amount } else { -row.amount }, "{row:?}");
    }
    // Chosen by manager or channel, money goes with its deal there as here.
    for filter in [
        Filter { manager_id: Some(office.ivan), ..Filter::ALL },
        Filter { manager_id: Some(0), ..Filter::ALL },
        Filter { channel_id: Some(office.site), ..Filter::ALL },
        Filter { scope: Scope::of(office.olga, &[]), ..Filter::ALL },
    ] {
        let entries = EntryFilter {
            scope: filter.scope.clone(),
            employee_id: filter.manager_id,
            channel_id: filter.channel_id,
            accounts: vec![Account::Cash],
            ..within.clone()
        };
        let net: Decimal = cash(office, &filter, of).await.rows.iter().map(|row| row.net).sum();
        assert_eq!(office.behind(&asked, &entries).await.0, net, "{filter:?}");
        let entries = EntryFilter {
            accounts: vec![
                Account::Revenue,
                Account::Cogs,
                Account::OrderExpenses,
                Account::Payroll,
                Account::Advertising,
                Account::Overheads,
            ],
            ..entries
        };
        let result = profit(&result(office, &filter, of).await);
        assert_eq!(-office.behind(&asked, &entries).await.0, result, "{filter:?}");
    }
}

/// A month clipped by the period, as the page does it.
fn month_within(month: chrono::NaiveDate, of: Period) -> Period {
    let last = month + chrono::Months::new(1) - chrono::Days::new(1);
    Period { from: month.max(of.from), to: last.min(of.to) }
}
