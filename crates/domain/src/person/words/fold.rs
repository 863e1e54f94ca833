//! The form in which letters are compared.

use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

use super::super::characters::{is_selector, is_unseen, plain_digit};

/// Marks that the same name is written with and without: accents of Latin, Greek and Cyrillic letters, points of Hebrew and
/// Arabic. The marks of other scripts are vowels, or make another letter: without them it is another name.
const fn is_accent(c: char) -> bool {
    matches!(c,
        '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5bd}' | '\u{5bf}' | '\u{5c1}' | '\u{5c2}'
        | '\u{5c4}' | '\u{5c5}' | '\u{5c7}' | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}' | '\u{670}'
        | '\u{6d6}'..='\u{6dc}' | '\u{6df}'..='\u{6e4}' | '\u{6e7}' | '\u{6e8}' | '\u{6ea}'..='\u{6ed}' | '\u{711}'
        | '\u{730}'..='\u{74a}' | '\u{898}'..='\u{89f}' | '\u{8ca}'..='\u{8ff}' | '\u{1ab0}'..='\u{1aff}'
        | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fb1e}' | '\u{fe20}'..='\u{fe2f}')
}

const fn is_arabic(c: char) -> bool {
    matches!(c, '\u{600}'..='\u{6ff}' | '\u{750}'..='\u{77f}' | '\u{870}'..='\u{8ff}')
}

/// A lower-case letter as it is compared: those that differ from a plain one by a stroke, variants that case does not
/// bring together, spellings of one letter in Arabic, Persian and Urdu, both forms of kana, and forms of a letter that
/// Unicode does not decompose.
fn plain_letter(letter: char, into: &mut String) {
    let plain = match letter {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'þ' => "th",
        'ς' => "σ",
        'ı' => "i",
        'ł' => "l",
        'ø' => "o",
        'đ' | 'ð' => "d",
        'ħ' => "h",
        'ŧ' => "t",
        'ŋ' => "n",
        'ə' => "e",
        // Yeh without dots, and the Persian one; kaf, and the Persian one; alef that joins; teh marbuta, and the hehs of Urdu and
        // Kurdish.
        'ى' | 'ی' => "ي",
        'ک' | 'ڪ' => "ك",
        'ٱ' => "ا",
        'ة' | 'ۃ' | 'ہ' | 'ھ' | 'ە' => "ه",
        // The stretched line between letters, and the hamza that stands by itself: written or left out at will.
        'ـ' | 'ء' => "",
        // Letters of Malayalam and Bengali that older texts write as a consonant without a vowel.
        'ൺ' => "ണ്",
        'ൻ' => "ന്",
        'ർ' => "ര്",
        'ൽ' => "ല്",
        'ൾ' => "ള്",
        'ൿ' => "ക്",
        'ৎ' => "ত্",
        // Forms of one character in Japanese family names.
        '髙' => "高",
        '﨑' => "崎",
        '𠮷' => "吉",
        '濵' => "濱",
        '邉' => "邊",
        '\u{30a1}'..='\u{30f6}' | '\u{30fd}' | '\u{30fe}' => {
            into.extend(char::from_u32(u32::from(letter) - 0x60));
            return;
        }
        other => {
            into.push(plain_digit(other));
            return;
        }
    };
    into.push_str(plain);
}

/// Accents that stand as characters of their own where an apostrophe is meant; decomposed they would begin with a space.
const fn apostrophe(c: char) -> char {
    match c {
        '\u{b4}'
        | '\u{60}'
        | '\u{2b9}'..='\u{2bf}'
        | '\u{2c8}'
        | '\u{384}'
        | '\u{1fbd}'
        | '\u{1fbf}'
        | '\u{1ffd}'
        | '\u{1ffe}'
        | '\u{a78c}' => '\'',
        other => other,
    }
}

/// `text` as it is compared: compatibility-decomposed, lower case, without accents and what cannot be seen, and composed
/// again. A non-joiner between Arabic letters stays: it parts a word.
pub(super) fn folded(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut before = None;
    for c in text.chars().map(apostrophe).nfkd().flat_map(char::to_lowercase) {
        let parts = c == '\u{200c}' && before.is_some_and(is_arabic);
        if is_accent(c) || ((is_unseen(c) || is_selector(c)) && !parts) {
            continue;
        }
        plain_letter(c, &mut plain);
        before = Some(c);
    }
    let mut folded = String::with_capacity(plain.len());
    for c in plain.nfc() {
        // The sign that repeats a character.
        let c = if c == '々' { folded.chars().next_back().unwrap_or(c) } else { c };
        folded.push(c);
    }
    folded
}

/// Whether a character is of a script that writes words without a space between them: Chinese characters, kana, Hangul.
pub(super) const fn is_dense(c: char) -> bool {
    matches!(c,
        '\u{1100}'..='\u{11ff}' | '\u{3005}'..='\u{3007}' | '\u{3021}'..='\u{3029}' | '\u{3041}'..='\u{3096}'
        | '\u{309d}'..='\u{309f}' | '\u{30a1}'..='\u{30fa}' | '\u{30fc}'..='\u{30ff}' | '\u{3105}'..='\u{312f}'
        | '\u{31a0}'..='\u{31bf}' | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{a960}'..='\u{a97c}' | '\u{ac00}'..='\u{d7fb}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3fffd}')
}

/// Whether a folded character belongs to a word.
pub(super) fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || is_combining_mark(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_name_fold_together() {
        for (one, other) in [
            ("ＡＢＣ Straße", "abc STRASSE"),
            ("ΠΑΠΑΔΟΠΟΥΛΟΣ", "Παπαδόπουλος"),
            ("Işık", "ışık"),
            ("IŞIK", "isik"),
            ("İbrahim", "ibrahim"),
            ("Żółw", "zolw"),
            ("Ørsted", "orsted"),
            ("Đức Nguyễn Phước Trầm Ơn", "duc nguyen phuoc tram on"),
            ("Ă Â Đ Ê Ô Ơ Ư", "a a d e o o u"),
            ("Ёлкин", "елкин"),
            ("مُحَمَّد", "محمد"),
            ("علی", "علي"),
            ("يحيى", "یحیی"),
            ("کریم", "كريم"),
            ("أحمد", "احمد"),
            ("إبراهيم", "ابراهيم"),
            ("آمنة", "امنه"),
            ("مـحـمـد", "محمد"),
            ("شيماء", "شيما"),
            ("רָחֵל", "רחל"),
            ("ﻣﺤﻤﺪ", "محمد"),
            ("ﾔﾏﾀﾞ", "やまだ"),
            ("ヤマダ", "やまだ"),
            ("佐々木", "佐佐木"),
            ("髙橋", "高橋"),
            ("葛\u{e0100}城", "葛城"),
            ("രാജൻ", "രാജന്\u{200d}"),
            ("김", "\u{1100}\u{1175}\u{11b7}"),
        ] {
            assert_eq!(folded(one), folded(other), "{one} {other}");
        }
    }

    #[test]
    fn vowels_and_letters_of_other_scripts_stay_what_they_are() {
        for (one, other) in [
            ("रवि", "रव"),
            ("मीना", "मना"),
            ("ரவி", "ரவ"),
            ("ত্ৰি", "ত্ৰ"),
            ("ज़", "ज"),
            ("かとう", "がとう"),
            ("ນ້ອຍ", "ນອຍ"),
            ("สมชาย", "สมชา"),
            ("ކަ", "ކި"),
        ] {
            assert_ne!(folded(one), folded(other), "{one} {other}");
        }
    }
}
