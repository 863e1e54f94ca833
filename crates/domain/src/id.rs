//! Identifiers: a prefix that names the kind, then a UUIDv7 (RFC 9562) in 26 Crockford base32 characters.
//!
//! They sort by creation time, cannot be guessed (74 random bits) and reveal when the record was made.

use std::fmt;
use std::str::FromStr;

use crate::clock::{Random, Time};

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// The text is not an identifier of this kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an identifier of this kind")]
pub struct NotAnId;

/// A UUIDv7 made from a moment and 74 random bits.
fn uuid_v7(now: Time, random: &dyn Random) -> u128 {
    let noise = u128::from_be_bytes(random.bytes());
    let millis = u128::from(now.millis().unsigned_abs()) & 0xffff_ffff_ffff;
    let rand_a = (noise >> 64) & 0xfff;
    let rand_b = noise & 0x3fff_ffff_ffff_ffff;
    (millis << 80) | (0x7 << 76) | (rand_a << 64) | (0b10 << 62) | rand_b
}

fn encode(value: u128, out: &mut [u8; 26]) {
    for (i, slot) in out.iter_mut().enumerate() {
        let shift = 125 - 5 * i;
        *slot = ALPHABET[((value >> shift) & 31) as usize];
    }
}

fn decode(text: &str) -> Result<u128, NotAnId> {
    if text.len() != 26 {
        return Err(NotAnId);
    }
    let mut value: u128 = 0;
    for (i, byte) in text.bytes().enumerate() {
        let digit = ALPHABET.iter().position(|&a| a == byte).ok_or(NotAnId)? as u128;
        // 26 × 5 = 130 bits: the first character may carry three.
        if i == 0 && digit > 7 {
            return Err(NotAnId);
        }
        value = (value << 5) | digit;
    }
    Ok(value)
}

macro_rules! id_type {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u128);

        impl $name {
            /// What the written form begins with.
            pub const PREFIX: &'static str = $prefix;

            /// A new identifier: unique, sortable by `now`, unguessable.
            #[must_use]
            pub fn new(now: Time, random: &dyn Random) -> Self {
                Self(uuid_v7(now, random))
            }

            /// The moment it was made at.
            #[must_use]
            pub const fn created_at(self) -> Time {
                Time::from_millis((self.0 >> 80) as i64)
            }

            /// The sixteen bytes a store keeps; their order is the order of creation.
            #[must_use]
            pub const fn to_bytes(self) -> [u8; 16] {
                self.0.to_be_bytes()
            }

            /// From the sixteen bytes of [`Self::to_bytes`].
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(u128::from_be_bytes(bytes))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut text = [0; 26];
                encode(self.0, &mut text);
                f.write_str($prefix)?;
                text.iter().try_for_each(|&b| fmt::Write::write_char(f, char::from(b)))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                decode(text.strip_prefix($prefix).ok_or(NotAnId)?).map(Self)
            }
        }
    };
}

id_type!(
    /// A person of one tenant.
    PersonId,
    "person_"
);
id_type!(
    /// A biometric sample (a face image or a fingerprint) of one person.
    SampleId,
    "sample_"
);
id_type!(
    /// An entry in a person's append-only history.
    EventId,
    "event_"
);
id_type!(
    /// A collection of persons of one tenant.
    CollectionId,
    "collection_"
);
id_type!(
    /// Two persons of one tenant who may be one.
    DuplicateId,
    "duplicate_"
);
id_type!(
    /// An API token; the token itself is a separate secret.
    TokenId,
    "token_"
);
id_type!(
    /// A tenant: persons of different tenants never meet.
    TenantId,
    "tenant_"
);

impl TenantId {
    /// The tenant that exists from the first start.
    pub const DEFAULT: Self = Self(0x0000_0000_0000_7000_8000_0000_0000_0001);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    struct Fixed(u8);
    impl Random for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    #[test]
    fn an_id_is_a_uuid_v7_of_its_moment() {
        let id = PersonId::new(Time::from_millis(1_705_314_600_000), &Fixed(0xff));
        let bytes = id.to_bytes();
        assert_eq!(bytes[6] >> 4, 7, "version");
        assert_eq!(bytes[8] >> 6, 0b10, "variant");
        assert_eq!(&bytes[..6], &1_705_314_600_000u64.to_be_bytes()[2..]);
    }

    #[test]
    fn later_ids_sort_after_earlier_ones_as_text_too() {
        let (a, b) = (
            PersonId::new(Time::from_millis(1), &Fixed(0xff)),
            PersonId::new(Time::from_millis(2), &Fixed(0)),
        );
        assert!(a < b && a.to_string() < b.to_string());
    }

    #[test]
    fn foreign_prefixes_lengths_and_letters_are_refused() {
        let good = PersonId::new(Time::EPOCH, &Fixed(3)).to_string();
        for bad in [
            "",
            "person_",
            "person_123456789",
            &good.replace("person", "token"),
            &good.to_uppercase(),
            &good[..32],
            &format!("{good}0"),
            "person_80000000000000000000000000",
            "person_0000000000000000000000000u",
        ] {
            assert_eq!(bad.parse::<PersonId>(), Err(NotAnId), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn every_id_survives_text_and_bytes(value: u128) {
            let id = PersonId::from_bytes(value.to_be_bytes());
            prop_assert_eq!(id.to_string().parse::<PersonId>(), Ok(id));
            prop_assert_eq!(id.to_string().len(), 33);
        }
    }
}
