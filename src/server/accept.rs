//! A small listener's connections: so many at once, until the drain begins. For operations and witnesses; traffic has
//! a listener of its own.
//!
//! It must not know what is said on a connection.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use super::Draining;

/// Accepts until the drain begins; more than `most` connections wait. What goes wrong on one concerns its caller alone.
pub async fn accept<A>(
    listener: TcpListener,
    most: usize,
    mut draining: Draining,
    attend: impl Fn(TcpStream) -> A,
) where
    A: Future<Output = ()> + Send + 'static,
{
    let places = Arc::new(Semaphore::new(most));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let accepted = tokio::select! {
            () = draining.begun() => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((socket, _)) = accepted else {
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let attended = attend(socket);
        tokio::spawn(async move {
            attended.await;
            drop(place);
        });
    }
}
