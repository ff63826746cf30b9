//! Brokers in graphs of any shape, all of each but its sockets, among clients and workers that are lists of messages.

mod world;

use proptest::{collection::vec, prelude::*};
use wire::job::HOPS_MAX;

use self::world::World;

/// Brokers in a row, each connected to the next, with a worker at the last one.
fn row(brokers: usize) -> World {
    let links: Vec<(usize, usize)> = (1..brokers).map(|broker| (broker - 1, broker)).collect();
    let mut world = World::new(brokers, &links);
    world.ready(brokers - 1, 1);
    world.settle();
    world
}

#[test]
fn a_request_is_passed_on_up_to_the_limit_of_hops() {
    let limit = usize::from(HOPS_MAX);
    for (hops, is_done) in [(1, true), (limit, true), (limit + 1, false)] {
        let mut world = row(hops + 1);
        world.ask(0);
        for _ in 0..10 {
            world.settle();
            world.beat();
        }
        assert_eq!((world.given(1), world.answers(1)), (usize::from(is_done), usize::from(is_done)), "{hops} hops");
    }
}

#[test]
fn a_broken_link_returns_what_was_passed_on_wherever_it_breaks() {
    for cut in 0..3 {
        let mut world = row(4);
        world.ask(0);
        while world.deliver(0) {}
        assert_eq!((world.given(1), world.stats(0).waiting), (1, 0));
        world.cut(cut);
        while world.deliver(0) {}
        assert_eq!((world.stats(0).waiting, world.stats(0).counts.retried), (1, 1), "at link {cut}");
        assert_eq!(world.cancels, 1, "the worker learns that its reply is not wanted");
        world.ready(0, 1);
        world.settle();
        assert_eq!((world.given(1), world.answers(1)), (2, 1));
        world.check_nothing_is_left();
    }
}

#[test]
fn a_service_that_only_other_brokers_do_is_known_as_long_as_they_have_a_request_of_it() {
    let mut world = World::new(2, &[(0, 1)]);
    world.ready(1, 2);
    world.settle();
    world.ask(0);
    world.ask(0);
    while world.deliver(0) {}
    world.settle();
    assert_eq!((world.answers(1), world.answers(2)), (1, 1));
    world.check_nothing_is_left();
}

#[test]
fn a_free_worker_of_the_broker_itself_gets_a_request_for_which_others_were_asked() {
    let mut world = World::new(3, &[(0, 1), (0, 2)]);
    world.settle();
    world.ask(0);
    while world.deliver(0) {}
    world.ready(0, 1);
    world.ready(1, 1);
    world.ready(2, 1);
    world.settle();
    assert_eq!((world.given(1), world.answers(1), world.stats(0).counts.passed), (1, 1, 0));
    world.check_nothing_is_left();
}

fn graph() -> impl Strategy<Value = (usize, Vec<(usize, usize)>)> {
    (2_usize..8).prop_flat_map(|brokers| {
        let ends = (0..brokers, 0..brokers).prop_filter("no link to itself", |(first, second)| first != second);
        (Just(brokers), vec(ends, 1..12))
    })
}

proptest! {
    /// In any graph whose links hold: each request is given to one worker and answered once, if its broker reaches any.
    #[test]
    fn without_a_broken_link_nothing_is_lost_or_done_twice(
        (brokers, links) in graph(),
        workers in vec((0_usize..8, 1_u64..4), 0..6),
        acts in vec((0_u8..8, 0_usize..64), 0..150),
    ) {
        let mut world = World::new(brokers, &links);
        for (broker, credit) in workers {
            world.ready(broker % brokers, credit);
        }
        for (act, choice) in acts {
            match act {
                0 | 1 => world.ask(choice % brokers),
                2 => {
                    world.end(choice);
                }
                3 => {
                    // However late the messages are, heartbeats are in time.
                    while world.deliver(choice) {}
                    world.beat();
                    while world.deliver(0) {}
                }
                _ => {
                    world.deliver(choice);
                }
            }
            world.check_places();
        }
        for _ in 0..12 {
            world.settle();
            world.beat();
        }
        for request in 1..=world.asked() {
            let done = usize::from(world.reaches_worker(request));
            prop_assert_eq!((world.given(request), world.answers(request)), (done, done), "request {}", request);
        }
        prop_assert_eq!((0..brokers).map(|broker| world.stats(broker).counts.retried).sum::<u64>(), 0);
    }

    /// Whatever breaks, fails or is gone: no request is answered twice or goes round in a circle, no worker has more than it can
    /// take; and once each broker has a worker, everything is answered, and nothing is left.
    #[test]
    fn what_breaks_loses_no_request(
        (brokers, links) in graph(),
        acts in vec((0_u8..14, 0_usize..64), 0..200),
    ) {
        let mut world = World::new(brokers, &links);
        for (act, choice) in acts {
            match act {
                0..=2 => world.ask(choice % brokers),
                3 => world.ready(choice % brokers, 1 + choice as u64 % 3),
                4 => {
                    world.end(choice);
                }
                5 => {
                    world.fail(choice);
                }
                6 => world.gone(choice),
                7 if choice < 8 => world.cut(choice % links.len()),
                8 if choice < 32 => world.beat(),
                _ => {
                    world.deliver(choice);
                }
            }
            world.check_places();
        }
        world.settle();
        for broker in 0..brokers {
            world.ready(broker, 100);
        }
        for _ in 0..8 {
            world.settle();
            world.beat();
        }
        world.settle();
        for request in 1..=world.asked() {
            prop_assert_eq!(world.answers(request), 1, "request {}", request);
        }
        world.check_nothing_is_left();
    }
}
