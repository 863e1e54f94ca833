//! Envelope encryption: bytes in, bytes out. Knows neither persons nor stores nor clocks.
//!
//! A key-encryption key (KEK) wraps tenant keys, a tenant key wraps person keys, a person key seals what is known
//! of one person. Every ciphertext is bound to where it belongs by associated data, so that a record moved to
//! another place no longer opens.

mod blind_index;
mod envelope;
mod keyring;
mod locked;
mod signer;

pub use blind_index::BlindIndex;
pub use envelope::{OpenError, SealError};
pub use keyring::{Kek, Key, Nonce, TenantKeys};
pub use locked::all_locked;
pub use signer::{Signer, verify};

/// Wipes bytes that held a key on its way here.
pub fn wipe(mut bytes: Vec<u8>) {
    zeroize::Zeroize::zeroize(&mut bytes);
}
