//! Text to a tree of values, refusing whatever two readers could understand differently: bad UTF-8, a key twice, endless nesting.
//!
//! The depth is bounded by the parser itself at 128; the size by the body's limit.

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::{cell::RefCell, fmt};

/// Longest piece of a client's own key that is told back to it, in characters.
const LONGEST_ECHO: usize = 64;

/// Why a text gave no tree.
pub(super) enum Fault {
    /// It is no JSON text of bounded depth in UTF-8.
    Malformed,
    /// The key at this path stands twice in its object.
    Duplicate(String),
}

/// The tree of a JSON text.
pub(super) fn tree(body: &[u8]) -> Result<Value, Fault> {
    let text = std::str::from_utf8(body).map_err(|_| Fault::Malformed)?;
    let duplicate = RefCell::new(None);
    let mut reader = serde_json::Deserializer::from_str(text);
    let tree = Branch { place: &Place::Root, duplicate: &duplicate }.deserialize(&mut reader).and_then(|tree| reader.end().map(|()| tree));
    match (tree, duplicate.into_inner()) {
        (_, Some(path)) => Err(Fault::Duplicate(path)),
        (Ok(tree), None) => Ok(tree),
        (Err(_), None) => Err(Fault::Malformed),
    }
}

/// A client's own key, cut to a length that may be told back.
pub(super) fn shortened(key: &str) -> String {
    key.chars().take(LONGEST_ECHO).collect()
}

/// Where the reader stands; a list from the leaf to the root, on the stack.
enum Place<'p> {
    Root,
    Key(&'p Place<'p>, &'p str),
    Index(&'p Place<'p>, usize),
}

impl Place<'_> {
    fn path(&self) -> String {
        match self {
            Self::Root => String::new(),
            Self::Key(parent, key) => match parent.path() {
                path if path.is_empty() => shortened(key),
                path => format!("{path}.{}", shortened(key)),
            },
            Self::Index(parent, index) => format!("{}[{index}]", parent.path()),
        }
    }
}

struct Branch<'p> {
    place: &'p Place<'p>,
    duplicate: &'p RefCell<Option<String>>,
}

impl<'de> DeserializeSeed<'de> for Branch<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Branch<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut tree = Vec::new();
        loop {
            let place = Place::Index(self.place, tree.len());
            match items.next_element_seed(Branch { place: &place, duplicate: self.duplicate })? {
                Some(item) => tree.push(item),
                None => return Ok(Value::Array(tree)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut tree = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            let place = Place::Key(self.place, &key);
            if tree.contains_key(&key) {
                *self.duplicate.borrow_mut() = Some(place.path());
                return Err(A::Error::custom("duplicate key"));
            }
            let value = entries.next_value_seed(Branch { place: &place, duplicate: self.duplicate })?;
            tree.insert(key, value);
        }
        Ok(Value::Object(tree))
    }
}
