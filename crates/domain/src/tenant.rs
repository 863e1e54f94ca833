//! Tenants and what a token may do inside one.

use std::fmt;

/// One permission. `admin` implies all others within its tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Scope {
    /// See persons, without biometric images.
    PersonsRead = 1,
    /// Create, change and erase persons.
    PersonsWrite = 1 << 1,
    /// Decide a person's status by hand.
    PersonsReview = 1 << 2,
    /// See face images and fingerprints.
    BiometricsRead = 1 << 3,
    /// Verify, search, compare, detect, and measure liveness.
    BiometricsMatch = 1 << 4,
    /// Everything in the tenant.
    Admin = 1 << 5,
}

impl Scope {
    /// All scopes, in the order they are written.
    pub const ALL: [Self; 6] = [
        Self::PersonsRead,
        Self::PersonsWrite,
        Self::PersonsReview,
        Self::BiometricsRead,
        Self::BiometricsMatch,
        Self::Admin,
    ];

    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PersonsRead => "persons:read",
            Self::PersonsWrite => "persons:write",
            Self::PersonsReview => "persons:review",
            Self::BiometricsRead => "biometrics:read",
            Self::BiometricsMatch => "biometrics:match",
            Self::Admin => "admin",
        }
    }

    /// The scope written as `word`, if there is one.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == word)
    }
}

/// A set of scopes, as stored: one bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scopes(u8);

impl Scopes {
    /// What `token create` gives without `--scope`.
    pub const DEFAULT: Self = Self(
        Scope::PersonsRead as u8
            | Scope::PersonsWrite as u8
            | Scope::BiometricsRead as u8
            | Scope::BiometricsMatch as u8,
    );
    /// Every scope: the first token of a fresh machine.
    pub const ALL: Self = Self(0x3f);

    /// From the stored bits; unknown bits are dropped.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits & Self::ALL.0)
    }

    /// The stored bits.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Whether the set grants `scope`, directly or through `admin`.
    #[must_use]
    pub const fn grants(self, scope: Scope) -> bool {
        self.0 & (scope as u8 | Scope::Admin as u8) != 0
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |bits, s| bits | s as u8))
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut first = true;
        for scope in Scope::ALL.into_iter().filter(|&s| self.0 & s as u8 != 0) {
            if !std::mem::take(&mut first) {
                f.write_str(" ")?;
            }
            f.write_str(scope.as_str())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn admin_implies_every_scope_and_nothing_else_implies_another() {
        for scope in Scope::ALL {
            assert!(Scopes::from_iter([Scope::Admin]).grants(scope));
            for other in Scope::ALL.into_iter().filter(|&o| o != Scope::Admin) {
                assert_eq!(Scopes::from_iter([other]).grants(scope), other == scope, "{other:?} {scope:?}");
            }
        }
    }

    #[test]
    fn the_default_token_can_neither_review_nor_administer() {
        assert_eq!(
            Scopes::DEFAULT.to_string(),
            "persons:read persons:write biometrics:read biometrics:match"
        );
    }

    #[test]
    fn every_scope_word_is_read_back() {
        for scope in Scope::ALL {
            assert_eq!(Scope::parse(scope.as_str()), Some(scope));
        }
        assert_eq!(Scope::parse("root"), None);
    }
}
