//! A pause for those who compare both sides: the worker reads on exactly to a cut and writes nothing beyond it until let go.
//!
//! First it stops reading and says so; only then is the cut made, so everything it holds lies before it. Whoever asked holds an
//! advisory lock, and the pause lasts no longer than that lock: when they die, it ends by itself. Nothing relies on the pause
//! being kept: who compared looks at the frontier afterwards.

use std::time::{Duration, Instant};

use super::batch::Assembler;
use crate::Lsn;

/// A pause longer than this is ended by the worker: reports must not stand still for somebody who hangs.
const AT_MOST: Duration = Duration::from_mins(5);
/// How often it is asked whether they still hold their lock.
const PROBE: Duration = Duration::from_millis(200);

/// What is said on the channel: `PID` asks to stop reading, `PID POSITION` names the cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Call {
    /// The server process of whoever asks.
    pub(crate) by: i32,
    /// The cut, the second time.
    pub(crate) cut: Option<Lsn>,
}

impl Call {
    pub(crate) fn parse(payload: &str) -> Option<Self> {
        let (by, cut) = match payload.split_once(' ') {
            Some((by, cut)) => (by, Some(cut.parse().ok()?)),
            None => (payload, None),
        };
        Some(Self { by: by.parse().ok()?, cut })
    }
}

impl std::fmt::Display for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.cut {
            None => write!(f, "{}", self.by),
            Some(cut) => write!(f, "{} {cut}", self.by),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing is read; to be said as soon as the writer is here.
    Asked,
    /// It was said.
    Still,
    /// Reading on, to here.
    Until(Lsn),
}

/// Whether, and how far, the stream is read.
#[derive(Debug)]
pub(crate) struct Hold(Option<Held>);

#[derive(Debug)]
struct Held {
    by: i32,
    state: State,
    since: Instant,
    probed: Instant,
}

impl Hold {
    pub(crate) const fn free() -> Self {
        Self(None)
    }

    /// Takes a call; one that does not fit what was said before is passed over.
    pub(crate) fn hear(&mut self, call: Call) {
        match (&mut self.0, call.cut) {
            (Some(held), Some(cut)) if held.by == call.by && held.state == State::Still => held.state = State::Until(cut),
            (Some(held), None) if held.by == call.by => {}
            (_, None) => {
                let now = Instant::now();
                self.0 = Some(Held { by: call.by, state: State::Asked, since: now, probed: now });
            }
            _ => {}
        }
    }

    /// Who is to be told that nothing is read any more.
    pub(crate) fn to_confirm(&self) -> Option<i32> {
        self.0.as_ref().filter(|held| held.state == State::Asked).map(|held| held.by)
    }

    /// Who is to be looked for, now and then.
    pub(crate) fn due_probe(&mut self) -> Option<i32> {
        let held = self.0.as_mut().filter(|held| held.probed.elapsed() >= PROBE)?;
        held.probed = Instant::now();
        Some(held.by)
    }

    /// The answer to either: whether they are still there.
    pub(crate) fn probed(&mut self, alive: bool) {
        let Some(held) = &mut self.0 else { return };
        let overdue = held.since.elapsed() > AT_MOST;
        if !alive || overdue {
            tracing::info!(by = held.by, overdue, "carrying on after a pause");
            self.0 = None;
        } else if held.state == State::Asked {
            held.state = State::Still;
        }
    }

    /// Whether more may be read, when `heard` is where an idle server said it stood.
    pub(crate) fn may_read(&self, assembler: &Assembler, heard: Option<Lsn>) -> bool {
        match self.0.as_ref().map(|held| held.state) {
            None => true,
            Some(State::Asked | State::Still) => false,
            Some(State::Until(cut)) => !has_reached(cut, assembler, heard),
        }
    }

    /// The cut, once everything before it was read: it is written at once, and then told.
    pub(crate) fn reached(&self, assembler: &Assembler, heard: Option<Lsn>) -> Option<Lsn> {
        match self.0.as_ref()?.state {
            State::Until(cut) if has_reached(cut, assembler, heard) => Some(cut),
            _ => None,
        }
    }

    /// Whether there is a pause at all.
    pub(crate) const fn is_on(&self) -> bool {
        self.0.is_some()
    }
}

fn has_reached(cut: Lsn, assembler: &Assembler, heard: Option<Lsn>) -> bool {
    match assembler.begun() {
        // Commits come in their order: one at the cut or behind it means that all before it are here.
        Some(begun) => begun >= cut,
        None => assembler.reached().max(heard.unwrap_or_default()) >= cut,
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::cdc::journal::Position;

    fn asked(by: i32) -> Call {
        Call { by, cut: None }
    }

    fn cut(by: i32, at: u64) -> Call {
        Call { by, cut: Some(Lsn(at)) }
    }

    #[test]
    fn calls_are_read_as_they_are_written() {
        for call in [asked(17), cut(17, 0x1_0000_0010)] {
            assert_eq!(Call::parse(&call.to_string()), Some(call));
        }
        for other in ["", "x", "1 2", "1 0/1 3", "-"] {
            assert_eq!(Call::parse(other), None, "{other:?}");
        }
    }

    #[test]
    fn the_stream_is_read_exactly_to_the_cut() {
        let mut hold = Hold::free();
        let mut assembler = Assembler::new(Position::default(), Lsn(100));
        assert!(hold.may_read(&assembler, None));
        hold.hear(asked(1));
        assert!(!hold.may_read(&assembler, None) && hold.to_confirm() == Some(1));
        hold.probed(true);
        assert_eq!(hold.to_confirm(), None);
        hold.hear(cut(1, 200));
        assert!(hold.may_read(&assembler, Some(Lsn(199))));
        assembler.begin(Lsn(150), DateTime::UNIX_EPOCH);
        assert!(hold.may_read(&assembler, Some(Lsn(300))), "a transaction begun before the cut is read to its end");
        assembler.commit(Lsn(160));
        assert_eq!(hold.reached(&assembler, Some(Lsn(120))), None);
        assert_eq!(hold.reached(&assembler, Some(Lsn(200))), Some(Lsn(200)), "an idle server is there");
        assembler.begin(Lsn(200), DateTime::UNIX_EPOCH);
        assert_eq!(hold.reached(&assembler, None), Some(Lsn(200)), "a transaction at the cut lies behind it");
        hold.probed(false);
        assert!(hold.may_read(&assembler, None) && !hold.is_on());
    }

    #[test]
    fn calls_out_of_turn_are_passed_over() {
        let mut hold = Hold::free();
        let assembler = Assembler::new(Position::default(), Lsn(100));
        hold.hear(cut(1, 50));
        assert!(!hold.is_on(), "a cut nobody paused for");
        hold.hear(asked(1));
        hold.hear(cut(1, 50));
        assert_eq!(hold.reached(&assembler, None), None, "not confirmed yet");
        hold.probed(true);
        hold.hear(asked(1));
        hold.hear(cut(2, 50));
        assert_eq!(hold.reached(&assembler, None), None, "somebody else's cut");
        hold.hear(cut(1, 50));
        assert_eq!(hold.reached(&assembler, None), Some(Lsn(50)));
        // The next one comes before the first was missed.
        hold.hear(asked(2));
        assert_eq!(hold.to_confirm(), Some(2));
    }
}
