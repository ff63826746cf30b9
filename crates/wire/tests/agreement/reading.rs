//! Every message by its name in `protocol-docs/vectors`: decode it, return its meaning, encode it again.

use serde_json::{Value, json};
use wire::{
    DecodeError, Frames,
    chat::{Broadcast, Reply, Request},
    desk::{Answer, Command, Refusal},
    job::{self, Dialect, FromWorker, PeerMessage, ToWorker, Token},
    monitor::MonitorEvent,
    ppp::{self, Addressed},
    report::Report,
    tick::{Burst, Pack, Tick},
    value::{Action, Control, Order, Outcome, Pack as ResultPack, Packing, Tail},
};

/// A message's meaning as JSON, and the frames of encoding it again.
pub(crate) type Read = Result<(Value, Frames), DecodeError>;

/// Decodes `frames` as the message named `message`.
pub(crate) fn read(message: &str, frames: &Frames) -> Read {
    let mut again = Frames::new();
    let meaning = match message {
        "tick" => {
            let tick = Tick::decode(frames)?;
            tick.encode(&mut again);
            let mut meaning = json!({"symbol": tick.symbol.as_str(), "timestamp": tick.timestamp, "price": tick.price});
            put(&mut meaning, "sequence", tick.sequence);
            meaning
        }
        "burst" => {
            let burst = Burst::decode(frames)?;
            let mut pack: Option<Pack> = None;
            for tick in burst.ticks() {
                match &mut pack {
                    Some(pack) => pack.push(tick.timestamp, tick.price),
                    None => pack = Some(Pack::new(&tick)),
                }
            }
            pack.unwrap().encode(&mut again);
            let ticks: Vec<_> = burst.ticks().map(|tick| [tick.timestamp, tick.price]).collect();
            let mut meaning = json!({"symbol": burst.symbol.as_str(), "ticks": ticks});
            put(&mut meaning, "sequence", burst.sequence);
            meaning
        }
        "request" => {
            let request = Request::decode(frames)?;
            request.encode(&mut again);
            let mut meaning = json!({"user": request.user.as_str()});
            put(&mut meaning, "text", request.text.as_ref().map(|text| text.as_str()));
            put(&mut meaning, "roster_version", request.roster_version);
            put(&mut meaning, "leaves", request.leaves.then_some(true));
            meaning
        }
        "reply" => {
            let reply = Reply::decode(frames)?;
            reply.encode(&mut again);
            reply_meaning(&reply)
        }
        "broadcast" => {
            let broadcast = Broadcast::decode(frames)?;
            broadcast.encode(&mut again);
            json!({"user": broadcast.user.as_str(), "text": broadcast.text.as_str()})
        }
        "order" => {
            let order = Order::decode(frames)?;
            order.encode(&mut again);
            let action = match order.action {
                Action::Buy => "BUY",
                Action::Sell => "SELL",
            };
            json!({"symbol": order.symbol.as_str(), "action": action, "shares": order.shares,
                   "price": order.price, "tail": tail(&order.tail)})
        }
        "outcome" => {
            let outcome = Outcome::decode(frames)?;
            outcome.encode(&mut again);
            match &outcome {
                Outcome::Ready(worker) => json!({"ready": worker.as_ref().map(|worker| worker.as_str())}),
                Outcome::Report { worker, done } => json!({"report": {"worker": worker.as_str(), "done": done}}),
                Outcome::Value(valued) => json!({"symbol": valued.symbol.as_str(), "value": valued.value,
                                                 "tail": tail(&valued.tail)}),
            }
        }
        "pack" => {
            let (pack, mut packing) = (ResultPack::decode(frames)?, Packing::default());
            let results: Vec<_> =
                pack.results().map(|valued| (valued.symbol, valued.value, valued.tail.number().unwrap())).collect();
            results.iter().for_each(|&(symbol, value, number)| packing.push(symbol, value, number));
            packing.encode(&mut again);
            let results: Vec<_> =
                results.iter().map(|(symbol, value, number)| json!([symbol.as_str(), value, number])).collect();
            json!({"results": results})
        }
        "control" => {
            let control = Control::decode(frames)?;
            control.encode(&mut again);
            match control {
                Control::Start { base } => {
                    let mut meaning = json!({"control": "START"});
                    put(&mut meaning, "base", base);
                    meaning
                }
                Control::Exit => json!({"control": "EXIT"}),
                Control::Packs => json!({"control": "PACKS"}),
                Control::Repeat(numbers) => json!({"control": "REPEAT", "numbers": numbers}),
            }
        }
        "monitor_event" => {
            let event = MonitorEvent::decode(frames)?;
            event.encode(&mut again);
            json!({"event": event.kind.number(), "name": event.kind.name(), "value": event.value,
                   "endpoint": event.endpoint})
        }
        "state" | "event" | "message" => {
            let report = Report::decode(frames)?;
            report.encode(&mut again);
            report_meaning(&report)
        }
        "command" => {
            let command = Command::decode(frames)?;
            command.encode(&mut again);
            serde_json::from_str(command.json()).unwrap()
        }
        "answer" => {
            let answer = Answer::decode(frames)?;
            answer.encode(&mut again);
            answer_meaning(&answer)
        }
        "client_request" => {
            let request = job::Request::decode(frames)?;
            request.encode(&mut again);
            json!({"dialect": dialect(request.dialect), "service": request.service, "body": body(request.body)})
        }
        "client_reply" => {
            let reply = job::Reply::decode(frames)?;
            reply.encode(&mut again);
            let mut meaning = json!({"dialect": dialect(reply.dialect), "final": reply.is_final});
            put(&mut meaning, "service", reply.service);
            put(&mut meaning, "body", Some(body(reply.body)));
            meaning
        }
        "worker_command" => {
            let (speaks, message) = FromWorker::decode(frames)?;
            message.encode(speaks, &mut again);
            worker_meaning(speaks, message)
        }
        "broker_command" => {
            let (speaks, message) = ToWorker::decode(frames)?;
            message.encode(speaks, &mut again);
            let speaks = dialect(speaks);
            match message {
                ToWorker::Request { address, body: asked } => {
                    json!({"dialect": speaks, "address": hex(address), "body": body(asked)})
                }
                ToWorker::Heartbeat => json!({"dialect": speaks, "heartbeat": true}),
                ToWorker::Disconnect => json!({"dialect": speaks, "disconnect": true}),
                ToWorker::End => json!({"dialect": speaks, "end": true}),
                ToWorker::Cancel { address } => json!({"dialect": speaks, "cancel": hex(address)}),
            }
        }
        "ppp_worker" => {
            let message = ppp::FromWorker::decode(frames)?;
            message.encode(&mut again);
            match message {
                ppp::FromWorker::Ready => json!({"ready": true}),
                ppp::FromWorker::Heartbeat => json!({"heartbeat": true}),
                ppp::FromWorker::Reply(reply) => addressed_meaning(reply),
            }
        }
        "ppp_queue" => {
            let message = ppp::ToWorker::decode(frames)?;
            message.encode(&mut again);
            match message {
                ppp::ToWorker::Heartbeat => json!({"heartbeat": true}),
                ppp::ToWorker::Request(request) => addressed_meaning(request),
            }
        }
        "peer_command" => {
            let message = PeerMessage::decode(frames)?;
            message.encode(&mut again);
            peer_meaning(message)
        }
        unknown => panic!("no message is named {unknown}"),
    };
    Ok((meaning, again))
}

fn reply_meaning(reply: &Reply) -> Value {
    let names = |users: &[wire::User]| users.iter().map(|user| user.as_str().to_owned()).collect::<Vec<_>>();
    match reply {
        Reply::Users(users) => json!({"users": names(users)}),
        Reply::Roster { version, users } => {
            json!({"roster_version": version, "users": names(users.as_deref().unwrap_or_default())})
        }
        Reply::Refusal(sentence) => json!({"refusal": sentence}),
    }
}

fn answer_meaning(answer: &Answer) -> Value {
    match answer {
        Answer::Done => json!({"got": "done"}),
        Answer::Refused(Refusal { kind, field, reason }) => {
            let mut meaning = json!({"refused": kind});
            put(&mut meaning, "field", field.as_ref().map(|field| field.as_str()));
            put(&mut meaning, "reason", Some(reason.as_str()));
            meaning
        }
    }
}

fn report_meaning(report: &Report) -> Value {
    match report {
        Report::State(state) => json!(state),
        Report::Event(report) => json!({"process": report.process, "socket": report.socket, "event": report.event}),
        Report::Message(report) => {
            let content: Vec<String> = report.content.iter().map(hex).collect();
            json!({"process": report.process, "socket": report.socket, "header": report.header, "content": content})
        }
    }
}

fn worker_meaning(speaks: Dialect, message: FromWorker<'_>) -> Value {
    let mut meaning = json!({"dialect": dialect(speaks)});
    match message {
        FromWorker::Ready { service, credit } => {
            put(&mut meaning, "ready", Some(service));
            put(&mut meaning, "credit", credit);
        }
        FromWorker::Reply { is_final, address, body: replied } => {
            put(&mut meaning, "final", Some(is_final));
            put(&mut meaning, "address", Some(hex(address)));
            put(&mut meaning, "body", Some(body(replied)));
        }
        FromWorker::Heartbeat => put(&mut meaning, "heartbeat", Some(true)),
        FromWorker::Disconnect => put(&mut meaning, "disconnect", Some(true)),
        FromWorker::Credit(credit) => put(&mut meaning, "credit", Some(credit)),
        FromWorker::Fail { address, reason } => {
            put(&mut meaning, "failed", Some(hex(address)));
            put(&mut meaning, "reason", Some(reason));
        }
    }
    meaning
}

fn addressed_meaning(addressed: Addressed<'_>) -> Value {
    let mut meaning = json!({});
    put(&mut meaning, "address", addressed.address().map(|address| address.map(hex).collect::<Vec<_>>()));
    put(&mut meaning, "content", Some(addressed.content().map(hex).collect::<Vec<_>>()));
    meaning
}

fn peer_meaning(message: PeerMessage<'_>) -> Value {
    let token = |token: Token| json!({"broker": hex(&token.broker.0), "number": token.number});
    match message {
        PeerMessage::Hello(broker) => json!({"hello": hex(&broker.0)}),
        PeerMessage::Ask { token: of, hops, service } => json!({"ask": token(of), "hops": hops, "service": service}),
        PeerMessage::Yes(of) => json!({"yes": token(of)}),
        PeerMessage::No(of) => json!({"no": token(of)}),
        PeerMessage::Drop(of) => json!({"drop": token(of)}),
        PeerMessage::Pass(of, passed) => json!({"pass": token(of), "body": body(passed)}),
        PeerMessage::Part(of, part) => json!({"part": token(of), "body": body(part)}),
        PeerMessage::Done(of, reply) => json!({"done": token(of), "body": body(reply)}),
        PeerMessage::Fail(of, reason) => json!({"fail": token(of), "reason": reason}),
        PeerMessage::Beat => json!({"beat": true}),
        PeerMessage::Bye => json!({"bye": true}),
    }
}

const fn dialect(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Mdp1 => "0.1",
        Dialect::Mdp2 => "0.2",
        Dialect::Majortomo => "majortomo",
    }
}

fn body(body: job::Body<'_>) -> Vec<String> {
    body.iter().map(hex).collect()
}

fn tail(tail: &Tail) -> Vec<String> {
    match tail {
        Tail::Empty => Vec::new(),
        Tail::Number(number) => vec![hex(&number.to_le_bytes())],
        Tail::Frames(frames) => frames.iter().map(hex).collect(),
    }
}

fn put(meaning: &mut Value, key: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        meaning[key] = value.into();
    }
}

/// Bytes as lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Hex, with or without spaces, as bytes.
pub(crate) fn unhex(text: &str) -> Vec<u8> {
    let digits: String = text.chars().filter(|character| !character.is_whitespace()).collect();
    assert!(digits.len().is_multiple_of(2), "odd number of hex digits: {text}");
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}
