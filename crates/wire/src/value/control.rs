//! The commands of reduce.

use super::tail;
use crate::{
    DecodeError, Fault, Frames,
    describe::{Description, Observed, Place, fields::Fields, general, words},
    fields::{fixed, frame, unsigned},
};

/// The most numbers in one [`Control::Repeat`].
pub const REPEAT_NUMBERS_MAX: usize = 8192;

/// The most numbers of a REPEAT that are written in words.
const WORDS_NUMBERS_MAX: usize = 10;

const PLACE: Place = Place { page: "valuz", section: "control" };

const START: u8 = 0x00;
const EXIT: u8 = 0x01;
const REPEAT: u8 = 0x03;
const PACKS: u8 = 0x06;

/// A command of reduce.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Control {
    /// To the source: the workers are ready, send the batch.
    Start {
        /// Extension `batch`: the number of the batch's first order. Without it that number is 0.
        base: Option<u64>,
    },
    /// To source and workers: the batch is done.
    Exit,
    /// Extension `repeat`, to the source: send these orders again; 1 to [`REPEAT_NUMBERS_MAX`] numbers.
    Repeat(Vec<u64>),
    /// Extension `pack`, to the workers that ask by their subscription: reduce takes packs.
    Packs,
}

impl Control {
    /// The topic of START, to which a source subscribes.
    pub const START_TOPIC: &[u8] = &[START];
    /// The topic of EXIT, to which source and workers subscribe.
    pub const EXIT_TOPIC: &[u8] = &[EXIT];
    /// The topic of REPEAT, to which a source subscribes.
    pub const REPEAT_TOPIC: &[u8] = &[REPEAT];
    /// The topic of PACKS, to which a worker subscribes that can pack.
    pub const PACKS_TOPIC: &[u8] = &[PACKS];

    /// Replaces `frames` by the command. Numbers past [`REPEAT_NUMBERS_MAX`] are left out and need another message.
    pub fn encode(&self, frames: &mut Frames) {
        frames.clear();
        match self {
            Self::Start { base } => {
                frames.push(&[START]);
                if let Some(base) = base {
                    frames.push(&base.to_le_bytes());
                }
            }
            Self::Exit => frames.push(&[EXIT]),
            Self::Repeat(numbers) => {
                frames.push(&[REPEAT]);
                let bytes: Vec<u8> =
                    numbers.iter().take(REPEAT_NUMBERS_MAX).flat_map(|number| number.to_le_bytes()).collect();
                frames.push(&bytes);
            }
            Self::Packs => frames.push(&[PACKS]),
        }
    }

    /// Reads a command.
    ///
    /// # Errors
    /// `command` missing, not one byte or unknown; `base` not 8 bytes; `numbers` missing, empty, not a multiple of 8
    /// bytes or too long.
    pub fn decode(frames: &Frames) -> Result<Self, DecodeError> {
        match fixed(frames, 0, "command")? {
            [START] => {
                let base = (frames.len() > 1).then(|| unsigned(frames, 1, "base")).transpose()?;
                Ok(Self::Start { base })
            }
            [EXIT] => Ok(Self::Exit),
            [REPEAT] => Ok(Self::Repeat(decode_numbers(frame(frames, 1, "numbers")?)?)),
            [PACKS] => Ok(Self::Packs),
            [value] => Err(Fault::Unknown { value }.of("command")),
        }
    }

    pub(super) fn describe(mut fields: Fields<'_>) -> Description {
        fields.frame("command", 0, command_words);
        let name = match fields.complete(0) {
            Some(&[START]) => {
                fields.unsigned("base", 1, |base| format!("{base}, the number of the first order"));
                fields.ignored(2);
                "START"
            }
            Some(&[REPEAT]) => {
                fields.frame("numbers", 1, |bytes| Ok(numbers_words(&decode_numbers(bytes)?)));
                fields.ignored(2);
                "REPEAT"
            }
            first => {
                fields.ignored(1);
                match first {
                    Some(&[EXIT]) => "EXIT",
                    Some(&[PACKS]) => "PACKS",
                    _ => "control",
                }
            }
        };
        fields.describe(name, PLACE, Self::decode)
    }

    pub(super) fn describe_subscription(observed: &Observed<'_>) -> Description {
        general::subscription(observed, Some(PLACE), |topic| command_words(topic).unwrap_or_else(|_| words::hex(topic)))
    }
}

fn command_words(bytes: &[u8]) -> Result<String, Fault> {
    match *bytes {
        [START] => Ok("START: send the batch (0x00)".to_owned()),
        [EXIT] => Ok("EXIT: the batch is done (0x01)".to_owned()),
        [REPEAT] => Ok("REPEAT: send these orders again (0x03)".to_owned()),
        [PACKS] => Ok("PACKS: reduce takes packs (0x06)".to_owned()),
        [value] => Err(Fault::Unknown { value }),
        _ => Err(Fault::Length { expected: 1, got: bytes.len() }),
    }
}

/// The first numbers of a REPEAT in words.
fn numbers_words(numbers: &[u64]) -> String {
    let first: Vec<_> = numbers.iter().take(WORDS_NUMBERS_MAX).map(|&number| tail::order_words(number)).collect();
    let first = first.join(", ");
    if numbers.len() <= WORDS_NUMBERS_MAX { first } else { format!("{} orders: {first}, …", numbers.len()) }
}

fn decode_numbers(bytes: &[u8]) -> Result<Vec<u64>, DecodeError> {
    let (numbers, rest) = bytes.as_chunks::<8>();
    if bytes.is_empty() {
        return Err(Fault::Empty.of("numbers"));
    }
    if !rest.is_empty() {
        return Err(Fault::Length { expected: 8, got: bytes.len() }.of("numbers"));
    }
    if numbers.len() > REPEAT_NUMBERS_MAX {
        return Err(Fault::TooLong { max: REPEAT_NUMBERS_MAX, unit: "numbers" }.of("numbers"));
    }
    Ok(numbers.iter().map(|&number| u64::from_le_bytes(number)).collect())
}
