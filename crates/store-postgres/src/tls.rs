//! Encryption to the database.

use std::path::Path;
use std::sync::Arc;

use ::store::StoreError;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;

fn wrong(why: impl std::fmt::Display) -> StoreError {
    StoreError::Unavailable(format!("encryption to the database: {why}"))
}

/// Whom to trust: the certificates of a file, or those of the system.
fn roots(file: Option<&Path>) -> Result<RootCertStore, StoreError> {
    let mut roots = RootCertStore::empty();
    match file {
        Some(path) => {
            let at = |e| wrong(format!("{}: {e}", path.display()));
            for certificate in CertificateDer::pem_file_iter(path).map_err(at)? {
                roots.add(certificate.map_err(at)?).map_err(wrong)?;
            }
        }
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    Ok(roots)
}

/// A way to encrypted connections.
///
/// # Errors
/// [`StoreError::Unavailable`] when the certificates cannot be read.
pub(crate) fn connector(root: Option<&Path>) -> Result<MakeRustlsConnect, StoreError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(wrong)?
        .with_root_certificates(roots(root)?)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}
