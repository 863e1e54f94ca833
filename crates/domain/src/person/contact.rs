//! E-mail addresses and telephone numbers.

use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

use super::characters::{is_bidi_control, is_dash, is_joiner, is_unseen, plain_digit};
use super::text::{caseless, signs, text_type};
use crate::error::{FieldCode, Invalid};

text_type!(
    /// An e-mail address: a local part of 1-64 bytes, `@`, a dotted domain; at most 254 bytes (RFC 5321), of any script (RFC 6531).
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

/// Whether a character outside ASCII may stand in an address: anything that is seen, and what forms letters.
fn is_foreign(c: char) -> bool {
    !c.is_ascii() && !c.is_whitespace() && (!is_unseen(c) || is_joiner(c))
}

/// Dots may stand anywhere: carriers have given out addresses with two in a row, or one at an end.
fn is_dotted(local: &str) -> bool {
    let atom = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+/=?^_`{|}~-.".contains(c) || is_foreign(c);
    local.chars().all(atom) && local.chars().any(|c| c != '.')
}

/// Whether a local part is a quoted string of RFC 5321, section 4.1.2: in it anything printable, `"` and `\` behind a `\`.
fn is_quoted(local: &str) -> bool {
    let inner = local.strip_prefix('"').and_then(|l| l.strip_suffix('"')).unwrap_or_default();
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        let printable = |c: char| matches!(c, ' '..='~') || is_foreign(c);
        let stands = match c {
            '"' => false,
            '\\' => chars.next().is_some_and(|c| matches!(c, ' '..='~')),
            other => printable(other),
        };
        if !stands {
            return false;
        }
    }
    !inner.trim().is_empty()
}

fn label_is_valid(label: &str) -> bool {
    // Beside letters: marks and joiners of scripts that need them, and the dots that IDNA allows inside a label.
    let allowed = |c: char| {
        c == '-'
            || c.is_alphanumeric()
            || is_combining_mark(c)
            || is_joiner(c)
            || matches!(c, '\u{b7}' | '\u{375}' | '\u{5f3}' | '\u{5f4}' | '\u{30fb}')
    };
    (1..=63).contains(&label.chars().count())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && !label.starts_with(is_combining_mark)
        && label.chars().all(allowed)
}

impl Email {
    /// Parses an address, without what surrounds it and what cannot be seen in it. Letters of any script may stand in it, with
    /// their marks (RFC 6531); the local part may be quoted, and have dots where carriers have put them.
    ///
    /// # Errors
    /// `length`, `character` or `format`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let text = signs(text, 3, 254)?;
        let (local, host) = text.rsplit_once('@').ok_or_else(bad_email)?;
        let local_ok = (1..=64).contains(&local.len()) && (is_dotted(local) || is_quoted(local));
        if text.len() <= 254 && local_ok && host.contains('.') && host.split('.').all(label_is_valid) {
            Ok(Self(text))
        } else {
            Err(bad_email())
        }
    }

    /// The form two spellings of one address share, whatever case and width.
    #[must_use]
    pub fn folded(text: &str) -> String {
        caseless(text)
    }
}

/// What people put between the digits of a number, white space and dashes apart.
const fn separates(c: char) -> bool {
    matches!(
        c,
        '.' | '('
            | ')'
            | '['
            | ']'
            | '/'
            | '\u{b7}'
            | '\u{2022}'
            | '\u{2024}'
            | '\u{2027}'
            | '\u{2044}'
            | '\u{2215}'
            | '\u{22c5}'
            | '\u{30fb}'
            // The sign for a long vowel, which a Japanese keyboard writes for a dash.
            | '\u{30fc}'
            | '\u{ff70}'
    )
}

/// Whether other last digits of a second number follow a slash: `+49 30 1234567/68`.
fn names_several(text: &str) -> bool {
    let digits = |part: &str| part.chars().filter(char::is_ascii_digit).count();
    text.rsplit_once('/')
        .is_some_and(|(before, after)| digits(before) >= 9 && (1..=3).contains(&digits(after)))
}

fn bad_phone(detail: &'static str) -> Invalid {
    Invalid::new(FieldCode::Format, detail)
}

/// Whether an extension, or what to dial after the call is taken, follows the digits.
fn has_extension(text: &str) -> bool {
    let after = text.find(|c: char| c.is_ascii_digit()).map_or("", |at| &text[at..]);
    let lower = after.to_lowercase();
    let marks = ["ext", "x", "#", ";", ",", "доб", "内線", "durchwahl", "poste", "anexo", "ramal", "int"];
    marks.iter().any(|mark| {
        lower
            .find(mark)
            .is_some_and(|at| *mark == ";" || *mark == "," || lower[at..].chars().any(|c| c.is_ascii_digit()))
    })
}

impl Phone {
    /// Parses a number, cleaned of what people paste with it: white space, dashes, dots, brackets, slashes, what cannot be
    /// seen, the digits of other scripts, `tel:`, and the `(0)` that is dialled within a country only.
    ///
    /// Only the syntax is checked: seven to fifteen digits after `+`, the first not zero.
    ///
    /// # Errors
    /// `length` or `format`, with what to do.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let seen = |c: &char| !(c.is_whitespace() || is_unseen(*c) || is_bidi_control(*c));
        // Nobody writes a number in more than this, and an address of `tel:` may have members.
        if text.len() > 400 {
            return Err(Invalid::new(FieldCode::Length, "must have at most 15 digits"));
        }
        let text: String = text.nfkc().map(plain_digit).filter(seen).collect();
        let text = match text.split_at_checked(4) {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("tel:") => rest,
            _ => &text,
        };
        if has_extension(text) {
            return Err(bad_phone(
                "has an extension: give the number alone, without `;ext=`, `x`, `#` or what follows a comma, and keep the \
                 extension in `metadata`",
            ));
        }
        if names_several(text) {
            return Err(bad_phone(
                "has a slash before its last digits, as where several numbers are given: give one",
            ));
        }
        // The zero that is dialled within a country only; in Italy and San Marino it belongs to the number.
        let keeps_zero = ["+39", "+378", "(+39", "(+378"].iter().any(|code| text.starts_with(code));
        let text = if keeps_zero { text.to_owned() } else { text.replace("(0)", "") };
        let digits: String = text.chars().filter(|c| !is_dash(*c) && !separates(*c)).collect();
        if !digits.starts_with('+') && digits.bytes().all(|b| b.is_ascii_digit()) && !digits.is_empty() {
            return Err(bad_phone(if digits.starts_with("00") {
                "begins with 00: write + and the country code instead, as in +1234567890"
            } else {
                "must begin with + and the country code, as in +1234567890"
            }));
        }
        let own = digits.strip_prefix('+').unwrap_or_default();
        let valid =
            (7..=15).contains(&own.len()) && !own.starts_with('0') && own.bytes().all(|b| b.is_ascii_digit());
        if valid {
            Ok(Self(digits))
        } else {
            Err(bad_phone(
                "must be an E.164 number: + and 7 to 15 digits, the first not 0, such as +1234567890",
            ))
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
        for good in [
            "a@b.co",
            "o'brien+x@mail.example.org",
            "用户@例子.广告",
            "a@xn--bcher-kva.example",
            "संपर्क@उदाहरण.भारत",
            "నమూనా@ఉదాహరణ.భారత్",
            "a..b@docomo.ne.jp",
            ".a@docomo.ne.jp",
            "a.@ezweb.ne.jp",
            "\"john doe\"@example.com",
            "\"a@b\"@example.com",
            "\"a\\\"b\"@example.com",
        ] {
            assert_eq!(Email::parse(good).unwrap().as_str(), good);
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
            "..@b.co",
            "a@b@c.de",
            "a@b.c\0",
            "a\nb@b.co",
            "\"a@b.co",
            "\"a\"b\"@c.de",
            "\"a\\\"@c.de",
            "\" \"@c.de",
            "\u{202e}a@b.co",
            "a@b.c\u{301}d.\u{301}",
        ] {
            assert!(Email::parse(bad).is_err(), "{bad:?}");
        }
        assert!(Email::parse(&format!("{}@b.co", "a".repeat(65))).is_err());
    }

    #[test]
    fn what_cannot_be_seen_is_cut_and_spellings_become_one() {
        assert_eq!(Email::parse("\u{feff} a\u{200b}b@c.de\u{a0}").unwrap().as_str(), "ab@c.de");
        assert_eq!(Email::parse("jose\u{301}@c.de").unwrap(), Email::parse("josé@c.de").unwrap());
        assert_eq!(Email::folded("José@C.DE"), Email::folded("JOSE\u{301}@c.de"));
    }

    #[test]
    fn numbers_are_cleaned_of_what_people_paste() {
        for spelt in [
            "+442079460958",
            " +44 20 7946 0958\n",
            "+44\u{a0}20\u{202f}7946\u{2009}0958",
            "+44-20-7946-0958",
            "+44‑20–7946—0958",
            "+44 20 7946−0958",
            "+44.20.7946.0958",
            "+44 (20) 7946 0958",
            "+44 (0)20 7946 0958",
            "(+44) 20/7946/0958",
            "\u{202a}+44 20 7946 0958\u{202c}",
            "\u{200e}+44\u{200b}20\u{ad}7946\u{feff}0958\u{2060}",
            "＋４４２０７９４６０９５８",
            "+٤٤٢٠٧٩٤٦٠٩٥٨",
            "+۴۴۲۰۷۹۴۶۰۹۵۸",
            "tel:+44-20-7946-0958",
            "TEL: +44 20 7946 0958",
            "+44ー20ー7946ー0958",
        ] {
            assert_eq!(Phone::parse(spelt).unwrap().as_str(), "+442079460958", "{spelt:?}");
        }
    }

    #[test]
    fn what_is_no_number_is_told_what_to_do() {
        for (bad, says) in [
            ("", "E.164"),
            ("+", "E.164"),
            ("1234567890", "begin with +"),
            ("020 7946 0958", "begin with +"),
            ("00442079460958", "00"),
            ("0044 20 7946 0958", "write +"),
            ("+0123456789", "E.164"),
            ("+00442079460958", "E.164"),
            ("+12345678901234567", "E.164"),
            ("+123456", "E.164"),
            ("+44 20 7946 0958;ext=12", "extension"),
            ("tel:+44-20-7946-0958;ext=12", "extension"),
            ("+44 20 7946 0958 x12", "extension"),
            ("+44 20 7946 0958 ext. 12", "extension"),
            ("+44 20 7946 0958#12", "extension"),
            ("+44 20 7946 0958,,12", "extension"),
            ("+44 20 7946 CALL", "E.164"),
            ("+44+2079460958", "E.164"),
            (&"1".repeat(500), "15 digits"),
        ] {
            let refused = Phone::parse(bad).unwrap_err();
            assert!(refused.detail.contains(says), "{bad:?}: {}", refused.detail);
        }
    }

    proptest! {
        #[test]
        fn parsing_never_panics_and_what_is_parsed_stays(text in "[\\PC\\s\u{200b}-\u{200f}]{0,300}") {
            if let Ok(e) = Email::parse(&text) { prop_assert_eq!(Email::parse(e.as_str()).unwrap(), e); }
            if let Ok(p) = Phone::parse(&text) { prop_assert_eq!(Phone::parse(p.as_str()).unwrap(), p); }
        }

        #[test]
        fn addresses_of_any_local_part_parse_to_themselves(local in "[a-z.\"\\\\ \u{300}é]{1,12}") {
            if let Ok(e) = Email::parse(&format!("{local}@example.com")) {
                prop_assert_eq!(Email::parse(e.as_str()).unwrap(), e);
            }
        }

        #[test]
        fn every_e164_number_passes_as_it_is(text in "\\+[1-9][0-9]{6,14}") {
            let phone = Phone::parse(&text).unwrap();
            prop_assert_eq!(phone.as_str(), text);
        }

        #[test]
        fn separators_anywhere_do_not_change_a_number(digits in "[1-9][0-9]{6,14}", at in 0usize..6, sep in "[ .\\-/\u{a0}\u{2011}\u{200b}]") {
            let (head, tail) = digits.split_at(at + 1);
            let phone = Phone::parse(&format!("+{head}{sep}{tail}")).unwrap();
            prop_assert_eq!(phone.as_str(), format!("+{digits}"));
        }
    }
}
