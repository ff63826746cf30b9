//! The specification, its vectors and this crate agree.
//!
//! - `reading`: each message by its name, as JSON and back
//! - `vectors`: `protocol-docs/vectors/*.json`
//! - `protocol_docs`: the worked examples in `protocol-docs/*.md`
//! - `channels`: the tables of channels in `protocol-docs/*.md`
//! - `descriptions`: each vector and example in words, against the frame tables in `protocol-docs/*.md`
//! - `words`: descriptions word for word
//! - `properties`: properties of all bytes

#![expect(clippy::unwrap_used, reason = "a test that cannot continue fails")]

mod channels;
mod descriptions;
mod properties;
mod protocol_docs;
mod reading;
mod vectors;
mod words;
