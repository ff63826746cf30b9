//! The dispatcher among clients and workers that are lists of messages.

mod policy;

use std::time::{Duration, Instant};

use proptest::{collection::vec, prelude::*};
use wire::{
    Frames,
    job::{Body, Dialect, FromWorker, Reply, Request, ToWorker},
};

use super::{Dispatcher, Due, Outbox, Sender};
use crate::limits::{BrokerLimits, ServiceLimits};

const HEARTBEAT: Duration = Duration::from_secs(1);

/// A broker, its time, and what it has sent.
struct Bench {
    dispatcher: Dispatcher,
    now: Instant,
    out: Outbox,
}

/// A message that was sent: its receiver, and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Sent {
    Request { worker: String, address: Vec<u8>, body: String },
    Cancel { worker: String, address: Vec<u8> },
    Heartbeat(String),
    Disconnect(String),
    End(String),
    Reply { client: String, is_final: bool, body: String },
}

impl Bench {
    fn new() -> Self {
        let service = ServiceLimits {
            waiting_max: 4,
            age_max: Duration::from_secs(30),
            busy_max: Duration::from_secs(10),
            tries_max: 2,
        };
        let limits = BrokerLimits { heartbeat: HEARTBEAT, liveness: 3, service, ..BrokerLimits::default() };
        Self::with(limits)
    }

    fn with(limits: BrokerLimits) -> Self {
        Self { dispatcher: Dispatcher::new(limits, 7), now: Instant::now(), out: Outbox::default() }
    }

    fn message(&mut self, from: &str, fill: impl FnOnce(&mut Frames)) -> Vec<Sent> {
        let mut frames = Frames::new();
        fill(&mut frames);
        // In these tests a peer's user has the name of its routing id.
        let from = Sender { routing_id: from.as_bytes(), user: Some(from) };
        self.dispatcher.handle_message(self.now, from, &frames, &mut self.out).unwrap();
        self.sent()
    }

    fn ask(&mut self, client: &str, service: &str, text: &str) -> Vec<Sent> {
        self.ask_in(Dialect::Mdp2, client, service, text)
    }

    fn ask_in(&mut self, dialect: Dialect, client: &str, service: &str, text: &str) -> Vec<Sent> {
        let body: Frames = [text].into_iter().collect();
        self.message(client, |frames| {
            Request { dialect, service, body: Body::of(&body, 0).unwrap() }.encode(frames);
        })
    }

    fn ready(&mut self, worker: &str, service: &str) -> Vec<Sent> {
        self.say(worker, FromWorker::Ready { service, credit: None })
    }

    fn say(&mut self, worker: &str, message: FromWorker<'_>) -> Vec<Sent> {
        self.message(worker, |frames| message.encode(Dialect::Mdp2, frames))
    }

    fn reply(&mut self, worker: &str, address: &[u8], is_final: bool, text: &str) -> Vec<Sent> {
        let body: Frames = [text].into_iter().collect();
        self.say(worker, FromWorker::Reply { is_final, address, body: Body::of(&body, 0).unwrap() })
    }

    /// Lets time pass.
    fn after(&mut self, time: Duration) -> Vec<Sent> {
        let end = self.now + time;
        while let Some(deadline) = self.dispatcher.next_deadline().filter(|deadline| *deadline <= end) {
            self.now = deadline;
            self.dispatcher.handle_timeout(deadline, &mut self.out);
        }
        self.now = end;
        self.sent()
    }

    fn sent(&mut self) -> Vec<Sent> {
        let sent = self.out.messages().iter().map(read).collect();
        self.out.clear();
        sent
    }
}

fn read(message: &Frames) -> Sent {
    let to = String::from_utf8_lossy(message.get(0).unwrap()).into_owned();
    let mut rest = Frames::new();
    rest.append_from(message, 1);
    let text = |body: Body<'_>| body.iter().map(|frame| String::from_utf8_lossy(frame)).collect::<Vec<_>>().join("|");
    if let Ok(Reply { is_final, body, .. }) = Reply::decode(&rest) {
        return Sent::Reply { client: to, is_final, body: text(body) };
    }
    match ToWorker::decode(&rest).unwrap().1 {
        ToWorker::Request { address, body } => Sent::Request { worker: to, address: address.into(), body: text(body) },
        ToWorker::Heartbeat => Sent::Heartbeat(to),
        ToWorker::Disconnect => Sent::Disconnect(to),
        ToWorker::End => Sent::End(to),
        ToWorker::Cancel { address } => Sent::Cancel { worker: to, address: address.into() },
    }
}

/// The address of the one request that was sent to this worker.
fn request_to(worker: &str, sent: &[Sent]) -> Vec<u8> {
    match sent {
        [Sent::Request { worker: found, address, .. }] if found == worker => address.clone(),
        other => panic!("{other:?}"),
    }
}

fn final_reply(client: &str, body: &str) -> Vec<Sent> {
    vec![Sent::Reply { client: client.to_owned(), is_final: true, body: body.to_owned() }]
}

#[test]
fn a_request_waits_for_a_worker_and_its_reply_goes_back() {
    let mut bench = Bench::new();
    assert_eq!(bench.ask("ada", "echo", "hi"), []);
    let sent = bench.ready("w", "echo");
    let address = request_to("w", &sent);
    let partial = vec![Sent::Reply { client: "ada".to_owned(), is_final: false, body: "half".to_owned() }];
    assert_eq!(bench.reply("w", &address, false, "half"), partial);
    assert_eq!(bench.reply("w", &address, true, "whole"), final_reply("ada", "whole"));
    assert_eq!((bench.dispatcher.open_requests(), bench.dispatcher.counts().answered), (0, 1));
}

#[test]
fn a_client_of_version_1_gets_the_partial_replies_with_the_final_one() {
    let mut bench = Bench::new();
    bench.ready("w", "echo");
    let sent = bench.ask_in(Dialect::Mdp1, "ada", "echo", "hi");
    let address = request_to("w", &sent);
    assert_eq!(bench.reply("w", &address, false, "one"), []);
    assert_eq!(bench.reply("w", &address, false, "two"), []);
    assert_eq!(bench.reply("w", &address, true, "three"), final_reply("ada", "one|two|three"));
}

#[test]
fn many_partial_replies_are_one_reply_of_version_1() {
    let mut bench = Bench::new();
    bench.ready("w", "echo");
    let sent = bench.ask_in(Dialect::Mdp1, "ada", "echo", "hi");
    let address = request_to("w", &sent);
    for _ in 0..1_500 {
        bench.reply("w", &address, false, "x");
    }
    assert_eq!(bench.reply("w", &address, true, "x"), final_reply("ada", &vec!["x"; 1_501].join("|")));
}

#[test]
fn the_least_recently_used_worker_is_next() {
    let mut bench = Bench::new();
    for worker in ["a", "b"] {
        bench.ready(worker, "echo");
    }
    let first = bench.ask("ada", "echo", "1");
    let first = request_to("a", &first);
    bench.reply("a", &first, true, "1");
    let second = bench.ask("ada", "echo", "2");
    request_to("b", &second);
}

#[test]
fn the_request_of_a_silent_worker_goes_to_another_one_and_the_late_reply_to_no_client() {
    let mut bench = Bench::new();
    bench.ready("slow", "echo");
    let sent = bench.ask("ada", "echo", "hi");
    let old = request_to("slow", &sent);
    // It has sent a heartbeat while it was busy, so its silence counts.
    bench.say("slow", FromWorker::Heartbeat);
    bench.after(HEARTBEAT / 2);
    bench.ready("fast", "echo");
    let sent = bench.after(HEARTBEAT * 5 / 2);
    assert!(!sent.contains(&Sent::Disconnect("slow".to_owned())));
    let new = sent.iter().find_map(|sent| match sent {
        Sent::Request { worker, address, .. } if worker == "fast" => Some(address.clone()),
        _ => None,
    });
    assert_eq!(bench.reply("slow", &old, true, "late"), [Sent::Disconnect("slow".to_owned())]);
    assert_eq!(bench.dispatcher.counts().late, 1);
    assert_eq!(bench.reply("fast", &new.unwrap(), true, "in time"), final_reply("ada", "in time"));
}

#[test]
fn a_worker_that_never_beats_when_it_is_busy_has_the_time_of_its_service() {
    let mut bench = Bench::new();
    bench.ready("w", "echo");
    let sent = bench.ask("ada", "echo", "hi");
    let address = request_to("w", &sent);
    let sent = bench.after(HEARTBEAT * 9);
    assert!(sent.iter().all(|sent| *sent == Sent::Heartbeat("w".to_owned())) && sent.len() == 9, "{sent:?}");
    assert_eq!(bench.reply("w", &address, true, "done"), final_reply("ada", "done"));
}

#[test]
fn a_worker_that_is_too_slow_begins_again_and_its_request_is_for_another_one() {
    let mut bench = Bench::new();
    bench.ready("w", "echo");
    bench.ask("ada", "echo", "hi");
    assert!(bench.after(HEARTBEAT * 10).contains(&Sent::Disconnect("w".to_owned())));
    let sent = bench.ready("w2", "echo");
    request_to("w2", &sent);
    bench.after(HEARTBEAT * 10);
    let dead: Vec<_> = bench.dispatcher.dead_letters().map(|letter| (letter.number, letter.attempts)).collect();
    assert_eq!((dead, bench.dispatcher.open_requests()), (vec![((7 << 64) + 1, 2)], 0));
}

#[test]
fn a_worker_that_knows_cancel_keeps_its_place_until_it_has_ended() {
    let mut bench = Bench::new();
    bench.say("w", FromWorker::Ready { service: "echo", credit: Some(1) });
    let sent = bench.ask("ada", "echo", "hi");
    let old = request_to("w", &sent);
    bench.after(HEARTBEAT * 6);
    bench.say("w", FromWorker::Heartbeat);
    bench.after(HEARTBEAT * 2);
    bench.say("w", FromWorker::Heartbeat);
    let sent = bench.after(HEARTBEAT * 2);
    assert!(sent.contains(&Sent::Cancel { worker: "w".to_owned(), address: old.clone() }), "{sent:?}");
    assert!(!sent.iter().any(|sent| matches!(sent, Sent::Request { .. })));
    // Its end makes room for the second try of the same request.
    let sent = bench.reply("w", &old, true, "late");
    let new = request_to("w", &sent);
    assert_eq!(bench.reply("w", &new, true, "second"), final_reply("ada", "second"));
    assert_eq!(bench.dispatcher.counts().late, 1);
}

#[test]
fn credit_is_how_many_requests_a_worker_has_open() {
    let mut bench = Bench::new();
    bench.say("w", FromWorker::Ready { service: "echo", credit: Some(2) });
    assert_eq!(bench.ask("ada", "echo", "1").len(), 1);
    assert_eq!(bench.ask("ada", "echo", "2").len(), 1);
    assert_eq!(bench.ask("ada", "echo", "3"), []);
    assert_eq!(bench.say("w", FromWorker::Credit(3)).len(), 1);
    // A worker that takes nothing more ends what it has.
    bench.say("w", FromWorker::Credit(0));
    assert_eq!(bench.ask("ada", "echo", "4"), []);
}

#[test]
fn a_service_without_workers_keeps_requests_until_they_expire() {
    let mut bench = Bench::new();
    bench.ask("ada", "absent", "hi");
    bench.after(Duration::from_secs(30));
    assert_eq!((bench.dispatcher.open_requests(), bench.dispatcher.counts().expired), (0, 1));
    assert_eq!(bench.ready("w", "absent"), []);
    assert_eq!(bench.dispatcher.next_deadline(), Some(bench.now + HEARTBEAT));
}

#[test]
fn a_client_that_floods_a_service_loses_its_own_requests() {
    let mut bench = Bench::new();
    for number in 0..10 {
        bench.ask("flood", "echo", &number.to_string());
    }
    bench.ask("ada", "echo", "hi");
    assert_eq!(bench.dispatcher.counts().refused, 7);
    let sent = bench.ready("w", "echo");
    let address = request_to("w", &sent);
    let sent = bench.reply("w", &address, true, "");
    assert!(matches!(&sent[1], Sent::Request { body, .. } if body == "hi"), "{sent:?}");
}

#[test]
fn a_worker_that_breaks_the_rules_begins_again() {
    let mut bench = Bench::new();
    let disconnected = [Sent::Disconnect("w".to_owned())];
    assert_eq!(bench.say("w", FromWorker::Heartbeat), disconnected);
    assert_eq!(bench.reply("w", b"anything", true, "x"), disconnected);
    assert_eq!(bench.ready("w", "mmi.service"), disconnected);
    assert_eq!(bench.say("w", FromWorker::Disconnect), []);
    bench.ready("w", "echo");
    assert_eq!(bench.ready("w", "echo"), disconnected);
    assert_eq!((bench.dispatcher.workers(), bench.dispatcher.next_deadline()), (0, None));
}

#[test]
fn mmi_service_is_200_only_while_a_worker_is_registered() {
    let mut bench = Bench::new();
    assert_eq!(bench.ask("ada", "mmi.service", "echo"), final_reply("ada", "404"));
    bench.ready("w", "echo");
    assert_eq!(bench.ask("ada", "mmi.service", "echo"), final_reply("ada", "200"));
    bench.say("w", FromWorker::Disconnect);
    assert_eq!(bench.ask("ada", "mmi.service", "echo"), final_reply("ada", "404"));
    assert_eq!(bench.ask("ada", "mmi.anything", "echo"), final_reply("ada", "501"));
}

/// The JSON in the answer of one of the broker's services.
fn answer(bench: &mut Bench, service: &str, body: &str) -> serde_json::Value {
    match &bench.ask("ada", service, body)[..] {
        [Sent::Reply { body, .. }] => serde_json::from_str(body.strip_prefix("200|").unwrap()).unwrap(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_broker_says_what_its_workers_do_and_what_it_has_done() {
    let mut bench = Bench::new();
    bench.say("w", FromWorker::Ready { service: "echo", credit: Some(2) });
    bench.ready("v", "tea");
    let address = request_to("w", &bench.ask("ada", "echo", "1"));
    bench.ask("ada", "echo", "2");
    bench.ask("ada", "echo", "3");
    bench.reply("w", &address, true, "1");
    bench.now += Duration::from_millis(700);
    assert_eq!(
        answer(&mut bench, "mmi.workers", "echo"),
        serde_json::json!([{ "service": "echo", "dialect": "0.2", "credit": 2, "open": 2, "silent_ms": 700 }])
    );
    assert_eq!(answer(&mut bench, "mmi.workers", "").as_array().unwrap().len(), 2);
    let stats = answer(&mut bench, "mmi.stats", "");
    assert_eq!(
        (&stats["workers"], &stats["waiting"], &stats["open"], &stats["answered"]),
        (&2.into(), &0.into(), &2.into(), &1.into())
    );
    let echo = serde_json::json!({ "name": "echo", "workers": 1, "waiting": 0, "open": 2, "answered": 1 });
    assert!(stats["services"].as_array().unwrap().contains(&echo), "{stats}");
}

/// Something that happens to the broker.
#[derive(Debug, Clone)]
enum Act {
    Ask { client: u8, service: u8, dialect: Dialect },
    Ready { worker: u8, service: u8, credit: Option<u64> },
    Reply { worker: u8, which: usize, is_final: bool },
    Heartbeat(u8),
    Disconnect(u8),
    Gone(u8),
    Credit(u8, u64),
    Drain(u8),
    After(u64),
}

fn acts() -> impl Strategy<Value = Act> {
    let dialect = prop_oneof![Just(Dialect::Mdp1), Just(Dialect::Mdp2)];
    prop_oneof![
        4 => (0u8..4, 0u8..2, dialect).prop_map(|(client, service, dialect)| Act::Ask { client, service, dialect }),
        2 => (0u8..4, 0u8..2, proptest::option::of(1u64..4)).prop_map(|(worker, service, credit)| Act::Ready { worker, service, credit }),
        4 => (0u8..4, 0usize..8, any::<bool>()).prop_map(|(worker, which, is_final)| Act::Reply { worker, which, is_final }),
        1 => (0u8..4).prop_map(Act::Heartbeat),
        1 => (0u8..4).prop_map(Act::Disconnect),
        1 => (0u8..4).prop_map(Act::Gone),
        1 => (0u8..4, 0u64..4).prop_map(|(worker, credit)| Act::Credit(worker, credit)),
        1 => (0u8..2).prop_map(Act::Drain),
        2 => (1u64..12_000).prop_map(Act::After),
    ]
}

proptest! {
    /// Whatever happens, in whatever order: each request gets at most one final reply, every request is answered, expired,
    /// refused, dead or still there, and nothing is due for what is gone.
    #[test]
    fn no_request_is_lost_or_answered_twice(acts in vec(acts(), 0..120)) {
        let mut bench = Bench::new();
        let mut asked = 0;
        let mut finals = 0;
        let mut addresses: Vec<(String, Vec<u8>)> = Vec::new();
        for act in acts {
            let worker = |worker: u8| format!("w{worker}");
            let sent = match act {
                Act::Ask { client, service, dialect } => {
                    asked += 1;
                    bench.ask_in(dialect, &format!("c{client}"), &format!("s{service}"), &asked.to_string())
                }
                Act::Ready { worker: name, service, credit } => {
                    let service = format!("s{service}");
                    bench.say(&worker(name), FromWorker::Ready { service: &service, credit })
                }
                Act::Reply { worker: name, which, is_final } => {
                    let name = worker(name);
                    let of: Vec<_> = addresses.iter().filter(|(to, _)| *to == name).cloned().collect();
                    let address = of.get(which % of.len().max(1)).map_or(b"none".to_vec(), |(_, address)| address.clone());
                    bench.reply(&name, &address, is_final, "reply")
                }
                Act::Heartbeat(name) => bench.say(&worker(name), FromWorker::Heartbeat),
                Act::Disconnect(name) => bench.say(&worker(name), FromWorker::Disconnect),
                Act::Gone(name) => {
                    bench.dispatcher.handle_gone(bench.now, worker(name).as_bytes(), &mut bench.out);
                    bench.sent()
                }
                Act::Credit(name, credit) => bench.say(&worker(name), FromWorker::Credit(credit)),
                Act::Drain(service) => bench.ask("drain", "job.drain", &format!("s{service}")),
                Act::After(millis) => bench.after(Duration::from_millis(millis)),
            };
            for sent in sent {
                match sent {
                    Sent::Request { worker, address, .. } => addresses.push((worker, address)),
                    Sent::Reply { is_final: true, client, .. } if client != "drain" => finals += 1,
                    _ => {}
                }
            }
            let Dispatcher { requests, workers, due, .. } = &bench.dispatcher;
            let counts = bench.dispatcher.counts();
            prop_assert_eq!(finals, counts.answered);
            prop_assert_eq!(asked, counts.answered + counts.expired + counts.refused + counts.dead + requests.len() as u64);
            let looks = due.iter().filter(|(_, due)| matches!(due, Due::Worker(_))).count();
            prop_assert_eq!((looks, due.len() - looks), (workers.len(), requests.len()));
            for worker in workers.iter() {
                let wanted = worker.open.iter().filter(|open| open.is_wanted);
                prop_assert!(wanted.clone().all(|open| requests.get(open.number).is_some()));
            }
        }
        // With one good worker for each service, all that is left is answered.
        for service in 0..2 {
            bench.say(&format!("good{service}"), FromWorker::Ready { service: &format!("s{service}"), credit: Some(100) });
        }
        bench.after(Duration::from_secs(60));
        prop_assert_eq!(bench.dispatcher.open_requests(), 0);
    }
}
