//! The outside world into commands: files of other systems, sign-ins at a provider and the demo business now, telephony, mail and banks later.
//!
//! Invariant: nothing here writes the database; what came from outside becomes a command of the domain or a reported refusal.

pub mod demo;
pub mod leads;
pub mod oidc;
pub mod profiles;
