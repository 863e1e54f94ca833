//! A wire that can be cut: between a node and its database.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What the wire does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    /// Carries everything.
    Whole,
    /// Carries everything, this much later.
    Slow(Duration),
    /// Carries nothing and says nothing, as when a cable is pulled; what is on its way arrives when it is whole again.
    Silent,
    /// Ends every connection at once, and takes none.
    Closed,
}

/// The wire.
pub struct Proxy {
    port: u16,
    state: Arc<watch::Sender<Wire>>,
}

impl Proxy {
    /// A wire to a port on this machine.
    pub async fn to(target: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (state, seen) = watch::channel(Wire::Whole);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if *seen.borrow() == Wire::Closed {
                    continue;
                }
                tokio::spawn(carry(client, target, seen.clone()));
            }
        });
        Self { port, state: Arc::new(state) }
    }

    /// A database's URL, by way of this wire.
    #[must_use]
    pub fn url(&self, direct: &str, target: u16) -> String {
        direct.replace(&format!(":{target}/"), &format!(":{}/", self.port))
    }

    /// From now on the wire does this.
    pub fn set(&self, wire: Wire) {
        self.state.send_replace(wire);
    }
}

async fn carry(client: TcpStream, target: u16, state: watch::Receiver<Wire>) {
    let Ok(server) = TcpStream::connect(("127.0.0.1", target)).await else { return };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    let mut ended = state.clone();
    tokio::select! {
        () = pump(from_client, to_server, state.clone()) => {}
        () = pump(from_server, to_client, state) => {}
        _ = ended.wait_for(|wire| *wire == Wire::Closed) => {}
    }
}

async fn pump(
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut to: tokio::net::tcp::OwnedWriteHalf,
    mut state: watch::Receiver<Wire>,
) {
    let mut bytes = vec![0; 64 << 10];
    loop {
        let Ok(count @ 1..) = from.read(&mut bytes).await else { return };
        if state.wait_for(|wire| *wire != Wire::Silent).await.is_err() {
            return;
        }
        let wire = *state.borrow();
        if let Wire::Slow(delay) = wire {
            tokio::time::sleep(delay).await;
        }
        if to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}
