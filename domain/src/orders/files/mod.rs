//! Files of orders (файлы заказа): photos of the load, proofs of delivery and other papers, kept as they came.
//!
//! What a file is says its content, never its name or what the sender called it. Whoever may see the order may see its files.

pub mod read;

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{Status, store};
use crate::access::Permission;
use crate::command::{self, Ctx, Outcome, Run};
use crate::db::Db;
use crate::error::{Code, Error, Result};
use crate::text;

/// Largest file, bytes.
pub const BYTES_MAX: usize = 5 << 20;

/// Nobody photographs one truck more often.
const FILES_MAX: i64 = 100;

/// What a file shows (вид файла).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Kind {
    /// Фото: the load, the truck, what was broken.
    Photo,
    /// Подтверждение доставки: a signed waybill.
    Proof,
    /// Прочее.
    Other,
}

impl Kind {
    /// The code stored in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Photo => "photo",
            Self::Proof => "proof",
            Self::Other => "other",
        }
    }

    /// The kind of a stored code.
    pub fn parse(code: &str) -> Option<Self> {
        [Self::Photo, Self::Proof, Self::Other].into_iter().find(|kind| kind.as_str() == code)
    }
}

/// What the bytes are, by how they begin; `None` when they are nothing that is kept.
pub fn content_type(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some("image/png"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        [b'%', b'P', b'D', b'F', b'-', ..] => Some("application/pdf"),
        _ => None,
    }
}

/// A file to keep. The log has its digest, not its bytes.
#[derive(Debug, Clone, Serialize)]
pub struct Upload {
    order_id: i64,
    kind: Kind,
    name: String,
    content_type: &'static str,
    sha256: String,
    size: usize,
    #[serde(skip)]
    digest: Vec<u8>,
    #[serde(skip)]
    bytes: Vec<u8>,
}

impl Upload {
    /// Refuses what is empty, too large or no picture and no PDF. Errors: `INVALID_INPUT`.
    pub fn try_new(order_id: i64, kind: Kind, name: &str, bytes: Vec<u8>) -> Result<Self> {
        let name = text::required(name, "name", 200)?;
        if bytes.len() > BYTES_MAX {
            return Err(Error::invalid("file", format!("a file has at most {} MiB; make it smaller", BYTES_MAX >> 20)));
        }
        let content_type = content_type(&bytes)
            .ok_or_else(|| Error::invalid("file", "this is no JPEG, PNG, WebP or PDF by its content; send one of those"))?;
        let digest = Sha256::digest(&bytes).to_vec();
        let sha256 = digest.iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        });
        Ok(Self { order_id, kind, name, content_type, sha256, size: bytes.len(), digest, bytes })
    }
}

/// A kept file, without its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderFile {
    /// Its id.
    pub order_file_id: i64,
    /// The order.
    pub order_id: i64,
    /// What it shows.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// `image/jpeg`, `image/png`, `image/webp` or `application/pdf`.
    pub content_type: String,
    /// Bytes.
    pub size: i64,
    /// Who sent it, 0 = the system.
    pub uploaded_by: i64,
    /// When.
    pub uploaded_at: DateTime<Utc>,
}

/// Keeps a file of an order; the same bytes again are the file that is there. Errors: `NOT_FOUND`, `ORDER_STATUS` (cancelled),
/// `INVALID_INPUT` (too many), `FORBIDDEN`.
pub async fn upload(db: &Db, ctx: &Ctx, input: &Upload) -> Result<Outcome<OrderFile>> {
    command::run(db, ctx, "orders.upload_file", Permission::ShipOrders, input, upload_in_tx).await
}

async fn upload_in_tx(run: &mut Run<'_>, input: &Upload) -> Result<OrderFile> {
    let order = store::lock_in_tx(run, input.order_id).await?;
    if order.status == Status::Cancelled {
        return Err(Error::rejected(Code::OrderStatus, format!("order {} is cancelled; it takes no files", order.number)));
    }
    let known = sqlx::query_as!(
        OrderFile,
        r#"select order_file_id, order_id, kind as "kind: Kind", name, content_type, length(bytes)::bigint as "size!", uploaded_by,
             uploaded_at
         from order_files where order_id = $1 and sha256 = $2"#,
        order.order_id,
        input.digest
    )
    .fetch_optional(&mut *run.tx)
    .await?;
    if let Some(known) = known {
        return Ok(known);
    }
    let count = sqlx::query_scalar!(r#"select count(*) as "count!" from order_files where order_id = $1"#, order.order_id)
        .fetch_one(&mut *run.tx)
        .await?;
    if count >= FILES_MAX {
        return Err(Error::invalid("file", format!("an order keeps at most {FILES_MAX} files")));
    }
    Ok(sqlx::query_as!(
        OrderFile,
        r#"insert into order_files (order_id, kind, name, content_type, sha256, bytes, uploaded_by, uploaded_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         returning order_file_id, order_id, kind as "kind: Kind", name, content_type, length(bytes)::bigint as "size!", uploaded_by,
             uploaded_at"#,
        order.order_id,
        input.kind.as_str(),
        input.name,
        input.content_type,
        input.digest,
        input.bytes,
        run.ctx.actor.user_id,
        run.ctx.now
    )
    .fetch_one(&mut *run.tx)
    .await?)
}

/// The file belongs to this order. Errors: `NOT_FOUND`.
pub(super) async fn of_order_in_tx(run: &mut Run<'_>, order_id: i64, order_file_id: i64) -> Result<()> {
    sqlx::query_scalar!(
        "select order_file_id from order_files where order_file_id = $1 and order_id = $2",
        order_file_id,
        order_id
    )
    .fetch_optional(&mut *run.tx)
    .await?
    .ok_or_else(|| Error::not_found("order file", order_file_id))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_what_it_begins_with() {
        assert_eq!(content_type(b"\xff\xd8\xff\xe0\x00\x10JFIF"), Some("image/jpeg"));
        assert_eq!(content_type(b"\x89PNG\r\n\x1a\n...."), Some("image/png"));
        assert_eq!(content_type(b"RIFF\x00\x00\x00\x00WEBPVP8 "), Some("image/webp"));
        assert_eq!(content_type(b"%PDF-1.7\n"), Some("application/pdf"));
        for wrong in [&b""[..], b"\xff\xd8", b"RIFF\x00\x00\x00\x00WAVE", b"<svg xmlns=", b"<!doctype html>", b"MZ", b" %PDF-1.7"]
        {
            assert_eq!(content_type(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn what_is_kept_has_a_name_a_size_and_a_digest() {
        let upload = Upload::try_new(1, Kind::Photo, " ТТН.jpg ", b"\xff\xd8\xff".to_vec()).unwrap();
        assert_eq!((upload.name.as_str(), upload.size, upload.sha256.len()), ("ТТН.jpg", 3, 64));
        let logged = serde_json::to_value(&upload).unwrap();
        assert!(logged.get("bytes").is_none() && logged.get("digest").is_none(), "{logged}");
        let mut large = vec![0; BYTES_MAX];
        large[..3].copy_from_slice(b"\xff\xd8\xff");
        assert!(Upload::try_new(1, Kind::Photo, "x", large.clone()).is_ok());
        large.push(0);
        assert!(Upload::try_new(1, Kind::Photo, "x", large).is_err());
        assert!(Upload::try_new(1, Kind::Photo, "x.jpg", b"GIF89a".to_vec()).is_err());
        assert!(Upload::try_new(1, Kind::Photo, " ", b"\xff\xd8\xff".to_vec()).is_err());
    }
}
