//! Lists of parties: which ones, in which order.

use serde::{Deserialize, Serialize};

use super::{Party, Role};
use crate::db::Db;
use crate::error::Result;
use crate::keyset::{Key, Part};
use crate::search::Search;

/// Which parties a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Part of the name, or the name with a typing error, the whole ИНН, part of a phone, of the party or of its people; empty = all.
    pub search: String,
    /// Only those; `None` = all.
    pub role: Option<Role>,
}

/// By what a list is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// The oldest first.
    Oldest,
    /// The newest first.
    Newest,
    /// By name.
    Name,
}

impl Sort {
    /// Whether it begins with the largest key, unless it is turned round.
    pub const fn descends(self) -> bool {
        matches!(self, Self::Newest)
    }
}

/// Live parties by id after `after`, at most `limit`.
pub async fn list(db: &Db, filter: &Filter, after: i64, limit: i64) -> Result<Vec<Party>> {
    let wanted = Search::loose(&filter.search);
    Ok(sqlx::query_as!(
        Party,
        "select party_id, name, inn, phone, email, is_customer, is_supplier, is_carrier, external_id, version
         from parties
         where deleted_at is null and party_id > $2
             and ($1 = '' or position(lower($1) in lower(name)) > 0 or inn = $1
                 or party_id in (
                     select p.party_id from parties p where search_key(p.name) %> search_key($7)
                     union all
                     select p.party_id from parties p where $8 <> '' and p.inn || ' ' || search_digits(p.phone) like '%' || $8 || '%'
                     union all
                     select c.party_id from contacts c where search_key(c.name) %> search_key($7)
                     union all
                     select c.party_id from contacts c where $8 <> '' and search_digits(c.phone) like '%' || $8 || '%'))
             and (is_customer or not $4) and (is_supplier or not $5) and (is_carrier or not $6)
         order by party_id limit $3",
        filter.search,
        after,
        limit,
        filter.role == Some(Role::Customer),
        filter.role == Some(Role::Supplier),
        filter.role == Some(Role::Carrier),
        wanted.words,
        wanted.digits_elsewhere()
    )
    .fetch_all(db)
    .await?)
}

/// The keys of a part of them, in another order than the oldest first.
pub async fn keys(db: &Db, filter: &Filter, sort: Sort, part: &Part) -> Result<Vec<Key>> {
    let wanted = Search::loose(&filter.search);
    let (after_number, after_text, after_id) = part.after();
    Ok(sqlx::query_as!(
        Key,
        r#"select party_id as id, 0::numeric as "number!", key_text as "text!"
         from parties
         cross join lateral (select case when $7 then name else '' end collate "ru-x-icu" as key_text) sorted
         where deleted_at is null
             and ($1 = '' or position(lower($1) in lower(name)) > 0 or inn = $1
                 or party_id in (
                     select p.party_id from parties p where search_key(p.name) %> search_key($5)
                     union all
                     select p.party_id from parties p where $6 <> '' and p.inn || ' ' || search_digits(p.phone) like '%' || $6 || '%'
                     union all
                     select c.party_id from contacts c where search_key(c.name) %> search_key($5)
                     union all
                     select c.party_id from contacts c where $6 <> '' and search_digits(c.phone) like '%' || $6 || '%'))
             and (is_customer or not $2) and (is_supplier or not $3) and (is_carrier or not $4)
             and ($8::numeric is null or case when $11 then (0::numeric, key_text, party_id) < ($8, $9::text, $10::bigint)
                 else (0::numeric, key_text, party_id) > ($8, $9::text, $10::bigint) end)
         order by case when $11 then key_text end desc, case when $11 then party_id end desc, key_text, party_id limit $12"#,
        filter.search,
        filter.role == Some(Role::Customer),
        filter.role == Some(Role::Supplier),
        filter.role == Some(Role::Carrier),
        wanted.words,
        wanted.digits_elsewhere(),
        sort == Sort::Name,
        after_number,
        after_text,
        after_id,
        part.descending,
        part.limit
    )
    .fetch_all(db)
    .await?)
}
