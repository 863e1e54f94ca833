//! Tokens: 256 random bits in a form that scanners of leaked secrets can recognise, stored as a hash only.

use domain::{Scopes, TenantId, Time, TokenId};
use sha2::{Digest as _, Sha256};
use store::{Changes, Conflict, ListQuery, Sort, TokenChange, TokenRow};

use crate::error::Error;
use crate::keys::nonce;
use crate::place;
use crate::registry::Registry;
use crate::tenants::COMMITS_OF_MAKING;

/// What every token begins with.
pub const PREFIX: &str = "ph_";
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Characters of the secret: 32 bytes at five bits each.
const SECRET: usize = 52;
/// Characters of the checksum: thirty bits.
const CHECK: usize = 6;

fn base32(bytes: &[u8], characters: usize) -> String {
    let bit = |i: usize| bytes.get(i / 8).is_some_and(|b| b >> (7 - i % 8) & 1 == 1);
    let digit = |c: usize| (0..5).fold(0, |v, k| v << 1 | usize::from(bit(5 * c + k)));
    (0..characters).map(|c| char::from(ALPHABET[digit(c)])).collect()
}

fn checksum(body: &str) -> String {
    base32(&Sha256::digest(body.as_bytes()), CHECK)
}

/// The written form of 32 random bytes.
fn write(secret: &[u8; 32]) -> String {
    let body = format!("{PREFIX}{}", base32(secret, SECRET));
    let check = checksum(&body);
    body + &check
}

/// The hash under which a token is stored; `None` for a text that cannot be a token.
pub(crate) fn hash(text: &str) -> Option<[u8; 32]> {
    let well_formed =
        text.len() == PREFIX.len() + SECRET + CHECK && text.is_ascii() && text.starts_with(PREFIX);
    let (body, check) = well_formed.then(|| text.split_at(PREFIX.len() + SECRET))?;
    (checksum(body) == check).then(|| Sha256::digest(text.as_bytes()).into())
}

/// A token just made: the only time its secret is known.
#[derive(Debug)]
pub struct NewToken {
    /// Its identifier, to revoke it.
    pub id: TokenId,
    /// The secret.
    pub secret: String,
}

/// A token as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenView {
    /// Its identifier.
    pub id: TokenId,
    /// Its name.
    pub name: String,
    /// What it may do.
    pub scopes: Scopes,
    /// When it was made.
    pub created_at: Time,
    /// When it stops working, if ever.
    pub expires_at: Option<Time>,
    /// When it was revoked.
    pub revoked_at: Option<Time>,
}

impl Registry {
    /// Makes a token.
    ///
    /// # Errors
    /// What the store says.
    pub async fn create_token(
        &self,
        tenant: TenantId,
        name: &str,
        scopes: Scopes,
        lifetime_seconds: Option<i64>,
    ) -> Result<NewToken, Error> {
        let keys = self.keys.of(&*self.store, tenant).await?;
        let now = self.now();
        let id = TokenId::new(now, &*self.random);
        let secret = write(&self.random.bytes());
        let mut row = TokenRow {
            id,
            hash: hash(&secret).ok_or_else(|| Error::Fault("a fresh token is not well-formed".into()))?,
            scopes,
            created_at: now,
            expires_at: lifetime_seconds.map(|s| now.plus_seconds(s)),
            revoked_at: None,
            sealed_name: Vec::new(),
        };
        let place = place::token(tenant, &row);
        row.sealed_name = keys.records().seal(nonce(&*self.random), &place, name.as_bytes())?;
        let mut changes = Changes::at(now);
        changes.tokens.push(TokenChange::Insert(row));
        self.commit(tenant, changes).await?;
        Ok(NewToken { id, secret })
    }

    /// Revokes a token: effective here at once, in other processes within a second. `false` when there is none.
    ///
    /// # Errors
    /// What the store says.
    pub async fn revoke_token(&self, tenant: TenantId, id: TokenId) -> Result<bool, Error> {
        let mut changes = Changes::at(self.now());
        let Some(mut row) = self.store.token(tenant, id).await? else { return Ok(false) };
        let name = self.open_token(tenant, &row).await?;
        row.revoked_at = Some(changes.now);
        // Sealed together with the moment, so that it cannot be taken back by hand.
        let keys = self.keys.of(&*self.store, tenant).await?;
        let sealed_name = keys.records().seal(nonce(&*self.random), &place::token(tenant, &row), &name)?;
        changes.tokens.push(TokenChange::Revoke { id, sealed_name });
        let result = self.commit(tenant, changes).await;
        self.tokens.forget();
        match result {
            Ok(_) => Ok(true),
            Err(store::CommitError::Conflict(Conflict::TokenGone)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// All tokens of a tenant, oldest first. A row that is damaged, or that somebody without the key has put there, is passed over:
    /// it is no token.
    ///
    /// # Errors
    /// What the store says.
    pub async fn tokens(&self, tenant: TenantId) -> Result<Vec<TokenView>, Error> {
        let rows = self.store.tokens(tenant).await?;
        let mut views = Vec::with_capacity(rows.len());
        for row in rows {
            let id = row.id;
            let view = self.token_view(tenant, row).await;
            views.extend(self.unless_damaged(tenant, id, view)?);
        }
        Ok(views)
    }

    /// Whether nothing has been kept here yet: neither a token, whatever it is worth, nor a person nor another tenant, nor anything
    /// that has gone again.
    ///
    /// # Errors
    /// What the store says.
    pub async fn is_new(&self) -> Result<bool, Error> {
        let tenants = self.store.tenants().await?;
        let mut empty = tenants.len() <= 1;
        for tenant in tenants {
            let one = ListQuery::all(self.now(), Sort::CreatedAt, 1);
            empty &= self.store.tokens(tenant.id).await?.is_empty();
            empty &= self.store.persons(tenant.id, one).await?.rows.is_empty();
            empty &= self.store.collections(tenant.id, None, 1).await?.is_empty();
            empty &= self.store.sequence(tenant.id).await? <= COMMITS_OF_MAKING;
        }
        Ok(empty)
    }

    /// The name of a token whose row is genuine.
    async fn open_token(&self, tenant: TenantId, row: &TokenRow) -> Result<Vec<u8>, Error> {
        let keys = self.keys.of(&*self.store, tenant).await?;
        let open = |place: Vec<u8>| keys.records().open(&place, row.sealed_name.clone());
        let before_0_2 = || open(place::token_before_0_2(tenant, row));
        Ok(open(place::token(tenant, row)).or_else(|_| before_0_2())?)
    }

    pub(crate) async fn token_view(&self, tenant: TenantId, row: TokenRow) -> Result<TokenView, Error> {
        let name = self.open_token(tenant, &row).await?;
        Ok(TokenView {
            id: row.id,
            name: String::from_utf8_lossy(&name).into_owned(),
            scopes: row.scopes,
            created_at: row.created_at,
            expires_at: row.expires_at,
            revoked_at: row.revoked_at,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_carries_256_bits_and_a_checksum() {
        let token = write(&[0xa5; 32]);
        assert_eq!(token.len(), 61);
        assert!(hash(&token).is_some());
        for at in 0..token.len() {
            let mut other = token.clone().into_bytes();
            other[at] = if other[at] == b'0' { b'1' } else { b'0' };
            assert_eq!(hash(std::str::from_utf8(&other).unwrap()), None, "a typo at {at} is noticed");
        }
    }

    #[test]
    fn other_texts_are_no_tokens() {
        for text in ["", "ph_", "Bearer", &"é".repeat(40), &"0".repeat(61)] {
            assert_eq!(hash(text), None);
        }
    }

    #[test]
    fn different_secrets_never_share_a_form() {
        let mut secret = [0; 32];
        let zero = write(&secret);
        secret[31] = 1;
        assert_ne!(zero, write(&secret), "the last bit is written too");
    }
}
