//! Dates of birth: civil dates, without a time or a zone, as exactly as they are known.

use std::fmt;

use jiff::civil::Date;

use crate::error::{FieldCode, Invalid};

/// A year, a month or a day of the calendar that has begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BirthDate {
    /// Its first day.
    begins: Date,
    known: Known,
}

/// How exactly it is known: many people's papers name a year alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    Year,
    Month,
    Day,
}

impl BirthDate {
    /// Parses `YYYY-MM-DD`, `YYYY-MM` or `YYYY`. `today` is the date in UTC; a day is added because the person may live east of
    /// it. A month or year that has begun by then is not in the future.
    ///
    /// # Errors
    /// `format` or `in-future`.
    pub fn parse(text: &str, today: Date) -> Result<Self, Invalid> {
        let text = super::characters::trimmed(text);
        let (known, rest) = match text.len() {
            4 => (Known::Year, "-01-01"),
            7 => (Known::Month, "-01"),
            _ => (Known::Day, ""),
        };
        let whole = format!("{text}{rest}");
        let bytes = whole.as_bytes();
        let shape = bytes.len() == 10
            && bytes
                .iter()
                .enumerate()
                .all(|(i, b)| if i == 4 || i == 7 { *b == b'-' } else { b.is_ascii_digit() });
        let date = shape.then(|| whole.parse::<Date>().ok()).flatten();
        let begins = date.filter(|d| d.year() >= 1).ok_or_else(|| {
            Invalid::new(
                FieldCode::Format,
                "must be a real calendar date written YYYY-MM-DD, or YYYY-MM or YYYY where no more is known",
            )
        })?;
        if begins > today.tomorrow().unwrap_or(today) {
            return Err(Invalid::new(FieldCode::InFuture, "must not be in the future"));
        }
        Ok(Self { begins, known })
    }
}

impl fmt::Display for BirthDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = self.begins;
        match self.known {
            Known::Year => write!(f, "{:04}", date.year()),
            Known::Month => write!(f, "{:04}-{:02}", date.year(), date.month()),
            Known::Day => write!(f, "{date}"),
        }
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
        for good in [
            "1990-01-15",
            "2024-02-29",
            "2026-02-28",
            "2026-03-01",
            "0001-01-01",
            "1990",
            "1990-12",
            "0001",
            "2026",
            "2026-03",
        ] {
            assert_eq!(BirthDate::parse(good, TODAY).unwrap().to_string(), good);
        }
        assert_eq!(BirthDate::parse("\u{a0}1990-01-15\n", TODAY).unwrap().to_string(), "1990-01-15");
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
            "90",
            "199",
            "0000",
            "1990-",
            "1990-00",
            "1990-13",
            "1990-1",
            "199001",
            "1990/01",
            "１９９０",
            "19a0",
        ] {
            assert_eq!(BirthDate::parse(bad, TODAY).unwrap_err().code, FieldCode::Format, "{bad}");
        }
        for future in ["2026-03-02", "2026-04", "2027", "9999"] {
            assert_eq!(BirthDate::parse(future, TODAY).unwrap_err().code, FieldCode::InFuture, "{future}");
        }
    }

    proptest! {
        #[test]
        fn parsing_never_panics_and_gives_back_what_was_given(text in "\\PC{0,12}|[0-9]{4}(-[0-9]{2}){0,2}") {
            if let Ok(date) = BirthDate::parse(&text, TODAY) {
                prop_assert_eq!(date.to_string(), super::super::characters::trimmed(&text));
            }
        }
    }
}
