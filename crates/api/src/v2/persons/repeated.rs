//! Members that only the server writes, repeated by a client: GET → PUT must round-trip.

use domain::{FieldCode, Invalid, Time};
use registry::{Images, Person};

use super::view::PersonView;
use crate::json::{Json, Members, parse};
use crate::problem::{Problem, codes};

/// Values a body repeats, by JSON pointer.
#[derive(Default)]
pub(super) struct Repeated {
    /// `version` and `updatedAt`: a value that is not the present one is stale, not forbidden.
    fresh: Vec<(&'static str, String)>,
    rest: Vec<(&'static str, String)>,
}

/// A value in a form that can be compared, whatever the order of its members.
fn canonical(value: &Json<'_>) -> String {
    match value {
        Json::Null => "null".into(),
        Json::Bool(b) => b.to_string(),
        Json::Number(n) => (n + 0.0).to_string(),
        Json::String(s) => format!("{s:?}"),
        Json::Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(",")),
        Json::Object(members) => {
            let mut members: Vec<String> =
                members.iter().map(|(n, v)| format!("{n:?}:{}", canonical(v))).collect();
            members.sort_unstable();
            format!("{{{}}}", members.join(","))
        }
    }
}

/// A time in the form that is shown, however the client's library wrote it.
fn moment(value: &Json<'_>) -> String {
    match value {
        Json::String(text) => match text.parse::<Time>() {
            Ok(time) => format!("{:?}", time.to_string()),
            Err(_) => canonical(value),
        },
        other => canonical(other),
    }
}

impl Repeated {
    /// Takes the server's members of a body.
    pub(super) fn take(members: &mut Members<'_>) -> Self {
        let mut taken = Self::default();
        match members.take("version") {
            None => {}
            Some(value @ Json::Number(_)) => taken.fresh.push(("version", canonical(&value))),
            Some(_) => members.fault("version", Invalid::new(FieldCode::WrongType, "must be a number")),
        }
        match members.take("updatedAt") {
            None => {}
            Some(Json::String(text)) if text.parse::<Time>().is_ok() => {
                taken.fresh.push(("updatedAt", moment(&Json::String(text))));
            }
            Some(_) => {
                members.fault("updatedAt", Invalid::new(FieldCode::Format, "must be an RFC 3339 time"));
            }
        }
        for name in ["id", "verification", "mergedIds"] {
            taken.rest.extend(members.take(name).map(|v| (name, canonical(&v))));
        }
        for name in ["createdAt", "verifiedAt", "expiresAt"] {
            taken.rest.extend(members.take(name).map(|v| (name, moment(&v))));
        }
        taken
    }

    /// Takes the server's members of `biometricData`.
    pub(super) fn take_biometric(&mut self, members: &mut Members<'_>) {
        for (name, pointer) in [
            ("livenessScore", "biometricData/livenessScore"),
            ("quality", "biometricData/quality"),
            ("samples", "biometricData/samples"),
        ] {
            self.rest.extend(members.take(name).map(|v| (pointer, canonical(&v))));
        }
    }

    /// Whether all of them are what the person shows now. Who may not read them may not repeat them either: being told which value
    /// is the right one is reading.
    pub(super) fn check(&self, person: &Person, may_read: bool) -> Result<(), Problem> {
        if self.fresh.is_empty() && self.rest.is_empty() {
            return Ok(());
        }
        let shown = serde_json::to_vec(&PersonView::whole(person, &Images::default())).unwrap_or_default();
        let shown = parse(&shown).map_err(|_| Problem::new(codes::INTERNAL))?;
        let differs = |pointer: &str, sent: &str| present(&shown, pointer) != sent;
        if self.fresh.iter().any(|(pointer, sent)| differs(pointer, sent)) {
            return Err(Problem::new(codes::PRECONDITION_FAILED));
        }
        let mut faults = Members::of_body(Json::Object(Vec::new()))?;
        for (pointer, _) in self.rest.iter().filter(|(pointer, sent)| !may_read || differs(pointer, sent)) {
            faults
                .fault_at(&format!("/{pointer}"), Invalid::new(FieldCode::ReadOnly, "is set by the server"));
        }
        faults.finish()
    }
}

/// What a person shows at a pointer; nothing counts as `null`.
fn present(shown: &Json<'_>, pointer: &str) -> String {
    let mut at = Some(shown);
    for name in pointer.split('/') {
        at = match at {
            Some(Json::Object(members)) => members.iter().find(|(n, _)| n == name).map(|(_, v)| v),
            _ => None,
        };
    }
    at.map_or_else(|| "null".to_owned(), canonical)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_compared_whatever_the_order_of_members() {
        let a = parse(br#"{"x":1.50,"y":["a",null]}"#).unwrap();
        let b = parse(br#"{"y":["a",null],"x":1.5}"#).unwrap();
        assert_eq!(canonical(&a), canonical(&b));
        assert_eq!(present(&a, "x"), "1.5");
        assert_eq!(present(&a, "z/deeper"), "null");
    }
}
