//! Where a database is, as an operator writes it.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use ::store::StoreError;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};

/// A connection to a dead machine is given up after this.
const CONNECT: Duration = Duration::from_secs(3);
/// Bytes that nobody acknowledges end a connection after this.
const UNHEARD: Duration = Duration::from_secs(10);

/// A database, and how its server proves itself.
#[derive(Clone, Debug)]
pub(crate) struct Location {
    pub(crate) config: Config,
    /// Certificates to trust instead of the system's.
    pub(crate) root: Option<PathBuf>,
}

impl Location {
    /// Reads a URL. Beyond what the client knows, `sslrootcert` names a file of certificates, and `sslmode` may be
    /// `verify-full`. `require` checks the certificate too: encryption to nobody in particular protects nothing. Without
    /// `sslmode` a connection that leaves this machine is encrypted, and one that does not is not.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] with a sentence that does not repeat the URL, which holds a password.
    pub(crate) fn parse(url: &str, writes: bool) -> Result<Self, StoreError> {
        let wrong = |why: String| StoreError::Unavailable(format!("the database's URL: {why}"));
        if !["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme)) {
            return Err(wrong("must begin with postgres://".into()));
        }
        let (mut text, mut root) = (url.to_owned(), None);
        if let Some((base, query)) = url.split_once('?') {
            let mut kept = Vec::new();
            for pair in query.split('&') {
                match pair.split_once('=') {
                    Some(("sslrootcert", path)) => root = Some(PathBuf::from(unescaped(path))),
                    Some(("sslmode", "verify-full" | "verify-ca")) => kept.push("sslmode=require"),
                    _ => kept.push(pair),
                }
            }
            text = format!("{base}?{}", kept.join("&"));
        }
        let mut config: Config = text.parse().map_err(|e: tokio_postgres::Error| wrong(e.to_string()))?;
        config.connect_timeout(CONNECT).tcp_user_timeout(UNHEARD).keepalives_idle(UNHEARD);
        if config.get_application_name().is_none() {
            config.application_name("personhood");
        }
        if writes && config.get_target_session_attrs() == TargetSessionAttrs::Any {
            // Of several hosts the one that takes writes, whichever that is after a failover.
            config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        }
        if config.get_ssl_mode() == SslMode::Prefer {
            // "Encrypted if the other side likes to" protects from nobody who sits in between.
            let addresses = config.get_hostaddrs();
            // Where addresses are given, names are not looked up.
            let here = if addresses.is_empty() {
                config.get_hosts().iter().all(is_here)
            } else {
                addresses.iter().all(IpAddr::is_loopback)
            };
            let plain = root.is_none() && here;
            config.ssl_mode(if plain { SslMode::Disable } else { SslMode::Require });
        }
        Ok(Self { config, root })
    }

    /// With a password, where the URL has none.
    pub(crate) fn with_password(mut self, password: Option<&str>) -> Self {
        if let Some(password) = password.filter(|_| self.config.get_password().is_none()) {
            self.config.password(password);
        }
        self
    }
}

/// Whether a connection stays on this machine.
fn is_here(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => name == "localhost" || name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback()),
        #[cfg(unix)]
        Host::Unix(_) => true,
    }
}

/// A value of a query, its percent signs resolved.
fn unescaped(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let [first, tail @ ..] = rest {
        let hex = tail.get(..2).and_then(|h| u8::from_str_radix(std::str::from_utf8(h).ok()?, 16).ok());
        match (first, hex) {
            (b'%', Some(byte)) => (bytes.push(byte), rest = &tail[2..]).0,
            _ => (bytes.push(*first), rest = tail).0,
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_that_leave_the_machine_are_encrypted_unless_that_is_turned_off() {
        let mode = |url| Location::parse(url, true).unwrap().config.get_ssl_mode();
        assert_eq!(mode("postgres://u@db.example/d"), SslMode::Require);
        assert_eq!(mode("postgres://u@127.0.0.1,db.example/d?sslmode=prefer"), SslMode::Require);
        assert_eq!(mode("postgres://u@db.example/d?sslmode=disable"), SslMode::Disable);
        assert_eq!(mode("postgres://u@localhost,[::1]/d"), SslMode::Disable);
        assert_eq!(mode("postgres://u@localhost/d?hostaddr=192.0.2.2"), SslMode::Require);
        assert_eq!(mode("postgres://u@db.example/d?hostaddr=127.0.0.1"), SslMode::Disable);
    }

    #[test]
    fn a_root_certificate_is_taken_out_and_demands_encryption() {
        let found =
            Location::parse("postgres://u:p@h,i/d?sslrootcert=%2Fetc%2Fca%20x.pem&sslmode=prefer", true)
                .unwrap();
        assert_eq!(found.root, Some(PathBuf::from("/etc/ca x.pem")));
        assert_eq!(found.config.get_ssl_mode(), SslMode::Require);
        assert_eq!(found.config.get_target_session_attrs(), TargetSessionAttrs::ReadWrite);
        let plain = Location::parse("postgresql://u@h/d?sslmode=verify-full", false).unwrap();
        assert_eq!(plain.config.get_ssl_mode(), SslMode::Require);
    }

    #[test]
    fn a_password_from_elsewhere_is_taken_where_the_url_has_none() {
        let of = |url| {
            Location::parse(url, true)
                .unwrap()
                .with_password(Some("b"))
                .config
                .get_password()
                .map(<[u8]>::to_vec)
        };
        assert_eq!(of("postgres://u@h/d"), Some(b"b".to_vec()));
        assert_eq!(of("postgres://u:a@h/d"), Some(b"a".to_vec()));
    }

    #[test]
    fn what_is_wrong_is_said_without_the_password() {
        for bad in ["mysql://u:secret@h/d", "postgres://u:secret@h/d?sslmode=maybe", "u:secret@h"] {
            let said = Location::parse(bad, true).unwrap_err().to_string();
            assert!(!said.contains("secret"), "{said}");
        }
    }
}
