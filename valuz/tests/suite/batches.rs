//! Workers outlive a batch that was broken off without EXIT: no result of it reaches the total of the next.

use valuz::progress::Progress;

use super::{Channels, assert_ends, total_of};

#[test]
fn results_of_a_batch_whose_source_and_reduce_were_killed_are_not_in_the_next_total() {
    let channels = Channels::free();
    let reduce = channels.reduce(&["--workers", "1", "--count", "3000", "--progress"]);
    let source = channels.source(&["--count", "3000", "--seed", "1"]);
    let worker = channels.worker(&["--delay", "1ms"]);
    // Killed sooner, the source may have sent nothing.
    reduce.line_where(|line| matches!(Progress::parse(line), Some(Progress::Counted(counted)) if counted > 0));
    for program in [source, reduce] {
        program.kill();
        let _ = program.finish();
    }
    // The worker still holds orders of the first batch, and delivers their results to the second reduce.
    let reduce = channels.reduce(&["--workers", "1", "--count", "3000", "--give-up", "2m"]);
    let source = channels.source(&["--count", "3000", "--seed", "2"]);
    let finished = reduce.finish_within(3 * testkit::BOUND);
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert_eq!(finished.json()["value"].as_f64(), Some(total_of(2, 3000)), "{}", finished.stderr);
    assert!(!finished.stderr.contains(" late=0 "), "results of the first batch came: {}", finished.stderr);
    assert_ends([source, worker]);
}
