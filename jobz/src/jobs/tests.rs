//! Jobs among clients and workers that are lists of messages, and a vault that is a map.

mod histories;

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    time::{Duration, Instant},
};

use wire::{
    Frames,
    job::{Body, BrokerId, Dialect, FromWorker, Reply, Request, ToWorker},
};

use super::Clock;
use crate::{
    dispatcher::{Dispatcher, Outbox, Sender},
    federation::Federation,
    limits::{BrokerLimits, ServiceLimits},
    links::Links,
    majordomo::Majordomo,
    requests::{Id, Number},
    store::{Accepted, Change, DeadLetter, Ending, Found, Record},
    vault::{Answer, Ask},
};

/// A broker that knows no others.
fn no_links() -> Links {
    Links::new(Federation::new(BrokerId([0; 16]), Duration::from_secs(1), 3))
}

/// What is accepted, and how it ended.
#[derive(Default)]
struct Model {
    records: BTreeMap<Number, (Record, Option<Ending>)>,
    keys: HashMap<Vec<u8>, Number>,
    fails: bool,
}

impl Model {
    fn answer(&mut self, ask: Ask) -> Answer {
        match ask {
            _ if self.fails => Answer::Failed("no disk".to_owned()),
            Ask::Change(Change::Accept(number, record)) => Answer::Changed(Some(self.accept(number, record))),
            Ask::Change(Change::End(number, ending)) => {
                if let Some((_, end)) = self.records.get_mut(&number) {
                    assert_eq!(*end, None, "{number:x} has ended twice");
                    *end = Some(ending);
                }
                Answer::Changed(None)
            }
            Ask::Change(Change::Close(number)) => {
                if let Some((record, _)) = self.records.remove(&number) {
                    self.keys.remove(&record.key);
                }
                Answer::Changed(None)
            }
            Ask::Change(Change::Revive(number)) => Answer::Revived(match self.records.get_mut(&number) {
                Some((record, end @ Some(Ending::Dead(_)))) => {
                    record.deadline = 0;
                    *end = None;
                    Some(record.clone())
                }
                _ => None,
            }),
            Ask::Find(number) => Answer::Found(self.records.get(&number).map(|(_, end)| match end.clone() {
                None => Found::Open,
                Some(Ending::Reply(reply)) => Found::Reply(reply),
                Some(Ending::Dead(reason)) => Found::Dead(reason),
                Some(Ending::Cancelled) => Found::Cancelled,
            })),
            Ask::Dead { .. } => {
                let letter = |(number, (record, end)): (&Number, &(Record, Option<Ending>))| match end {
                    Some(Ending::Dead(reason)) => Some(DeadLetter {
                        number: *number,
                        service: record.service.clone(),
                        reason: reason.clone(),
                        at: 0,
                    }),
                    _ => None,
                };
                Answer::Dead(self.records.iter().filter_map(letter).collect())
            }
        }
    }

    fn accept(&mut self, number: Number, record: Record) -> Accepted {
        if let Some(&known) = self.keys.get(&record.key) {
            let before = &self.records[&known].0;
            let is_same = before.service == record.service && before.body == record.body;
            return if is_same { Accepted::Known(known) } else { Accepted::Conflict };
        }
        if !record.key.is_empty() {
            self.keys.insert(record.key.clone(), number);
        }
        self.records.insert(number, (record, None));
        Accepted::New
    }

    fn open(&self) -> Vec<(Number, Record)> {
        let open = self.records.iter().filter(|(_, (_, end))| end.is_none());
        open.map(|(number, (record, _))| (*number, record.clone())).collect()
    }
}

/// A message that was sent: its receiver, and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Sent {
    Request { worker: String, address: Vec<u8>, body: String },
    Cancel { worker: String, address: Vec<u8> },
    Disconnect(String),
    Reply { client: String, is_final: bool, body: String },
}

struct Bench {
    majordomo: Majordomo,
    model: Model,
    asks: VecDeque<(u64, Ask)>,
    now: Instant,
    out: Outbox,
    starts: u64,
}

fn limits() -> BrokerLimits {
    let service = ServiceLimits {
        waiting_max: 1_000,
        age_max: Duration::from_secs(30),
        busy_max: Duration::from_secs(10),
        tries_max: 2,
    };
    BrokerLimits { heartbeat: Duration::from_secs(1_000_000), service, ..BrokerLimits::default() }
}

impl Bench {
    fn new() -> Self {
        let (now, mut out) = (Instant::now(), Outbox::default());
        let clock = Clock { start: now, start_us: 1 };
        let majordomo = Majordomo::new(Dispatcher::new(limits(), 1), no_links(), clock, [], &mut out);
        Self { majordomo, model: Model::default(), asks: VecDeque::new(), now, out, starts: 1 }
    }

    /// The broker is killed and started: it has what the vault has.
    fn restart(&mut self) {
        self.starts += 1_000_000;
        self.asks.clear();
        self.out = Outbox::default();
        let clock = Clock { start: self.now, start_us: self.starts };
        let dispatcher = Dispatcher::new(limits(), self.starts);
        self.majordomo = Majordomo::new(dispatcher, no_links(), clock, self.model.open(), &mut self.out);
    }

    fn message(&mut self, from: &str, fill: impl FnOnce(&mut Frames)) -> Vec<Sent> {
        let mut frames = Frames::new();
        fill(&mut frames);
        let from = Sender { routing_id: from.as_bytes(), user: None };
        self.majordomo.handle_message(self.now, from, &frames, &mut self.out).unwrap();
        self.sent()
    }

    /// Calls a service without letting the vault answer.
    fn call(&mut self, dialect: Dialect, client: &str, service: &str, parts: &[&str]) -> Vec<Sent> {
        let body: Frames = parts.iter().collect();
        self.message(client, |frames| {
            Request { dialect, service, body: Body::of(&body, 0).unwrap() }.encode(frames);
        })
    }

    /// Calls a service; the vault answers.
    fn ask(&mut self, client: &str, service: &str, parts: &[&str]) -> Vec<Sent> {
        let mut sent = self.call(Dialect::Mdp2, client, service, parts);
        sent.extend(self.vault());
        sent
    }

    /// The text of the one reply to this.
    fn answer(&mut self, service: &str, parts: &[&str]) -> String {
        let sent = self.ask("asking", service, parts);
        let reply = sent.iter().find_map(|sent| match sent {
            Sent::Reply { client, is_final: true, body } if client == "asking" => Some(body.clone()),
            _ => None,
        });
        reply.unwrap_or_else(|| panic!("{sent:?}"))
    }

    /// A job's id.
    fn submit(&mut self, options: &str, service: &str, body: &str) -> String {
        let answer = self.answer("job.submit", &[options, service, body]);
        answer.strip_prefix("200|").unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    fn ready(&mut self, worker: &str, service: &str, credit: u64) -> Vec<Sent> {
        self.say(worker, FromWorker::Ready { service, credit: Some(credit) })
    }

    fn say(&mut self, worker: &str, message: FromWorker<'_>) -> Vec<Sent> {
        let mut sent = self.message(worker, |frames| message.encode(Dialect::Mdp2, frames));
        sent.extend(self.vault());
        sent
    }

    fn reply(&mut self, worker: &str, address: &[u8], is_final: bool, text: &str) -> Vec<Sent> {
        let body: Frames = [text].into_iter().collect();
        self.say(worker, FromWorker::Reply { is_final, address, body: Body::of(&body, 0).unwrap() })
    }

    fn gone(&mut self, peer: &str) -> Vec<Sent> {
        self.majordomo.handle_gone(self.now, peer.as_bytes(), &mut self.out);
        self.sent()
    }

    /// The vault answers all that it was asked.
    fn vault(&mut self) -> Vec<Sent> {
        let mut sent = Vec::new();
        while let Some((token, ask)) = self.asks.pop_front() {
            let answer = self.model.answer(ask);
            self.majordomo.handle_answer(self.now, token, answer, &mut self.out);
            sent.extend(self.sent());
        }
        sent
    }

    fn after(&mut self, time: Duration) -> Vec<Sent> {
        let end = self.now + time;
        while let Some(deadline) = self.majordomo.next_deadline().filter(|deadline| *deadline <= end) {
            self.now = deadline;
            self.majordomo.handle_timeout(deadline, &mut self.out);
        }
        self.now = end;
        let mut sent = self.sent();
        sent.extend(self.vault());
        sent
    }

    fn sent(&mut self) -> Vec<Sent> {
        self.asks.extend(std::iter::from_fn(|| self.out.take_ask()));
        let sent = self.out.messages().iter().filter_map(read).collect();
        self.out.clear();
        sent
    }
}

fn read(message: &Frames) -> Option<Sent> {
    let to = String::from_utf8_lossy(message.get(0).unwrap()).into_owned();
    let mut rest = Frames::new();
    rest.append_from(message, 1);
    let text = |body: Body<'_>| body.iter().map(|frame| String::from_utf8_lossy(frame)).collect::<Vec<_>>().join("|");
    if let Ok(Reply { is_final, body, .. }) = Reply::decode(&rest) {
        return Some(Sent::Reply { client: to, is_final, body: text(body) });
    }
    Some(match ToWorker::decode(&rest).unwrap().1 {
        ToWorker::Request { address, body } => Sent::Request { worker: to, address: address.into(), body: text(body) },
        ToWorker::Disconnect => Sent::Disconnect(to),
        ToWorker::Cancel { address } => Sent::Cancel { worker: to, address: address.into() },
        _ => return None,
    })
}

/// The requests among what was sent: their addresses and bodies.
fn requests(sent: &[Sent]) -> Vec<(Vec<u8>, String)> {
    let request = |sent: &Sent| match sent {
        Sent::Request { address, body, .. } => Some((address.clone(), body.clone())),
        _ => None,
    };
    sent.iter().filter_map(request).collect()
}

fn id_of(address: &[u8]) -> String {
    Id(Number::from_be_bytes(address[..16].try_into().unwrap())).to_string()
}

fn to(client: &str, is_final: bool, body: &str) -> Sent {
    Sent::Reply { client: client.to_owned(), is_final, body: body.to_owned() }
}

#[test]
fn a_job_is_accepted_when_the_vault_has_it_and_not_before() {
    let mut bench = Bench::new();
    bench.ready("w", "echo", 1);
    assert_eq!(bench.call(Dialect::Mdp2, "ada", "job.submit", &["", "echo", "hi"]), []);
    let sent = bench.vault();
    let [(address, body)] = &requests(&sent)[..] else { panic!("{sent:?}") };
    assert_eq!(body, "hi");
    let id = id_of(address);
    assert!(sent.contains(&to("ada", true, &format!("200|{id}"))), "{sent:?}");
    assert!(bench.answer("job.status", &[&id]).contains(r#""state":"open","attempts":1"#));
    bench.reply("w", address, true, "HI");
    assert_eq!(bench.answer("job.wait", &[&id]), "200|HI");
    assert!(bench.answer("job.status", &[&id]).contains(r#""state":"done""#));
    assert_eq!(bench.answer("job.close", &[&id]), "200");
    assert!(bench.answer("job.wait", &[&id]).starts_with("404|"));
    assert!(bench.majordomo.jobs().is_empty());
}

#[test]
fn titanic_is_the_same_with_statuses_alone() {
    let mut bench = Bench::new();
    let answer = bench.answer("titanic.request", &["echo", "hi"]);
    let id = answer.strip_prefix("200|").unwrap().to_owned();
    assert_eq!(bench.answer("titanic.reply", &[&id]), "300");
    assert_eq!(bench.answer("titanic.reply", &["unknown"]), "400");
    let sent = bench.ready("w", "echo", 1);
    bench.reply("w", &requests(&sent)[0].0.clone(), true, "HI");
    assert_eq!(bench.answer("titanic.reply", &[&id]), "200|HI");
    assert_eq!(bench.answer("titanic.close", &[&id]), "200");
    assert_eq!(bench.answer("titanic.close", &["unknown"]), "200");
    assert_eq!(bench.answer("titanic.reply", &[&id]), "400");
    assert_eq!(bench.answer("titanic.request", &["echo"]), "500");
    assert_eq!(bench.answer("titanic.other", &["echo"]), "501");
}

#[test]
fn what_waits_gets_every_frame_of_the_reply_once() {
    let mut bench = Bench::new();
    bench.ready("w", "echo", 1);
    let sent = bench.ask("early", "job.run", &["", "echo", "hi"]);
    let address = requests(&sent)[0].0.clone();
    let id = id_of(&address);
    assert_eq!(bench.reply("w", &address, false, "one"), [to("early", false, "one")]);
    assert_eq!(bench.ask("late", "job.wait", &[&id]), [to("late", false, "one")]);
    assert_eq!(bench.call(Dialect::Mdp1, "old", "job.wait", &[&id]), []);
    let sent = bench.reply("w", &address, true, "two");
    assert_eq!(sent, [to("early", true, "200|two"), to("late", true, "200|two"), to("old", true, "200|one|two")]);
    assert_eq!(bench.answer("job.wait", &[&id]), "200|one|two");
}

#[test]
fn a_reply_too_long_for_one_message_comes_in_parts() {
    let mut bench = Bench::new();
    bench.ready("w", "echo", 1);
    let id = bench.submit("", "echo", "hi");
    let address = [&Number::from_str_radix(&id, 16).unwrap().to_be_bytes()[..], &[0, 0, 0, 1]].concat();
    for _ in 0..1_500 {
        bench.reply("w", &address, false, "x");
    }
    bench.reply("w", &address, true, "x");
    let part = to("ada", false, &vec!["x"; 999].join("|"));
    let last = to("ada", true, &format!("200|{}", vec!["x"; 502].join("|")));
    assert_eq!(bench.ask("ada", "job.wait", &[&id]), [part, last]);
}

#[test]
fn a_key_makes_a_job_one() {
    let mut bench = Bench::new();
    let options = r#"{"key":"order 7"}"#;
    let id = bench.submit(options, "echo", "hi");
    assert_eq!(bench.submit(options, "echo", "hi"), id);
    assert!(bench.answer("job.submit", &[options, "echo", "other"]).starts_with("409|"));
    assert_eq!((bench.majordomo.jobs().len(), bench.majordomo.dispatcher().open_requests()), (1, 1));
}

#[test]
fn bad_calls_have_reasons() {
    let mut bench = Bench::new();
    for (parts, reason) in [
        (&["{\"dedline_ms\":1}", "echo", "hi"][..], "400|the options: unknown field `dedline_ms`"),
        (&["{\"key\":\"\"}", "echo", "hi"], "400|key: it has 1 to 255 bytes"),
        (&["{\"deadline_ms\":0}", "echo", "hi"], "400|deadline_ms: "),
        (&["{\"tries\":0}", "echo", "hi"], "400|tries: "),
        (&["{\"parent\":\"x\"}", "echo", "hi"], "400|parent: this is no id"),
        (&["", "mmi.stats", "hi"], "400|the broker itself"),
        (&["", "", "hi"], "400|the service: "),
        (&["", "echo"], "400|the body is missing"),
        (&[""], "400|the service is missing"),
    ] {
        let answer = bench.answer("job.submit", parts);
        assert!(answer.starts_with(reason), "{parts:?}: {answer}");
    }
    for service in ["job.wait", "job.status", "job.cancel", "job.resend"] {
        assert!(bench.answer(service, &["x"]).starts_with("404|"), "{service}");
        assert!(bench.answer(service, &[&"0".repeat(32)]).starts_with("404|"), "{service}");
    }
    assert!(bench.answer("job.other", &[""]).starts_with("501|"));
}

#[test]
fn a_cancelled_job_ends_at_its_worker_and_so_do_its_sub_jobs() {
    let mut bench = Bench::new();
    bench.ready("w", "echo", 1);
    let id = bench.submit("", "echo", "parent");
    let child = bench.submit(&format!(r#"{{"parent":"{id}"}}"#), "tea", "child");
    let sent = bench.ask("ada", "job.wait", &[&id]);
    assert_eq!(sent, []);
    let sent = bench.ask("bob", "job.cancel", &[&id]);
    assert!(matches!(&sent[0], Sent::Cancel { address, .. } if id_of(address) == id), "{sent:?}");
    assert!(sent.contains(&to("bob", true, "200")) && sent.contains(&to("ada", true, "410|the job was cancelled")));
    for id in [&id, &child] {
        assert_eq!(bench.answer("job.cancel", &[id]), "200");
        assert_eq!(bench.answer("job.wait", &[id]), "410|the job was cancelled");
    }
    let done = bench.submit("", "echo", "other");
    // The cancelled one holds the place until the worker has ended it.
    let Sent::Cancel { address, .. } = &sent[0] else { unreachable!() };
    let sent = bench.reply("w", address, true, "too late");
    bench.reply("w", &requests(&sent)[0].0.clone(), true, "done");
    assert!(bench.answer("job.cancel", &[&done]).starts_with("409|"));
    assert_eq!(bench.majordomo.dispatcher().counts().cancelled, 2);
}

#[test]
fn a_job_whose_time_is_over_or_whose_tries_are_used_up_is_dead_and_can_be_sent_again() {
    let mut bench = Bench::new();
    let id = bench.submit(r#"{"deadline_ms":500}"#, "echo", "hi");
    bench.after(Duration::from_secs(1));
    assert_eq!(bench.answer("job.wait", &[&id]), "424|its time is over");
    assert_eq!(bench.answer("job.resend", &[&id]), "200");
    bench.after(Duration::from_secs(100));
    bench.restart();
    assert!(bench.answer("job.list", &[""]).contains(&id));
    let mut sent = bench.ready("w", "echo", 1);
    for _ in 0..2 {
        let address = requests(&sent)[0].0.clone();
        sent = bench.say("w", FromWorker::Fail { address: &address, reason: "no paper" });
    }
    assert_eq!(bench.answer("job.wait", &[&id]), "424|2 attempts; the last: no paper");
    assert!(bench.answer("job.dead", &[""]).contains("no paper"));
}

#[test]
fn a_restarted_broker_has_what_was_accepted_with_its_deadline_and_tries() {
    let mut bench = Bench::new();
    let early = bench.submit(r#"{"deadline_ms":60000}"#, "tea", "early");
    let id = bench.submit(r#"{"tries":1}"#, "echo", "hi");
    bench.call(Dialect::Mdp2, "ada", "job.submit", &["", "echo", "not accepted"]);
    bench.now += Duration::from_secs(1);
    bench.restart();
    let sent = bench.ready("w", "echo", 2);
    assert_eq!(
        requests(&sent).iter().map(|(address, _)| id_of(address)).collect::<Vec<_>>(),
        std::slice::from_ref(&id)
    );
    bench.gone("w");
    bench.vault();
    assert_eq!(bench.answer("job.wait", &[&id]), "424|1 attempt; the last: its worker is gone");
    bench.after(Duration::from_secs(60));
    assert_eq!(bench.answer("job.wait", &[&early]), "424|its time is over");
}

#[test]
fn an_end_that_is_not_kept_is_kept_later() {
    let mut bench = Bench::new();
    bench.ready("w", "echo", 1);
    let sent = bench.ask("ada", "job.run", &["", "echo", "hi"]);
    let address = requests(&sent)[0].0.clone();
    bench.model.fails = true;
    assert_eq!(bench.reply("w", &address, true, "HI"), [to("ada", true, "500|no disk")]);
    assert_eq!(bench.answer("job.submit", &["", "echo", "hi"]), "503|no disk");
    bench.model.fails = false;
    bench.after(Duration::from_secs(1));
    assert_eq!(bench.answer("job.wait", &[&id_of(&address)]), "200|HI");
}

/// A worker with one place does `job`: it submits the next one, waits for it, and replies what it has got.
#[test]
fn a_worker_with_one_place_does_jobs_that_wait_for_each_other_32_deep_among_many_others() {
    let mut bench = Bench::new();
    let first = bench.submit("", "deep", "first");
    for other in 0..50 {
        bench.submit("", "deep", &format!("other {other}"));
    }
    let mut sent = bench.ready("w", "deep", 1);
    let mut open = Vec::new();
    for depth in 0..=32 {
        let [(address, body)] = &requests(&sent)[..] else { panic!("at {depth}: {sent:?}") };
        assert_eq!(body, if depth == 0 { "first" } else { "sub-job" });
        open.push(address.clone());
        if depth < 32 {
            let parent = format!(r#"{{"parent":"{}"}}"#, id_of(address));
            sent = bench.ask(&format!("at {depth}"), "job.run", &[&parent, "deep", "sub-job"]);
        }
    }
    let parent = format!(r#"{{"parent":"{}"}}"#, id_of(&open[32]));
    assert!(bench.answer("job.run", &[&parent, "deep", "sub-job"]).starts_with("400|"));
    while let Some(address) = open.pop() {
        let sent = bench.reply("w", &address, true, "done");
        // The others have to wait until the first one is done.
        assert_eq!(requests(&sent).len(), usize::from(open.is_empty()), "{sent:?}");
    }
    assert_eq!(bench.answer("job.wait", &[&first]), "200|done");
    assert_eq!(bench.majordomo.dispatcher().lent(), 0);
}

#[test]
fn a_job_that_was_submitted_by_another_one_is_done_first_when_it_is_waited_for() {
    let mut bench = Bench::new();
    let first = bench.submit("", "echo", "first");
    let second = bench.submit("", "echo", "second");
    let sent = bench.ready("w", "echo", 1);
    assert_eq!(requests(&sent)[0].1, "first");
    let sent = bench.ask("script", "job.wait", &[&second, &first]);
    assert_eq!(requests(&sent)[0].1, "second");
    // Two that wait for each other would wait for ever.
    assert!(bench.answer("job.wait", &[&first, &second]).starts_with("400|"));
    bench.gone("script");
    assert_eq!(bench.majordomo.dispatcher().lent(), 0);
}

#[test]
fn a_worker_lends_no_more_than_100_places() {
    let mut bench = Bench::new();
    bench.ready("w", "echo", 200);
    for number in 0..101 {
        let sent = bench.ask("ada", "echo", &["parent"]);
        let parent = format!(r#"{{"parent":"{}"}}"#, id_of(&requests(&sent)[0].0));
        let sent = bench.ask(&format!("script {number}"), "job.run", &[&parent, "absent", "hi"]);
        assert_eq!(sent.len(), usize::from(number == 100), "{sent:?}");
    }
    assert_eq!(bench.majordomo.dispatcher().lent(), 100);
}
