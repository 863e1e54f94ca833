//! The `Idempotency-Key` header (draft-ietf-httpapi-idempotency-key-header-08).

use axum::http::HeaderMap;
use registry::Idempotency;

use crate::auth::Permit;
use crate::json::{parse, pieces};
use crate::problem::{Fault, Problem, codes};
use crate::v2::image::malformed;

/// Name of the header.
const NAME: &str = "idempotency-key";

/// The request's key, hashed with its route and body. A body is the same however its members are ordered and spelt: a client that
/// writes it anew need not write it byte for byte.
pub(crate) async fn read<R>(
    permit: &Permit<R>,
    headers: &HeaderMap,
    route: &str,
    body: &[u8],
) -> Result<Option<Idempotency>, Problem> {
    let mut keys = headers.get_all(NAME).iter();
    let Some(key) = keys.next() else { return Ok(None) };
    let visible =
        |k: &&str| (1..=255).contains(&k.len()) && k.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
    let key = key.to_str().ok().filter(visible).filter(|_| keys.next().is_none()).ok_or_else(|| {
        let detail = "must be given once, with 1 to 255 visible ASCII characters".into();
        let fault =
            Fault { pointer: None, parameter: Some("Idempotency-Key".into()), code: "format", detail };
        Problem::new(codes::INVALID_PARAMETER).errors(vec![fault])
    })?;
    let hashed = {
        let tree = parse(body).map_err(|e| malformed(&e))?;
        permit.registry.idempotency(&permit.caller, route, key, (&pieces(&tree), body)).await?
    };
    Ok(Some(hashed))
}
