//! Hearing who was told something: one connection for a whole process, however many people listen.

use sqlx::postgres::PgListener;

use crate::db::Db;
use crate::error::Result;

/// What is heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// Who was told what: pairs of user and notification.
    Told(Vec<(i64, i64)>),
    /// The connection was lost, and with it perhaps something that was told.
    Gap,
}

/// Hears of notifications once they are committed.
pub struct Listener(PgListener);

impl std::fmt::Debug for Listener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Listener")
    }
}

impl Listener {
    /// Listens on a connection of the pool, for good.
    pub async fn open(db: &Db) -> Result<Self> {
        let mut listener = PgListener::connect_with(db).await?;
        listener.listen("notifications").await?;
        Ok(Self(listener))
    }

    /// The next thing heard; what cannot be read is passed over.
    pub async fn hear(&mut self) -> Result<Heard> {
        let Some(said) = self.0.try_recv().await? else { return Ok(Heard::Gap) };
        Ok(Heard::Told(said.payload().split(' ').filter_map(pair).collect()))
    }
}

fn pair(text: &str) -> Option<(i64, i64)> {
    let (user_id, notification_id) = text.split_once(':')?;
    Some((user_id.parse().ok()?, notification_id.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_pairs() {
        let said = "7:42 9:43 x 1: :2 3:4";
        assert_eq!(said.split(' ').filter_map(pair).collect::<Vec<_>>(), [(7, 42), (9, 43), (3, 4)]);
        let longest = format!("{}:{} ", i64::MAX, i64::MAX).len() * 150;
        assert!(longest < 8_000, "{longest}");
    }
}
