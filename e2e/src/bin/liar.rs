//! A reporter that lies, for the tests of observers: `liar HUB COUNT VICTIM...` sends `COUNT` lies to the hub's reports, some
//! of them in the names of the processes with these ids.

#![expect(clippy::expect_used, reason = "a test that cannot continue fails")]

use std::io;

use e2e::{chance, lies};

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let hub = arguments.next().expect("the first argument is a hub");
    let count = arguments.next().and_then(|count| count.parse().ok()).expect("the second argument is a number");
    lies::send(&hub, count, &mut chance(), &arguments.collect::<Vec<_>>())
}
