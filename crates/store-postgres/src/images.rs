//! Images outside the database: in any store that speaks S3. What lies there is sealed like all else.
//!
//! An image is written before its row and removed after it, so a row never lacks its image; what a broken commit leaves
//! behind is collected later.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use ::store::{SampleRow, StoreError};
use domain::{PersonId, TenantId, Time};
use futures_util::TryStreamExt as _;
use futures_util::future::try_join_all;
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::path::Path;
use object_store::{ClientOptions, Error, ObjectStore, ObjectStoreExt as _, PutPayload, RetryConfig};

/// Whose image, and what the object is called.
pub(crate) type Key = (TenantId, PersonId, String);

/// What a store is called among all that keep their images in one place: two that share a bucket by mistake, or a copy of one
/// that is being tried out, never take each other's images for their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StoreId(pub(crate) [u8; 16]);

/// Stands between the store's name and the rest in the name of an object; those of before have none.
const OF_STORE: char = '/';
/// The object that says how far a store has come.
const MARKER: &str = "marker";

/// What the object of a sample is called: by the store, by the sample, and by the nonce it was sealed with, so that no name is
/// ever given twice, even when a sample comes back under its old identifier. Else whoever removes the old object removes the
/// new one.
pub(crate) fn name(store: StoreId, row: &SampleRow) -> String {
    let mut name = hex(store.0);
    name.push(OF_STORE);
    name.push_str(&hex(row.head.id.to_bytes()));
    name.push('-');
    for byte in row.image.iter().skip(1).take(12) {
        let _ = write!(name, "{byte:02x}");
    }
    name
}

fn hex(bytes: [u8; 16]) -> String {
    format!("{:032x}", u128::from_be_bytes(bytes))
}

/// How often a request is repeated, and until when: somebody waits for the answer.
const RETRIES: usize = 2;
const PATIENCE: Duration = Duration::from_secs(5);

/// Where images are.
#[derive(Clone)]
pub(crate) struct Images {
    objects: Arc<dyn ObjectStore>,
    prefix: String,
    store: StoreId,
}

/// What went wrong, in one line that names no object and repeats nothing the image store has said: names hold whose image it is.
#[expect(clippy::needless_pass_by_value, reason = "used in map_err")]
fn failed(error: Error) -> StoreError {
    let why = match error {
        Error::NotFound { .. } => "it has no such object",
        Error::PermissionDenied { .. } => "it does not permit that",
        Error::Unauthenticated { .. } => "it does not take these credentials",
        Error::AlreadyExists { .. } | Error::Precondition { .. } => "the object is there already",
        Error::InvalidPath { .. } => "it does not take the name of an object",
        Error::NotSupported { .. } | Error::NotImplemented { .. } => "it does not know how to do that",
        Error::UnknownConfigurationKey { .. } => "a setting is not known",
        _ => "it does not answer, or not as it should",
    };
    StoreError::Unavailable(format!("the image store: {why}"))
}

impl Images {
    /// Opens `s3://bucket[/prefix][?endpoint=URL&region=NAME]` for a store; whatever else is needed comes from `credentials`,
    /// by the names of the `AWS_…` variables, and from those variables.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it makes no sense.
    pub(crate) fn open(
        url: &str,
        credentials: &[(String, String)],
        store: StoreId,
    ) -> Result<Self, StoreError> {
        let wrong = |why: &str| StoreError::Unavailable(format!("the image store's URL {why}"));
        let rest = url.strip_prefix("s3://").ok_or_else(|| wrong("must begin with s3://"))?;
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
        // TLS without a provider of its own takes the one of the process.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let retry = RetryConfig { max_retries: RETRIES, retry_timeout: PATIENCE, ..RetryConfig::default() };
        let client = ClientOptions::new().with_connect_timeout(PATIENCE).with_timeout(4 * PATIENCE);
        let mut builder = AmazonS3Builder::from_env()
            .with_bucket_name(bucket)
            .with_retry(retry)
            .with_client_options(client);
        for (name, value) in credentials {
            let key: AmazonS3ConfigKey = name
                .to_ascii_lowercase()
                .parse()
                .map_err(|_| wrong("cannot be used with these credentials"))?;
            builder = builder.with_config(key, value);
        }
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            builder = match pair.split_once('=') {
                Some(("endpoint", endpoint)) => {
                    builder.with_endpoint(endpoint).with_allow_http(endpoint.starts_with("http://"))
                }
                Some(("region", region)) => builder.with_region(region),
                Some(("access_key_id", id)) => builder.with_access_key_id(id),
                Some(("secret_access_key", secret)) => builder.with_secret_access_key(secret),
                _ => return Err(wrong("may have endpoint, region, access_key_id and secret_access_key")),
            };
        }
        let objects = Arc::new(builder.build().map_err(failed)?);
        Ok(Self { objects, prefix: prefix.trim_matches('/').to_owned(), store })
    }

    /// A path below the prefix.
    fn below(&self, parts: &[&str]) -> Path {
        let parts = std::iter::once(self.prefix.as_str()).chain(parts.iter().copied());
        Path::from_iter(parts.filter(|part| !part.is_empty()).flat_map(|part| part.split('/')))
    }

    fn path(&self, (tenant, person, name): &Key) -> Path {
        let (store, name) = name.split_once(OF_STORE).unwrap_or(("", name));
        self.below(&[store, &hex(tenant.to_bytes()), &hex(person.to_bytes()), name])
    }

    /// Where everything lies that this store has written by its name.
    fn own(&self) -> Path {
        self.below(&[&hex(self.store.0)])
    }

    /// The key of what lies at a path, if it is an image of this store.
    fn key(&self, path: &Path) -> Option<Key> {
        let own = self.own();
        let parts: Vec<_> = path.prefix_match(&own)?.collect();
        let [tenant, person, name] = parts.as_slice() else { return None };
        let bytes = |hex: &str| {
            (hex.len() == 32).then(|| u128::from_str_radix(hex, 16).ok().map(u128::to_be_bytes)).flatten()
        };
        let (tenant, person) = (bytes(tenant.as_ref())?, bytes(person.as_ref())?);
        let name = format!("{}{OF_STORE}{}", hex(self.store.0), name.as_ref());
        Some((TenantId::from_bytes(tenant), PersonId::from_bytes(person), name))
    }

    /// How many commits the store had that last said so here; `None` where none has.
    pub(crate) async fn marked(&self) -> Result<Option<u64>, StoreError> {
        let unreadable = || StoreError::Damaged("the image store's marker cannot be read".into());
        match self.objects.get(&self.own().join(MARKER)).await {
            Ok(found) => {
                let bytes = found.bytes().await.map_err(failed)?;
                let text = std::str::from_utf8(&bytes).map_err(|_| unreadable())?;
                text.trim().parse().map(Some).map_err(|_| unreadable())
            }
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    /// Says how many commits the store has.
    pub(crate) async fn mark(&self, commits: u64) -> Result<(), StoreError> {
        let payload = PutPayload::from(format!("{commits}\n").into_bytes());
        self.objects.put(&self.own().join(MARKER), payload).await.map(drop).map_err(failed)
    }

    /// Writes the images of samples.
    pub(crate) async fn put(&self, tenant: TenantId, rows: &[&SampleRow]) -> Result<(), StoreError> {
        let put = |row: &SampleRow| {
            let path = self.path(&(tenant, row.head.person, name(self.store, row)));
            let payload = PutPayload::from(row.image.as_slice().to_vec());
            async move { self.objects.put(&path, payload).await }
        };
        try_join_all(rows.iter().map(|row| put(row))).await.map(drop).map_err(failed)
    }

    /// Reads an image.
    pub(crate) async fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, StoreError> {
        match self.objects.get(&self.path(key)).await {
            Ok(found) => Ok(Some(found.bytes().await.map_err(failed)?.into())),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    /// Removes images; those that are gone already are no fault.
    pub(crate) async fn remove(&self, keys: &[Key]) -> Result<(), StoreError> {
        for key in keys {
            match self.objects.delete(&self.path(key)).await {
                Ok(()) | Err(Error::NotFound { .. }) => {}
                Err(error) => return Err(failed(error)),
            }
        }
        Ok(())
    }

    /// Images of this store that have lain here since before a moment, so many at a time, from the first after `after` on; and where to go on.
    pub(crate) async fn old(
        &self,
        before: Time,
        after: Option<&Path>,
        most: usize,
    ) -> Result<(Vec<Key>, Option<Path>), StoreError> {
        let own = self.own();
        let mut all = match after {
            Some(after) => self.objects.list_with_offset(Some(&own), after),
            None => self.objects.list(Some(&own)),
        };
        let (mut keys, mut seen) = (Vec::new(), 0);
        while let Some(object) = all.try_next().await.map_err(failed)? {
            seen += 1;
            if object.last_modified.timestamp_millis() < before.millis() {
                keys.extend(self.key(&object.location));
            }
            if seen == most {
                return Ok((keys, Some(object.location)));
            }
        }
        Ok((keys, None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(url: &str, store: u8) -> Result<Images, StoreError> {
        Images::open(url, &[], StoreId([store; 16]))
    }

    #[test]
    fn a_path_leads_back_to_its_key_and_no_other_store_takes_it_for_its_own() {
        let url = "s3://bucket/some/where?endpoint=http://127.0.0.1:1&region=x";
        let (images, other) = (open(url, 1).unwrap(), open(url, 2).unwrap());
        let key = (TenantId::DEFAULT, PersonId::from_bytes([0xab; 16]), format!("{}/07-0b", hex([1; 16])));
        let path = images.path(&key);
        assert!(path.as_ref().starts_with(&format!("some/where/{}/", hex([1; 16]))), "{path}");
        assert_eq!(images.key(&path), Some(key.clone()));
        assert_eq!(other.path(&key), path, "a copy reads what the first has written");
        assert_eq!(other.key(&path), None);
        // Names of before have no store: they are read, and nobody takes them for garbage.
        let before = (TenantId::DEFAULT, PersonId::from_bytes([0xab; 16]), "07-0b".to_owned());
        let path = images.path(&before);
        assert_eq!(path.parts().count(), 5, "{path}");
        assert_eq!(images.key(&path), None);
        assert_eq!(images.key(&images.own().join(MARKER)), None);
        for bad in ["http://x", "s3://b?secret=1"] {
            assert!(open(bad, 1).is_err(), "{bad}");
        }
    }
}
