//! Random graphs of brokers.

use std::collections::HashSet;

use proptest::{collection::vec, prelude::*};

use super::World;

fn graph() -> impl Strategy<Value = (Vec<usize>, Vec<(usize, usize)>)> {
    (2_usize..8).prop_flat_map(|nodes| {
        let ends = (0..nodes, 0..nodes).prop_filter("no link to itself", |(first, second)| first != second);
        (vec(0_usize..3, nodes), vec(ends, 1..14))
    })
}

proptest! {
    /// In any graph, whatever is cut, dropped or fails: no circle, no request twice, no place lost, and an answer to each.
    #[test]
    fn nothing_is_lost_in_any_graph(
        (workers, links) in graph(),
        acts in vec((0_u8..11, 0_usize..64), 0..300),
    ) {
        let mut world = World::new(&workers, &links);
        for (act, choice) in acts {
            let node = choice % workers.len();
            match act {
                0 | 1 => world.ask(node),
                2 => world.withdraw(node),
                3 => {
                    world.end(node, choice % 3 > 0);
                }
                4 if choice < 8 => world.cut(choice % links.len()),
                5 if choice < 16 => world.beat(),
                _ => {
                    world.deliver(choice);
                }
            }
            world.check_ways();
        }
        world.settle();
        for node in 0..workers.len() {
            while !world.nodes[node].open.is_empty() {
                world.withdraw(node);
            }
        }
        world.settle();
        world.check_nothing_is_left(&workers);
    }

    /// Without faults a request is done if any broker that can be reached has a worker, and each link carries each question at most twice.
    #[test]
    fn a_worker_that_can_be_reached_is_found(
        (workers, links) in graph(),
        choices in vec(0_usize..64, 0..200),
        start in 0_usize..8,
    ) {
        let start = start % workers.len();
        let mut world = World::new(&workers, &links);
        world.settle();
        let asks = world.asks;
        world.ask(start);
        for choice in choices {
            world.deliver(choice);
        }
        world.settle();
        let mut reached = HashSet::from([start]);
        while let Some(next) = links.iter().flat_map(|(first, second)| [(*first, *second), (*second, *first)])
            .find(|(from, to)| reached.contains(from) && !reached.contains(to))
        {
            reached.insert(next.1);
        }
        // A broker's own workers are for its own queue, not for its questions.
        let has_worker = reached.iter().any(|node| *node != start && workers[*node] > 0);
        prop_assert_eq!(world.nodes[start].done, usize::from(has_worker));
        prop_assert!(world.asks - asks <= 2 * links.len());
    }
}
