//! Accepts connections, no more of them than the limits allow, and waits for the last when draining.
//!
//! It must not know TLS or HTTP.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinSet;

use super::connection::attend;
use super::crowd::Crowd;
use super::settings::Settings;
use super::shutdown::Draining;
use super::stack::stack;
use super::tls::ServerTls;
use crate::gateway::Gate;

/// How long accepting pauses when the system has no file descriptors or memory left.
const PAUSE: Duration = Duration::from_millis(100);

/// Connections that the system holds until they are accepted.
const QUEUE: u32 = 4096;

/// The address could not be listened on.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: is the port taken, or below 1024?")]
pub struct Bind {
    /// The address.
    pub address: SocketAddr,
}

/// Binds a listener.
///
/// # Errors
/// When the system refuses the address.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, Bind> {
    let listen = || {
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        // A restart must not wait for the last connections of the process before.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(QUEUE)
    };
    listen().map_err(|_: io::Error| Bind { address })
}

/// Serves `gate` on `listener` until the drain begins and the last connection has ended or was cut off.
/// `settings` should have been [`Settings::checked`]. Returns how many connections were cut off.
pub async fn serve<G: Gate>(
    listener: TcpListener,
    tls: Arc<ServerTls>,
    gate: Arc<G>,
    settings: Settings,
    mut draining: Draining,
) -> usize {
    let settings = Arc::new(settings);
    let stack = stack(gate, Arc::clone(&settings));
    let crowd = Crowd::new(settings.limits.connections);
    let peers = Arc::new(Peers::new(settings.limits.connections_per_peer));
    let mut open = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            biased;
            () = draining.begun() => break,
            Some(_) = open.join_next(), if !open.is_empty() => continue,
            accepted = accept(&listener) => accepted,
        };
        let Some((socket, peer)) = accepted else { continue };
        // With no place the system's own queue holds the others back.
        let place = tokio::select! {
            biased;
            () = draining.begun() => break,
            place = crowd.place() => place,
        };
        let Some(seat) = Peers::admit(&peers, peer.ip()) else {
            tracing::warn!("an address has too many connections; one more was closed");
            continue;
        };
        let (tls, stack, settings) = (Arc::clone(&tls), stack.clone(), Arc::clone(&settings));
        let draining = draining.clone();
        open.spawn(async move {
            attend(socket, peer, tls, stack, settings, &place.member, draining).await;
            // In this order: whoever gets the place may come from the same address.
            drop(seat);
            drop(place);
        });
    }
    drop(listener);
    finish(open, settings.deadlines.drain).await
}

/// Waits for connections to end; cuts off those that do not.
async fn finish(mut open: JoinSet<()>, drain: Duration) -> usize {
    let all = async { while open.join_next().await.is_some() {} };
    // Connections keep the deadline themselves; this is for one that could not.
    if tokio::time::timeout(drain + Duration::from_secs(2), all).await.is_ok() {
        return 0;
    }
    let cut = open.len();
    open.shutdown().await;
    cut
}

/// The next connection. `None` after an error that will pass.
async fn accept(listener: &TcpListener) -> Option<(TcpStream, SocketAddr)> {
    match listener.accept().await {
        Ok(accepted) => Some(accepted),
        Err(error) => {
            if !is_about_one_connection(&error) {
                tracing::error!(kind = ?error.kind(), "connections cannot be accepted; trying again");
                tokio::time::sleep(PAUSE).await;
            }
            None
        }
    }
}

fn is_about_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionRefused
    )
}

/// How many connections each address has.
#[derive(Debug)]
struct Peers {
    most: usize,
    counts: Mutex<HashMap<IpAddr, usize>>,
}

/// One of an address's connections.
struct Seat {
    peers: Arc<Peers>,
    address: IpAddr,
}

impl Peers {
    fn new(most: usize) -> Self {
        Self { most, counts: Mutex::new(HashMap::new()) }
    }

    fn admit(this: &Arc<Self>, address: IpAddr) -> Option<Seat> {
        let mut counts = this.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(address).or_insert(0);
        if *count >= this.most {
            return None;
        }
        *count += 1;
        Some(Seat { peers: Arc::clone(this), address })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut counts = self.peers.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.address);
            }
        }
    }
}
