//! SQL of the register of documents.

use chrono::Datelike as _;

use super::New;
use crate::command::Run;
use crate::error::Result;

/// Registers a document and returns its id; the number comes last, by [`number_in_tx`].
pub async fn register_in_tx(run: &mut Run<'_>, new: &New<'_>) -> Result<i64> {
    Ok(sqlx::query_scalar!(
        "insert into documents (company_id, kind, number, issued_on, party_id, subject_id, gross, note, created_at)
         values ($1, $2, gen_random_uuid()::text, $3, $4, $5, $6, $7, $8) returning document_id",
        new.company_id,
        new.kind.as_str(),
        new.issued_on,
        new.party_id,
        new.subject_id,
        new.gross,
        new.note,
        run.ctx.now
    )
    .fetch_one(&mut *run.tx)
    .await?)
}

/// Names the thing the document belongs to, where its id was not known before.
pub async fn subject_in_tx(run: &mut Run<'_>, document_id: i64, subject_id: i64) -> Result<()> {
    sqlx::query!("update documents set subject_id = $2 where document_id = $1", document_id, subject_id)
        .execute(&mut *run.tx)
        .await?;
    Ok(())
}

/// Gives the document its gapless number. Call it last: the counter's lock is held until the command commits.
pub async fn number_in_tx(run: &mut Run<'_>, document_id: i64, new: &New<'_>) -> Result<String> {
    let last = sqlx::query_scalar!(
        "insert into document_counters (company_id, kind, year, last) values ($1, $2, $3, 1)
         on conflict (company_id, kind, year) do update set last = document_counters.last + 1 returning last",
        new.company_id,
        new.kind.as_str(),
        new.issued_on.year()
    )
    .fetch_one(&mut *run.tx)
    .await?;
    let number = format!("{}-{}-{last:05}", new.kind.prefix(), new.issued_on.year() % 100);
    sqlx::query!("update documents set number = $2 where document_id = $1", document_id, number).execute(&mut *run.tx).await?;
    Ok(number)
}
