//! Random histories.

use std::{collections::BTreeSet, time::Duration};

use proptest::{collection::vec, prelude::*};
use wire::job::{Dialect, FromWorker};

use super::{Bench, Sent};
use crate::dispatcher::Dispatcher;

/// Something that happens to the broker.
#[derive(Debug, Clone)]
enum Act {
    Ask { client: u8, service: u8, dialect: Dialect },
    Ready { worker: u8, service: u8, credit: Option<u64> },
    Reply { worker: u8, which: usize, is_final: bool },
    Fail { worker: u8, which: usize },
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
        2 => (0u8..4, 0usize..8).prop_map(|(worker, which)| Act::Fail { worker, which }),
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
                Act::Fail { worker: name, which } => {
                    let name = worker(name);
                    let of: Vec<_> = addresses.iter().filter(|(to, _)| *to == name).cloned().collect();
                    let address = of.get(which % of.len().max(1)).map_or(b"none".to_vec(), |(_, address)| address.clone());
                    bench.say(&name, FromWorker::Fail { address: &address, reason: "no paper" })
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
            let Dispatcher { requests, services, workers, deadlines, looks, .. } = &bench.dispatcher;
            let counts = bench.dispatcher.counts();
            prop_assert_eq!(finals, counts.answered);
            prop_assert_eq!(asked, counts.answered + counts.expired + counts.refused + counts.dead + requests.len() as u64);
            let waiting = services.iter().map(|service| service.waiting.len()).sum::<usize>();
            prop_assert_eq!(bench.dispatcher.waiting(), waiting);
            for service in services.iter() {
                let of_service = || workers.iter().filter(|worker| services.get(worker.service).is_some_and(|it| it.name == service.name));
                prop_assert_eq!(service.distrusted, of_service().filter(|worker| !worker.trust.is_full()).count());
                prop_assert!(service.distrusted == 0 || service.distrusted < service.workers);
            }
            prop_assert_eq!(looks.len(), workers.len());
            let due: BTreeSet<_> = deadlines.iter().filter(|(time, number)| requests.is_due_at(*number, *time)).collect();
            prop_assert_eq!(due.len(), requests.len());
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
