//! Dates of birth: civil dates, without a time or a zone.

use std::fmt;

use jiff::civil::Date;

use crate::error::{FieldCode, Invalid};

/// A real calendar date that is not in the future.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BirthDate(Date);

impl BirthDate {
    /// Parses `YYYY-MM-DD`. `today` is the date in UTC; a day is added because the person may live east of it.
    ///
    /// # Errors
    /// `format` or `in-future`.
    pub fn parse(text: &str, today: Date) -> Result<Self, Invalid> {
        let bytes = text.as_bytes();
        let shape = bytes.len() == 10
            && bytes
                .iter()
                .enumerate()
                .all(|(i, b)| if i == 4 || i == 7 { *b == b'-' } else { b.is_ascii_digit() });
        let date = shape.then(|| text.parse::<Date>().ok()).flatten();
        let date = date.filter(|d| d.year() >= 1).ok_or_else(|| {
            Invalid::new(FieldCode::Format, "must be a real calendar date written YYYY-MM-DD")
        })?;
        if date > today.tomorrow().unwrap_or(today) {
            return Err(Invalid::new(FieldCode::InFuture, "must not be in the future"));
        }
        Ok(Self(date))
    }
}

impl fmt::Display for BirthDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    const TODAY: Date = date(2026, 2, 28);

    #[test]
    fn only_real_past_dates_in_one_form_pass() {
        for good in ["1990-01-15", "2024-02-29", "2026-02-28", "2026-03-01", "0001-01-01"] {
            assert_eq!(BirthDate::parse(good, TODAY).unwrap().to_string(), good);
        }
        for bad in [
            "",
            "1990-1-5",
            "1990-02-30",
            "2023-02-29",
            "19900115",
            "1990-01-15T00:00:00Z",
            "1990/01/15",
            "-990-01-15",
            "0000-01-01",
            "1990-13-01",
        ] {
            assert_eq!(BirthDate::parse(bad, TODAY).unwrap_err().code, FieldCode::Format, "{bad}");
        }
        assert_eq!(BirthDate::parse("2026-03-02", TODAY).unwrap_err().code, FieldCode::InFuture);
    }

    proptest! {
        #[test]
        fn parsing_never_panics(text in "\\PC{0,12}") {
            let _ = BirthDate::parse(&text, TODAY);
        }
    }
}
