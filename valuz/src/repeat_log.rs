//! Log lines of orders that are asked for again: at most one a second, since losses become known little by little.

use std::time::{Duration, Instant};

use tracing::warn;

/// The least time between two lines.
const LOG_EVERY: Duration = Duration::from_secs(1);

/// What is not logged yet.
#[derive(Debug, Default)]
pub struct RepeatLog {
    orders: u64,
    next: Option<Instant>,
}

impl RepeatLog {
    /// Orders that are asked for again, logged now or with the next ones. What is never logged is in the summary.
    pub fn handle_repeat(&mut self, now: Instant, orders: u64) {
        self.orders += orders;
        if self.take_due(now) {
            let orders = std::mem::take(&mut self.orders);
            warn!(orders, "REPEAT: orders without a result are asked for again");
        }
    }

    fn take_due(&mut self, now: Instant) -> bool {
        let is_due = self.next.is_none_or(|next| now >= next);
        if is_due {
            self.next = Some(now + LOG_EVERY);
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_logs_once_a_second_and_loses_no_order() {
        let (mut log, start) = (RepeatLog::default(), Instant::now());
        let mut pending = Vec::new();
        for tenth in 0..=20_u32 {
            log.handle_repeat(start + Duration::from_millis(100) * tenth, 1);
            pending.push(log.orders);
        }
        assert_eq!(pending, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0]);
    }
}
