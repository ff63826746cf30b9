//! Random histories.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use proptest::{collection::vec, prelude::*};
use wire::{
    Frames,
    job::{Body, Dialect, FromWorker},
};

use super::{Bench, Sent, id_of};
use crate::requests::Number;

/// Something that happens.
#[derive(Debug, Clone)]
enum Act {
    Submit { service: u8, key: Option<u8>, parent: Option<usize>, deadline: bool, runs: bool },
    Wait { job: usize, parent: Option<usize> },
    Cancel(usize),
    Close(usize),
    Resend(usize),
    Ready { worker: u8, service: u8, credit: u64 },
    Credit(u8, u64),
    Reply { which: usize, is_final: bool },
    Fail(usize),
    WorkerGone(u8),
    ClientGone(usize),
    Vault,
    VaultFails(bool),
    Restart,
    After(u64),
}

fn acts() -> impl Strategy<Value = Act> {
    let which = || 0usize..30;
    let parent = || proptest::option::of(which());
    prop_oneof![
        6 => (0u8..2, proptest::option::weighted(0.2, 0u8..3), parent(), any::<bool>(), any::<bool>())
            .prop_map(|(service, key, parent, deadline, runs)| Act::Submit { service, key, parent, deadline, runs }),
        3 => (which(), parent()).prop_map(|(job, parent)| Act::Wait { job, parent }),
        1 => which().prop_map(Act::Cancel),
        1 => which().prop_map(Act::Close),
        1 => which().prop_map(Act::Resend),
        3 => (0u8..3, 0u8..2, 1u64..3).prop_map(|(worker, service, credit)| Act::Ready { worker, service, credit }),
        1 => (0u8..3, 0u64..3).prop_map(|(worker, credit)| Act::Credit(worker, credit)),
        5 => (which(), any::<bool>()).prop_map(|(which, is_final)| Act::Reply { which, is_final }),
        2 => which().prop_map(Act::Fail),
        1 => (0u8..3).prop_map(Act::WorkerGone),
        1 => which().prop_map(Act::ClientGone),
        6 => Just(Act::Vault),
        1 => any::<bool>().prop_map(Act::VaultFails),
        1 => Just(Act::Restart),
        2 => (1u64..12_000).prop_map(Act::After),
    ]
}

/// What was seen of a history.
#[derive(Default)]
struct Seen {
    /// Calls that have no final reply yet, by client: each call has its own.
    open_calls: BTreeSet<String>,
    calls: usize,
    /// The ids that clients have got.
    accepted: Vec<String>,
    /// What workers have got, in order.
    given: Vec<(String, Vec<u8>)>,
    closed: BTreeSet<String>,
    /// Clients whose connection is gone: they may get their answers, or not.
    gone: BTreeSet<String>,
}

impl Seen {
    fn call(&mut self) -> String {
        self.calls += 1;
        let client = format!("c{}", self.calls);
        self.open_calls.insert(client.clone());
        client
    }

    fn see(&mut self, sent: Vec<Sent>) {
        for sent in sent {
            match sent {
                Sent::Request { worker, address, .. } => self.given.push((worker, address)),
                Sent::Reply { client, is_final: true, body } => {
                    assert!(self.open_calls.remove(&client), "{client} has two answers; the second: {body}");
                    if let Some(id) = body.strip_prefix("200|").filter(|id| id.len() == 32) {
                        self.accepted.push(id.to_owned());
                    }
                }
                _ => {}
            }
        }
    }

    fn id(&self, which: usize) -> String {
        let count = self.accepted.len().max(1);
        self.accepted.get(which % count).cloned().unwrap_or_else(|| "0".repeat(32))
    }

    /// The id of a request that a worker has got.
    fn parent(&self, which: usize) -> String {
        let count = self.given.len().max(1);
        self.given.get(which % count).map_or_else(|| "0".repeat(32), |(_, address)| id_of(address))
    }

    fn given(&self, which: usize) -> (String, Vec<u8>) {
        self.given.get(which % self.given.len().max(1)).cloned().unwrap_or_default()
    }
}

fn act(bench: &mut Bench, seen: &mut Seen, act: Act) {
    let worker = |worker: u8| format!("w{worker}");
    let call = |bench: &mut Bench, seen: &mut Seen, service: &str, parts: &[&str]| {
        let client = seen.call();
        bench.call(Dialect::Mdp2, &client, service, parts)
    };
    let message = |bench: &mut Bench, worker: &str, message: FromWorker<'_>| {
        bench.message(worker, |frames| message.encode(Dialect::Mdp2, frames))
    };
    let sent = match act {
        Act::Submit { service, key, parent, deadline, runs } => {
            let mut options = BTreeMap::new();
            if let Some(key) = key {
                options.insert("key", serde_json::json!(key.to_string()));
            }
            if let Some(parent) = parent {
                options.insert("parent", serde_json::json!(seen.parent(parent)));
            }
            if deadline {
                options.insert("deadline_ms", serde_json::json!(5_000));
            }
            let options = serde_json::to_string(&options).unwrap();
            let name = if runs { "job.run" } else { "job.submit" };
            call(bench, seen, name, &[&options, &format!("s{service}"), "body"])
        }
        Act::Wait { job, parent } => {
            let (id, parent) = (seen.id(job), parent.map(|parent| seen.parent(parent)));
            let parts: Vec<&str> = [Some(id.as_str()), parent.as_deref()].into_iter().flatten().collect();
            call(bench, seen, "job.wait", &parts)
        }
        Act::Cancel(job) => call(bench, seen, "job.cancel", &[&seen.id(job)]),
        Act::Close(job) => {
            let id = seen.id(job);
            seen.closed.insert(id.clone());
            call(bench, seen, "job.close", &[&id])
        }
        Act::Resend(job) => call(bench, seen, "job.resend", &[&seen.id(job)]),
        Act::Ready { worker: name, service, credit } => {
            let service = format!("s{service}");
            message(bench, &worker(name), FromWorker::Ready { service: &service, credit: Some(credit) })
        }
        Act::Credit(name, credit) => message(bench, &worker(name), FromWorker::Credit(credit)),
        Act::Reply { which, is_final } => {
            let (worker, address) = seen.given(which);
            let body: Frames = ["reply"].into_iter().collect();
            let body = Body::of(&body, 0).unwrap();
            message(bench, &worker, FromWorker::Reply { is_final, address: &address, body })
        }
        Act::Fail(which) => {
            let (worker, address) = seen.given(which);
            message(bench, &worker, FromWorker::Fail { address: &address, reason: "no paper" })
        }
        Act::WorkerGone(name) => bench.gone(&worker(name)),
        Act::ClientGone(which) => {
            let client = seen.open_calls.iter().nth(which % seen.open_calls.len().max(1)).cloned();
            client.map_or_else(Vec::new, |client| {
                let sent = bench.gone(&client);
                seen.gone.insert(client);
                sent
            })
        }
        Act::Vault => bench.vault(),
        Act::VaultFails(fails) => {
            bench.model.fails = fails;
            Vec::new()
        }
        Act::Restart => {
            bench.restart();
            // The clients' connections are those of the broker that is gone.
            seen.open_calls.clear();
            seen.given.clear();
            Vec::new()
        }
        Act::After(millis) => {
            let time = Duration::from_millis(millis);
            let end = bench.now + time;
            while let Some(deadline) = bench.majordomo.next_deadline().filter(|deadline| *deadline <= end) {
                bench.now = deadline;
                bench.majordomo.handle_timeout(deadline, &mut bench.out);
            }
            bench.now = end;
            bench.sent()
        }
    };
    seen.see(sent);
}

proptest! {
    /// Whatever happens, in whatever order: no call has two answers, no job ends twice, and what is accepted ends; in the end no
    /// place is lent, and nothing is left.
    #[test]
    fn every_accepted_job_ends_once_and_every_call_has_its_answer(acts in vec(acts(), 0..150)) {
        let mut bench = Bench::new();
        let mut seen = Seen::default();
        for one in acts {
            act(&mut bench, &mut seen, one);
            let jobs = bench.majordomo.jobs();
            let waiters: usize = jobs.jobs.values().map(|job| job.waiters.len()).sum();
            prop_assert_eq!(jobs.waiters, waiters);
            prop_assert!(bench.majordomo.dispatcher().lent() as usize <= waiters);
        }
        // From now on the store and one worker of each service are well.
        bench.model.fails = false;
        for worker in ["w0", "w1", "w2"] {
            let sent = bench.gone(worker);
            seen.see(sent);
        }
        seen.given.clear();
        for service in ["s0", "s1"] {
            let sent = bench.ready(&format!("good {service}"), service, 1);
            seen.see(sent);
        }
        for _ in 0..3 {
            let sent = bench.after(Duration::from_secs(2));
            seen.see(sent);
            while let Some((worker, address)) = seen.given.pop() {
                let sent = bench.reply(&worker, &address, true, "done");
                seen.see(sent);
            }
        }
        let dispatcher = bench.majordomo.dispatcher();
        prop_assert_eq!((dispatcher.lent(), dispatcher.open_requests()), (0, 0));
        let jobs = bench.majordomo.jobs();
        prop_assert!(jobs.jobs.is_empty() && jobs.pending.is_empty() && jobs.waited.is_empty() && jobs.due.is_empty());
        prop_assert!(jobs.waiters == 0 && jobs.tree.is_empty());
        for id in seen.accepted.iter().filter(|id| !seen.closed.contains(*id)) {
            let number = Number::from_str_radix(id, 16).unwrap();
            prop_assert!(bench.model.records.get(&number).is_some_and(|(_, end)| end.is_some()), "{} is lost", id);
        }
        prop_assert!(bench.model.open().is_empty());
        prop_assert!(seen.open_calls.is_subset(&seen.gone), "{:?} have no answer", seen.open_calls);
    }
}
