//! Articles (статьи): what a payment or an expense was for.

use crate::db::Db;
use crate::error::Result;

/// A cash-flow and expense article (статья).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Article {
    /// Its id.
    pub article_id: i64,
    /// Stable code, unique.
    pub code: String,
    /// The name in Russian.
    pub name_ru: String,
    /// The name in English.
    pub name_en: String,
    /// Which part of the cash flow it belongs to.
    pub activity: Activity,
    /// Code of the account of a payment without a settlement target; empty = the article settles debts and advances.
    pub contra_account: String,
}

/// A part of the cash flow (вид деятельности).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Activity {
    /// Операционная.
    Operating,
    /// Инвестиционная.
    Investing,
    /// Финансовая.
    Financing,
    /// Перевод между своими счетами.
    Transfer,
    /// Не движение денег: an accrual only.
    None,
}

/// All articles by id: there are few.
pub async fn list(db: &Db) -> Result<Vec<Article>> {
    Ok(sqlx::query_as!(
        Article,
        r#"select article_id, code, name_ru, name_en, activity as "activity: Activity", contra_account from articles order by article_id"#
    )
    .fetch_all(db)
    .await?)
}

/// The articles of these ids.
pub async fn list_by_ids(db: &Db, article_ids: &[i64]) -> Result<Vec<Article>> {
    Ok(sqlx::query_as!(
        Article,
        r#"select article_id, code, name_ru, name_en, activity as "activity: Activity", contra_account
           from articles where article_id = any($1)"#,
        article_ids
    )
    .fetch_all(db)
    .await?)
}
