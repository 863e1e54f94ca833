//! Taking the members of an object one by one, gathering every fault with its JSON pointer.

use std::borrow::Cow;

use domain::person::Change;
use domain::{FieldCode, Invalid};

use super::tree::Json;
use crate::problem::{Fault, Problem, codes};

/// Names of members are repeated up to here.
const LONGEST_NAME: usize = 64;
/// Most faults that are reported.
const MOST: usize = 50;

/// The members of one object that have not been taken yet.
pub(crate) struct Members<'a> {
    pointer: String,
    left: Vec<(Cow<'a, str>, Json<'a>)>,
    faults: Vec<Fault>,
}

/// A name as a part of a JSON pointer (RFC 6901).
fn escaped(name: &str) -> String {
    let cut: String = name.chars().take(LONGEST_NAME).collect();
    cut.replace('~', "~0").replace('/', "~1")
}

impl<'a> Members<'a> {
    /// The members of a body, which must be an object.
    pub(crate) fn of_body(body: Json<'a>) -> Result<Self, Problem> {
        match body {
            Json::Object(left) => Ok(Self { pointer: String::new(), left, faults: Vec::new() }),
            _ => Err(Problem::new(codes::MALFORMED_JSON).detail("the body must be a JSON object")),
        }
    }

    /// Whether the member `name` is there and not `null`.
    pub(crate) fn has_value(&self, name: &str) -> bool {
        self.left.iter().any(|(n, value)| n == name && *value != Json::Null)
    }

    /// Whether the member `name` is an object with a member `inner` that is not `null`.
    pub(crate) fn has_value_in(&self, name: &str, inner: &str) -> bool {
        let object = self.left.iter().find(|(n, _)| n == name).map(|(_, value)| value);
        matches!(object, Some(Json::Object(members)) if members.iter().any(|(n, v)| n == inner && *v != Json::Null))
    }

    /// Notes a fault of the member `name`.
    pub(crate) fn fault(&mut self, name: &str, invalid: Invalid) {
        self.fault_at(&format!("/{}", escaped(name)), invalid);
    }

    /// Notes a fault at a pointer below this object.
    pub(crate) fn fault_at(&mut self, below: &str, invalid: Invalid) {
        self.faults.push(Fault {
            pointer: Some(format!("{}{below}", self.pointer)),
            parameter: None,
            code: invalid.code.as_str(),
            detail: invalid.detail,
        });
    }

    /// Takes the member `name`, if it is there.
    pub(crate) fn take(&mut self, name: &str) -> Option<Json<'a>> {
        let at = self.left.iter().position(|(n, _)| n == name)?;
        Some(self.left.swap_remove(at).1)
    }

    /// Takes a member that is a text, parsed by `parse`; `null` clears it.
    pub(crate) fn text<T>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, Invalid>,
    ) -> Change<T> {
        match self.take(name) {
            None => Change::Keep,
            Some(Json::Null) => Change::Clear,
            Some(Json::String(text)) => match parse(&text) {
                Ok(value) => Change::Set(value),
                Err(invalid) => {
                    self.fault(name, invalid);
                    Change::Keep
                }
            },
            Some(_) => {
                self.fault(name, Invalid::new(FieldCode::WrongType, "must be a string"));
                Change::Keep
            }
        }
    }

    /// Takes a member that is `true` or `false`; `null` counts as missing.
    pub(crate) fn flag(&mut self, name: &str) -> Option<bool> {
        match self.take(name)? {
            Json::Null => None,
            Json::Bool(value) => Some(value),
            _ => {
                self.fault(name, Invalid::new(FieldCode::WrongType, "must be true or false"));
                None
            }
        }
    }

    /// Takes a member that is an object and hands its members on; `null` clears it.
    pub(crate) fn object<T>(&mut self, name: &str, read: impl FnOnce(&mut Members<'a>) -> T) -> Change<T> {
        match self.take(name) {
            None => Change::Keep,
            Some(Json::Null) => Change::Clear,
            Some(Json::Object(left)) => {
                let pointer = format!("{}/{}", self.pointer, escaped(name));
                let mut inner = Members { pointer, left, faults: Vec::new() };
                let value = read(&mut inner);
                self.faults.append(&mut inner.closed());
                Change::Set(value)
            }
            Some(_) => {
                self.fault(name, Invalid::new(FieldCode::WrongType, "must be an object"));
                Change::Keep
            }
        }
    }

    /// All members that are left, with their names.
    pub(crate) fn drain(&mut self) -> Vec<(Cow<'a, str>, Json<'a>)> {
        std::mem::take(&mut self.left)
    }

    /// The faults, those of unknown members included.
    fn closed(mut self) -> Vec<Fault> {
        for (name, _) in std::mem::take(&mut self.left) {
            self.fault(&name, Invalid::new(FieldCode::UnknownField, "there is no such member"));
        }
        self.faults
    }

    /// Ends the reading: no faults, or all of them at once.
    pub(crate) fn finish(self) -> Result<(), Problem> {
        let mut faults = self.closed();
        if faults.is_empty() {
            return Ok(());
        }
        let read_only = faults.iter().all(|f| f.code == FieldCode::ReadOnly.as_str());
        faults.truncate(MOST);
        Err(Problem::new(if read_only { codes::READ_ONLY_FIELD } else { codes::VALIDATION_FAILED })
            .errors(faults))
    }
}
