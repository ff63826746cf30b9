//! desk: commands to a running desk, and their answers (`protocol-docs/desk.md`).
//!
//! | message | frames |
//! |---|---|
//! | [`Command`] | JSON: one object, whose `do` names the command |
//! | [`Answer`] | JSON: one object, `got` if it is done, or `refused` with its `reason` |
//!
//! Requests and replies travel in an [envelope](mod@crate::envelope). Unknown members and frames after the first are ignored.
//! Which commands there are, only the desk knows: here a command is any object with a name.

use serde::{Deserialize, Serialize};

use crate::{
    Channel, DecodeError, Fault, Frames, Limits, SocketType,
    describe::{Describe, Description, Observed, Place, Purpose, fields::Fields, general, words},
    envelope, json,
    report::Label,
};

/// The largest command in bytes.
pub const COMMAND_BYTES_MAX: usize = 64 << 10;

/// The most bytes of the reason of a refusal.
pub const REASON_BYTES_MAX: usize = 512;

/// The largest answer in bytes: a reason, each of whose bytes may be escaped, and words.
const ANSWER_BYTES_MAX: usize = 8 << 10;

/// Commands and their answers. A desk executes one at a time; when the queue is full, commands wait at their senders.
pub const COMMANDS: Channel = Channel {
    name: "commands",
    program: "dealz",
    variable: "DEALZ_COMMANDS",
    port: 9009,
    host: "127.0.0.1",
    binds: SocketType::Router,
    connects: SocketType::Req,
    limits: Limits { queue: 16, frame_bytes: COMMAND_BYTES_MAX as u32, kernel_bytes: None, slow: None },
};

/// The channels of this protocol.
pub(crate) const CHANNELS: &[(Channel, Describe)] = &[(COMMANDS, describe)];

/// The name of a refusal in a description.
const REFUSAL: &str = "refusal";

/// A command, as JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    name: Label,
    json: String,
}

/// What is read of a command.
#[derive(Deserialize)]
struct Named {
    #[serde(rename = "do")]
    name: Label,
}

impl Command {
    /// Replaces `frames` by the command, without envelope.
    pub fn encode(&self, frames: &mut Frames) {
        frames.clear();
        frames.push(self.json.as_bytes());
    }

    /// Reads a command without its envelope.
    ///
    /// # Errors
    /// `command` missing, too long, not UTF-8, not one JSON object, or without a name.
    pub fn decode(frames: &Frames) -> Result<Self, DecodeError> {
        let Named { name } = json::read(frames, 0, "command", COMMAND_BYTES_MAX)?;
        // It is UTF-8, as it was read.
        let json = String::from_utf8_lossy(frames.get(0).unwrap_or_default()).into_owned();
        Ok(Self { name, json })
    }

    /// The name of the command, such as `follow`.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name.as_str()
    }

    /// The whole object.
    #[must_use]
    pub fn json(&self) -> &str {
        &self.json
    }

    fn describe(mut fields: Fields<'_>) -> Description {
        fields.frame("command", 0, |bytes| Ok(words::text(bytes)));
        fields.ignored(1);
        fields.describe("command", Place { page: "desk", section: "command" }, Self::decode)
    }
}

/// The answer to a command: each gets exactly one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The command is done or in progress.
    Done,
    /// It is not executed.
    Refused(Refusal),
}

/// Why a command is not executed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The kind of reason: `invalid`, `notNow`, `viewOnly`.
    pub kind: Label,
    /// The member of the command that is invalid.
    pub field: Option<Label>,
    /// A sentence of 1 to [`REASON_BYTES_MAX`] bytes.
    pub reason: String,
}

/// The members of an answer.
#[derive(Serialize, Deserialize)]
struct Members {
    #[serde(skip_serializing_if = "Option::is_none")]
    got: Option<Label>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<Label>,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<Label>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl Answer {
    /// Replaces `frames` by the answer, without envelope. A reason longer than [`REASON_BYTES_MAX`] is cut.
    pub fn encode(&self, frames: &mut Frames) {
        let members = match self {
            Self::Done => Members { got: Some(Label::cut("done")), refused: None, field: None, reason: None },
            Self::Refused(Refusal { kind, field, reason }) => {
                let reason = reason[..reason.floor_char_boundary(REASON_BYTES_MAX)].to_owned();
                Members { got: None, refused: Some(kind.clone()), field: field.clone(), reason: Some(reason) }
            }
        };
        frames.clear();
        // It is always below the limit.
        frames.push(&json::write(&members, ANSWER_BYTES_MAX).unwrap_or_default());
    }

    /// Reads an answer without its envelope.
    ///
    /// # Errors
    /// `answer` missing, too long, not UTF-8 or not one JSON object; it has both `got` and `refused` or neither, `got` is not
    /// `done`, or a refusal has no reason or a longer one than [`REASON_BYTES_MAX`].
    pub fn decode(frames: &Frames) -> Result<Self, DecodeError> {
        let Members { got, refused, field, reason } = json::read(frames, 0, "answer", ANSWER_BYTES_MAX)?;
        match (got, refused) {
            (Some(got), None) if got.as_str() == "done" => Ok(Self::Done),
            (Some(_), None) => Err(Fault::UnknownWord.of("answer")),
            (None, Some(kind)) => match reason.filter(|reason| !reason.is_empty()) {
                None => Err(Fault::Empty.of("answer")),
                Some(reason) if reason.len() > REASON_BYTES_MAX => {
                    Err(Fault::TooLong { max: REASON_BYTES_MAX, unit: "bytes" }.of("answer"))
                }
                Some(reason) => Ok(Self::Refused(Refusal { kind, field, reason })),
            },
            (Some(_), Some(_)) | (None, None) => Err(Fault::Mismatch.of("answer")),
        }
    }

    fn describe(mut fields: Fields<'_>) -> Description {
        fields.frame("answer", 0, |bytes| Ok(words::text(bytes)));
        fields.ignored(1);
        let name = match Self::decode(&fields.body()) {
            Ok(Self::Refused(_)) => REFUSAL,
            _ => "answer",
        };
        fields.describe(name, Place { page: "desk", section: "answer" }, Self::decode)
    }
}

/// Describes a message on **commands**.
pub(crate) fn describe(observed: &Observed<'_>) -> Description {
    match observed.purpose() {
        Purpose::Request => envelope::describe(observed, Command::describe, REFUSAL),
        Purpose::Reply => envelope::describe(observed, Answer::describe, REFUSAL),
        _ => general::message(observed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(bytes: usize, json: &str) -> Frames {
        [json.to_owned() + &" ".repeat(bytes - json.len())].into_iter().collect()
    }

    #[test]
    fn a_message_is_read_up_to_its_largest_size() {
        let command = |bytes| Command::decode(&frames(bytes, r#"{"do":"reset"}"#)).map_err(|error| error.fault.code());
        assert_eq!(command(COMMAND_BYTES_MAX).map(|command| command.name().to_owned()), Ok("reset".to_owned()));
        assert_eq!(command(COMMAND_BYTES_MAX + 1), Err("too_long"));
        let answer = |bytes| Answer::decode(&frames(bytes, r#"{"got":"done"}"#)).map_err(|error| error.fault.code());
        assert_eq!(answer(ANSWER_BYTES_MAX), Ok(Answer::Done));
        assert_eq!(answer(ANSWER_BYTES_MAX + 1), Err("too_long"));
    }

    #[test]
    fn the_longest_refusal_fits_into_an_answer_whatever_its_characters_are() {
        let long = Label::cut(&"\u{1}".repeat(300));
        let reason = "\u{1}".repeat(REASON_BYTES_MAX + 1);
        let refusal = Refusal { kind: long.clone(), field: Some(long), reason };
        let mut frames = Frames::new();
        Answer::Refused(refusal.clone()).encode(&mut frames);
        let Ok(Answer::Refused(read)) = Answer::decode(&frames) else { panic!("{frames:?}") };
        assert_eq!((read.kind, read.reason.len()), (refusal.kind, REASON_BYTES_MAX));
    }
}
