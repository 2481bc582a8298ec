//! Accepts connections and hands them over, within limits of time and number; ends in order.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, anyhow};
use axum::Router;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};

use super::patience::Patient;

/// A client has this long to send the head of its next request.
const HEAD: Duration = Duration::from_secs(30);
/// Connections at once; more wait.
const CONNECTIONS: usize = 1024;
/// Requests under way may take this long to finish when the server ends.
const GRACE: Duration = Duration::from_secs(10);

/// A bound address that is not served yet.
pub struct Listening {
    listener: TcpListener,
    /// Where.
    pub address: SocketAddr,
}

/// Takes the address, so that a port in use is known before anything else is started.
///
/// # Errors
/// What to do about it.
pub async fn bind(host: IpAddr, port: u16) -> Result<Listening> {
    use std::io::ErrorKind::{AddrInUse, AddrNotAvailable, PermissionDenied};
    let bound = TcpListener::bind((host, port)).await.and_then(|listener| Ok((listener.local_addr()?, listener)));
    let (address, listener) = bound.map_err(|error| match error.kind() {
        AddrInUse => anyhow!("port {port} is in use by another program; stop it, or choose another port (0: any free one)"),
        AddrNotAvailable => anyhow!("this machine has no address {host}; give one of its own"),
        PermissionDenied => anyhow!("ports below 1024 need special rights; choose another port"),
        _ => anyhow!(error).context(format!("cannot listen on {host}:{port}")),
    })?;
    Ok(Listening { listener, address })
}

impl Listening {
    /// Where a browser finds it.
    pub fn url(&self) -> String {
        let host = match self.address.ip() {
            ip if ip.is_unspecified() => "127.0.0.1".to_owned(),
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => format!("[{ip}]"),
        };
        format!("http://{host}:{}", self.address.port())
    }

    /// Serves until `shutdown` completes; then lets requests under way finish. A client that takes nothing for `write` is cut off.
    pub async fn serve(self, router: Router, write: Duration, shutdown: impl Future<Output = ()>) {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(HEAD);
        let (stop, stopped) = watch::channel(());
        let permits = Arc::new(Semaphore::new(CONNECTIONS));
        tokio::pin!(shutdown);
        loop {
            let accepted = async {
                let permit = Arc::clone(&permits).acquire_owned().await;
                (self.listener.accept().await, permit)
            };
            let (accepted, permit) = tokio::select! {
                accepted = accepted => accepted,
                () = &mut shutdown => break,
            };
            match accepted {
                Ok((stream, peer)) => {
                    if let Err(error) = stream.set_nodelay(true) {
                        tracing::debug!(%error, "cannot set TCP_NODELAY");
                    }
                    let service = Seen { router: TowerToHyperService::new(router.clone()), peer: Peer(peer.ip()) };
                    let stream = TokioIo::new(Patient::new(stream, write));
                    let connection = http.serve_connection(stream, service).with_upgrades();
                    tokio::spawn(converse(connection, stopped.clone(), permit));
                }
                Err(error) => {
                    // Out of file handles, most likely: some will be given back.
                    tracing::warn!(%error, "a connection cannot be accepted");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
        drop((self.listener, stopped));
        stop.send_replace(());
        if tokio::time::timeout(GRACE, stop.closed()).await.is_err() {
            tracing::warn!("some requests did not finish in time and are cut off");
        }
    }
}

/// Whoever is at the other end of the connection: a client, or the last proxy before us.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer(pub(super) IpAddr);

/// The router, told who asks.
struct Seen {
    router: TowerToHyperService<Router>,
    peer: Peer,
}

impl Service<Request<Incoming>> for Seen {
    type Response = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Response;
    type Error = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Error;
    type Future = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Future;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        request.extensions_mut().insert(self.peer);
        self.router.call(request)
    }
}

/// Answers on one connection until it ends, becomes a socket, or is told to stop after the request under way.
async fn converse<T>(
    connection: http1::UpgradeableConnection<TokioIo<Patient<TcpStream>>, Seen>,
    mut stopped: watch::Receiver<()>,
    permit: T,
) {
    let mut connection = std::pin::pin!(connection);
    let outcome = tokio::select! {
        outcome = connection.as_mut() => outcome,
        _ = stopped.changed() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = outcome {
        tracing::debug!(%error, "a connection broke off");
    }
    drop(permit);
}
