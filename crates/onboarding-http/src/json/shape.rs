//! A tree of values to a type: serde's own deserialising, with errors that keep the place and a stable code instead of English text.
//!
//! Stricter than `serde_json::from_value` in one point: a struct is an object, never an array of its fields in order.

use super::strict::shortened;
use crate::problem::FieldError;
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error as _, Expected, IntoDeserializer, MapAccess, SeqAccess,
    Unexpected, VariantAccess, Visitor,
};
use serde_json::{Map, Number, Value};
use std::fmt::{self, Write};

/// How numbers and booleans are written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Scalars {
    /// As JSON's own: `1`, `true`.
    Typed,
    /// As text, in a query string: `"1"`, `"true"`.
    Textual,
}

/// Reads the type out of the tree.
pub(super) fn read<T: DeserializeOwned>(tree: &Value, scalars: Scalars) -> Result<T, FieldError> {
    T::deserialize(Node { value: tree, scalars }).map_err(|misfit| FieldError::new(misfit.path(), misfit.code))
}

/// Where the tree does not fit the type, and why. Its path grows from the leaf to the root.
#[derive(Debug)]
struct Misfit {
    segments: Vec<Segment>,
    code: &'static str,
}

#[derive(Debug)]
enum Segment {
    Key(String),
    Index(usize),
}

impl Misfit {
    fn here(code: &'static str) -> Self {
        Self { segments: Vec::new(), code }
    }

    fn at(key: &str, code: &'static str) -> Self {
        Self::here(code).inside(Segment::Key(shortened(key)))
    }

    fn inside(mut self, segment: Segment) -> Self {
        self.segments.push(segment);
        self
    }

    fn path(&self) -> String {
        let mut path = String::new();
        for segment in self.segments.iter().rev() {
            match segment {
                Segment::Key(key) if path.is_empty() => path.push_str(key),
                Segment::Key(key) => {
                    path.push('.');
                    path.push_str(key);
                }
                Segment::Index(index) => {
                    // Writing to a string cannot fail.
                    let _ = write!(path, "[{index}]");
                }
            }
        }
        path
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code)
    }
}

impl std::error::Error for Misfit {}

impl de::Error for Misfit {
    /// The text of a `deserialize_with` or `try_from` is inside text and goes no further.
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::here("invalid")
    }

    fn invalid_type(_: Unexpected<'_>, _: &dyn Expected) -> Self {
        Self::here("wrong_type")
    }

    fn invalid_value(_: Unexpected<'_>, _: &dyn Expected) -> Self {
        Self::here("invalid")
    }

    fn invalid_length(_: usize, _: &dyn Expected) -> Self {
        Self::here("invalid")
    }

    fn unknown_variant(_: &str, _: &'static [&'static str]) -> Self {
        Self::here("unknown_value")
    }

    fn unknown_field(field: &str, _: &'static [&'static str]) -> Self {
        Self::at(field, "unknown_field")
    }

    fn missing_field(field: &'static str) -> Self {
        Self::at(field, "required")
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::at(field, "duplicate_field")
    }
}

#[derive(Clone, Copy)]
struct Node<'de> {
    value: &'de Value,
    scalars: Scalars,
}

impl<'de> Node<'de> {
    fn unexpected(&self) -> Unexpected<'de> {
        match self.value {
            Value::Null => Unexpected::Unit,
            Value::Bool(value) => Unexpected::Bool(*value),
            Value::Number(_) => Unexpected::Other("number"),
            Value::String(text) => Unexpected::Str(text),
            Value::Array(_) => Unexpected::Seq,
            Value::Object(_) => Unexpected::Map,
        }
    }

    fn entries(self, map: &'de Map<String, Value>) -> Entries<'de> {
        Entries { rest: map.iter(), scalars: self.scalars, current: None }
    }
}

fn number<'de, V: Visitor<'de>>(number: &Number, visitor: V) -> Result<V::Value, Misfit> {
    match (number.as_u64(), number.as_i64(), number.as_f64()) {
        (Some(value), _, _) => visitor.visit_u64(value),
        (None, Some(value), _) => visitor.visit_i64(value),
        (None, None, Some(value)) => visitor.visit_f64(value),
        (None, None, None) => Err(Misfit::here("invalid")),
    }
}

macro_rules! numbers {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
            match (self.scalars, self.value) {
                (Scalars::Textual, Value::String(text)) => {
                    number(&text.parse::<Number>().map_err(|_| Misfit::here("wrong_type"))?, visitor)
                }
                _ => self.deserialize_any(visitor),
            }
        })*
    };
}

impl<'de> Deserializer<'de> for Node<'de> {
    type Error = Misfit;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Number(value) => number(value, visitor),
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::Array(items) => visitor.visit_seq(Items { rest: items.iter().enumerate(), scalars: self.scalars }),
            Value::Object(map) => visitor.visit_map(self.entries(map)),
        }
    }

    numbers!(deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_f32 deserialize_f64);

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match (self.scalars, self.value) {
            (Scalars::Textual, Value::String(text)) => visitor.visit_bool(text.parse().map_err(|_| Misfit::here("wrong_type"))?),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self.value {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Misfit> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(self, _: &'static str, _: &'static [&'static str], visitor: V) -> Result<V::Value, Misfit> {
        match self.value {
            Value::Object(map) => visitor.visit_map(self.entries(map)),
            _ => Err(Misfit::invalid_type(self.unexpected(), &visitor)),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(self, _: &'static str, _: &'static [&'static str], visitor: V) -> Result<V::Value, Misfit> {
        match self.value {
            Value::String(text) => visitor.visit_enum(text.as_str().into_deserializer()),
            Value::Object(map) => match (map.iter().next(), map.len()) {
                (Some((tag, content)), 1) => visitor.visit_enum(Tagged { tag, content: Node { value: content, scalars: self.scalars } }),
                _ => Err(Misfit::here("wrong_type")),
            },
            _ => Err(Misfit::invalid_type(self.unexpected(), &visitor)),
        }
    }

    serde::forward_to_deserialize_any! {
        i128 u128 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map identifier ignored_any
    }
}

struct Items<'de> {
    rest: std::iter::Enumerate<std::slice::Iter<'de, Value>>,
    scalars: Scalars,
}

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = Misfit;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Misfit> {
        let Some((index, value)) = self.rest.next() else { return Ok(None) };
        let item = seed.deserialize(Node { value, scalars: self.scalars });
        item.map(Some).map_err(|misfit| misfit.inside(Segment::Index(index)))
    }
}

struct Entries<'de> {
    rest: serde_json::map::Iter<'de>,
    scalars: Scalars,
    current: Option<(&'de str, &'de Value)>,
}

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = Misfit;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Misfit> {
        let Some((key, value)) = self.rest.next() else { return Ok(None) };
        self.current = Some((key, value));
        seed.deserialize(de::value::BorrowedStrDeserializer::new(key)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Misfit> {
        let Some((key, value)) = self.current.take() else { return Err(Misfit::custom("value before its key")) };
        seed.deserialize(Node { value, scalars: self.scalars }).map_err(|misfit| misfit.inside(Segment::Key(shortened(key))))
    }
}

/// An enum's variant with content: `{"variant": content}`.
struct Tagged<'de> {
    tag: &'de str,
    content: Node<'de>,
}

impl<'de> EnumAccess<'de> for Tagged<'de> {
    type Error = Misfit;
    type Variant = Node<'de>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Node<'de>), Misfit> {
        let tag: de::value::StrDeserializer<'de, Misfit> = self.tag.into_deserializer();
        Ok((seed.deserialize(tag)?, self.content))
    }
}

impl<'de> VariantAccess<'de> for Node<'de> {
    type Error = Misfit;

    fn unit_variant(self) -> Result<(), Misfit> {
        Err(Misfit::here("wrong_type"))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Misfit> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Misfit> {
        self.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Misfit> {
        self.deserialize_struct("", fields, visitor)
    }
}
