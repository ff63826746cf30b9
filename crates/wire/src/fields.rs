//! Fixed-width fields: each is one whole frame, little-endian.

use crate::{DecodeError, Fault, Frames};

/// The frame at `index`, or [`Fault::Missing`].
#[inline]
pub(crate) fn frame<'a>(frames: &'a Frames, index: usize, field: &'static str) -> Result<&'a [u8], DecodeError> {
    frames.get(index).ok_or(Fault::Missing.of(field))
}

/// A frame of exactly `N` bytes.
#[inline]
pub(crate) fn fixed<const N: usize>(
    frames: &Frames,
    index: usize,
    field: &'static str,
) -> Result<[u8; N], DecodeError> {
    let bytes = frame(frames, index, field)?;
    bytes.try_into().map_err(|_| Fault::Length { expected: N, got: bytes.len() }.of(field))
}

/// A frame that holds one float, neither infinite nor NaN.
#[inline]
pub(crate) fn finite(frames: &Frames, index: usize, field: &'static str) -> Result<f64, DecodeError> {
    let value = f64::from_le_bytes(fixed(frames, index, field)?);
    if value.is_finite() { Ok(value) } else { Err(Fault::NotFinite.of(field)) }
}

/// A frame that holds one finite float above zero.
#[inline]
pub(crate) fn positive(frames: &Frames, index: usize, field: &'static str) -> Result<f64, DecodeError> {
    let value = finite(frames, index, field)?;
    if value > 0.0 { Ok(value) } else { Err(Fault::NotPositive.of(field)) }
}

/// A frame that holds one u64.
#[inline]
pub(crate) fn unsigned(frames: &Frames, index: usize, field: &'static str) -> Result<u64, DecodeError> {
    Ok(u64::from_le_bytes(fixed(frames, index, field)?))
}

/// The bytes as UTF-8, or [`Fault::NotUtf8`].
pub(crate) fn utf8<'a>(bytes: &'a [u8], field: &'static str) -> Result<&'a str, DecodeError> {
    std::str::from_utf8(bytes).map_err(|_| Fault::NotUtf8.of(field))
}
