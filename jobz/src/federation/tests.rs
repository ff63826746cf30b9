//! Histories of brokers in graphs of any shape, with messages that arrive in any order that connections allow.

mod graphs;
mod world;

use std::iter;

use wire::{
    Frames,
    job::{Body, BrokerId, PeerMessage, Token},
};

use self::world::{HEARTBEAT, World};
use super::{PATIENCE, QUESTIONS_MAX, Step};

/// Two brokers, one without workers.
fn pair() -> World {
    let mut world = World::new(&[0, 1], &[(0, 1)]);
    world.settle();
    world
}

#[test]
fn a_broker_without_workers_passes_its_request_to_one_that_has_some() {
    let mut world = pair();
    world.ask(0);
    world.settle();
    assert_eq!((world.nodes[0].done, world.nodes[0].failed), (1, 0));
    world.check_nothing_is_left(&[0, 1]);
}

#[test]
fn no_more_is_passed_than_there_are_places() {
    let mut world = pair();
    for _ in 0..5 {
        world.ask(0);
    }
    while world.deliver(0) {}
    assert_eq!((world.runs.len(), world.nodes[1].seeking.len()), (1, 4));
    world.settle();
    assert_eq!(world.nodes[0].done, 5);
}

#[test]
fn a_request_that_is_not_wanted_any_more_frees_its_place_at_any_moment() {
    for delivered in 0..5 {
        let mut world = pair();
        world.ask(0);
        for _ in 0..delivered {
            world.deliver(0);
        }
        world.withdraw(0);
        world.settle();
        world.check_nothing_is_left(&[0, 1]);
    }
}

#[test]
fn a_peer_that_is_gone_has_failed_what_it_had_and_dropped_what_it_asked() {
    for delivered in 0..5 {
        let mut world = World::new(&[0, 0, 1], &[(0, 1), (1, 2)]);
        world.settle();
        world.ask(0);
        for _ in 0..delivered {
            world.deliver(0);
        }
        world.cut(1);
        while world.deliver(0) {}
        world.withdraw(0);
        world.settle();
        world.check_nothing_is_left(&[0, 0, 1]);
    }
}

#[test]
fn a_silent_peer_is_given_up_and_one_that_beats_is_not() {
    let mut world = pair();
    for _ in 0..10 {
        world.beat();
        world.settle();
    }
    assert_eq!(world.nodes[0].federation.peers(), 1);
    world.queues.clear();
    world.now += 3 * HEARTBEAT;
    let now = world.now;
    world.nodes[0].federation.handle_timeout(now);
    assert!(iter::from_fn(|| world.nodes[0].federation.take_step()).any(|step| step == Step::Close(0)));
    assert_eq!(world.nodes[0].federation.peers(), 0);
}

#[test]
fn a_second_connection_to_the_same_broker_does_no_harm_and_one_to_itself_is_closed() {
    let mut world = World::new(&[0, 1], &[(0, 1), (0, 1), (1, 1)]);
    world.settle();
    assert_eq!(world.nodes.iter().map(|node| node.federation.peers()).collect::<Vec<_>>(), [2, 2]);
    world.ask(0);
    world.settle();
    assert_eq!(world.nodes[0].done, 1);
}

#[test]
fn a_peer_has_a_limit_of_questions_and_what_is_beyond_it_is_asked_again() {
    let mut world = World::new(&[0, 0, 1], &[(0, 1), (1, 2)]);
    world.settle();
    for _ in 0..QUESTIONS_MAX {
        world.ask(0);
    }
    assert!(!world.nodes[0].federation.can_ask());
    world.ask(1);
    for _ in 0..PATIENCE {
        world.settle();
        world.beat();
    }
    world.settle();
    assert_eq!((world.nodes[0].done, world.nodes[1].done), (QUESTIONS_MAX, 1));
    world.check_nothing_is_left(&[0, 0, 1]);
}

#[test]
fn what_a_peer_has_no_right_to_say_changes_nothing() {
    let mut world = pair();
    world.ask(0);
    let token = *world.nodes[0].federation.own.values().next().unwrap();
    let stranger = Token { broker: BrokerId([9; 16]), number: 1 };
    let body: Frames = ["no"].into_iter().collect();
    let body = Body::of(&body, 0).unwrap();
    for of in [token, stranger] {
        for message in [
            PeerMessage::No(of),
            PeerMessage::Drop(of),
            PeerMessage::Pass(of, body),
            PeerMessage::Part(of, body),
            PeerMessage::Done(of, body),
            PeerMessage::Fail(of, "no"),
        ] {
            let now = world.now;
            world.nodes[0].federation.handle_message(now, 0, message);
        }
    }
    assert!(world.nodes[0].federation.questions.contains_key(&token));
    let steps: Vec<Step> = iter::from_fn(|| world.nodes[0].federation.take_step()).collect();
    assert!(steps.iter().all(|step| matches!(step, Step::Send(..))), "{steps:?}");
}
