//! `shpunt import leads`: made-up files with every fault, and the real funnel of 2018 when its data are at hand.

pub(crate) mod funnel;

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::{DateTime, Utc};
use shpunt_domain::Db;
use shpunt_domain::access::Role;
use shpunt_domain::access::commands::{UserAdd, user_add};
use shpunt_ingest::leads::{Error, Map, Report, Step, import};
use shpunt_tests::ctx;
use shpunt_tests::db::TestDb;
use shpunt_tests::scratch::Scratch;

const LEADS: &str = "kind = 'lead'\ndates = ['%d.%m.%Y', '%Y-%m-%d %H:%M']\n[columns]\nid = 'id'\nat = 'день'\nchannel = 'канал'\ntitle = 'тема'\n";

const WINS: &str =
    "kind = 'win'\ndates = ['%d.%m.%Y']\n[columns]\nid = 'id'\nat = 'день'\ncustomer = 'клиент'\ncustomer_name = 'имя'\n";

/// A database with companies, and a directory for files.
struct Desk {
    test: TestDb,
    dir: Scratch,
    files: AtomicUsize,
}

impl Desk {
    async fn new() -> Self {
        let test = TestDb::new().await;
        test.companies().await;
        Self { test, dir: Scratch::new("leads").unwrap(), files: AtomicUsize::new(0) }
    }

    fn db(&self) -> &Db {
        &self.test.db
    }

    fn file(&self, bytes: &[u8]) -> PathBuf {
        let path = self.dir.path().join(format!("{}.csv", self.files.fetch_add(1, Ordering::Relaxed)));
        std::fs::write(&path, bytes).unwrap();
        path
    }

    async fn import(&self, map: &str, bytes: impl AsRef<[u8]>) -> Result<Report, Error> {
        let file = self.file(bytes.as_ref());
        let ctx = ctx(&file.display().to_string());
        import(self.db(), &ctx, &file, &Map::parse(map).unwrap(), &|_| {}).await
    }

    /// Every deal as `external id, channel, title, stage, first contact`.
    async fn deals(&self) -> Vec<(String, String, String, String, DateTime<Utc>)> {
        sqlx::query_as(
            "select external_id, code, title, stage, opened_at from deals join channels using (channel_id) order by external_id",
        )
        .fetch_all(self.db())
        .await
        .unwrap()
    }

    /// Rows of every table an import could touch.
    async fn rows(&self) -> i64 {
        sqlx::query_scalar(
            "select (select count(*) from deals) + (select count(*) from channels) + (select count(*) from parties)
                + (select count(*) from stage_transitions) + (select count(*) from command_log)",
        )
        .fetch_one(self.db())
        .await
        .unwrap()
    }
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// `line column CODE` of each.
fn told(rows: &[shpunt_ingest::leads::Rejected]) -> Vec<String> {
    rows.iter().map(|row| format!("{} {} {}", row.line, row.column, row.reason.code())).collect()
}

#[tokio::test]
async fn both_encodings_both_delimiters_a_mark_and_quoted_line_ends() {
    let text = "id;канал;тема;день\r\n\
        1;Сайт;\"Шпунт Л5; \"\"срочно\"\"\";01.02.2026\r\n\
        2;;\"две строки\nв поле\";2026-02-03 10:30\r\n";
    let comma = text.replace(';', ",");
    let (windows, _, _) = encoding_rs::WINDOWS_1251.encode(text);
    let with = |head: &str| format!("{head}{LEADS}");
    for (map, bytes, delimiter) in [
        (with("delimiter = ';'\n"), text.as_bytes().to_vec(), ';'),
        (with("delimiter = ';'\n"), [b"\xEF\xBB\xBF", text.as_bytes()].concat(), ';'),
        (with("delimiter = ';'\nencoding = 'windows-1251'\n"), windows.to_vec(), ';'),
        (with(""), comma.as_bytes().to_vec(), ','),
        (with("delimiter = ','\nutc_offset = '+03:00'\n"), comma.as_bytes().to_vec(), ','),
    ] {
        let desk = Desk::new().await;
        let report = desk.import(&map, bytes).await.unwrap();
        assert_eq!((report.rows, report.changed, report.rejected.len()), (2, 2, 0), "{report}");
        let title = format!("Шпунт Л5{delimiter} \"срочно\"");
        assert_eq!(
            desk.deals().await,
            [
                ("1".into(), "Сайт".into(), title, "new_lead".into(), at("2026-01-31T21:00:00Z")),
                ("2".into(), "unknown".into(), "две строки в поле".into(), "new_lead".into(), at("2026-02-03T07:30:00Z")),
            ]
        );
    }
}

#[tokio::test]
async fn every_row_that_is_not_taken_is_told_with_line_column_and_reason() {
    let desk = Desk::new().await;
    let long = "я".repeat(301);
    let file = format!(
        "id,канал,тема,день\n\
         1,Сайт,Набережная,01.02.2026\n\
         ,Сайт,без номера,01.02.2026\n\
         3,Сайт,не тот день,31.02.2026\n\
         4,Сайт,без дня,\n\
         1,Сайт,опять первый,01.02.2026\n\
         6,Сайт,лишнее,01.02.2026,поле\n\
         7,Сайт\n\
         8,\"Сай\"т,кавычки,01.02.2026\n\
         9,Сайт,\"не закрыта,01.02.2026\n\
         10,Сайт,{long},01.02.2026\n\
         11,Сайт,завтра,03.03.2026\n\
         12,Сайт,древность,31.12.1900\n\
         13,\"рек\tлама\",табуляция,01.02.2026\n\
         \n\
         15,Сайт,\"в двух\nстроках\",01.02.2026\n\
         17,Сайт,,01.02.2026\n"
    );
    let report = desk.import(LEADS, &file).await.unwrap();
    assert_eq!(
        told(&report.rejected),
        [
            "3 id EMPTY",
            "4 день BAD_DATE",
            "5 день EMPTY",
            "6 id DUPLICATE_ID",
            "7  WRONG_NUMBER_OF_FIELDS",
            "8  WRONG_NUMBER_OF_FIELDS",
            "9  BAD_QUOTES",
            "10  BAD_QUOTES",
            "11 тема BAD_TEXT",
            "12 день DATE_IN_FUTURE",
            "13 день DATE_TOO_EARLY",
            "14 канал BAD_TEXT",
        ]
    );
    let text = report.to_string();
    assert!(text.contains("line 6, column id: the id stands in line 2 too"), "{text}");
    assert_eq!((report.rows, report.changed, report.unchanged), (15, 3, 0));
    let titles: Vec<String> = desk.deals().await.into_iter().map(|deal| deal.2).collect();
    assert_eq!(titles, ["Набережная", "в двух строках", "17"]);
}

#[tokio::test]
async fn a_channel_can_be_called_differently_here() {
    let desk = Desk::new().await;
    let map = format!("{LEADS}[channels]\npaid_search = 'direct'\nn-a = 'unknown'\n");
    let file = "id,канал,тема,день\n1,paid_search,а,01.02.2026\n2,n-a,б,01.02.2026\n3,email,в,01.02.2026\n4,  ,г,01.02.2026\n";
    desk.import(&map, file).await.unwrap();
    let channels: Vec<String> = desk.deals().await.into_iter().map(|deal| deal.1).collect();
    assert_eq!(channels, ["direct", "unknown", "email", "unknown"]);
}

#[tokio::test]
async fn the_same_file_changes_nothing_and_a_grown_one_only_what_is_new() {
    let desk = Desk::new().await;
    let file = "id,канал,тема,день\n1,Сайт,а,01.02.2026\n2,Сайт,б,02.02.2026\n";
    let first = desk.import(LEADS, file).await.unwrap();
    assert_eq!((first.changed, first.unchanged), (2, 0));
    let (deals, before) = (desk.deals().await, desk.rows().await);
    let again = desk.import(LEADS, file).await.unwrap();
    assert_eq!((again.changed, again.unchanged), (0, 2));
    // One more command in the log, and nothing else.
    assert_eq!((desk.deals().await, desk.rows().await), (deals, before + 1));
    let grown = desk.import(LEADS, format!("{file}3,Почта,в,03.02.2026\n").replace("Сайт,а", "Почта,другое")).await.unwrap();
    assert_eq!((grown.changed, grown.unchanged), (1, 2));
    let deals = desk.deals().await;
    assert_eq!((deals.len(), deals[0].1.as_str(), deals[0].2.as_str()), (3, "Сайт", "а"), "what is known stays as it is");

    let wins = "id,день,клиент,имя\n1,10.02.2026,к1,Мост\n";
    assert_eq!(desk.import(WINS, wins).await.unwrap().changed, 1);
    let before = desk.rows().await;
    let again = desk.import(WINS, wins).await.unwrap();
    assert_eq!((again.changed, again.unchanged, desk.rows().await), (0, 1, before + 1));
    let grown = desk.import(WINS, format!("{wins}2,11.02.2026,к1,Мост\n")).await.unwrap();
    assert_eq!((grown.changed, grown.unchanged), (1, 1));
    let parties: i64 = sqlx::query_scalar("select count(*) from parties").fetch_one(desk.db()).await.unwrap();
    assert_eq!(parties, 1);
}

#[tokio::test]
async fn wins_without_a_lead_of_a_lost_deal_and_before_the_first_contact() {
    let desk = Desk::new().await;
    let leads = "id,канал,тема,день\n1,Сайт,а,01.02.2026\n2,Сайт,б,01.02.2026\n3,Сайт,в,01.02.2026\n4,Сайт,г,01.02.2026\n";
    desk.import(LEADS, leads).await.unwrap();
    sqlx::query("update deals set stage = 'lost', lost_reason = 'цена', closed_at = now() where external_id = '2'")
        .execute(desk.db())
        .await
        .unwrap();
    let wins = "id,день,клиент,имя\n\
        1,10.02.2026,к1,Мост\n\
        2,10.02.2026,к2,Порт\n\
        3,31.01.2026,к3,\n\
        4,10.02.2026,,Безымянный\n\
        404,10.02.2026,к4,Никто\n";
    let report = desk.import(WINS, wins).await.unwrap();
    assert_eq!(told(&report.rejected), ["3 id LEAD_LOST", "5 клиент EMPTY", "6 id LEAD_MISSING"]);
    assert_eq!(told(&report.noted), ["4 день WON_BEFORE_CONTACT"]);
    assert_eq!((report.rows, report.changed, report.unchanged), (5, 2, 0));
    let won: Vec<(String, String, DateTime<Utc>)> = sqlx::query_as(
        "select d.external_id, p.name, d.closed_at from deals d join parties p using (party_id) where stage = 'won' order by 1",
    )
    .fetch_all(desk.db())
    .await
    .unwrap();
    assert_eq!(
        won,
        [("1".into(), "Мост".into(), at("2026-02-09T21:00:00Z")), ("3".into(), "к3".into(), at("2026-01-30T21:00:00Z"))]
    );
    let moves: Vec<(String, String)> = sqlx::query_as(
        "select from_stage, to_stage from stage_transitions join deals using (deal_id) where external_id = '1' order by transition_id",
    )
    .fetch_all(desk.db())
    .await
    .unwrap();
    assert_eq!(moves, [(String::new(), "new_lead".into()), ("new_lead".into(), "won".into())]);
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_refused_before_anything_is_written() {
    let desk = Desk::new().await;
    let before = desk.rows().await;
    let good = "id,канал,тема,день\n1,Сайт,а,01.02.2026\n";
    let cyrillic = encoding_rs::WINDOWS_1251.encode(good).0;
    let large = format!("id,канал,тема,день\n{}", "1,Сайт,а,01.02.2026\n".repeat(shpunt_ingest::leads::ROWS_MAX + 1));
    let other = format!("company = '7799999999'\n{LEADS}");
    let cases: [(&str, &str, &[u8]); 10] = [
        ("FILE_NOT_CSV", LEADS, b""),
        ("FILE_NOT_CSV", LEADS, b"PK\x03\x04 a workbook"),
        ("FILE_NOT_CSV", LEADS, b"id\0\0,"),
        ("FILE_NOT_CSV", LEADS, b"\"id,\n1\n"),
        ("FILE_ENCODING", LEADS, &cyrillic),
        ("COLUMN_MISSING", LEADS, "id;канал;тема;день\n".as_bytes()),
        ("COLUMN_MISSING", LEADS, "<html><body>404</body></html>".as_bytes()),
        ("COLUMN_TWICE", LEADS, "id,канал,тема,день,id\n".as_bytes()),
        ("FILE_TOO_LARGE", LEADS, large.as_bytes()),
        ("COMPANY_MISSING", &other, good.as_bytes()),
    ];
    for (code, map, bytes) in cases {
        let error = desk.import(map, bytes).await.unwrap_err();
        assert_eq!(error.code(), code, "{error}");
    }
    let error = desk.import(LEADS, "id;канал;тема;день\n").await.unwrap_err();
    assert!(error.to_string().contains("delimiter in the map is wrong"), "{error}");
    let map = Map::parse(LEADS).unwrap();
    let nowhere = import(desk.db(), &ctx("nowhere"), &desk.dir.path().join("none.csv"), &map, &|_| {}).await.unwrap_err();
    assert_eq!(nowhere.code(), "FILE_UNREADABLE");
    assert_eq!(desk.rows().await, before);
    // Without a company there is nobody to import for.
    let bare = TestDb::new().await;
    let file = desk.file(good.as_bytes());
    let error = import(&bare.db, &ctx("bare"), &file, &map, &|_| {}).await.unwrap_err();
    assert_eq!(error.code(), "COMPANY_MISSING");
}

#[tokio::test]
async fn a_failure_in_the_middle_of_writing_leaves_nothing() {
    let desk = Desk::new().await;
    let before = desk.rows().await;
    // The last row breaks the statement, as a full disk would.
    sqlx::query("alter table deals add constraint deals_unlucky check (external_id <> '500')").execute(desk.db()).await.unwrap();
    let rows: Vec<String> = (1..=500).map(|id| format!("{id},канал {id},а,01.02.2026")).collect();
    let file = format!("id,канал,тема,день\n{}\n", rows.join("\n"));
    desk.import(LEADS, &file).await.unwrap_err();
    assert_eq!(desk.rows().await, before);
    sqlx::query("alter table deals drop constraint deals_unlucky").execute(desk.db()).await.unwrap();
    assert_eq!(desk.import(LEADS, &file).await.unwrap().changed, 500);
}

#[tokio::test]
async fn progress_is_told_from_the_first_row_to_the_writing() {
    let desk = Desk::new().await;
    let rows: Vec<String> = (1..=2_500).map(|id| format!("{id},,,01.02.2026")).collect();
    let file = desk.file(format!("id,канал,тема,день\n{}\n", rows.join("\n")).as_bytes());
    let steps = std::sync::Mutex::new(Vec::new());
    let map = Map::parse(LEADS).unwrap();
    import(desk.db(), &ctx("progress"), &file, &map, &|step| steps.lock().unwrap().push(step)).await.unwrap();
    let of = 2_500;
    let read = [0, 1_000, 2_000, 2_500].map(|rows| Step::Read { rows, of });
    assert_eq!(*steps.lock().unwrap(), [&read[..], &[Step::Writing { rows: of }]].concat());
}

#[tokio::test]
async fn rows_that_are_not_taken_are_told_to_those_who_may_import() {
    let desk = Desk::new().await;
    for (login, role) in [("head", Role::HeadOfSales), ("manager", Role::Manager)] {
        let add = UserAdd { login: login.to_owned(), name: login.to_owned(), role, password: "correct horse".to_owned() };
        user_add(desk.db(), &ctx(login), add).await.unwrap();
    }
    let (good, bad) = ("id,канал,тема,день\n1,,,01.02.2026\n", "id,канал,тема,день\n2,,,01.02.2026\n3,,,вчера\n4,,,\n");
    let map = Map::parse(LEADS).unwrap();
    for (text, times) in [(good, 1), (bad, 2)] {
        let file = desk.file(text.as_bytes());
        for time in 0..times {
            import(desk.db(), &ctx(&format!("{time} {text}")), &file, &map, &|_| {}).await.unwrap();
        }
    }
    let told: Vec<(String, String, i64)> =
        sqlx::query_as("select login, n.name, n.count from notifications n join users using (user_id)")
            .fetch_all(desk.db())
            .await
            .unwrap();
    assert_eq!(told, [("head".to_owned(), "1.csv".to_owned(), 2)]);
}
