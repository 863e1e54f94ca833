//! Hearing of what other nodes commit. Only to be sooner: nobody relies on it.

use std::collections::HashMap;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ::store::Sequence;
use domain::TenantId;
use tokio::sync::Notify;
use tokio_postgres::AsyncMessage;

use crate::ids::Id;
use crate::location::Location;
use crate::tls;

/// After a fault.
const AGAIN: Duration = Duration::from_secs(1);

/// What is said of a commit: whose, and its place.
pub(crate) fn text(tenant: Id, sequence: Sequence) -> String {
    format!("{:032x} {sequence}", u128::from_be_bytes(tenant.0))
}

fn read(text: &str) -> Option<(TenantId, Sequence)> {
    let (tenant, sequence) = text.split_once(' ')?;
    let tenant = u128::from_str_radix(tenant, 16).ok()?;
    Some((TenantId::from_bytes(tenant.to_be_bytes()), sequence.parse().ok()?))
}

/// How far each tenant is, as far as this node has heard or made it so.
#[derive(Default)]
pub(crate) struct Heard {
    positions: Mutex<HashMap<TenantId, Sequence>>,
    news: Notify,
}

impl Heard {
    /// A tenant is at least here.
    pub(crate) fn note(&self, tenant: TenantId, sequence: Sequence) {
        let mut positions = self.positions.lock().unwrap_or_else(PoisonError::into_inner);
        let known = positions.entry(tenant).or_default();
        *known = sequence.max(*known);
    }

    /// The furthest a tenant is known to be.
    pub(crate) fn position(&self, tenant: TenantId) -> Sequence {
        self.positions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&tenant)
            .copied()
            .unwrap_or_default()
    }

    /// Waits until somebody else commits.
    pub(crate) async fn news(&self) {
        self.news.notified().await;
    }
}

/// Listens for as long as it is not aborted.
pub(crate) async fn listen(location: Location, heard: Arc<Heard>) {
    loop {
        if let Err(why) = listen_once(&location, &heard).await {
            tracing::debug!(why, "not listening to other nodes; trying again");
        }
        // What was missed meanwhile is looked for.
        heard.news.notify_waiters();
        tokio::time::sleep(AGAIN).await;
    }
}

async fn listen_once(location: &Location, heard: &Heard) -> Result<(), String> {
    let connector = tls::connector(location.root.as_deref()).map_err(|e| e.to_string())?;
    let (client, mut connection) = location.config.connect(connector).await.map_err(|e| e.to_string())?;
    let listening = client.batch_execute("LISTEN personhood");
    tokio::pin!(listening);
    let mut asked = false;
    loop {
        tokio::select! {
            done = &mut listening, if !asked => {
                done.map_err(|e| e.to_string())?;
                asked = true;
            }
            message = poll_fn(|context| connection.poll_message(context)) => match message {
                Some(Ok(AsyncMessage::Notification(said))) => {
                    if let Some((tenant, sequence)) = read(said.payload()) {
                        heard.note(tenant, sequence);
                        heard.news.notify_waiters();
                    }
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error.to_string()),
                None => return Err("the connection has ended".into()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_understood() {
        let tenant = TenantId::from_bytes([0x0b; 16]);
        assert_eq!(read(&text(Id(tenant.to_bytes()), 42)), Some((tenant, 42)));
        assert_eq!(read("nonsense"), None);
    }

    #[test]
    fn positions_only_grow() {
        let (heard, tenant) = (Heard::default(), TenantId::DEFAULT);
        heard.note(tenant, 7);
        heard.note(tenant, 3);
        assert_eq!(heard.position(tenant), 7);
    }
}
