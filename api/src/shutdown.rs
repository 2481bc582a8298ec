//! When to end: Ctrl-C, SIGTERM, or for a child of `shpunt up` the end of its standard input.
//!
//! Invariants: a child never outlives its parent, however the parent died; a second Ctrl-C ends the process at once, which every
//! part survives like `kill -9`.

use std::io::Read as _;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// A child that was told to end has this long to do so.
const CHILD: Duration = Duration::from_secs(20);

/// Tells everybody who holds it when to end.
#[derive(Clone, Debug)]
pub struct Shutdown(watch::Receiver<bool>);

impl Shutdown {
    /// Listens for signals from now on.
    ///
    /// # Errors
    /// The system gives no signal handler.
    pub fn on_signals() -> std::io::Result<Self> {
        let (tell, told) = watch::channel(false);
        let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        tokio::spawn(async move {
            tokio::select! { _ = interrupt.recv() => {} _ = terminate.recv() => {} }
            tell.send_replace(true);
            tokio::select! { _ = interrupt.recv() => {} _ = terminate.recv() => {} }
            std::process::exit(130);
        });
        Ok(Self(told))
    }

    /// For a child of `shpunt up`: when its standard input closes. Signals are for the parent.
    pub fn on_closed_stdin() -> Self {
        let (tell, told) = watch::channel(false);
        // A thread of its own: it must notice even when the runtime is stuck.
        std::thread::spawn(move || {
            let mut buffer = [0; 64];
            while matches!(std::io::stdin().read(&mut buffer), Ok(read) if read > 0) {}
            tell.send_replace(true);
            std::thread::sleep(CHILD);
            std::process::exit(1);
        });
        Self(told)
    }

    /// Completes when it is time to end.
    pub async fn asked(mut self) {
        // An error means that nobody can ask any more, so nobody has.
        if self.0.wait_for(|asked| *asked).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Whether it is time to end already.
    pub fn is_asked(&self) -> bool {
        *self.0.borrow()
    }
}
