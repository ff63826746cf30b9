//! A frame that is one JSON object, whose limits hold while it is read.
//!
//! serde's derived types accept more than the specification does: an array for an object, an object for a word, a list
//! of any length. The functions here are for `deserialize_with` and accept exactly what it allows.

use std::{fmt, io, marker::PhantomData};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{
        DeserializeOwned, Error as _, IntoDeserializer as _, MapAccess, SeqAccess, Visitor,
        value::{MapAccessDeserializer, StringDeserializer},
    },
};

use crate::{
    DecodeError, Fault, Frames,
    fields::{frame, utf8},
};

/// The largest integer: all up to it are exact in a language whose numbers are floats.
const INTEGER_MAX: u64 = (1 << 53) - 1;

/// A value as JSON; `None` if it needs more than `bytes_max`, at which writing stops.
pub(crate) fn write(value: &impl Serialize, bytes_max: usize) -> Option<Vec<u8>> {
    let mut frame = Limited { bytes: Vec::new(), bytes_max };
    serde_json::to_writer(&mut frame, value).ok()?;
    Some(frame.bytes)
}

/// A buffer of at most so many bytes.
struct Limited {
    bytes: Vec<u8>,
    bytes_max: usize,
}

impl io::Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = self.bytes_max - self.bytes.len();
        let written = &bytes[..bytes.len().min(room)];
        self.bytes.extend_from_slice(written);
        Ok(written.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads the frame at `index`. It is the field named `field`.
pub(crate) fn read<T: DeserializeOwned>(
    frames: &Frames,
    index: usize,
    field: &'static str,
    bytes_max: usize,
) -> Result<T, DecodeError> {
    let bytes = frame(frames, index, field)?;
    if bytes.len() > bytes_max {
        return Err(Fault::TooLong { max: bytes_max, unit: "bytes" }.of(field));
    }
    let text = utf8(bytes, field)?;
    let mut source = serde_json::Deserializer::from_str(text);
    let value = object(&mut source).and_then(|value| source.end().map(|()| value));
    value.map_err(|error| {
        let at = offset(text, error.line(), error.column());
        if error.is_data() { Fault::Member { at }.of(field) } else { Fault::NotJson { at }.of(field) }
    })
}

/// The byte at which a line's column is; both are numbered from 1.
fn offset(text: &str, line: usize, column: usize) -> usize {
    text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum::<usize>() + column
}

/// An integer from 0 to 2^53 - 1.
pub(crate) fn integer<'de, D: Deserializer<'de>>(source: D) -> Result<u64, D::Error> {
    Integer::deserialize(source).map(u64::from)
}

/// A variant of `T` by its name.
pub(crate) fn word<'de, D: Deserializer<'de>, T: Deserialize<'de>>(source: D) -> Result<T, D::Error> {
    let word: StringDeserializer<D::Error> = String::deserialize(source)?.into_deserializer();
    T::deserialize(word)
}

/// A `T` from an object.
pub(crate) fn object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(source: D) -> Result<T, D::Error> {
    Object::deserialize(source).map(|Object(value)| value)
}

/// At most `MAX` objects.
pub(crate) fn objects<'de, D: Deserializer<'de>, T: Deserialize<'de>, const MAX: usize>(
    source: D,
) -> Result<Vec<T>, D::Error> {
    Objects::<T, MAX>::deserialize(source).map(Vec::from)
}

/// At most `MAX` values.
pub(crate) fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>, const MAX: usize>(
    source: D,
) -> Result<Vec<T>, D::Error> {
    source.deserialize_seq(List::<T, MAX>(PhantomData))
}

/// What a `T` makes of the value, or the default if it is `null`; with `serde(default)` also if it is absent.
pub(crate) fn optional<'de, D: Deserializer<'de>, T: Deserialize<'de>, U: From<T> + Default>(
    source: D,
) -> Result<U, D::Error> {
    Option::<T>::deserialize(source).map(|value| value.map_or_else(U::default, U::from))
}

/// See [`integer`].
pub(crate) struct Integer(u64);

impl From<Integer> for u64 {
    fn from(Integer(value): Integer) -> Self {
        value
    }
}

impl From<Integer> for Option<u64> {
    fn from(Integer(value): Integer) -> Self {
        Some(value)
    }
}

impl<'de> Deserialize<'de> for Integer {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        let value = u64::deserialize(source)?;
        if value <= INTEGER_MAX { Ok(Self(value)) } else { Err(D::Error::custom("not exact as a float")) }
    }
}

/// See [`objects`].
pub(crate) struct Objects<T, const MAX: usize>(Vec<Object<T>>);

impl<T, const MAX: usize> From<Objects<T, MAX>> for Vec<T> {
    fn from(Objects(list): Objects<T, MAX>) -> Self {
        list.into_iter().map(|Object(value)| value).collect()
    }
}

impl<'de, T: Deserialize<'de>, const MAX: usize> Deserialize<'de> for Objects<T, MAX> {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        list::<D, _, MAX>(source).map(Self)
    }
}

/// A value that is read from an object only.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        source.deserialize_map(ObjectVisitor(PhantomData)).map(Self)
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(members))
    }
}

/// Reads a list and stops at the first value past `MAX`.
struct List<T, const MAX: usize>(PhantomData<T>);

impl<'de, T: Deserialize<'de>, const MAX: usize> Visitor<'de> for List<T, MAX> {
    type Value = Vec<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "a list of at most {MAX}")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Vec<T>, A::Error> {
        let mut list = Vec::new();
        while let Some(value) = values.next_element()? {
            if list.len() == MAX {
                return Err(A::Error::custom("too many values"));
            }
            list.push(value);
        }
        Ok(list)
    }
}

/// A type whose JSON is a string: written as `$shown` of it, read by its `FromStr`.
macro_rules! json_text {
    ($name:ident, $shown:expr) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, target: S) -> Result<S::Ok, S::Error> {
                let shown: fn(&Self) -> &_ = $shown;
                target.collect_str(shown(self))
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
                let text = String::deserialize(source)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

pub(crate) use json_text;
