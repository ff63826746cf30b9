use super::*;

const MS: Duration = Duration::from_millis(1);

fn latency(milliseconds: u32) -> Effect {
    Effect { latency: milliseconds * MS, ..Effect::default() }
}

/// What leaves, with the time since `begin` in milliseconds, until nothing more can.
fn leaving(held: &mut Held, begin: Instant, effect: &Effect) -> Vec<(u128, Vec<u8>)> {
    let (mut now, mut all) = (begin, Vec::new());
    loop {
        match held.next(now, effect) {
            Next::Write(bytes) => {
                let bytes = held.front(bytes).to_owned();
                held.wrote(bytes.len());
                all.push(((now - begin).as_millis(), bytes));
            }
            Next::At(at) => now = at,
            Next::Nothing => return all,
            Next::End => {
                all.push(((now - begin).as_millis(), Vec::new()));
                return all;
            }
        }
    }
}

#[test]
fn without_a_fault_bytes_leave_at_once_and_in_order() {
    let (mut held, now) = (Held::new(), Instant::now());
    held.arrive(now, b"abc");
    held.arrive(now + 5 * MS, b"de");
    held.end(now + 5 * MS);
    let all = leaving(&mut held, now + 5 * MS, &Effect::default());
    assert_eq!(all, [(0, b"abc".to_vec()), (0, b"de".to_vec()), (0, Vec::new())]);
}

#[test]
fn a_latency_delays_each_byte_and_the_end_alike() {
    let (mut held, now) = (Held::new(), Instant::now());
    held.arrive(now, b"a");
    held.arrive(now + 50 * MS, b"b");
    held.end(now + 70 * MS);
    let all = leaving(&mut held, now, &latency(200));
    assert_eq!(all, [(200, b"a".to_vec()), (250, b"b".to_vec()), (270, Vec::new())]);
}

#[test]
fn no_byte_of_those_that_arrive_together_is_early() {
    let (mut held, now) = (Held::new(), Instant::now());
    for micros in [0, 900, 1_800, 2_700] {
        held.arrive(now + Duration::from_micros(micros), b"x");
    }
    let all = leaving(&mut held, now, &latency(10));
    assert_eq!(all, [(10, b"xx".to_vec()), (12, b"xx".to_vec())]);
}

#[test]
fn jitter_is_more_or_less_and_keeps_the_order() {
    let effect = Effect { jitter: 50 * MS, ..latency(100) };
    let mut early_and_late = [false; 2];
    for _ in 0..200 {
        let (mut held, now) = (Held::new(), Instant::now());
        held.arrive(now, b"a");
        held.arrive(now + MS, b"b");
        let all = leaving(&mut held, now, &effect);
        assert!(all[0].1 == b"a" && all[1].1 == b"b" && all[0].0 <= all[1].0);
        assert!(all.iter().all(|(at, _)| (50..=151).contains(at)), "{all:?}");
        early_and_late[usize::from(all[0].0 > 100)] = true;
    }
    assert_eq!(early_and_late, [true, true]);
}

#[test]
fn what_is_on_its_way_leaves_when_the_latency_ends() {
    let (mut held, now) = (Held::new(), Instant::now());
    held.arrive(now, b"a");
    assert_eq!(held.next(now, &latency(60_000)), Next::At(now + 60_000 * MS));
    assert_eq!(held.next(now, &Effect::default()), Next::Write(1));
}

#[test]
fn a_bandwidth_holds_over_all_bytes_and_is_not_saved_while_idle() {
    let effect = Effect { bandwidth: Some(1_000), ..Effect::default() };
    let (mut held, now) = (Held::new(), Instant::now());
    held.arrive(now, &[7; 500]);
    let all = leaving(&mut held, now, &effect);
    assert_eq!((all.len(), all[0].0, all[9].0), (10, 50, 500));
    let later = now + 5_000 * MS;
    held.arrive(later, &[7; 100]);
    assert_eq!(leaving(&mut held, later, &effect).last().map(|(at, _)| *at), Some(100));
}

#[test]
fn pieces_are_small_and_apart() {
    let effect = Effect { slice: Some(3), ..Effect::default() };
    let (mut held, now) = (Held::new(), Instant::now());
    held.arrive(now, b"abcdefgh");
    let all = leaving(&mut held, now, &effect);
    assert_eq!(all, [(1, b"abc".to_vec()), (2, b"def".to_vec()), (3, b"gh".to_vec())]);
    let slow = Effect { bandwidth: Some(100), ..effect };
    held.arrive(now, b"abcd");
    assert_eq!(leaving(&mut held, now, &slow), [(30, b"abc".to_vec()), (40, b"d".to_vec())]);
}

#[test]
fn a_silent_link_neither_takes_nor_gives() {
    let effect = Effect { is_silent: true, ..Effect::default() };
    let (mut held, now) = (Held::new(), Instant::now());
    held.arrive(now, b"a");
    held.end(now);
    assert_eq!((held.next(now, &effect), held.room(&effect)), (Next::Nothing, 0));
    assert_eq!(leaving(&mut held, now, &Effect::default()).len(), 2);
}

#[test]
fn what_is_held_is_bounded_however_small_its_parts_are() {
    for (effect, most) in [(Effect::default(), HELD_MAX), (latency(1_000), DELAYED_MAX)] {
        for part in [1, 16 * 1024] {
            let (mut held, mut now) = (Held::new(), Instant::now());
            while held.room(&effect) > 0 {
                held.arrive(now, &vec![0; part.min(held.room(&effect))]);
                now += 2 * MS;
            }
            assert!(held.bytes.len() + ARRIVAL_BYTES * held.arrivals.len() <= most + ARRIVAL_BYTES);
        }
    }
}
