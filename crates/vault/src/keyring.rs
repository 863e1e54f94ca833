//! Keys and how they hang together. Keys are wiped from memory when dropped and never shown.

use std::fmt;

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::blind_index::BlindIndex;
use crate::envelope::{OpenError, SealError};
use crate::locked::Locked;
use crate::signer::Signer;

/// Twelve random bytes, used once.
#[derive(Clone, Copy, Debug)]
pub struct Nonce(pub [u8; 12]);

/// A 256-bit key.
#[derive(Clone, ZeroizeOnDrop)]
pub struct Key([u8; 32]);

impl Key {
    /// From 32 random bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(crate) const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Wraps `other` under this key, bound to `place`.
    ///
    /// # Errors
    /// Never in practice: a key is short.
    pub fn wrap(&self, nonce: Nonce, place: &[u8], other: &Self) -> Result<Vec<u8>, SealError> {
        self.seal(nonce, place, &other.0)
    }

    /// Unwraps what [`Self::wrap`] made.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn unwrap_key(&self, place: &[u8], wrapped: Vec<u8>) -> Result<Self, OpenError> {
        let plain = Zeroizing::new(self.open(place, wrapped)?);
        let mut key = Self([0; 32]);
        if plain.len() != key.0.len() {
            return Err(OpenError);
        }
        key.0.copy_from_slice(&plain);
        Ok(key)
    }

    /// A key derived from this one for one `purpose` (HKDF-SHA-256, RFC 5869).
    #[must_use]
    pub fn derive(&self, purpose: &str) -> Self {
        let mut derived = Self([0; 32]);
        // 32 bytes are far below the limit of HKDF-SHA-256 (8,160): expansion cannot fail.
        let _ = Hkdf::<Sha256>::new(None, &self.0).expand(purpose.as_bytes(), &mut derived.0);
        derived
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

/// The key-encryption key: the operator's secret, never in the store or a backup. It lies in memory that is not swapped out,
/// where the system allows it.
pub struct Kek(Locked<Key>);

impl fmt::Debug for Kek {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Kek(…)")
    }
}

impl Kek {
    /// From 32 random bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Locked::new(Key::from_bytes(bytes)))
    }

    /// Wraps a tenant's key, bound to `place`.
    ///
    /// # Errors
    /// Never in practice.
    pub fn wrap(&self, nonce: Nonce, place: &[u8], tenant: &Key) -> Result<Vec<u8>, SealError> {
        self.0.wrap(nonce, place, tenant)
    }

    /// Unwraps a tenant's key. A wrong KEK shows itself here.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn unwrap_key(&self, place: &[u8], wrapped: Vec<u8>) -> Result<Key, OpenError> {
        self.0.unwrap_key(place, wrapped)
    }
}

/// What a tenant's key is used for, derived once. It lies in memory that is not swapped out, where the system allows it.
pub struct TenantKeys(Locked<Working>);

struct Working {
    wrapping: Key,
    records: Key,
    index: BlindIndex,
    signer: Signer,
}

impl fmt::Debug for TenantKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TenantKeys(…)")
    }
}

impl TenantKeys {
    /// Derives the working keys of a tenant's key.
    #[must_use]
    pub fn new(tenant: &Key) -> Self {
        Self(Locked::new(Working {
            wrapping: tenant.derive("person keys"),
            records: tenant.derive("tenant records"),
            index: BlindIndex::new(&tenant.derive("blind index")),
            signer: Signer::new(&tenant.derive("signatures")),
        }))
    }

    /// Wraps person keys.
    #[must_use]
    pub fn wrapping(&self) -> &Key {
        &self.0.wrapping
    }

    /// Seals what belongs to the tenant and to no person: names of tokens, stored answers.
    #[must_use]
    pub fn records(&self) -> &Key {
        &self.0.records
    }

    /// Hashes values to look them up without storing them.
    #[must_use]
    pub fn index(&self) -> &BlindIndex {
        &self.0.index
    }

    /// Signs what the server attests to this tenant.
    #[must_use]
    pub fn signer(&self) -> &Signer {
        &self.0.signer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrapped_key_comes_back_under_its_own_wrapping_only() {
        let (kek, other, tenant) =
            (Kek::from_bytes([1; 32]), Kek::from_bytes([2; 32]), Key::from_bytes([3; 32]));
        let wrapped = kek.wrap(Nonce([0; 12]), b"tenant", &tenant).unwrap();
        assert_eq!(kek.unwrap_key(b"tenant", wrapped.clone()).unwrap().0, tenant.0);
        assert!(other.unwrap_key(b"tenant", wrapped.clone()).is_err());
        assert!(kek.unwrap_key(b"another", wrapped).is_err());
    }

    #[test]
    fn purposes_give_different_keys() {
        let key = Key::from_bytes([3; 32]);
        assert_ne!(key.derive("a").0, key.derive("b").0);
        assert_ne!(key.derive("a").0, key.0);
    }

    #[test]
    fn a_key_never_shows_itself() {
        assert_eq!(format!("{:?}", Kek::from_bytes([9; 32])), "Kek(…)");
        let key = Key::from_bytes([9; 32]);
        assert_eq!(format!("{key:?} {:?}", TenantKeys::new(&key)), "Key(…) TenantKeys(…)");
    }

    #[test]
    fn keys_and_what_is_computed_of_them_are_wiped() {
        // Whoever turns a library's wiping off does not compile this.
        fn wiped<T: ZeroizeOnDrop>() {}
        wiped::<Key>();
        wiped::<aes_gcm::Aes256Gcm>();
        // HMAC and HKDF keep their keys as states of this.
        wiped::<Sha256>();
        wiped::<ed25519_dalek::SigningKey>();
    }
}
