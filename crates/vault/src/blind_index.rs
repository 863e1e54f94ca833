//! Blind indexes: keyed hashes under which a value can be found without being stored.
//!
//! Equal values of one field of one tenant give equal hashes: whoever reads the store learns which persons share
//! a value and how common it is, and without the tenant's key nothing else.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::keyring::Key;

/// Hashes values of one tenant.
#[derive(Clone)]
pub struct BlindIndex(Hmac<Sha256>);

impl BlindIndex {
    pub(crate) fn new(key: &Key) -> Self {
        // HMAC pads a shorter key with zeros to its block (RFC 2104); doing it here leaves nothing that can fail.
        let mut block = Zeroizing::new([0; 64]);
        block[..32].copy_from_slice(key.bytes());
        Self(Hmac::new((&*block).into()))
    }

    /// HMAC-SHA-256 of `value` in `field`, cut to 128 bits.
    #[must_use]
    pub fn hash(&self, field: &str, value: &[u8]) -> [u8; 16] {
        self.hash_pieces(field, [value])
    }

    /// As [`Self::hash`], of a value that comes in pieces: where one ends makes no difference.
    #[must_use]
    pub fn hash_pieces(&self, field: &str, pieces: impl IntoIterator<Item = impl AsRef<[u8]>>) -> [u8; 16] {
        let mut mac = self.0.clone();
        mac.update(field.as_bytes());
        mac.update(&[0]);
        pieces.into_iter().for_each(|piece| mac.update(piece.as_ref()));
        let full = mac.finalize().into_bytes();
        let mut hash = [0; 16];
        hash.copy_from_slice(&full[..16]);
        hash
    }
}

impl std::fmt::Debug for BlindIndex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BlindIndex(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_and_tenants_do_not_meet() {
        let (a, b) = (BlindIndex::new(&Key::from_bytes([1; 32])), BlindIndex::new(&Key::from_bytes([2; 32])));
        assert_eq!(a.hash("email", b"x"), a.hash("email", b"x"));
        assert_ne!(a.hash("email", b"x"), a.hash("phone", b"x"));
        assert_ne!(a.hash("email", b"x"), b.hash("email", b"x"));
        assert_ne!(a.hash("ab", b"c"), a.hash("a", b"bc"));
        assert_eq!(a.hash("a", b"bcd"), a.hash_pieces("a", ["bc", "", "d"]));
    }
}
