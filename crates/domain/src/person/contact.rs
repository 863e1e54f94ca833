//! E-mail addresses and telephone numbers.

use super::text::{plain, text_type};
use crate::error::{FieldCode, Invalid};

text_type!(
    /// An e-mail address: one `@`, a local part of 1-64 bytes, a dotted domain; at most 254 bytes (RFC 5321).
    ///
    /// Only the form is checked: whether the mailbox exists, only a message can tell.
    Email
);

text_type!(
    /// A telephone number in E.164: `+`, a country code, at most 15 digits.
    Phone
);

fn bad_email() -> Invalid {
    Invalid::new(FieldCode::Format, "must be an e-mail address such as name@example.com")
}

fn label_is_valid(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.chars().all(|c| c == '-' || c.is_alphanumeric())
}

impl Email {
    /// Parses an address. Letters of any script may stand in it (RFC 6531).
    ///
    /// # Errors
    /// `length`, `character` or `format`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        plain(text, 3, 254)?;
        let (local, host) = text.rsplit_once('@').ok_or_else(bad_email)?;
        let atom = |c: char| c.is_alphanumeric() || "!#$%&'*+/=?^_`{|}~-.".contains(c);
        let local_ok = (1..=64).contains(&local.len())
            && local.chars().all(atom)
            && !local.starts_with('.')
            && !local.ends_with('.')
            && !local.contains("..");
        if text.len() <= 254 && local_ok && host.contains('.') && host.split('.').all(label_is_valid) {
            Ok(Self(text.to_owned()))
        } else {
            Err(bad_email())
        }
    }

    /// The form two spellings of one address share: lower case.
    #[must_use]
    pub fn folded(text: &str) -> String {
        text.to_lowercase()
    }
}

impl Phone {
    /// Parses a number by syntax alone: seven to fifteen digits after `+`, the first not zero.
    ///
    /// # Errors
    /// `format`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let digits = text.strip_prefix('+').unwrap_or_default();
        let valid = (7..=15).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|b| b.is_ascii_digit());
        if valid {
            Ok(Self(text.to_owned()))
        } else {
            Err(Invalid::new(FieldCode::Format, "must be an E.164 number such as +1234567890"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_seeds_own_examples_pass() {
        assert!(Email::parse("john.doe@example.com").is_ok());
        assert!(Phone::parse("+1234567890").is_ok());
    }

    #[test]
    fn addresses_by_example() {
        for good in ["a@b.co", "o'brien+x@mail.example.org", "用户@例子.广告", "a@xn--bcher-kva.example"]
        {
            assert!(Email::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "a",
            "@b.co",
            "a@",
            "a@b",
            "a b@c.de",
            "a@b..c",
            "a@-b.c",
            ".a@b.c",
            "a..b@c.de",
            "a@b@c.de",
            "a@b.c\n",
        ] {
            assert!(Email::parse(bad).is_err(), "{bad:?}");
        }
        assert!(Email::parse(&format!("{}@b.co", "a".repeat(65))).is_err());
    }

    #[test]
    fn numbers_by_example() {
        for bad in [
            "",
            "+",
            "1234567890",
            "+0123456789",
            "+1 234 567 890",
            "+12345678901234567",
            "+123456",
            "+١٢٣٤٥٦٧٨",
        ] {
            assert!(Phone::parse(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn parsing_never_panics_and_keeps_the_text(text in "\\PC{0,300}") {
            if let Ok(e) = Email::parse(&text) { prop_assert_eq!(e.as_str(), &text); }
            if let Ok(p) = Phone::parse(&text) { prop_assert_eq!(p.as_str(), &text); }
        }

        #[test]
        fn every_e164_number_passes(text in "\\+[1-9][0-9]{6,14}") {
            prop_assert!(Phone::parse(&text).is_ok());
        }
    }
}
