//! Peers that misbehave, and what they do to others.

use sockets::{KeyPair, PublicKey, allow::AllowList};
use testkit::Program;

use crate::cast::{BIND, Cast, to};

#[test]
fn garbage_stops_no_server_and_no_client_that_asks_again() {
    let mut cast = Cast::new();
    let pong = cast.start(&format!("pong {BIND}"));
    let at = to(&pong, "rep");
    let pirate = cast.start(&format!("lazy-pirate --timeout 200ms --retries 100 --pause 1ms {at}"));
    let garbage = cast.start(&format!("bad-garbage --pause 1ms {at}"));
    cast.until(&garbage, "ended", |ended| ended >= 5);
    let replies = cast.value(&pirate, "replies");
    cast.until(&pirate, "replies", |more| more >= replies + 20);
    cast.until(&garbage, "bytes", |bytes| bytes >= 4_096);
}

#[test]
fn an_impostor_gets_the_replies_of_the_client_whose_id_it_takes() {
    let mut cast = Cast::new();
    let queue = cast.start("queue-lru --clients tcp://127.0.0.1:* --workers tcp://127.0.0.1:*");
    let _worker = cast.start(&format!("work --pause 20ms {}", to(&queue, "workers")));
    let ada = cast.start(&format!("ask --id ada {}", to(&queue, "clients")));
    cast.until(&ada, "replies", |replies| replies >= 5);
    let impostor = cast.start(&format!("bad-impostor --id ada {}", to(&queue, "clients")));
    cast.until(&impostor, "stolen", |stolen| stolen >= 1);
    assert!(impostor.next_line().starts_with("for ada:  | "));
}

#[test]
fn a_subscriber_that_never_reads_costs_the_others_nothing() {
    let mut cast = Cast::new();
    let publisher = cast.start(&format!("publish --topics {} --pause 1ms --queue 10 {BIND}", "GO".repeat(1_000)));
    let deaf = cast.start(&format!("bad-never-reads {}", to(&publisher, "pub")));
    let good = cast.start(&format!("subscribe {}", to(&publisher, "pub")));
    cast.until(&good, "received", |received| received >= 300);
    assert_eq!(cast.value(&good, "lost"), 0);
    let state = cast.state(&deaf);
    assert_eq!(state.sockets[0].received.messages, 0);
}

#[test]
fn no_wrong_key_gets_in() {
    let folder = tempfile::tempdir().unwrap();
    let allow = folder.path().join("allow");
    let (server, ada) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let (public, secret) = server.write(folder.path(), "server").unwrap();
    let (_, key_of_ada) = ada.write(folder.path(), "ada").unwrap();
    AllowList::add_key(&allow, &"ada".parse().unwrap(), &ada.public).unwrap();
    assert!(PublicKey::from_text_or_file(public.to_str().unwrap()).is_ok());

    let mut cast = Cast::new();
    let curve = |key: &std::path::Path| format!("--observe off --security curve --key {}", key.display());
    let pong = cast.start(&format!("pong {BIND} {} --allow {}", curve(&secret), allow.display()));
    let at = to(&pong, "rep");
    for wrong in ["no-key", "stranger", "server"] {
        let bad = cast.start(&format!("bad-key --pause 100ms --with {wrong} --door {} {at}", public.display()));
        cast.until(&bad, "refused", |refused| refused >= 2);
        assert_eq!(cast.value(&bad, "admitted"), 0, "{wrong}");
    }
    let ping: Program = cast.start(&format!("ping {} --server-key {} {at}", curve(&key_of_ada), public.display()));
    ping.line_where(|line| line == "request 1: replied");
}
