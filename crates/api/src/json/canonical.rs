//! One spelling of a JSON value: the same for every order of members, spacing, escape and form of a number.

use std::borrow::Cow;

use super::tree::Json;

/// A value as the pieces of its one spelling, strings not copied. Two values have the same pieces exactly when they are the same
/// to whoever reads members by name: each string stands behind its length, so that no two values run into one.
pub(crate) fn pieces<'v>(value: &'v Json<'_>) -> Vec<Cow<'v, [u8]>> {
    let mut pieces = Vec::new();
    write(value, &mut pieces);
    pieces
}

fn write<'v>(value: &'v Json<'_>, pieces: &mut Vec<Cow<'v, [u8]>>) {
    let counted = |mark: u8, count: usize| {
        let mut head = vec![mark];
        head.extend_from_slice(&(count as u64).to_le_bytes());
        Cow::Owned(head)
    };
    match value {
        Json::Null => pieces.push(Cow::Borrowed(b"n")),
        Json::Bool(true) => pieces.push(Cow::Borrowed(b"t")),
        Json::Bool(false) => pieces.push(Cow::Borrowed(b"f")),
        Json::Number(number) => {
            // Adding zero makes a negative zero positive: they are one number.
            pieces.push(Cow::Borrowed(b"d"));
            pieces.push(Cow::Owned((number + 0.0).to_bits().to_le_bytes().to_vec()));
        }
        Json::String(text) => {
            pieces.push(counted(b's', text.len()));
            pieces.push(Cow::Borrowed(text.as_bytes()));
        }
        Json::Array(items) => {
            pieces.push(counted(b'a', items.len()));
            items.iter().for_each(|item| write(item, pieces));
        }
        Json::Object(members) => {
            pieces.push(counted(b'o', members.len()));
            // Names do not repeat: the order is one.
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
            for (name, value) in sorted {
                pieces.push(counted(b'm', name.len()));
                pieces.push(Cow::Borrowed(name.as_bytes()));
                write(value, pieces);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::parse;
    use proptest::prelude::*;

    fn spelt(text: &str) -> Vec<u8> {
        pieces(&parse(text.as_bytes()).unwrap()).concat()
    }

    #[test]
    fn order_spacing_escapes_and_forms_of_numbers_make_no_difference() {
        let one = spelt(r#"{"a":"é/x","b":{"c":1,"d":[1500,0]}}"#);
        for other in [
            r#"{"b":{"d":[1500,0],"c":1},"a":"é/x"}"#,
            "{ \"a\" : \"é/x\",\r\n\t\"b\": {\"c\": 1, \"d\": [1500, 0]} }\n",
            r#"{"\u0061":"\u00e9\/x","b":{"c":1.0,"d":[1.5e3,-0]}}"#,
            "\u{feff}{\"a\":\"é/x\",\"b\":{\"c\":1,\"d\":[1500,0]}}",
        ] {
            assert_eq!(spelt(other), one, "{other}");
        }
    }

    #[test]
    fn what_differs_in_anything_else_is_another_value() {
        let all = [
            r#"{"a":1}"#,
            r#"{"a":"1"}"#,
            r#"{"a":true}"#,
            r#"{"a":null}"#,
            r#"{}"#,
            r#"{"a":1,"b":null}"#,
            r#"{"a":[1,2]}"#,
            r#"{"a":[2,1]}"#,
            r#"{"a":[[1],2]}"#,
            r#"{"a":[1,[2]]}"#,
            r#"{"a":{"b":1}}"#,
            r#"{"a":"x","b":"y"}"#,
            r#"{"a":"xb","":"y"}"#,
            r#"{"A":1}"#,
            r#"{"a":"é"}"#,
            r#"{"a":"e\u0301"}"#,
        ];
        for (i, a) in all.iter().enumerate() {
            for b in &all[i + 1..] {
                assert_ne!(spelt(a), spelt(b), "{a} {b}");
            }
        }
    }

    proptest! {
        #[test]
        fn members_in_any_order_are_one_value(
            members in prop::collection::btree_map("[a-c\\PC]{0,4}", "\\PC{0,6}", 0..8),
            turn in 0usize..8,
        ) {
            let value = |(n, v): (&String, &String)| {
                (Cow::Owned(n.clone()), Json::String(Cow::Owned(v.clone())))
            };
            let sorted: Vec<_> = members.iter().map(value).collect();
            let mut turned = sorted.clone();
            let by = turn.min(turned.len());
            turned.rotate_left(by);
            turned.reverse();
            prop_assert_eq!(pieces(&Json::Object(sorted)).concat(), pieces(&Json::Object(turned)).concat());
        }
    }
}
