//! Reading query strings strictly: a misspelt filter must not list everybody.

use std::borrow::Cow;

use domain::{FieldCode, Invalid};

use crate::problem::{Fault, Problem, codes};

/// One parameter.
struct Parameter<'a> {
    name: Cow<'a, str>,
    value: Cow<'a, str>,
    /// Whether a `+` was written, which stands for a space.
    had_plus: bool,
}

/// The parameters of a query that have not been taken yet.
pub(crate) struct Query<'a> {
    left: Vec<Parameter<'a>>,
    faults: Vec<Fault>,
}

/// Most parameters.
const MOST: usize = 50;

impl<'a> Query<'a> {
    pub(crate) fn new(raw: Option<&'a str>) -> Self {
        let pairs = raw.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()).take(MOST);
        let read = |pair: &'a str| {
            let (name, value) = form_urlencoded::parse(pair.as_bytes()).next()?;
            Some(Parameter { name, value, had_plus: pair.contains('+') })
        };
        Self { left: pairs.filter_map(read).collect(), faults: Vec::new() }
    }

    pub(crate) fn fault(&mut self, name: &str, code: FieldCode, detail: impl Into<Cow<'static, str>>) {
        let parameter = Some(name.to_owned());
        self.faults.push(Fault { pointer: None, parameter, code: code.as_str(), detail: detail.into() });
    }

    /// Takes the parameter `name`, read by `parse`.
    pub(crate) fn take<T>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, Invalid>,
    ) -> Option<T> {
        let at = self.left.iter().position(|p| p.name == name)?;
        let Parameter { value, had_plus, .. } = self.left.remove(at);
        // What was not UTF-8 has become this, and would be looked for in vain.
        if value.contains(char::REPLACEMENT_CHARACTER) {
            self.fault(name, FieldCode::Format, "must be percent-encoded UTF-8: `é` is %C3%A9, not %E9");
            return None;
        }
        match parse(&value) {
            Ok(value) => Some(value),
            // The value the client meant was most likely right.
            Err(invalid) if had_plus => {
                let plus = "a `+` in a query stands for a space: write it as %2B";
                self.fault(name, invalid.code, format!("{}; {plus}", invalid.detail));
                None
            }
            Err(invalid) => {
                self.fault(name, invalid.code, invalid.detail);
                None
            }
        }
    }

    /// Takes a whole number within bounds.
    pub(crate) fn number(&mut self, name: &str, bounds: std::ops::RangeInclusive<u32>) -> Option<u32> {
        self.take(name, |text| {
            text.parse().ok().filter(|n| bounds.contains(n)).ok_or_else(|| {
                let detail = format!("must be a whole number from {} to {}", bounds.start(), bounds.end());
                Invalid::new(FieldCode::Range, detail)
            })
        })
    }

    /// Ends the reading: unknown and repeated parameters are faults too.
    pub(crate) fn finish(mut self) -> Result<(), Problem> {
        for Parameter { name, .. } in std::mem::take(&mut self.left) {
            let shown: String = name.chars().filter(|c| !c.is_control()).take(40).collect();
            self.fault(&shown, FieldCode::UnknownField, "is unknown or repeated");
        }
        if self.faults.is_empty() {
            Ok(())
        } else {
            Err(Problem::new(codes::INVALID_PARAMETER).errors(self.faults))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_repeated_and_wrong_parameters_are_all_reported() {
        let mut query = Query::new(Some("limit=0&email=a&email=b&colour=red"));
        assert_eq!(query.number("limit", 1..=200), None);
        assert_eq!(query.take("email", |v| Ok(v.to_owned())), Some("a".into()));
        assert_eq!(query.faults.len(), 1);
        assert!(query.finish().is_err());
        assert!(Query::new(Some("")).finish().is_ok());
    }

    #[test]
    fn a_plus_that_became_a_space_is_told_where_the_value_is_not_valid_so() {
        let told = |raw: &str, wanted: &str| {
            let mut query = Query::new(Some(raw));
            let parse =
                |v: &str| (v == wanted).then_some(()).ok_or(Invalid::new(FieldCode::Format, "must be so"));
            query.take("x", parse);
            query.faults.pop().map(|f| f.detail.into_owned())
        };
        assert!(told("x=+57", "+57").is_some_and(|d| d.contains("must be so") && d.contains("%2B")));
        assert_eq!(told("x=%2B57", "+57"), None);
        assert_eq!(told("x=a+b", "a b"), None, "a form writes spaces so");
        assert_eq!(told("x=57", "+57").as_deref(), Some("must be so"));
        assert!(told("y=+&x=57", "+57").is_some_and(|d| !d.contains("%2B")), "of this parameter alone");
    }

    #[test]
    fn what_is_percent_encoded_in_latin_1_is_told_and_not_looked_for() {
        for (raw, ok) in [("name=Jos%E9", false), ("name=Jos%C3%A9", true), ("name=José", true)] {
            let mut query = Query::new(Some(raw));
            let taken = query.take("name", |v| Ok(v.to_owned()));
            assert_eq!(taken.as_deref(), ok.then_some("José"), "{raw}");
            assert_eq!(query.finish().is_ok(), ok, "{raw}");
        }
    }
}
