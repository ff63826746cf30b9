//! The room as a state machine: joining, expiry, limits, versions; and against a model that is too simple to be wrong.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

const CONFIG: RoomConfig = RoomConfig { expiry: Duration::from_secs(5), users_max: 3 };

fn alive(user: &str) -> Request {
    Request { user: user.parse().unwrap(), text: None, roster_version: None, leaves: false }
}

fn holding(user: &str, version: u64) -> Request {
    Request { roster_version: Some(version), ..alive(user) }
}

fn names(room: &Room) -> Vec<&str> {
    room.users().map(User::as_str).collect()
}

#[test]
fn the_sender_is_present_in_its_own_reply_and_names_are_sorted_by_code_point() {
    let now = Instant::now();
    let mut room = Room::new(CONFIG, 1);
    for user in ["zoë", "Åsa", "Bob"] {
        let accepted = room.handle_request(now, alive(user)).unwrap();
        assert_eq!(accepted.change, Some(Change::Joined));
        assert!(names(&room).contains(&user));
    }
    assert_eq!(names(&room), ["Bob", "zoë", "Åsa"]);
}

#[test]
fn what_is_said_is_broadcast_as_it_was_accepted() {
    let mut room = Room::new(CONFIG, 1);
    let text: wire::Text = " two\nlines \u{15}".parse().unwrap();
    let request = Request { text: Some(text.clone()), ..alive("ada") };
    let said = room.handle_request(Instant::now(), request).unwrap().said.unwrap();
    assert_eq!((said.user.as_str(), said.text), ("ada", text));
}

#[test]
fn each_request_delays_the_expiry_of_its_user_only() {
    let start = Instant::now();
    let at = |seconds| start + Duration::from_secs(seconds);
    let mut room = Room::new(CONFIG, 1);
    assert_eq!(room.next_deadline(), None);
    room.handle_request(start, alive("ada")).unwrap();
    room.handle_request(at(1), alive("bob")).unwrap();
    room.handle_request(at(4), alive("ada")).unwrap();

    assert_eq!(room.next_deadline(), Some(at(6)));
    assert!(room.handle_timeout(at(6) - Duration::from_nanos(1)).is_empty());
    assert_eq!(room.handle_timeout(at(6)), ["bob".parse().unwrap()]);
    assert_eq!(room.next_deadline(), Some(at(9)));
    assert_eq!(room.handle_timeout(at(100)), ["ada".parse().unwrap()]);
    assert_eq!((room.users().len(), room.next_deadline()), (0, None));
}

#[test]
fn a_user_who_leaves_is_gone_at_once_and_gets_the_version_alone() {
    let now = Instant::now();
    let mut room = Room::new(CONFIG, 7);
    let leaving = |user: &str| Request { leaves: true, ..holding(user, 0) };
    for user in ["ada", "bob"] {
        room.handle_request(now, alive(user)).unwrap();
    }
    let accepted = room.handle_request(now, leaving("ada")).unwrap();
    assert_eq!((accepted.roster, accepted.change), (RosterReply::Version, Some(Change::Left)));
    assert_eq!((names(&room), room.version()), (vec!["bob"], 10));
    assert_eq!(room.handle_timeout(now + CONFIG.expiry), ["bob".parse().unwrap()], "ada is not expected any more");

    let last_words = Request { text: Some("bye".parse().unwrap()), ..leaving("eve") };
    let accepted = room.handle_request(now, last_words).unwrap();
    assert_eq!((accepted.said.unwrap().text.as_str(), accepted.change), ("bye", None));
    assert_eq!((names(&room).len(), room.version()), (0, 11), "who was not there changes nothing by leaving");
}

#[test]
fn a_full_room_refuses_further_users_and_keeps_serving_the_present_ones() {
    let now = Instant::now();
    let mut room = Room::new(CONFIG, 1);
    for user in ["ada", "bob", "eve"] {
        room.handle_request(now, alive(user)).unwrap();
    }
    let before = room.version();
    let refusal = room.handle_request(now, alive("dan")).unwrap_err();
    assert_eq!(refusal.to_string(), "the room is full: at most 3 users may be present");
    assert!(room.handle_request(now, alive("bob")).is_ok());
    assert_eq!((names(&room), room.version()), (vec!["ada", "bob", "eve"], before));

    room.handle_timeout(now + CONFIG.expiry);
    assert!(room.handle_request(now + CONFIG.expiry, alive("dan")).is_ok());
}

#[test]
fn names_are_left_out_exactly_if_the_peer_holds_the_current_version() {
    let now = Instant::now();
    let mut room = Room::new(CONFIG, 7);
    let mut roster = |request| room.handle_request(now, request).unwrap().roster;
    assert_eq!(roster(alive("ada")), RosterReply::Names);
    assert_eq!(roster(holding("ada", 0)), RosterReply::VersionAndNames);
    assert_eq!(roster(holding("ada", 8)), RosterReply::Version);
    assert_eq!(roster(holding("ada", 7)), RosterReply::VersionAndNames, "an old version");
    assert_eq!(roster(holding("ada", u64::MAX)), RosterReply::VersionAndNames, "a version of the future");
    assert_eq!(roster(holding("bob", 8)), RosterReply::VersionAndNames, "bob joined: version 9");
    assert_eq!(roster(holding("ada", 9)), RosterReply::Version);
}

#[test]
fn versions_stay_within_their_range_at_both_ends() {
    assert_eq!(Room::new(CONFIG, 0).version(), 1, "0 means that a peer holds none");
    let mut room = Room::new(CONFIG, u64::MAX);
    assert_eq!(room.version(), ROSTER_VERSION_MAX);
    room.handle_request(Instant::now(), alive("ada")).unwrap();
    assert_eq!(room.version(), 1);
}

proptest! {
    /// Steps are a user (0..6) and the milliseconds since the step before. The model keeps last requests only.
    #[test]
    fn the_room_agrees_with_a_list_of_last_requests(steps in prop::collection::vec((0..6u8, 0..4_000u64), 1..80)) {
        let mut now = Instant::now();
        let mut room = Room::new(CONFIG, 1);
        let mut last = BTreeMap::new();
        for (user, pause_ms) in steps {
            now += Duration::from_millis(pause_ms);
            let before = (room.version(), names(&room).join(" "));
            room.handle_timeout(now);
            last.retain(|_, at| now < *at + CONFIG.expiry);

            let user = format!("user{user}");
            let fits = last.contains_key(&user) || last.len() < CONFIG.users_max;
            prop_assert_eq!(room.handle_request(now, alive(&user)).is_ok(), fits);
            if fits {
                last.insert(user, now);
            }
            prop_assert_eq!(names(&room), last.keys().map(String::as_str).collect::<Vec<_>>());
            prop_assert_eq!(room.next_deadline(), last.values().min().map(|&at| at + CONFIG.expiry));
            let unchanged = before.1 == names(&room).join(" ");
            prop_assert!(unchanged || room.version() > before.0);
        }
    }
}
