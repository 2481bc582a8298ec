//! Documents that are named by their SHA-256: those the page is built with, and those a client sent before.
//!
//! Invariant: what clients send takes bounded memory; the document used longest ago gives way. Only signed-in clients fill it, so a
//! stranger cannot push out what others use.

use std::collections::{BTreeMap, HashMap};
use std::sync::{LazyLock, Mutex, PoisonError};

use axum::http::StatusCode;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::refusal::Refusal;

/// Documents kept for clients at most.
const ENTRIES: usize = 1_000;
/// Their bytes together at most.
const BYTES: usize = 4 << 20;
/// A longer document is answered and not kept.
const DOCUMENT: usize = 64 << 10;

/// What the page is built with: hash to document, made by `npm run codegen` in `dashboards/`.
static TRUSTED: LazyLock<HashMap<Hash, String>> = LazyLock::new(|| {
    let listed: BTreeMap<String, String> =
        serde_json::from_str(include_str!("../../trusted_documents.json")).expect("the committed file is one JSON object");
    listed.into_values().map(|document| (Hash::of(&document), document)).collect()
});

/// The SHA-256 of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Hash([u8; 32]);

impl Hash {
    fn of(document: &str) -> Self {
        Self(Sha256::digest(document).into())
    }

    /// From the extension `persistedQuery` of a request.
    pub(super) fn of_extension(extension: &Value) -> Result<Self, Refusal> {
        let hash = extension["sha256Hash"].as_str().and_then(Self::parse);
        match (extension["version"].as_u64(), hash) {
            (Some(1), Some(hash)) => Ok(hash),
            _ => {
                Err(Refusal::bad("extensions.persistedQuery must be {\"version\": 1, \"sha256Hash\": \"64 hexadecimal digits\"}"))
            }
        }
    }

    /// From the parameter `documentId` of a request.
    pub(super) fn of_document_id(id: &str) -> Result<Self, Refusal> {
        let hash = id.strip_prefix("sha256:").and_then(Self::parse);
        hash.ok_or_else(|| Refusal::bad("documentId must be sha256: and 64 hexadecimal digits"))
    }

    fn parse(text: &str) -> Option<Self> {
        let mut hash = [0; 32];
        if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        for (place, byte) in hash.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * place..2 * place + 2], 16).ok()?;
        }
        Some(Self(hash))
    }
}

impl std::fmt::Display for Hash {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| formatter.write_fmt(format_args!("{byte:02x}")))
    }
}

/// What stands for which hash.
#[derive(Debug)]
pub struct Documents {
    only_trusted: bool,
    kept: Mutex<Kept>,
}

impl Documents {
    pub(super) fn new(only_trusted: bool) -> Self {
        Self { only_trusted, kept: Mutex::default() }
    }

    /// The document a request asks to execute. `hash` names it, or is checked against it.
    pub(super) fn find(&self, query: Option<String>, hash: Option<Hash>) -> Result<String, Refusal> {
        let document = match (query, hash) {
            (Some(query), Some(hash)) if Hash::of(&query) != hash => {
                let message = "the hash is not the SHA-256 of the field query; send the one of its UTF-8 bytes";
                return Err(Refusal::new(StatusCode::BAD_REQUEST, "PERSISTED_QUERY_HASH_MISMATCH", message));
            }
            (Some(query), _) => Some(query),
            (None, Some(hash)) => TRUSTED.get(&hash).cloned().or_else(|| self.lock().find(hash)),
            (None, None) => None,
        };
        if self.only_trusted && document.as_deref().is_none_or(|document| !TRUSTED.contains_key(&Hash::of(document))) {
            let message = "this server answers only the operations its page is built with";
            return Err(Refusal::of_graphql(StatusCode::FORBIDDEN, "DOCUMENT_NOT_TRUSTED", message));
        }
        // Clients compare this very message, and send the document then.
        document
            .ok_or_else(|| Refusal::of_graphql(StatusCode::BAD_REQUEST, "PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound"))
    }

    /// Keeps a document, so that its hash is enough from now on.
    pub(super) fn keep(&self, hash: Hash, document: &str) {
        if !self.only_trusted && document.len() <= DOCUMENT && !TRUSTED.contains_key(&hash) {
            self.lock().keep(hash, document);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Documents by hash, and in the order of their last use.
#[derive(Debug, Default)]
struct Kept {
    by_hash: HashMap<Hash, (String, u64)>,
    by_use: BTreeMap<u64, Hash>,
    bytes: usize,
    uses: u64,
}

impl Kept {
    fn find(&mut self, hash: Hash) -> Option<String> {
        let (document, used) = self.by_hash.get_mut(&hash)?;
        self.by_use.remove(used);
        self.uses += 1;
        *used = self.uses;
        self.by_use.insert(self.uses, hash);
        Some(document.clone())
    }

    fn keep(&mut self, hash: Hash, document: &str) {
        if self.find(hash).is_some() {
            return;
        }
        self.uses += 1;
        self.bytes += document.len();
        self.by_hash.insert(hash, (document.to_owned(), self.uses));
        self.by_use.insert(self.uses, hash);
        while self.by_hash.len() > ENTRIES || self.bytes > BYTES {
            let Some((_, oldest)) = self.by_use.pop_first() else { break };
            if let Some((document, _)) = self.by_hash.remove(&oldest) {
                self.bytes -= document.len();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_listed_hashes_are_those_of_their_documents() {
        let listed: BTreeMap<String, String> = serde_json::from_str(include_str!("../../trusted_documents.json")).unwrap();
        assert!(!listed.is_empty());
        for (hash, document) in listed {
            assert_eq!(Hash::of(&document).to_string(), hash, "{document}");
        }
    }

    #[test]
    fn what_is_kept_is_bounded_and_the_least_used_goes_first() {
        let mut kept = Kept::default();
        let documents: Vec<_> = (0..=ENTRIES).map(|n| format!("{{ a{n} }}")).collect();
        let hashes: Vec<_> = documents.iter().map(|document| Hash::of(document)).collect();
        for n in 0..ENTRIES {
            kept.keep(hashes[n], &documents[n]);
        }
        assert!(kept.find(hashes[0]).is_some());
        kept.keep(hashes[ENTRIES], &documents[ENTRIES]);
        assert_eq!((kept.by_hash.len(), kept.by_use.len()), (ENTRIES, ENTRIES));
        assert!(kept.find(hashes[0]).is_some() && kept.find(hashes[ENTRIES]).is_some());
        assert!(kept.find(hashes[1]).is_none(), "nobody had used it since");

        let long = "x".repeat(DOCUMENT);
        for n in 0..2 * BYTES / DOCUMENT {
            kept.keep(Hash::of(&n.to_string()), &long);
            assert!(kept.bytes <= BYTES);
        }
        assert_eq!(kept.bytes, kept.by_hash.values().map(|(document, _)| document.len()).sum::<usize>());
        assert!(kept.find(hashes[ENTRIES]).is_none());
    }

    #[test]
    fn too_long_a_document_is_not_kept_and_a_trusted_one_needs_no_room() {
        let documents = Documents::new(false);
        let (long, hash) = ("x".repeat(DOCUMENT + 1), Hash([1; 32]));
        documents.keep(hash, &long);
        let (trusted, text) = TRUSTED.iter().next().unwrap();
        documents.keep(*trusted, text);
        assert_eq!(documents.lock().by_hash.len(), 0);
        assert!(documents.find(None, Some(*trusted)).is_ok());
    }
}
