//! A JSON value that borrows its strings from the body. Refuses what makes parsers disagree or run away:
//! repeated names, deep nesting, too many members.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::malformed::Malformed;

/// Deepest nesting.
const DEPTH: usize = 32;
/// Most values in one body.
const VALUES: usize = 2_000;

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Json<'a> {
    Null,
    Bool(bool),
    Number(f64),
    String(Cow<'a, str>),
    Array(Vec<Json<'a>>),
    Object(Vec<(Cow<'a, str>, Json<'a>)>),
}

/// What editors and libraries of one vendor put before a text in UTF-8. A parser may skip it (RFC 8259, section 8.1).
const MARK: &[u8] = "\u{feff}".as_bytes();

/// Parses `bytes` as one JSON value.
pub(crate) fn parse(bytes: &[u8]) -> Result<Json<'_>, Malformed> {
    let bytes = bytes.strip_prefix(MARK).unwrap_or(bytes);
    read(bytes).map_err(|error| Malformed::of(bytes, &error))
}

fn read(bytes: &[u8]) -> Result<Json<'_>, serde_json::Error> {
    let budget = Cell::new(VALUES);
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = Seed { depth: 0, budget: &budget }.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

#[derive(Clone, Copy)]
struct Seed<'b> {
    depth: usize,
    budget: &'b Cell<usize>,
}

impl Seed<'_> {
    fn inner<E: Error>(self) -> Result<Self, E> {
        if self.depth == DEPTH {
            return Err(E::custom("nested too deeply"));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Json<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        let left = self.budget.get().checked_sub(1).ok_or_else(|| D::Error::custom("too many values"))?;
        self.budget.set(left);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Json<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json<'de>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json<'de>, E> {
        Ok(Json::Bool(value))
    }

    #[expect(clippy::cast_precision_loss, reason = "no member takes an integer beyond 2^53")]
    fn visit_i64<E>(self, value: i64) -> Result<Json<'de>, E> {
        Ok(Json::Number(value as f64))
    }

    #[expect(clippy::cast_precision_loss, reason = "no member takes an integer beyond 2^53")]
    fn visit_u64<E>(self, value: u64) -> Result<Json<'de>, E> {
        Ok(Json::Number(value as f64))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json<'de>, E> {
        Ok(Json::Number(value))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Json<'de>, E> {
        Ok(Json::String(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json<'de>, E> {
        Ok(Json::String(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json<'de>, A::Error> {
        let (inner, mut array) = (self.inner()?, Vec::new());
        while let Some(item) = items.next_element_seed(inner)? {
            array.push(item);
        }
        Ok(Json::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Json<'de>, A::Error> {
        let (inner, mut object) = (self.inner()?, Vec::<(Cow<'de, str>, Json<'de>)>::new());
        while let Some(name) = members.next_key_seed(Name)? {
            // Quadratic, in at most VALUES names.
            if object.iter().any(|(known, _)| *known == name) {
                return Err(A::Error::custom("a name is repeated"));
            }
            object.push((name, members.next_value_seed(inner)?));
        }
        Ok(Json::Object(object))
    }
}

struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Name {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(value.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ordinary_bodies_are_read_without_copying_strings() {
        let Ok(Json::Object(members)) = parse(br#"{"a":"x","b":[1,null,true]}"#) else { panic!("an object") };
        assert!(matches!(&members[0].1, Json::String(Cow::Borrowed("x"))));
        assert_eq!(members[1].1, Json::Array(vec![Json::Number(1.0), Json::Null, Json::Bool(true)]));
    }

    #[test]
    fn what_parsers_disagree_on_is_refused() {
        let deep = "[".repeat(40) + &"]".repeat(40);
        let wide = format!("[{}1]", "1,".repeat(3_000));
        for bad in [
            "",
            "{",
            r#"{"a":1,"a":2}"#,
            r#"{"a":1,"\u0061":2}"#,
            r#""\ud800""#,
            "1e400",
            "NaN",
            "{} {}",
            "\u{feff}\u{feff}{}",
            "{\u{feff}}",
            &deep,
            &wide,
        ] {
            assert!(parse(bad.as_bytes()).is_err(), "{bad:.40}");
        }
        assert!(parse(b"\"\xff\"").is_err(), "not UTF-8");
        assert_eq!(
            parse("\u{feff}{}".as_bytes()).unwrap(),
            Json::Object(Vec::new()),
            "a mark before the text is skipped"
        );
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&bytes);
        }
    }
}
