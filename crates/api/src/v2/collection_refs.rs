//! Collections that a body or a query means by identifier or by name.

use domain::person::{Change, Name};
use domain::{CollectionId, FieldCode, Invalid};

use crate::auth::Permit;
use crate::json::Members;
use crate::problem::{Fault, Problem, codes};

/// Most collections of one person, or of one search.
const MOST: usize = 50;

/// Identifiers or names, with the member they stood in.
pub(crate) struct Refs {
    member: &'static str,
    meant: Change<Vec<String>>,
}

/// An identifier or a name, read as names of collections are.
///
/// # Errors
/// `length` or `character`.
pub(crate) fn meant(text: &str) -> Result<String, Invalid> {
    Name::parse(text).map(|name| name.as_str().to_owned())
}

/// Takes a member that is an array of identifiers or names; `null` clears it.
pub(crate) fn read(members: &mut Members<'_>, member: &'static str) -> Refs {
    let meant = members.texts(member, MOST, meant);
    Refs { member, meant }
}

/// Finds the collections; all that are not there are reported at once.
pub(crate) async fn resolve<R>(permit: &Permit<R>, refs: Refs) -> Result<Change<Vec<CollectionId>>, Problem> {
    let meant = match refs.meant {
        Change::Keep => return Ok(Change::Keep),
        Change::Clear => return Ok(Change::Clear),
        Change::Set(meant) => meant,
    };
    let (mut found, mut faults) = (Vec::new(), Vec::new());
    for (i, text) in meant.iter().enumerate() {
        match permit.registry.collection_meant(&permit.caller, text).await? {
            Some(id) => found.push(id),
            None => faults.push(Fault {
                pointer: Some(format!("/{}/{i}", refs.member)),
                parameter: None,
                code: FieldCode::Range.as_str(),
                detail: "there is no such collection".into(),
            }),
        }
    }
    if faults.is_empty() {
        Ok(Change::Set(found))
    } else {
        Err(Problem::new(codes::VALIDATION_FAILED).errors(faults))
    }
}
