//! The messages of jobz as bytes: made for either version, and read strictly. The error of a reader names what is wrong.

use crate::kit::{
    Frames,
    bytes::{frames, hex, u64_of},
};

/// A version of the Majordomo Protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    Mdp01,
    Mdp02,
}

/// Both.
pub(super) const VERSIONS: [Version; 2] = [Version::Mdp01, Version::Mdp02];

/// What a worker sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum FromWorker {
    Ready { service: String, credit: Option<u64> },
    Partial { address: Vec<u8>, body: Frames },
    Final { address: Vec<u8>, body: Frames },
    Fail { address: Vec<u8>, reason: String },
    Credit(u64),
    Heartbeat,
    Disconnect,
}

/// What a broker sends to a worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ToWorker {
    Request { address: Vec<u8>, body: Frames },
    Cancel { address: Vec<u8> },
    Heartbeat,
    Disconnect,
    End,
}

/// What a client sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) version: Version,
    pub(super) service: String,
    pub(super) body: Frames,
}

/// What a broker sends to a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reply {
    pub(super) version: Version,
    pub(super) is_final: bool,
    pub(super) service: String,
    pub(super) body: Frames,
}

const BODY_FRAMES_MAX: usize = 1000;
const CREDIT_MAX: u64 = 1000;

impl Version {
    /// A message of a client, or for one.
    fn of_client<F: AsRef<[u8]>>(self, command: u8, service: &str, body: &[F]) -> Frames {
        let head = match self {
            Self::Mdp01 => frames([&b""[..], b"MDPC01", service.as_bytes()]),
            Self::Mdp02 => frames([&b"MDPC02"[..], &[command], service.as_bytes()]),
        };
        [head, frames(body)].concat()
    }

    /// A message of a worker, or for one. `commands` are those of the versions.
    fn of_worker<F: AsRef<[u8]>>(self, commands: [u8; 2], rest: impl IntoIterator<Item = F>) -> Frames {
        let head = match self {
            Self::Mdp01 => frames([&b""[..], b"MDPW01", &[commands[0]]]),
            Self::Mdp02 => frames([&b"MDPW02"[..], &[commands[1]]]),
        };
        [head, frames(rest)].concat()
    }

    pub(super) fn request<F: AsRef<[u8]>>(self, service: &str, body: &[F]) -> Frames {
        self.of_client(1, service, body)
    }

    /// A reply to a client; in version 0.1 there are only final ones.
    pub(super) fn reply<F: AsRef<[u8]>>(self, is_final: bool, service: &str, body: &[F]) -> Frames {
        self.of_client(if is_final { 3 } else { 2 }, service, body)
    }

    pub(super) fn ready(self, service: &str) -> Frames {
        self.of_worker([1, 1], [service])
    }

    /// A broker's REQUEST to a worker.
    pub(super) fn work<F: AsRef<[u8]>>(self, address: &[u8], body: &[F]) -> Frames {
        [self.of_worker([2, 2], [address, b""]), frames(body)].concat()
    }

    /// A worker's final reply.
    pub(super) fn done<F: AsRef<[u8]>>(self, address: &[u8], body: &[F]) -> Frames {
        [self.of_worker([3, 4], [address, b""]), frames(body)].concat()
    }

    pub(super) fn heartbeat(self) -> Frames {
        self.of_worker([4, 5], [""; 0])
    }

    pub(super) fn disconnect(self) -> Frames {
        self.of_worker([5, 6], [""; 0])
    }
}

/// READY of version 0.2 with a credit.
pub(super) fn ready_with_credit(service: &str, credit: u64) -> Frames {
    [Version::Mdp02.ready(service), vec![credit.to_le_bytes().to_vec()]].concat()
}

/// PARTIAL of version 0.2.
pub(super) fn partial<F: AsRef<[u8]>>(address: &[u8], body: &[F]) -> Frames {
    [frames([&b"MDPW02"[..], b"\x03", address, b""]), frames(body)].concat()
}

/// FAIL of version 0.2.
pub(super) fn fail(address: &[u8], reason: &str) -> Frames {
    frames([&b"MDPW02"[..], b"\x43", address, b"", reason.as_bytes()])
}

/// CANCEL of version 0.2.
pub(super) fn cancel(address: &[u8]) -> Frames {
    frames([&b"MDPW02"[..], b"\x42", address, b""])
}

impl FromWorker {
    pub(super) fn parse(message: &[Vec<u8>]) -> Result<(Version, Self), String> {
        let (version, command, rest) = command(message)?;
        let read = match (version, command) {
            (_, 1) => Self::Ready { service: service(rest.first())?, credit: ready_credit(version, rest)? },
            (Version::Mdp02, 3) => addressed(rest).map(|(address, body)| Self::Partial { address, body })?,
            (Version::Mdp01, 3) | (Version::Mdp02, 4) => {
                addressed(rest).map(|(address, body)| Self::Final { address, body })?
            }
            (Version::Mdp01, 4) | (Version::Mdp02, 5) => Self::Heartbeat,
            (Version::Mdp01, 5) | (Version::Mdp02, 6) => Self::Disconnect,
            (Version::Mdp02, 0x41) => Self::Credit(credit(rest.first().ok_or("CREDIT has no number")?)?),
            (Version::Mdp02, 0x43) => {
                let (address, rest) = address(rest)?;
                Self::Fail { address, reason: reason(rest.first())? }
            }
            _ => return Err(format!("a worker has no command {command:02x}")),
        };
        Ok((version, read))
    }
}

impl ToWorker {
    pub(super) fn parse(message: &[Vec<u8>]) -> Result<(Version, Self), String> {
        let (version, command, rest) = command(message)?;
        let read = match (version, command) {
            (_, 2) => addressed(rest).map(|(address, body)| Self::Request { address, body })?,
            (Version::Mdp01, 4) | (Version::Mdp02, 5) => Self::Heartbeat,
            (Version::Mdp01, 5) | (Version::Mdp02, 6) => Self::Disconnect,
            (Version::Mdp02, 0x42) => Self::Cancel { address: address(rest)?.0 },
            (Version::Mdp02, 0x44) => Self::End,
            _ => return Err(format!("a broker has no command {command:02x} for a worker")),
        };
        Ok((version, read))
    }
}

impl Request {
    pub(super) fn parse(message: &[Vec<u8>]) -> Result<Self, String> {
        let (version, rest) = header(message, "MDPC01", "MDPC02")?;
        let rest = match (version, rest.split_first()) {
            (Version::Mdp01, _) => rest,
            (Version::Mdp02, Some((command, rest))) if command == &[1] => rest,
            (Version::Mdp02, command) => return Err(wrong_command(command.map(|(command, _)| command))),
        };
        Ok(Self { version, service: service(rest.first())?, body: body(rest.get(1..))? })
    }
}

impl Reply {
    pub(super) fn parse(message: &[Vec<u8>]) -> Result<Self, String> {
        let (version, rest) = header(message, "MDPC01", "MDPC02")?;
        let (is_final, rest) = match (version, rest.split_first()) {
            (Version::Mdp01, _) => (true, rest),
            (Version::Mdp02, Some((command, rest))) if command == &[2] || command == &[3] => (command == &[3], rest),
            (Version::Mdp02, command) => return Err(wrong_command(command.map(|(command, _)| command))),
        };
        Ok(Self { version, is_final, service: service(rest.first())?, body: body(rest.get(1..))? })
    }
}

fn header<'a>(message: &'a [Vec<u8>], old: &str, new: &str) -> Result<(Version, &'a [Vec<u8>]), String> {
    match message {
        [empty, header, rest @ ..] if empty.is_empty() && header == old.as_bytes() => Ok((Version::Mdp01, rest)),
        [header, rest @ ..] if header == new.as_bytes() => Ok((Version::Mdp02, rest)),
        _ => Err(format!("it begins neither with {new} nor with an empty frame and {old}")),
    }
}

fn command(message: &[Vec<u8>]) -> Result<(Version, u8, &[Vec<u8>]), String> {
    let (version, rest) = header(message, "MDPW01", "MDPW02")?;
    match rest.split_first() {
        Some((command, rest)) if command.len() == 1 => Ok((version, command[0], rest)),
        command => Err(wrong_command(command.map(|(command, _)| command))),
    }
}

fn wrong_command(command: Option<&Vec<u8>>) -> String {
    command.map_or("the command is missing".to_owned(), |command| format!("{} is no command", hex(command)))
}

fn service(frame: Option<&Vec<u8>>) -> Result<String, String> {
    let frame = frame.ok_or("the service is missing")?;
    match str::from_utf8(frame) {
        Ok(name) if (1..=255).contains(&name.len()) && !name.chars().any(char::is_control) => Ok(name.to_owned()),
        _ => Err(format!("{} is not a service of 1 to 255 bytes of UTF-8", hex(frame))),
    }
}

fn ready_credit(version: Version, rest: &[Vec<u8>]) -> Result<Option<u64>, String> {
    match rest.get(1).filter(|_| version == Version::Mdp02).map(|frame| credit(frame)).transpose()? {
        Some(0) => Err("READY has the credit 0".to_owned()),
        credit => Ok(credit),
    }
}

fn credit(frame: &[u8]) -> Result<u64, String> {
    match u64_of(frame) {
        Some(credit) if credit <= CREDIT_MAX => Ok(credit),
        _ => Err(format!("{} is not a credit of 8 bytes, at most {CREDIT_MAX}", hex(frame))),
    }
}

fn reason(frame: Option<&Vec<u8>>) -> Result<String, String> {
    let frame = frame.ok_or("the reason is missing")?;
    match str::from_utf8(frame) {
        Ok(reason) if (1..=512).contains(&reason.len()) => Ok(reason.to_owned()),
        _ => Err(format!("{} is not a reason of 1 to 512 bytes of UTF-8", hex(frame))),
    }
}

fn address(rest: &[Vec<u8>]) -> Result<(Vec<u8>, &[Vec<u8>]), String> {
    match rest {
        [address, empty, rest @ ..] if empty.is_empty() => Ok((address.clone(), rest)),
        _ => Err("no address with an empty frame after it follows the command".to_owned()),
    }
}

fn addressed(rest: &[Vec<u8>]) -> Result<(Vec<u8>, Frames), String> {
    let (address, rest) = address(rest)?;
    Ok((address, body(Some(rest))?))
}

fn body(rest: Option<&[Vec<u8>]>) -> Result<Frames, String> {
    match rest.unwrap_or_default() {
        [] => Err("the body is missing".to_owned()),
        body if body.len() > BODY_FRAMES_MAX => Err(format!("the body has {} frames", body.len())),
        body => Ok(body.to_vec()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::vectors::{Case, invalid, valid};

    /// Whether each vector is read as it should be; messages of majortomo are none of either version.
    fn assert_read(message: &str, is_read: impl Fn(&[Vec<u8>]) -> bool) {
        let is_other = |case: &Case| case.meaning["dialect"] == "majortomo";
        for case in valid("jobz", message) {
            assert_eq!(is_read(&case.frames), !is_other(&case), "{message}: {}", case.name);
        }
        for case in invalid("jobz", message) {
            assert!(!is_read(&case.frames), "{message}: {}", case.name);
        }
    }

    #[test]
    fn messages_of_the_vectors_are_read_or_refused() {
        assert_read("client_request", |frames| Request::parse(frames).is_ok());
        assert_read("client_reply", |frames| Reply::parse(frames).is_ok());
        assert_read("worker_command", |frames| FromWorker::parse(frames).is_ok());
        assert_read("broker_command", |frames| ToWorker::parse(frames).is_ok());
    }

    #[test]
    fn what_is_made_can_be_read() {
        for version in VERSIONS {
            let (service, body) = ("echo".to_owned(), frames(["a", ""]));
            let request = Request { version, service: service.clone(), body: body.clone() };
            assert_eq!(Request::parse(&version.request("echo", &body)), Ok(request));
            let reply = Reply { version, is_final: true, service: service.clone(), body: body.clone() };
            assert_eq!(Reply::parse(&version.reply(true, "echo", &body)), Ok(reply));
            let address = b"\0\x01".to_vec();
            for (made, read) in [
                (version.ready("echo"), FromWorker::Ready { service, credit: None }),
                (version.done(&address, &body), FromWorker::Final { address: address.clone(), body: body.clone() }),
                (version.heartbeat(), FromWorker::Heartbeat),
                (version.disconnect(), FromWorker::Disconnect),
            ] {
                assert_eq!(FromWorker::parse(&made), Ok((version, read)));
            }
            let read = ToWorker::Request { address: address.clone(), body: body.clone() };
            assert_eq!(ToWorker::parse(&version.work(&address, &body)), Ok((version, read)));
        }
        let address = b"a".to_vec();
        for (made, read) in [
            (ready_with_credit("x", 4), FromWorker::Ready { service: "x".to_owned(), credit: Some(4) }),
            (partial(b"a", &["b"]), FromWorker::Partial { address: address.clone(), body: frames(["b"]) }),
            (fail(b"a", "no"), FromWorker::Fail { address: address.clone(), reason: "no".to_owned() }),
        ] {
            assert_eq!(FromWorker::parse(&made), Ok((Version::Mdp02, read)));
        }
        assert_eq!(ToWorker::parse(&cancel(b"a")), Ok((Version::Mdp02, ToWorker::Cancel { address })));
    }
}
