//! What single characters are to a text of a person: seen or not, a dash, a digit.

use unicode_normalization::char::is_combining_mark;

/// The explicit embeddings, overrides and isolates that let a text show as another (Unicode TR 36, section 2.10).
pub(super) const fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Zero-width joiner and non-joiner: letters of many scripts take another form by them.
pub(super) const fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

/// Selectors of the form of the character before, and the tags behind a flag.
pub(super) const fn is_selector(c: char) -> bool {
    matches!(c, '\u{180b}'..='\u{180d}' | '\u{180f}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0020}'..='\u{e007f}' | '\u{e0100}'..='\u{e01ef}')
}

/// Whether a character shows nothing of its own, white space and controls apart: `Default_Ignorable_Code_Point` of Unicode
/// 16, the marks that annotate (U+FFF9-FFFB), and the two blanks that count as symbols.
pub(super) const fn is_unseen(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d159}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Whether a character counts for nothing at either end of a text. A control that turns the text round is no such character:
/// it is a trick, and refused.
const fn is_outer(c: char) -> bool {
    c.is_whitespace() || (is_unseen(c) && !is_bidi_control(c))
}

/// `text` without white space and unseen characters around it. What gives the last letter its form stays.
pub(super) fn trimmed(text: &str) -> &str {
    let mut rest = text.trim_start_matches(is_outer);
    while let Some(last) = rest.chars().next_back().filter(|c| is_outer(*c)) {
        let before = &rest[..rest.len() - last.len_utf8()];
        let forms = before.chars().next_back().is_some_and(|previous| {
            let seen = !is_outer(previous);
            (is_joiner(last) && is_combining_mark(previous))
                || (is_selector(last) && (seen || is_selector(previous)))
        });
        if forms {
            break;
        }
        rest = before;
    }
    rest
}

/// Whether nothing of a text can be seen.
pub(super) fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || c.is_control() || is_unseen(c))
}

/// `text` without unseen characters anywhere: for what is written in signs, not in words. Joiners and selectors give
/// letters their form and stay, as do controls that turn a text round, for those are refused.
pub(super) fn without_unseen(text: &str) -> String {
    let stays = |c: char| !is_unseen(c) || is_joiner(c) || is_selector(c) || is_bidi_control(c);
    trimmed(text).chars().filter(|c| stays(*c)).collect()
}

/// Hyphens, dashes and minus signs of any width.
pub(super) const fn is_dash(c: char) -> bool {
    matches!(
        c,
        '-' | '\u{58a}' | '\u{5be}' | '\u{1806}' | '\u{2010}'
            ..='\u{2015}'
                | '\u{2043}'
                | '\u{207b}'
                | '\u{208b}'
                | '\u{2212}'
                | '\u{2e3a}'
                | '\u{2e3b}'
                | '\u{fe58}'
                | '\u{fe63}'
                | '\u{ff0d}'
    )
}

/// The zeros of decimal digits (category Nd) outside ASCII that keyboards write; nine more follow each.
const ZEROS: [u32; 37] = [
    0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0,
    0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50,
    0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10, 0x1e950,
];

/// A decimal digit of any script as one of ASCII; any other character as it is.
pub(super) fn plain_digit(c: char) -> char {
    let code = u32::from(c);
    let zero = ZEROS.iter().find(|zero| (**zero..**zero + 10).contains(&code));
    zero.and_then(|zero| char::from_digit(code - zero, 10)).unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_not_seen_is_cut_outside_and_kept_where_it_forms_a_letter() {
        for (given, left) in [
            ("\u{a0}\u{2003}Ann\u{3000}\t\r\n", "Ann"),
            ("\u{feff}\u{200b}Ann\u{2060}\u{ad}\u{200e}", "Ann"),
            ("\u{3164}\u{115f}Ann\u{ffa0}", "Ann"),
            ("Ann\u{200d}", "Ann"),
            // A Malayalam letter of its own form, a variant of a Han character, a heart, a flag.
            ("രാജന്\u{200d}", "രാജന്\u{200d}"),
            ("葛\u{e0100}", "葛\u{e0100}"),
            ("\u{2764}\u{fe0f} ", "\u{2764}\u{fe0f}"),
            ("\u{1f3f4}\u{e0067}\u{e007f}", "\u{1f3f4}\u{e0067}\u{e007f}"),
            ("\u{fe0f}\u{e0100}", ""),
        ] {
            assert_eq!(trimmed(given), left, "{given:?}");
        }
    }

    #[test]
    fn digits_of_any_script_are_read() {
        assert_eq!("٠١٢۳٤५６９9".chars().map(plain_digit).collect::<String>(), "012345699");
        assert!(ZEROS.iter().all(|z| char::from_u32(*z).is_some_and(char::is_numeric)));
    }

    proptest! {
        #[test]
        fn what_is_cut_needs_no_second_cut(text in "[\\PC\\s\u{200b}-\u{200f}\u{fe0f}\u{ad}]{0,12}") {
            prop_assert_eq!(trimmed(trimmed(&text)), trimmed(&text));
            prop_assert!(is_blank(trimmed(&text)) == is_blank(&text));
        }
    }
}
