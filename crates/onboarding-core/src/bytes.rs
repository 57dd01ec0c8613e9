//! How 32 bytes are stored: as 43 characters of base64. Lists of numbers, a hundred characters long and slow to read, are understood as well.

use base64ct::{Base64UrlUnpadded, Encoding};
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserializer, Serializer};
use std::fmt;

pub(crate) fn serialize<S: Serializer>(bytes: &[u8; 32], serializer: S) -> Result<S::Ok, S::Error> {
    let mut room = [0; 43];
    let text = Base64UrlUnpadded::encode(bytes, &mut room).map_err(serde::ser::Error::custom)?;
    serializer.serialize_str(text)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; 32], D::Error> {
    deserializer.deserialize_any(Bytes)
}

struct Bytes;

impl<'de> Visitor<'de> for Bytes {
    type Value = [u8; 32];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("32 bytes")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        let mut bytes = [0; 32];
        match Base64UrlUnpadded::decode(text, &mut bytes).map(<[u8]>::len) {
            Ok(32) => Ok(bytes),
            Ok(_) | Err(_) => Err(E::custom("not 32 bytes")),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut numbers: A) -> Result<Self::Value, A::Error> {
        let mut bytes = [0; 32];
        for byte in &mut bytes {
            *byte = numbers.next_element()?.ok_or_else(|| A::Error::custom("not 32 bytes"))?;
        }
        match numbers.next_element::<u8>()? {
            None => Ok(bytes),
            Some(_) => Err(A::Error::custom("not 32 bytes")),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::Digest;

    #[test]
    fn bytes_are_stored_as_text_and_read_as_they_were_before_too() {
        let digest = Digest { key: 7, bytes: std::array::from_fn(|place| u8::try_from(place * 8).unwrap()) };
        let stored = serde_json::to_string(&digest).unwrap();
        assert_eq!(stored, r#"{"key":7,"bytes":"AAgQGCAoMDhASFBYYGhweICIkJigqLC4wMjQ2ODo8Pg"}"#);
        assert_eq!(serde_json::from_str::<Digest>(&stored).unwrap(), digest);
        let before = format!(r#"{{"key":7,"bytes":{:?}}}"#, digest.bytes);
        assert_eq!(serde_json::from_str::<Digest>(&before).unwrap(), digest);
        for wrong in ["\"AAgQ\"", "\"AAgQGCAoMDhASFBYYGhweICIkJigqLC4wMjQ2ODo8Pg=\"", "\"\"", "[1, 2]", "7", "null"] {
            assert!(serde_json::from_str::<Digest>(&format!(r#"{{"key":7,"bytes":{wrong}}}"#)).is_err(), "{wrong}");
        }
        assert!(serde_json::from_str::<Digest>(&format!(r#"{{"key":7,"bytes":{:?}}}"#, [1; 33])).is_err());
        assert!(serde_json::from_str::<Digest>(&format!(r#"{{"key":7,"bytes":{:?}}}"#, [256; 32])).is_err());
    }
}
