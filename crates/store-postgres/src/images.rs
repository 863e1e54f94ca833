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
use object_store::aws::AmazonS3Builder;
use object_store::path::Path;
use object_store::{ClientOptions, Error, ObjectStore, ObjectStoreExt as _, PutPayload, RetryConfig};

/// Whose image, and what the object is called.
pub(crate) type Key = (TenantId, PersonId, String);

/// What the object of a sample is called: by the sample and by the nonce it was sealed with, so that no name is ever given
/// twice, even when a sample comes back under its old identifier. Else whoever removes the old object removes the new one.
pub(crate) fn name(row: &SampleRow) -> String {
    let mut name = hex(row.head.id.to_bytes());
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
}

#[expect(clippy::needless_pass_by_value, reason = "used in map_err")]
fn failed(error: Error) -> StoreError {
    StoreError::Unavailable(format!("the image store: {error}"))
}

impl Images {
    /// Opens `s3://bucket[/prefix][?endpoint=URL&region=NAME]`; whatever else is needed comes from the `AWS_…` variables.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it makes no sense.
    pub(crate) fn open(url: &str) -> Result<Self, StoreError> {
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
        Ok(Self { objects, prefix: prefix.trim_matches('/').to_owned() })
    }

    fn path(&self, (tenant, person, name): &Key) -> Path {
        let parts = [self.prefix.as_str(), &hex(tenant.to_bytes()), &hex(person.to_bytes()), name];
        Path::from_iter(parts.into_iter().filter(|part| !part.is_empty()).flat_map(|part| part.split('/')))
    }

    /// The key of what lies at a path, if it is an image of ours.
    fn key(path: &Path) -> Option<Key> {
        let parts: Vec<_> = path.parts().collect();
        let [.., tenant, person, name] = parts.as_slice() else { return None };
        let bytes = |hex: &str| {
            (hex.len() == 32).then(|| u128::from_str_radix(hex, 16).ok().map(u128::to_be_bytes)).flatten()
        };
        let (tenant, person) = (bytes(tenant.as_ref())?, bytes(person.as_ref())?);
        Some((TenantId::from_bytes(tenant), PersonId::from_bytes(person), name.as_ref().to_owned()))
    }

    /// Writes the images of samples.
    pub(crate) async fn put(&self, tenant: TenantId, rows: &[&SampleRow]) -> Result<(), StoreError> {
        let put = |row: &SampleRow| {
            let path = self.path(&(tenant, row.head.person, name(row)));
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

    /// Images that have lain here since before a moment, so many at a time, from the first after `after` on; and where to go on.
    pub(crate) async fn old(
        &self,
        before: Time,
        after: Option<&Path>,
        most: usize,
    ) -> Result<(Vec<Key>, Option<Path>), StoreError> {
        let prefix = Some(Path::from(self.prefix.as_str())).filter(|_| !self.prefix.is_empty());
        let mut all = match after {
            Some(after) => self.objects.list_with_offset(prefix.as_ref(), after),
            None => self.objects.list(prefix.as_ref()),
        };
        let (mut keys, mut seen) = (Vec::new(), 0);
        while let Some(object) = all.try_next().await.map_err(failed)? {
            seen += 1;
            if object.last_modified.timestamp_millis() < before.millis() {
                keys.extend(Self::key(&object.location));
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

    #[test]
    fn a_path_leads_back_to_its_key() {
        let images = Images::open("s3://bucket/some/where?endpoint=http://127.0.0.1:1&region=x").unwrap();
        let key = (TenantId::DEFAULT, PersonId::from_bytes([0xab; 16]), "07-0b".to_owned());
        let path = images.path(&key);
        assert!(path.as_ref().starts_with("some/where/"), "{path}");
        assert_eq!(Images::key(&path), Some(key));
        assert_eq!(Images::key(&Path::from("some/where/else")), None);
        for bad in ["http://x", "s3://b?secret=1"] {
            assert!(Images::open(bad).is_err(), "{bad}");
        }
    }
}
