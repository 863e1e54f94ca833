//! Reading the parameters of a list.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::person::words::Search;
use domain::person::{Code, DocumentNumber, Email, ExternalId, Phone};
use domain::{FieldCode, Invalid, PersonId, Status, Time};
use registry::{Filter, List};
use store::{Cursor, IndexField, Sort};

use crate::problem::{Problem, codes};
use crate::query::Query;
use crate::v2::collection_refs;

const DEFAULT_LIMIT: u32 = 20;
const MAX_LIMIT: u32 = 200;
/// With images a page is short: its size is bounded.
const MAX_WITH_IMAGES: u32 = 50;
/// Deepest row that a page number reaches.
const DEEPEST: u64 = 10_000;

/// What a list asks for.
pub(super) struct Asked {
    pub(super) list: List,
    /// The page number; none when a cursor was given.
    pub(super) page: Option<u32>,
    /// Identifier or name of a collection.
    pub(super) collection: Option<String>,
    /// Whether `biometricData` is shown.
    pub(super) biometrics: bool,
}

/// The written form of a cursor: opaque, valid for one order.
pub(super) fn write_cursor(sort: Sort, cursor: Cursor) -> String {
    let mut bytes = vec![sort as u8];
    bytes.extend_from_slice(&cursor.updated_at.millis().to_be_bytes());
    bytes.extend_from_slice(&cursor.id.to_bytes());
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

fn read_cursor(text: &str) -> Option<(u8, Cursor)> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
    let (sort, rest) = bytes.split_first()?;
    let (time, id) = rest.split_first_chunk::<8>()?;
    let id = PersonId::from_bytes(id.try_into().ok()?);
    Some((*sort, Cursor { updated_at: Time::from_millis(i64::from_be_bytes(*time)), id }))
}

fn sort(text: &str) -> Result<Sort, Invalid> {
    match text {
        "createdAt" => Ok(Sort::CreatedAt),
        "-createdAt" => Ok(Sort::CreatedAtDescending),
        "updatedAt" => Ok(Sort::UpdatedAt),
        "-updatedAt" => Ok(Sort::UpdatedAtDescending),
        _ => Err(Invalid::new(FieldCode::Range, "must be createdAt, -createdAt, updatedAt or -updatedAt")),
    }
}

fn time(text: &str) -> Result<Time, Invalid> {
    text.parse()
        .map_err(|_| Invalid::new(FieldCode::Format, "must be an RFC 3339 time such as 2024-01-15T10:30:00Z"))
}

fn filter(query: &mut Query<'_>) -> Filter {
    let mut exact = Vec::new();
    let mut add = |field, value: Option<String>| exact.extend(value.map(|v| (field, v)));
    add(IndexField::Email, query.take("email", |v| Email::parse(v).map(|v| v.as_str().to_owned())));
    add(IndexField::Phone, query.take("phone", |v| Phone::parse(v).map(|v| v.as_str().to_owned())));
    add(
        IndexField::DocumentType,
        query.take("documentType", |v| Code::parse(v).map(|v| v.as_str().to_owned())),
    );
    add(
        IndexField::DocumentNumber,
        query.take("documentNumber", |v| DocumentNumber::parse(v).map(|v| v.as_str().to_owned())),
    );
    add(
        IndexField::ExternalId,
        query.take("externalId", |v| ExternalId::parse(v).map(|v| v.as_str().to_owned())),
    );
    Filter {
        status: query.take("verificationStatus", |v| {
            Status::parse(v)
                .ok_or_else(|| Invalid::new(FieldCode::Range, "must be pending, verified, failed or expired"))
        }),
        exact,
        name: query.take("name", Search::parse),
        collection: None,
        created_from: query.take("createdAfter", time),
        created_before: query.take("createdBefore", time),
    }
}

/// Reads a query string.
pub(super) fn read(raw: Option<&str>) -> Result<Asked, Problem> {
    let mut query = Query::new(raw);
    let biometrics = query
        .take("include", |v| {
            if v == "biometricData" {
                Ok(())
            } else {
                Err(Invalid::new(FieldCode::Range, "must be biometricData"))
            }
        })
        .is_some();
    let most = if biometrics { MAX_WITH_IMAGES } else { MAX_LIMIT };
    let limit = query.number("limit", 1..=most).unwrap_or(DEFAULT_LIMIT);
    let page = query.number("page", 1..=u32::MAX);
    let sort = query.take("sort", sort).unwrap_or(Sort::CreatedAtDescending);
    let wrong = || Invalid::new(FieldCode::Format, "is not a cursor of this list and order");
    let after = query.take("cursor", |v| {
        let (of, cursor) = read_cursor(v).ok_or_else(wrong)?;
        if of == sort as u8 { Ok(cursor) } else { Err(wrong()) }
    });
    if page.is_some() && after.is_some() {
        query.fault("page", FieldCode::NotHere, "give either page or cursor");
    }
    let collection = query.take("collection", collection_refs::meant);
    let filter = filter(&mut query);
    query.finish()?;
    let page = if after.is_some() { None } else { Some(page.unwrap_or(1)) };
    let depth = u64::from(page.unwrap_or(1)) * u64::from(limit);
    if page.is_some_and(|p| p > 1) && depth > DEEPEST {
        return Err(Problem::new(codes::USE_CURSOR));
    }
    let offset = page.map_or(0, |p| (p - 1) * limit);
    Ok(Asked { list: List { filter, sort, limit, offset, after }, page, collection, biometrics })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn pages_reach_ten_thousand_rows_and_no_further() {
        assert!(read(Some("page=50&limit=200")).is_ok());
        assert!(read(Some("page=51&limit=200")).is_err_and(|p| p.code == codes::USE_CURSOR));
        assert!(read(Some("page=4294967295")).is_err_and(|p| p.code == codes::USE_CURSOR));
    }

    #[test]
    fn wrong_parameters_are_refused() {
        for bad in [
            "limit=0",
            "limit=201",
            "limit=x",
            "page=0",
            "sort=name",
            "colour=red",
            "email=x",
            "include=all",
            "cursor=zzz",
            "limit=51&include=biometricData",
            "createdAfter=yesterday",
            "name=%20",
            "name=-",
            "name=%E2%80%8B",
            "phone=00441234567",
            "documentNumber=%E2%80%AE1",
            "collection=%E2%80%8B",
            "verificationStatus=gone",
            "limit=1&limit=2",
        ] {
            assert!(read(Some(bad)).is_err_and(|p| p.code == codes::INVALID_PARAMETER), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn a_cursor_is_valid_for_its_own_order_only(ms in 0i64..1 << 45, id: [u8; 16]) {
            let cursor = Cursor { updated_at: Time::from_millis(ms), id: PersonId::from_bytes(id) };
            let text = write_cursor(Sort::UpdatedAt, cursor);
            let asked = read(Some(&format!("cursor={text}&sort=updatedAt")));
            prop_assert_eq!(asked.ok().and_then(|a| a.list.after), Some(cursor));
            let other_order = format!("cursor={text}");
            prop_assert!(read(Some(&other_order)).is_err());
        }
    }
}
