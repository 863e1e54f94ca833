//! One sealed record: `format (1) | nonce (12) | ciphertext | tag (16)`, AES-256-GCM (NIST SP 800-38D).

use aes_gcm::aead::inout::InOutBuf;
use aes_gcm::aead::{AeadInOut as _, KeyInit as _};
use aes_gcm::{Aes256Gcm, Nonce as GcmNonce, Tag};

use crate::keyring::{Key, Nonce};

/// The only format so far.
const FORMAT: u8 = 1;
const HEAD: usize = 13;
const TAG: usize = 16;

/// The record is damaged, was sealed under another key, or belongs elsewhere. Which, it cannot tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a sealed record does not open: wrong key, wrong place, or damaged")]
pub struct OpenError;

/// The record is too long to seal (64 GiB).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a record is too long to seal")]
pub struct SealError;

impl Key {
    /// Seals `plain`, bound to `place`. The nonce must be fresh and random; one key seals far fewer than the
    /// 2^32 records at which random nonces become unsafe, because each person has a key of its own.
    ///
    /// # Errors
    /// [`SealError`] for a record of 64 GiB or more.
    pub fn seal(&self, nonce: Nonce, place: &[u8], plain: &[u8]) -> Result<Vec<u8>, SealError> {
        let mut sealed = Vec::with_capacity(HEAD + plain.len() + TAG);
        sealed.push(FORMAT);
        sealed.extend_from_slice(&nonce.0);
        sealed.extend_from_slice(plain);
        let body = InOutBuf::from(&mut sealed[HEAD..]);
        let tag = self
            .cipher()
            .encrypt_inout_detached(&GcmNonce::from(nonce.0), &bound(place), body)
            .map_err(|_| SealError)?;
        sealed.extend_from_slice(&tag);
        Ok(sealed)
    }

    /// Opens what [`Self::seal`] made with the same key and place, in the buffer it came in.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(&self, place: &[u8], mut sealed: Vec<u8>) -> Result<Vec<u8>, OpenError> {
        if sealed.len() < HEAD + TAG || sealed[0] != FORMAT {
            return Err(OpenError);
        }
        let nonce: [u8; 12] = sealed[1..HEAD].try_into().map_err(|_| OpenError)?;
        let end = sealed.len() - TAG;
        let tag: [u8; TAG] = sealed[end..].try_into().map_err(|_| OpenError)?;
        let body = InOutBuf::from(&mut sealed[HEAD..end]);
        self.cipher()
            .decrypt_inout_detached(&GcmNonce::from(nonce), &bound(place), body, &Tag::from(tag))
            .map_err(|_| OpenError)?;
        sealed.truncate(end);
        sealed.drain(..HEAD);
        Ok(sealed)
    }

    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new(self.bytes().into())
    }
}

/// The associated data: the format, then the place.
fn bound(place: &[u8]) -> Vec<u8> {
    [&[FORMAT], place].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(byte: u8) -> Key {
        Key::from_bytes([byte; 32])
    }

    proptest! {
        #[test]
        fn what_was_sealed_opens_in_its_place_only(plain in prop::collection::vec(any::<u8>(), 0..300), place in "[a-z|]{1,40}") {
            let sealed = key(1).seal(Nonce([7; 12]), place.as_bytes(), &plain).unwrap();
            prop_assert_eq!(key(1).open(place.as_bytes(), sealed.clone()), Ok(plain));
            prop_assert_eq!(key(2).open(place.as_bytes(), sealed.clone()), Err(OpenError));
            prop_assert_eq!(key(1).open(format!("{place}x").as_bytes(), sealed), Err(OpenError));
        }

        #[test]
        fn any_flipped_bit_is_noticed(plain in prop::collection::vec(any::<u8>(), 0..60), at: prop::sample::Index, bit in 0u8..8) {
            let mut sealed = key(1).seal(Nonce([7; 12]), b"here", &plain).unwrap();
            let at = at.index(sealed.len());
            sealed[at] ^= 1 << bit;
            prop_assert_eq!(key(1).open(b"here", sealed), Err(OpenError));
        }

        #[test]
        fn any_bytes_are_refused_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            prop_assert_eq!(key(1).open(b"", bytes), Err(OpenError));
        }
    }
}
