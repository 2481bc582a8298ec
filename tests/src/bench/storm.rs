//! Clients that do one thing after another, all at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;

use super::figures::count;

/// How many things a second all clients did together; each has one of `desks`, counts what it did, and ends when it is told to stop.
///
/// # Errors
/// Those of a client.
pub async fn storm<D: Clone, F>(desks: &[D], time: Duration, client: impl Fn(D, Arc<AtomicBool>) -> F) -> Result<f64>
where
    F: Future<Output = Result<usize>> + Send + 'static,
{
    let stop = Arc::new(AtomicBool::new(false));
    let tasks: Vec<_> = desks.iter().map(|desk| tokio::spawn(client(desk.clone(), Arc::clone(&stop)))).collect();
    let begun = Instant::now();
    tokio::time::sleep(time).await;
    stop.store(true, Ordering::Relaxed);
    let mut done = 0;
    for task in tasks {
        done += task.await??;
    }
    Ok(count(done) / begun.elapsed().as_secs_f64())
}
