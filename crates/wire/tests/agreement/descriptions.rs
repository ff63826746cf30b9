//! The description of every vector and every worked example: its fields are all bytes of its frames, and they have the
//! names, frames and lengths of the frame tables in `protocol-docs/*.md`.

use std::{collections::BTreeSet, ops::RangeInclusive};

use crate::{
    protocol_docs::{Example, examples, page},
    vectors::{Vector, vectors},
};
use wire::{
    Description, Direction,
    Direction::{Received, Sent},
    Field, Frames, Kept, Observed, describe,
    describe::{FRAMES_MAX, WORDS_CHARS_MAX},
};

/// A message of the specification, and the sockets at which it can be observed.
struct Specified {
    page: &'static str,
    message: &'static str,
    channel: &'static str,
    sockets: &'static [Socket],
}

/// A socket's type, and the direction of the message.
type Socket = (&'static str, Direction);

const PUBLISHED: &[Socket] = &[("PUB", Sent), ("XPUB", Sent), ("SUB", Received), ("XSUB", Received)];
const PUSHED: &[Socket] = &[("PUSH", Sent), ("PULL", Received)];
const REQUESTED: &[Socket] = &[("REQ", Sent), ("DEALER", Sent), ("REP", Received), ("ROUTER", Received)];
const REPLIED: &[Socket] = &[("REQ", Received), ("DEALER", Received), ("REP", Sent), ("ROUTER", Sent)];

/// Each peer of a broker sends and receives these at a `DEALER`.
const TO_BROKER: &[Socket] = &[("DEALER", Sent), ("ROUTER", Received)];
const FROM_BROKER: &[Socket] = &[("DEALER", Received), ("ROUTER", Sent)];

/// Brokers have the same messages in both directions.
const BETWEEN_BROKERS: &[Socket] = &[("DEALER", Sent), ("DEALER", Received), ("ROUTER", Sent), ("ROUTER", Received)];

const MESSAGES: [Specified; 22] = [
    Specified { page: "tickz", message: "tick", channel: "ticks", sockets: PUBLISHED },
    Specified { page: "tickz", message: "burst", channel: "ticks", sockets: PUBLISHED },
    Specified { page: "chatz", message: "request", channel: "requests", sockets: REQUESTED },
    Specified { page: "chatz", message: "reply", channel: "requests", sockets: REPLIED },
    Specified { page: "chatz", message: "broadcast", channel: "broadcasts", sockets: PUBLISHED },
    Specified { page: "valuz", message: "order", channel: "orders", sockets: PUSHED },
    Specified { page: "valuz", message: "outcome", channel: "results", sockets: PUSHED },
    Specified { page: "valuz", message: "pack", channel: "results", sockets: PUSHED },
    Specified { page: "valuz", message: "control", channel: "control", sockets: PUBLISHED },
    Specified { page: "observe", message: "state", channel: "reports", sockets: PUBLISHED },
    Specified { page: "observe", message: "event", channel: "reports", sockets: PUBLISHED },
    Specified { page: "observe", message: "message", channel: "observations", sockets: PUBLISHED },
    Specified { page: "desk", message: "command", channel: "commands", sockets: REQUESTED },
    Specified { page: "desk", message: "answer", channel: "commands", sockets: REPLIED },
    Specified { page: "jobz", message: "client_request", channel: "jobs", sockets: TO_BROKER },
    Specified { page: "jobz", message: "client_reply", channel: "jobs", sockets: FROM_BROKER },
    Specified { page: "jobz", message: "worker_command", channel: "jobs", sockets: TO_BROKER },
    Specified { page: "jobz", message: "broker_command", channel: "jobs", sockets: FROM_BROKER },
    Specified { page: "ppp", message: "ppp_worker", channel: "ppp", sockets: TO_BROKER },
    Specified { page: "ppp", message: "ppp_queue", channel: "ppp", sockets: FROM_BROKER },
    Specified { page: "jobz", message: "peer_command", channel: "jobs", sockets: BETWEEN_BROKERS },
    Specified { page: "monitor", message: "monitor_event", channel: "monitor", sockets: &[("PAIR", Received)] },
];

/// The names of the frames of an envelope.
const ENVELOPE: [&str; 3] = ["routing_id", "request_id", "delimiter"];

/// The channels whose messages have no envelope: an empty frame is part of them, or there is none.
const HAS_NO_ENVELOPE: [&str; 2] = ["jobs", "ppp"];

const ROUTING_ID: &[u8; 5] = b"\0\x80\0\0\x29";

/// The names of the frames that a socket of this type has before those of the message.
fn envelope_names(channel: &str, socket_type: &str) -> &'static [&'static str] {
    match socket_type {
        "ROUTER" if HAS_NO_ENVELOPE.contains(&channel) => &ENVELOPE[..1],
        "DEALER" if HAS_NO_ENVELOPE.contains(&channel) => &[],
        "ROUTER" => &ENVELOPE,
        "DEALER" => &ENVELOPE[2..],
        _ => &[],
    }
}

/// The frames that a socket of this type has before those of the message.
fn envelope(channel: &str, socket_type: &str) -> Frames {
    match socket_type {
        "ROUTER" if HAS_NO_ENVELOPE.contains(&channel) => [&ROUTING_ID[..]].into_iter().collect(),
        "DEALER" if HAS_NO_ENVELOPE.contains(&channel) => Frames::new(),
        "ROUTER" => [&ROUTING_ID[..], &[1, 0, 0, 0], &[]].into_iter().collect(),
        "DEALER" => [[]].into_iter().collect(),
        _ => Frames::new(),
    }
}

/// A row of a frame table.
#[derive(Debug)]
struct Row {
    name: String,
    /// The numbers of the frames, from 1.
    frames: RangeInclusive<usize>,
    bytes: RangeInclusive<usize>,
}

/// The rows of the tables in a section that have a column of frames.
fn rows(page_name: &str, section: &str) -> Vec<Row> {
    let page = page(&format!("{page_name}.md"));
    let lines = page.lines().skip_while(|line| line.trim_start_matches('#') != format!(" {section}"));
    let mut columns = Vec::new();
    let mut rows = Vec::new();
    for line in lines.skip(1).take_while(|line| !line.starts_with('#')) {
        let Some(line) = line.strip_prefix('|') else {
            columns.clear();
            continue;
        };
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        if columns.is_empty() {
            columns = cells;
        } else if !line.starts_with("---") {
            let cell = |name| columns.iter().position(|column| *column == name).map(|index| cells[index]);
            if let Some(frame) = cell("frame") {
                rows.push(row(frame, cell("bytes").unwrap(), cell("meaning").unwrap()));
            }
        }
    }
    rows
}

fn row(frame: &str, bytes: &str, meaning: &str) -> Row {
    let name = if meaning == "ignored" { meaning } else { meaning.split('`').nth(1).unwrap() };
    let first = frame.split([' ', ',']).next().unwrap().parse().ok();
    let frames = match first {
        Some(first) if !frame.contains("and on") && !frame.contains("and following") => first..=first,
        first => first.unwrap_or(1)..=usize::MAX,
    };
    let number = |text: &str| text.replace(',', "").parse::<usize>().unwrap();
    let bytes = match bytes.trim_end_matches(" each").split_once("..") {
        _ if bytes == "any" => 0..=usize::MAX,
        Some((min, max)) => number(min)..=number(max),
        None => number(bytes)..=number(bytes),
    };
    Row { name: name.to_owned(), frames, bytes }
}

/// Asserts that the fields are all bytes of frames of these lengths, in order and without overlap, in safe words.
pub(crate) fn assert_covers(fields: &[Field], lengths: &[usize], label: &str) {
    assert!(fields.is_sorted_by_key(|field| field.frame), "{label}: {fields:?}");
    assert!(fields.iter().all(|field| field.frame < lengths.len().min(FRAMES_MAX)), "{label}: {fields:?}");
    for (index, &length) in lengths.iter().enumerate().take(FRAMES_MAX) {
        let parts: Vec<_> = fields.iter().filter(|field| field.frame == index).collect();
        let starts = parts.iter().map(|part| part.bytes.start);
        let ends = [0].into_iter().chain(parts.iter().map(|part| part.bytes.end));
        assert!(starts.chain([length]).eq(ends), "{label}: {parts:?} are not frame {index}");
        assert!(!parts.is_empty(), "{label}: frame {index} has no field");
    }
    for Field { words, .. } in fields {
        assert!(!words.is_empty() && !words.contains(char::is_control), "{label}: {words}");
        assert!(words.chars().count() <= WORDS_CHARS_MAX, "{label}: {words}");
    }
}

/// Describes a message as one socket sees it, and returns the fields after the envelope, counted from there.
fn check(specified: &Specified, frames: &Frames, (socket_type, direction): Socket, label: &str) -> Description {
    let mut all = envelope(specified.channel, socket_type);
    let envelope_len = all.len();
    all.append(frames);
    let channel = Some(specified.channel);
    let mut description = describe(&Observed { channel, socket_type, direction, message: Kept::whole(&all) });
    assert_covers(&description.fields, &all.iter().map(<[u8]>::len).collect::<Vec<_>>(), label);
    let place = description.place.unwrap();
    assert_eq!((place.page, place.section), (specified.page, specified.message), "{label}");
    let names = description.fields.drain(..envelope_len).map(|field| field.name);
    assert!(names.eq(envelope_names(specified.channel, socket_type).iter().copied()), "{label}");
    description.fields.iter_mut().for_each(|field| field.frame -= envelope_len);
    description
}

#[test]
fn descriptions_agree_with_vectors_examples_and_frame_tables() {
    for specified in &MESSAGES {
        let Specified { page, message, .. } = *specified;
        let rows = rows(page, message);
        let mut unseen: BTreeSet<&str> = rows.iter().map(|row| row.name.as_str()).collect();
        let examples = examples(&format!("{page}.md")).into_iter();
        let examples = examples.map(|Example { place, message, frames }| (message, place, frames, None));
        let vectors = vectors(page).into_iter();
        let vectors = vectors.map(|Vector { message, label, frames, fault }| (message, label, frames, fault));
        // Without its header a message is another one, or none.
        let is_described = |fault: &Option<(String, String)>| fault.as_ref().is_none_or(|(field, _)| field != "header");
        let all = examples.chain(vectors).filter(|(name, .., fault)| name == message && is_described(fault));
        for (_, label, frames, fault) in all {
            for &socket in specified.sockets {
                let label = format!("{label} at {socket:?}");
                let description = check(specified, &frames, socket, &label);
                let found = description.fault.map(|error| (error.field.to_owned(), error.fault.code().to_owned()));
                assert_eq!(found, fault, "{label}");
                for field in &description.fields {
                    let is_valid = fault.is_none();
                    let found = rows.iter().any(|row| {
                        row.name == field.name
                            && row.frames.contains(&(field.frame + 1))
                            && (!is_valid || row.bytes.contains(&field.bytes.len()))
                    });
                    assert!(found, "{label}: no row of the tables is {field:?}");
                    unseen.remove(field.name);
                }
            }
        }
        assert!(unseen.is_empty(), "no vector of {message} has {unseen:?}");
    }
}

#[test]
fn an_envelope_has_the_names_of_its_table() {
    let rows = rows("chatz", "The envelope");
    assert!(rows.iter().map(|row| row.name.as_str()).eq(ENVELOPE), "{rows:?}");
}
