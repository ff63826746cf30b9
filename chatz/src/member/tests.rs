//! The member as a state machine: what it sends when, and what it reports of each text.

use super::*;

const KEEP_ALIVE: Duration = Duration::from_secs(2);

fn member(now: Instant) -> Member {
    Member::new(now, "ada".parse().unwrap(), KEEP_ALIVE)
}

/// A member that has joined and whose events are read.
fn joined(now: Instant) -> Member {
    let mut member = member(now);
    member.handle_hearing(now, true);
    reply(&mut member, now, roster(7, Some(&["ada"])));
    events(&mut member);
    member
}

fn roster(version: u64, names: Option<&[&str]>) -> Reply {
    Reply::Roster { version, users: names.map(users) }
}

fn users(names: &[&str]) -> Vec<User> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

fn text(text: &str) -> Text {
    text.parse().unwrap()
}

fn ask(member: &mut Member, now: Instant) -> Request {
    let request = member.request(now).expect("a request is due");
    member.handle_sent(now);
    assert_eq!(member.request(now), None, "one request at a time");
    request
}

fn reply(member: &mut Member, now: Instant, reply: Reply) -> Request {
    let request = ask(member, now);
    member.handle_reply(now, Ok(reply));
    request
}

fn events(member: &mut Member) -> Vec<Event> {
    std::iter::from_fn(|| member.poll_event()).collect()
}

fn reason(event: &Event) -> &str {
    match event {
        Event::Refused { reason, .. } | Event::Failed { reason, .. } => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn joining_waits_for_the_broadcasts_to_be_heard_but_not_for_ever() {
    let now = Instant::now();
    let mut deaf = member(now);
    assert_eq!((deaf.request(now), deaf.next_deadline(now)), (None, Some(now + HEARING_WITHIN)));
    assert!(deaf.request(now + HEARING_WITHIN).is_some());
    deaf.handle_hearing(now, true);
    assert!(deaf.request(now).is_some());
    assert_eq!(deaf.next_deadline(now), None, "only the socket is waited for");
}

#[test]
fn keep_alives_follow_each_reply_after_a_period_and_hold_the_version() {
    let now = Instant::now();
    let mut member = joined(now);
    assert_eq!((member.request(now), member.next_deadline(now)), (None, Some(now + KEEP_ALIVE)));
    let later = now + KEEP_ALIVE;
    let request = reply(&mut member, later, roster(7, None));
    assert_eq!((request.text, request.roster_version), (None, Some(7)));
    assert_eq!(events(&mut member), [], "nothing changed");

    let later = later + KEEP_ALIVE;
    reply(&mut member, later, roster(8, Some(&["ada", "bob"])));
    assert_eq!(events(&mut member), [Event::Users(users(&["ada", "bob"]))]);
}

#[test]
fn a_server_of_the_base_protocol_is_understood() {
    let now = Instant::now();
    let mut member = member(now);
    member.handle_hearing(now, true);
    reply(&mut member, now, Reply::Users(users(&["ada"])));
    let reported =
        [Event::Server(ServerState::Connecting), Event::Server(ServerState::Up), Event::Users(users(&["ada"]))];
    assert_eq!(events(&mut member), reported);
    let request = reply(&mut member, now + KEEP_ALIVE, Reply::Users(users(&["ada"])));
    assert_eq!(request.roster_version, Some(0));
    assert_eq!(events(&mut member), []);
}

#[test]
fn an_unchanged_roster_of_a_version_never_seen_makes_it_ask_for_all_names() {
    let now = Instant::now();
    let mut member = joined(now);
    reply(&mut member, now + KEEP_ALIVE, roster(9, None));
    assert_eq!(ask(&mut member, now + 2 * KEEP_ALIVE).roster_version, Some(0));
}

#[test]
fn texts_are_said_in_order_one_request_at_a_time() {
    let now = Instant::now();
    let mut member = joined(now);
    member.say(text("one"));
    member.say(text("two"));
    assert_eq!(reply(&mut member, now, roster(7, None)).text, Some(text("one")));
    assert_eq!(reply(&mut member, now, roster(7, None)).text, Some(text("two")));
    assert_eq!(events(&mut member), [Event::Said(text("one")), Event::Said(text("two"))]);
}

#[test]
fn while_the_server_is_away_texts_are_kept_and_only_keep_alives_look_for_it() {
    let now = Instant::now();
    let mut member = joined(now);
    member.handle_disconnected(now);
    member.handle_hearing(now, false);
    member.say(text("one"));
    assert_eq!(events(&mut member), [Event::Server(ServerState::Down), Event::Kept(text("one"))]);
    assert_eq!(member.request(now), None, "deaf");

    member.handle_hearing(now, true);
    assert_eq!(reply(&mut member, now, roster(3, Some(&["ada"]))).text, None);
    let others_are_back = now + BACK_WITHIN;
    assert_eq!((member.request(now), member.next_deadline(now)), (None, Some(others_are_back)));
    assert_eq!(reply(&mut member, others_are_back, roster(3, None)).text, Some(text("one")));
    assert_eq!(events(&mut member), [Event::Server(ServerState::Up), Event::Said(text("one"))]);
}

#[test]
fn a_text_whose_reply_is_lost_is_reported_and_not_said_again() {
    let now = Instant::now();
    for lose in [Member::handle_disconnected, |member: &mut Member, now| member.handle_timeout(now + REPLY_WITHIN)] {
        let mut member = joined(now);
        member.say(text("one"));
        ask(&mut member, now);
        lose(&mut member, now);
        let reported = events(&mut member);
        assert_eq!(reason(&reported[0]), "no reply: the text may or may not have been said: one");
        assert_eq!(reported[1..], [Event::Server(ServerState::Down)]);
        assert_eq!(ask(&mut member, now + REPLY_WITHIN).text, None);
    }
}

#[test]
fn more_texts_than_may_wait_are_refused_and_those_that_wait_are_reported_at_the_end() {
    let now = Instant::now();
    let mut member = member(now);
    (0..=TEXTS_MAX).for_each(|number| member.say(text(&number.to_string())));
    let reported = events(&mut member);
    assert_eq!(reason(reported.last().unwrap()), "100 texts are waiting already, not taken: 100");
    let last = member.handle_leave();
    assert_eq!((last.text, last.leaves), (None, true));
    let reported = events(&mut member);
    assert_eq!((reported.len(), reason(&reported[99])), (TEXTS_MAX, "left before it was said: 99"));
}

#[test]
fn a_lasting_refusal_is_reported_once_and_a_refused_text_each_time() {
    let now = Instant::now();
    let mut member = joined(now);
    let full = || Reply::Refusal("the room is full".to_owned());
    let at = |period| now + period * KEEP_ALIVE;
    reply(&mut member, at(1), full());
    assert_eq!(reason(&events(&mut member)[0]), "the room is full");
    reply(&mut member, at(2), full());
    assert_eq!(events(&mut member), []);
    member.say(text("one"));
    reply(&mut member, at(2), full());
    assert_eq!(
        events(&mut member),
        [Event::Refused { text: Some(text("one")), reason: "the room is full".to_owned() }]
    );
    reply(&mut member, at(3), roster(8, None));
    reply(&mut member, at(4), full());
    assert_eq!(events(&mut member).len(), 1, "reported again after it was over");
}

#[test]
fn another_name_is_asked_for_first_and_then_the_old_one_leaves() {
    let now = Instant::now();
    let mut member = joined(now);
    member.rename(now, "eve".parse().unwrap());
    member.say(text("hi"));
    let asked = reply(&mut member, now, roster(8, Some(&["ada", "eve"])));
    assert_eq!((asked.user.as_str(), &asked.text, asked.leaves), ("eve", &None, false));
    assert_eq!(events(&mut member), [Event::Renamed("eve".parse().unwrap()), Event::Users(users(&["ada", "eve"]))]);
    let left = reply(&mut member, now, roster(9, None));
    assert_eq!((left.user.as_str(), left.leaves), ("ada", true));
    let said = reply(&mut member, now, roster(9, Some(&["eve"])));
    assert_eq!((said.user.as_str(), said.text), ("eve", Some(text("hi"))));
    assert_eq!(events(&mut member), [Event::Users(users(&["eve"])), Event::Said(text("hi"))]);
    assert_eq!(member.handle_leave().user.as_str(), "eve");
}

#[test]
fn before_the_first_request_another_name_simply_replaces_the_first() {
    let now = Instant::now();
    let mut member = member(now);
    member.rename(now, "eve".parse().unwrap());
    let reported = [Event::Server(ServerState::Connecting), Event::Renamed("eve".parse().unwrap())];
    assert_eq!(events(&mut member), reported);
    member.handle_hearing(now, true);
    assert_eq!(ask(&mut member, now).user.as_str(), "eve");
}

#[test]
fn a_refused_name_leaves_the_user_with_the_present_one() {
    let now = Instant::now();
    let mut member = joined(now);
    for _ in 0..2 {
        member.rename(now, "eve".parse().unwrap());
        assert_eq!(reply(&mut member, now, Reply::Refusal("not yours".to_owned())).user.as_str(), "eve");
        assert_eq!(events(&mut member), [Event::Refused { text: None, reason: "not yours".to_owned() }]);
        let request = reply(&mut member, now, roster(7, None));
        assert_eq!((request.user.as_str(), request.leaves), ("ada", false));
        assert_eq!((events(&mut member), member.request(now)), (vec![], None));
    }
}

#[test]
fn a_name_that_is_no_longer_wanted_leaves_when_it_is_accepted() {
    let now = Instant::now();
    let mut member = joined(now);
    member.rename(now, "eve".parse().unwrap());
    assert_eq!(ask(&mut member, now).user.as_str(), "eve");
    member.rename(now, "ada".parse().unwrap());
    member.handle_reply(now, Ok(roster(8, Some(&["ada", "eve"]))));
    let left = reply(&mut member, now, Reply::Refusal("an old server".to_owned()));
    assert_eq!((left.user.as_str(), left.leaves), ("eve", true));
    assert_eq!(events(&mut member), [Event::Users(users(&["ada", "eve"]))]);
    assert_eq!(ask(&mut member, now).user.as_str(), "ada");
}

#[test]
fn a_name_is_asked_for_until_there_is_a_reply_and_texts_wait_for_it() {
    let mut now = Instant::now();
    let mut member = joined(now);
    member.rename(now, "eve".parse().unwrap());
    member.say(text("hi"));
    ask(&mut member, now);
    member.handle_reply(now, Err(wire::Fault::Missing.of("users")));
    assert_eq!((member.request(now), member.next_deadline(now)), (None, Some(now + KEEP_ALIVE)));
    now += KEEP_ALIVE;
    let asked = ask(&mut member, now);
    assert_eq!((asked.user.as_str(), asked.text), ("eve", None));
    member.handle_disconnected(now);
    assert_eq!(reply(&mut member, now, roster(9, Some(&["eve"]))).user.as_str(), "eve");
    assert!(events(&mut member).contains(&Event::Renamed("eve".parse().unwrap())));
}

#[test]
fn a_malformed_reply_leaves_open_whether_the_text_was_said() {
    let now = Instant::now();
    let mut member = joined(now);
    member.say(text("one"));
    ask(&mut member, now);
    member.handle_reply(now, Err(wire::Fault::Missing.of("users")));
    assert_eq!(
        reason(&events(&mut member)[0]),
        "the reply is malformed (users: missing): the text may or may not have been said: one"
    );
}

/// Sends a request and waits in vain; returns whether the client has to connect again.
fn unheard(member: &mut Member, now: &mut Instant) -> bool {
    ask(member, *now);
    *now += REPLY_WITHIN;
    member.handle_timeout(*now);
    member.poll_reconnect()
}

#[test]
fn after_a_request_without_a_reply_it_connects_again_and_then_after_ever_more_of_them() {
    let mut now = Instant::now();
    let mut member = joined(now);
    member.say(text("one"));
    let mut waits = Vec::new();
    for _ in 0..5 {
        let wait = (1..).find(|_| unheard(&mut member, &mut now));
        waits.extend(wait);
        assert!(!member.poll_reconnect(), "once for each time");
    }
    assert_eq!(waits, [1, 2, 4, UNHEARD_MAX, UNHEARD_MAX]);
    let texts = events(&mut member).into_iter().filter(|event| matches!(event, Event::Failed { .. }));
    assert_eq!(texts.count(), 1, "the text was sent once, on the first connection");

    reply(&mut member, now, roster(7, None));
    assert!(unheard(&mut member, &mut { now + KEEP_ALIVE }), "a reply ends the backoff");
}

#[test]
fn while_the_server_is_gone_libzmq_connects_again_by_itself() {
    let now = Instant::now();
    let mut member = joined(now);
    ask(&mut member, now + KEEP_ALIVE);
    member.handle_disconnected(now + KEEP_ALIVE);
    member.handle_timeout(now + KEEP_ALIVE + REPLY_WITHIN);
    assert!(!member.poll_reconnect());
}
