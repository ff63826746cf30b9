//! The server as raw peers see it: base protocol, envelopes, roster versions, refusals.

mod support;

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use support::{Server, ask, names, refusal};
use testkit::{
    Peer, RawPeer,
    peer::{DEALER, REQ},
};

#[test]
fn a_keep_alive_is_answered_with_the_present_users_sorted_by_code_point() {
    let server = Server::start(&[]);
    for (user, present) in [("zoë", "zoë"), ("Åsa", "zoë Åsa"), ("Bob", "Bob zoë Åsa"), ("Bob", "Bob zoë Åsa")]
    {
        let reply = ask(&server.req(), &[user.as_bytes()]);
        assert_eq!(names(&reply).join(" "), present);
    }
}

#[test]
fn a_broadcast_is_byte_for_byte_what_was_accepted() {
    let server = Server::start(&[]);
    let listener = server.listener();
    let peer = server.req();
    let longest = [b"ada\x1f".as_slice(), &[b'x'; 4096]].concat();
    for said in [b"ada\x1f \ttwo\nlines\x00 ".as_slice(), "ada\u{1f}日本 🙂".as_bytes(), &longest] {
        assert!(names(&ask(&peer, &[said])).contains(&"ada".to_owned()));
        assert_eq!(listener.receive(), [said]);
    }
}

#[test]
fn frames_after_the_known_ones_are_ignored() {
    let server = Server::start(&[]);
    let reply = ask(&server.req(), &[b"ada", &0_u64.to_le_bytes(), b"from the future", b""]);
    assert_eq!(reply[1..], [b"ada"]);
}

#[test]
fn the_roster_comes_where_the_version_that_the_peer_holds_is_not_that_of_now() {
    let server = Server::start(&[]);
    let (ada, bob) = (server.req(), server.req());
    let holding = |peer: &Peer, user: &str, version: u64| {
        let reply = ask(peer, &[user.as_bytes(), &version.to_le_bytes()]);
        (u64::from_le_bytes(reply[0].as_slice().try_into().unwrap()), names(&reply[1..]).join(" "))
    };
    let (first, users) = holding(&ada, "ada", 0);
    assert_eq!(users, "ada");
    assert_eq!(holding(&ada, "ada", first), (first, String::new()));

    let (second, users) = holding(&bob, "bob", first);
    assert_eq!((second > first, users.as_str()), (true, "ada bob"));
    for other in [0, first, second + 1, u64::MAX] {
        assert_eq!(holding(&ada, "ada", other), (second, "ada bob".to_owned()));
    }
    assert_eq!(holding(&ada, "ada", second), (second, String::new()));
}

#[test]
fn a_restarted_server_never_repeats_a_version() {
    let version = |server: &Server| {
        let reply = ask(&server.req(), &[b"ada", &0_u64.to_le_bytes()]);
        u64::from_le_bytes(reply[0].as_slice().try_into().unwrap())
    };
    let first = Server::start(&[]);
    let before = version(&first);
    first.program.kill();
    assert!(version(&Server::start(&[])) > before);
}

#[test]
fn envelopes_of_any_depth_come_back_as_they_were() {
    let server = Server::start(&[]);
    let dealer = server.dealer();
    assert_eq!(ask(&dealer, &[b"", b"ada"]), [&b""[..], b"ada"]);
    let hops: Vec<Vec<u8>> = (0..50_u8).map(|hop| vec![hop; 5]).collect();
    let mut deep: Vec<&[u8]> = hops.iter().map(Vec::as_slice).collect();
    deep.extend([&b""[..], b"ada"]);
    assert_eq!(ask(&dealer, &deep), deep);
}

#[test]
fn without_a_delimiter_the_refusal_comes_without_one() {
    let server = Server::start(&[]);
    let reply = ask(&server.dealer(), &[b"ada"]);
    assert_eq!(refusal(&reply), "delimiter: missing");
    let reply = ask(&server.dealer(), &[b"ada", b"more", b"and more"]);
    assert_eq!(refusal(&reply), "delimiter: missing");
}

#[test]
fn an_envelope_around_nothing_is_refused_in_the_envelope() {
    let server = Server::start(&[]);
    let reply = ask(&server.dealer(), &[b""]);
    assert_eq!((reply[0].len(), refusal(&reply[1..])), (0, "user: missing".to_owned()));
}

#[test]
fn every_malformed_request_gets_one_refusal_that_says_why_and_harms_no_peer() {
    let server = Server::start(&[]);
    let peer = server.req();
    let long_user = [b'x'; 33];
    let long_text = [b"ada\x1f".as_slice(), &[b'x'; 4097]].concat();
    let cases: [(&[&[u8]], &str); 9] = [
        (&[b""], "user: empty"),
        (&[b"\x1fhello"], "user: empty"),
        (&[b"ada\x1f"], "text: empty"),
        (&[b"no spaces"], "user: a character that is not allowed"),
        (&[b"\xff\xfe"], "user: not UTF-8"),
        (&[&long_user], "user: longer than 32 characters"),
        (&[&long_text], "text: longer than 4096 bytes"),
        (&[b"ada\x1fone\x1ftwo"], "text: a character that is not allowed"),
        (&[b"ada", b"four"], "roster_version: has 4 bytes instead of 8"),
    ];
    for (frames, why) in cases {
        assert_eq!(refusal(&ask(&peer, frames)), why);
    }
    assert_eq!(names(&ask(&peer, &[b"eve"])), ["eve"], "none of them is present");

    // One each and no more, even if many arrive at once.
    let dealer = server.dealer();
    (0..10).for_each(|_| dealer.send([&b""[..], b"\xff"]));
    (0..10).for_each(|_| drop(dealer.receive()));
    dealer.send([&b""[..], b"dan"]);
    assert_eq!(names(&dealer.receive()), ["", "dan", "eve"]);
    server.program.wait_for_log("malformed message");
}

#[test]
fn a_reconnecting_peer_with_a_known_routing_id_is_accepted() {
    let server = Server::start(&[]);
    let named = |socket: &testkit::peer::Kind| {
        Peer::connect_with(*socket, &server.requests, |raw| raw.set_identity(b"same").unwrap())
    };
    let before = named(&REQ);
    assert_eq!(names(&ask(&before, &[b"ada"])), ["ada"]);
    let after = named(&DEALER);
    assert_eq!(names(&ask(&after, &[b"", b"ada"])), ["", "ada"]);
    drop(before);
    assert_eq!(names(&ask(&after, &[b"", b"ada"])), ["", "ada"]);
}

#[test]
fn users_expire_on_a_timer_without_any_request_arriving() {
    let server = Server::start_logging("debug", &["--expiry", "200ms"]);
    ask(&server.req(), &[b"ada"]);
    server.program.wait_for_log("expired user=ada");
    assert_eq!(names(&ask(&server.req(), &[b"bob"])), ["bob"]);
}

#[test]
fn a_user_who_leaves_is_off_the_roster_at_once() {
    let server = Server::start(&["--expiry", "1h"]);
    let (ada, bob) = (server.req(), server.req());
    ask(&ada, &[b"ada"]);
    assert_eq!(names(&ask(&bob, &[b"bob"])), ["ada", "bob"]);
    let reply = ask(&ada, &[b"ada", &0_u64.to_le_bytes(), b"\x04"]);
    assert_eq!(reply.iter().map(Vec::len).collect::<Vec<_>>(), [8], "the version alone");
    assert_eq!(names(&ask(&bob, &[b"bob"])), ["bob"]);
    let reply = ask(&ada, &[b"ada", &0_u64.to_le_bytes(), b"\x04 and more"]);
    assert_eq!(names(&reply[1..]), ["ada", "bob"], "any other third frame is ignored");
}

#[test]
fn a_full_room_refuses_and_accepts_again_when_a_user_has_left() {
    let server = Server::start(&["--max-users", "2", "--expiry", "3s"]);
    let peer = server.req();
    ask(&peer, &[b"ada"]);
    assert_eq!(names(&ask(&peer, &[b"bob"])), ["ada", "bob"]);
    let full = refusal(&ask(&peer, &[b"eve\x1fhello"]));
    assert_eq!(full, "the room is full: at most 2 users may be present");
    testkit::eventually("eve gets in", || {
        ask(&peer, &[b"ada"]);
        ask(&peer, &[b"eve"])[0][0] != 0x15
    });
    assert_eq!(names(&ask(&peer, &[b"ada"])), ["ada", "eve"]);
}

#[test]
fn peers_that_do_not_read_cost_bounded_memory() {
    let server = Server::start(&["--expiry", "1h"]);
    let peer = server.req();
    (0..100).for_each(|number| drop(ask(&peer, &[format!("user{number}").as_bytes()])));
    let _deaf = server.listener();
    let before = server.program.resident_bytes();

    // 40 MB of broadcasts that `_deaf` does not read, and 10,000 lists of 100 names that `mute` does not read.
    let mute = server.dealer();
    let said = [b"user1\x1f".as_slice(), &[b'x'; 4096]].concat();
    for _ in 0..10_000 {
        ask(&peer, &[&said]);
        let _ = mute.socket().send_multipart([&b""[..], b"user2"], 1);
    }
    let grown = server.program.resident_bytes().saturating_sub(before);
    assert!(grown < 20 << 20, "{grown} bytes more");
    assert!(peer.receive_within(Duration::ZERO).is_none());
}

#[test]
fn a_flood_of_requests_costs_bounded_memory_and_leaves_room_for_others() {
    const FLOODS: usize = 4;
    let server = Server::start(&[]);
    let bob = server.req();
    ask(&bob, &[b"bob"]);
    let before = server.program.resident_bytes();

    let said = [b"eve\x1f".as_slice(), &[b'x'; 4096]].concat();
    let (requests, flooding) = (server.requests.as_str(), AtomicUsize::new(FLOODS));
    let largest = std::thread::scope(|scope| {
        for _ in 0..FLOODS {
            scope.spawn(|| {
                let peer = Peer::connect(DEALER, requests);
                (0..10_000).for_each(|_| peer.send([&b""[..], &said]));
                flooding.fetch_sub(1, Ordering::Relaxed);
            });
        }
        let mut largest = before;
        while flooding.load(Ordering::Relaxed) > 0 {
            assert!(names(&ask(&bob, &[b"bob"])).contains(&"bob".to_owned()), "served during the flood");
            largest = largest.max(server.program.resident_bytes());
        }
        largest
    });
    let grown = largest.saturating_sub(before);
    assert!(grown < 20 << 20, "{grown} bytes more");
}

#[test]
fn a_subscriber_that_floods_the_broadcasts_is_disconnected_and_others_are_served() {
    let server = Server::start(&[]);
    let (listener, bob) = (server.listener(), server.req());
    let before = server.program.resident_bytes();
    for round in [&b"\0\x04\x01ada\0\x04\0ada"[..], b"\0\x03one", &[&[0, 250][..], &[b'x'; 250]].concat()] {
        let mut flooder = RawPeer::connect(&server.broadcasts, "SUB").unwrap();
        let bytes = round.repeat(64 * 1024 / round.len());
        let deadline = Instant::now() + testkit::BOUND;
        while flooder.send_bytes(&bytes).is_ok() {
            assert!(Instant::now() < deadline, "it is not disconnected");
        }
        let grown = server.program.resident_bytes().saturating_sub(before);
        assert!(grown < 64 << 20, "{grown} bytes more");
        ask(&bob, &[b"bob\x1fstill here"]);
        assert_eq!(listener.receive(), [b"bob\x1fstill here"]);
    }
}
