//! Taking the members of an object one by one, gathering every fault with its JSON pointer.

use std::borrow::Cow;
use std::ops::RangeInclusive;

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
            Json::String(text) if text.trim_start().starts_with('{') => Err(Problem::new(
                codes::MALFORMED_JSON,
            )
            .detail("the body is a string that holds JSON: it was encoded twice; send the object itself")),
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

    /// Whether a fault of the member `name`, or of a part of it, has been noted.
    pub(crate) fn has_fault(&self, name: &str) -> bool {
        let pointer = format!("{}/{}", self.pointer, escaped(name));
        self.faults.iter().any(|f| f.pointer.as_ref().is_some_and(|p| p.starts_with(&pointer)))
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

    /// Takes a member that is an array of at most `most` texts, each parsed by `parse`; `null` clears it.
    pub(crate) fn texts<T>(
        &mut self,
        name: &str,
        most: usize,
        parse: impl Fn(&str) -> Result<T, Invalid>,
    ) -> Change<Vec<T>> {
        let values = match self.take(name) {
            None => return Change::Keep,
            Some(Json::Null) => return Change::Clear,
            Some(Json::Array(values)) => values,
            Some(_) => {
                self.fault(name, Invalid::new(FieldCode::WrongType, "must be an array of strings"));
                return Change::Keep;
            }
        };
        if values.len() > most {
            self.fault(name, Invalid::new(FieldCode::Length, format!("must have at most {most} elements")));
            return Change::Keep;
        }
        let mut parsed = Vec::with_capacity(values.len());
        for (i, value) in values.into_iter().enumerate() {
            let result = match &value {
                Json::String(text) => parse(text),
                _ => Err(Invalid::new(FieldCode::WrongType, "must be a string")),
            };
            match result {
                Ok(value) => parsed.push(value),
                Err(invalid) => self.fault_at(&format!("/{}/{i}", escaped(name)), invalid),
            }
        }
        Change::Set(parsed)
    }

    /// Takes a member that is a number within bounds; `null` counts as missing.
    pub(crate) fn number(&mut self, name: &str, bounds: RangeInclusive<f64>) -> Option<f64> {
        match self.take(name)? {
            Json::Null => None,
            Json::Number(value) if bounds.contains(&value) => Some(value),
            Json::Number(_) => {
                let detail = format!("must be from {} to {}", bounds.start(), bounds.end());
                self.fault(name, Invalid::new(FieldCode::Range, detail));
                None
            }
            _ => {
                self.fault(name, Invalid::new(FieldCode::WrongType, "must be a number"));
                None
            }
        }
    }

    /// Takes a member that is a whole number within bounds; `null` counts as missing.
    pub(crate) fn count(&mut self, name: &str, bounds: RangeInclusive<u32>) -> Option<u32> {
        let number = self.number(name, f64::from(*bounds.start())..=f64::from(*bounds.end()))?;
        if number.fract() != 0.0 {
            self.fault(name, Invalid::new(FieldCode::WrongType, "must be a whole number"));
            return None;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "whole and within bounds"
        )]
        Some(number as u32)
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
