//! Signatures: Ed25519 (RFC 8032) with a key derived from the tenant's.

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};

use crate::keyring::Key;

/// Signs what the server attests to.
#[derive(Clone, Debug)]
pub struct Signer(SigningKey);

impl Signer {
    pub(crate) fn new(key: &Key) -> Self {
        Self(SigningKey::from_bytes(key.bytes()))
    }

    /// The signature of `message`.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }

    /// The key with which anyone can verify.
    #[must_use]
    pub fn public(&self) -> [u8; 32] {
        self.0.verifying_key().to_bytes()
    }
}

/// Whether `signature` is that of `message` under `public`; strict, so that one message has one signature.
#[must_use]
pub fn verify(public: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    VerifyingKey::from_bytes(public)
        .is_ok_and(|key| key.verify_strict(message, &Signature::from_bytes(signature)).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_holds_for_its_message_and_key_only() {
        let (a, b) = (Signer::new(&Key::from_bytes([1; 32])), Signer::new(&Key::from_bytes([2; 32])));
        let signature = a.sign(b"gone");
        assert!(verify(&a.public(), b"gone", &signature));
        assert!(!verify(&a.public(), b"here", &signature));
        assert!(!verify(&b.public(), b"gone", &signature));
    }
}
