//! The ledger and the command runner on a real database: what is refused, what is replayed, what is reversed.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use shpunt_domain::access::Permission;
use shpunt_domain::command::{self, Outcome};
use shpunt_domain::ledger::{self, Account, Cash, Entry, Kind, Posting};
use shpunt_domain::{Code, Db, Result};
use shpunt_tests::ctx;
use shpunt_tests::db::TestDb;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Money brought in by the owners.
#[derive(Clone, serde::Serialize)]
struct Capital {
    company_id: i64,
    on: NaiveDate,
    amount: i64,
}

impl Capital {
    fn posting(&self) -> Posting {
        let cash = Cash { cash_account_id: 1, article_id: 1 };
        let entries = [
            Entry::debit(Account::Cash, Decimal::from(self.amount)).cash(cash),
            Entry::credit(Account::Capital, Decimal::from(self.amount)),
        ];
        Posting::try_new(Kind::Opening, self.company_id, 1, self.on, entries).unwrap()
    }
}

fn capital(company_id: i64, on: NaiveDate, amount: i64) -> Capital {
    Capital { company_id, on, amount }
}

async fn post(db: &Db, key: &str, input: &Capital) -> Result<Outcome<i64>> {
    let ctx = ctx(key).with_key(Some(key.to_owned()));
    command::run(db, &ctx, "tests.post", Permission::PostBooks, input, async |run, input| {
        ledger::store::post_in_tx(run, &input.posting()).await
    })
    .await
}

async fn entries(db: &Db) -> i64 {
    sqlx::query_scalar("select count(*) from ledger_entry").fetch_one(db).await.unwrap()
}

/// The message of the database error a statement (and its commit) ends with.
async fn refused(db: &Db, statement: &'static str) -> String {
    let mut tx = db.begin().await.unwrap();
    match sqlx::raw_sql(statement).execute(&mut *tx).await {
        Err(error) => error.to_string(),
        Ok(_) => tx.commit().await.unwrap_err().to_string(),
    }
}

#[tokio::test]
async fn a_command_is_done_once_and_replayed_after_that() {
    let test = TestDb::new().await;
    let (company, _) = test.companies().await;
    let posting = capital(company, day("2026-02-27"), 1_000_000);
    let first = post(&test.db, "once", &posting).await.unwrap();
    let again = post(&test.db, "once", &posting).await.unwrap();
    assert!(!first.replayed && again.replayed);
    assert_eq!(first.value, again.value);
    assert_eq!(entries(&test.db).await, 2);
    let other = post(&test.db, "once", &capital(company, day("2026-02-27"), 5)).await.unwrap_err();
    assert_eq!(other.code(), Code::IdempotencyConflict);
    assert_eq!(entries(&test.db).await, 2);
}

#[tokio::test]
async fn eight_callers_with_one_key_do_it_once() {
    let test = TestDb::new().await;
    let (company, _) = test.companies().await;
    let posting = capital(company, day("2026-02-27"), 7);
    let calls: Vec<_> = (0..8)
        .map(|_| {
            let (db, posting) = (test.db.clone(), posting.clone());
            tokio::spawn(async move { post(&db, "race", &posting).await.unwrap() })
        })
        .collect();
    let mut fresh = 0;
    for call in calls {
        fresh += u32::from(!call.await.unwrap().replayed);
    }
    assert_eq!((fresh, entries(&test.db).await), (1, 2));
}

#[tokio::test]
async fn a_date_must_lie_in_an_open_month_of_the_company() {
    let test = TestDb::new().await;
    let (company, _) = test.companies().await;
    sqlx::query("insert into periods values ($1, '2026-01-01', now())").bind(company).execute(&test.db).await.unwrap();
    for (on, code) in
        [("2026-03-03", Code::DateInFuture), ("2023-12-31", Code::DateBeforeFirstDay), ("2026-01-31", Code::PeriodClosed)]
    {
        let error = post(&test.db, on, &capital(company, day(on), 1)).await.unwrap_err();
        assert_eq!(error.code(), code, "{on}");
    }
    assert_eq!(post(&test.db, "nobody", &capital(99, day("2026-02-01"), 1)).await.unwrap_err().code(), Code::NotFound);
    assert_eq!(entries(&test.db).await, 0);
    let logged: i64 = sqlx::query_scalar("select count(*) from command_log").fetch_one(&test.db).await.unwrap();
    assert_eq!(logged, 0, "only successes are logged");
}

#[tokio::test]
async fn a_reversal_negates_and_happens_once() {
    let test = TestDb::new().await;
    let (company, _) = test.companies().await;
    let posted = post(&test.db, "a", &capital(company, day("2026-02-27"), 300)).await.unwrap().value;
    for (key, expected) in [("r1", None), ("r2", Some(Code::AlreadyReversed))] {
        let result = command::run(&test.db, &ctx(key), "tests.reverse", Permission::PostBooks, &posted, async |run, posted| {
            ledger::store::reverse_in_tx(run, *posted, 1, day("2026-03-02")).await
        })
        .await;
        assert_eq!(result.as_ref().err().map(shpunt_domain::Error::code), expected);
    }
    let left: Decimal =
        sqlx::query_scalar("select sum(abs(total)) from (select sum(amount) as total from ledger_entry group by account) t")
            .fetch_one(&test.db)
            .await
            .unwrap();
    assert_eq!((left, entries(&test.db).await), (Decimal::ZERO, 4));
}

#[tokio::test]
async fn the_database_is_the_second_witness() {
    let test = TestDb::new().await;
    let (company, _) = test.companies().await;
    post(&test.db, "a", &capital(company, day("2026-02-27"), 300)).await.unwrap();
    let unbalanced = refused(
        &test.db,
        "insert into ledger_transaction (company_id, kind, document_id, effective_on, booked_at, command_id, entries)
         values (1, 'opening', 1, '2026-02-01', now(), gen_random_uuid(), 2);
         insert into ledger_entry (transaction_id, line, account, amount, effective_on, origin_on, booked_at, company_id)
         select max(transaction_id), 1, 'capital', 5, date '2026-02-01', date '2026-02-01', now(), 1 from ledger_transaction
         union all select max(transaction_id), 2, 'loans', -4, '2026-02-01', '2026-02-01', now(), 1
         from ledger_transaction",
    )
    .await;
    assert!(unbalanced.contains("unbalanced"), "{unbalanced}");
    let headless = refused(
        &test.db,
        "insert into ledger_transaction (company_id, kind, document_id, effective_on, booked_at, command_id, entries)
         values (1, 'opening', 1, '2026-02-01', now(), gen_random_uuid(), 2)",
    )
    .await;
    assert!(headless.contains("no entries"), "{headless}");
    let late = refused(
        &test.db,
        "insert into ledger_entry (transaction_id, line, account, amount, effective_on, origin_on, booked_at, company_id)
         values (1, 3, 'capital', 5, '2026-02-27', '2026-02-27', now(), 1), (1, 4, 'loans', -5, '2026-02-27', '2026-02-27', now(), 1)",
    )
    .await;
    assert!(late.contains("unbalanced or incomplete"), "{late}");
    for statement in [
        "update ledger_entry set amount = 1",
        "delete from ledger_entry",
        "truncate ledger_entry",
        "update ledger_transaction set kind = 'storno'",
    ] {
        let message = refused(&test.db, statement).await;
        assert!(message.contains("append-only"), "{statement}: {message}");
    }
    assert_eq!(entries(&test.db).await, 2);
}
