//! Reading query strings strictly: a misspelt filter must not list everybody.

use std::borrow::Cow;

use domain::{FieldCode, Invalid};

use crate::problem::{Fault, Problem, codes};

/// The parameters of a query that have not been taken yet.
pub(crate) struct Query<'a> {
    left: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    faults: Vec<Fault>,
}

/// Most parameters.
const MOST: usize = 50;

impl<'a> Query<'a> {
    pub(crate) fn new(raw: Option<&'a str>) -> Self {
        let left = form_urlencoded::parse(raw.unwrap_or_default().as_bytes()).take(MOST).collect();
        Self { left, faults: Vec::new() }
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
        let at = self.left.iter().position(|(n, _)| n == name)?;
        let (_, value) = self.left.remove(at);
        parse(&value).map_err(|invalid| self.fault(name, invalid.code, invalid.detail)).ok()
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
        for (name, _) in std::mem::take(&mut self.left) {
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
}
