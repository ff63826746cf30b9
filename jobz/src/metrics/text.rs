//! Numbers in the text format of Prometheus, version 0.0.4. The library for it writes OpenMetrics instead, and wants counters that are
//! always there; these are made from one answer of the broker.

use std::fmt::{self, Display, Write as _};

use crate::dispatcher::{Counts, ServiceStats, Stats};

/// The whole as text.
#[must_use]
pub fn text(stats: &Stats) -> String {
    let mut text = Text(String::new());
    text.gauge("jobz_workers", "Registered workers.", stats.workers);
    text.gauge("jobz_requests_waiting", "Requests that wait for a worker.", stats.waiting);
    text.gauge("jobz_requests_open", "Requests that workers have.", stats.open);
    text.counts(stats.counts);
    let services = &stats.services;
    let workers = |it: &ServiceStats| it.workers as u64;
    text.by_service("workers", "gauge", "Registered workers of a service.", services, workers);
    let waiting = |it: &ServiceStats| it.waiting as u64;
    text.by_service("requests_waiting", "gauge", "Requests of a service that wait for a worker.", services, waiting);
    let open = |it: &ServiceStats| it.open as u64;
    text.by_service("requests_open", "gauge", "Requests of a service that workers have.", services, open);
    let help = "Requests of a service that got their final reply, since the broker knows it.";
    text.by_service("requests_answered_total", "counter", help, services, |it| it.answered);
    text.0
}

struct Text(String);

impl Text {
    /// Each count has a name here, or this does not compile.
    fn counts(&mut self, counts: Counts) {
        let Counts {
            answered,
            retried,
            expired,
            refused,
            dead,
            failed,
            paused,
            late,
            cancelled,
            disconnected,
            lost_workers,
            not_allowed,
            drained,
            passed,
        } = counts;
        for (name, help, count) in [
            ("requests_answered", "Requests that got their final reply.", answered),
            ("requests_retried", "Requests that were given to another worker.", retried),
            ("requests_expired", "Requests that waited too long.", expired),
            ("requests_refused", "Requests that were dropped for lack of room.", refused),
            ("requests_dead", "Requests whose tries were used up.", dead),
            ("requests_failed", "Failures of workers at a request.", failed),
            ("workers_paused", "Pauses of workers that failed too many requests in a row.", paused),
            ("replies_late", "Replies that no client waited for any more.", late),
            ("jobs_cancelled", "Jobs that were cancelled.", cancelled),
            ("workers_disconnected", "Workers that broke the protocol.", disconnected),
            ("workers_lost", "Workers that were gone or silent for too long.", lost_workers),
            ("workers_not_allowed", "Workers whose users may not register for their service.", not_allowed),
            ("workers_drained", "Workers that were let go because their service was drained.", drained),
            ("requests_passed", "Requests that were given to another broker.", passed),
        ] {
            let name = format!("jobz_{name}_total");
            self.head(&name, "counter", help);
            self.sample(format_args!("{name} {count}"));
        }
    }

    fn gauge(&mut self, name: &str, help: &str, value: usize) {
        self.head(name, "gauge", help);
        self.sample(format_args!("{name} {value}"));
    }

    /// A number of each service. A metric without samples is left out.
    fn by_service(
        &mut self,
        name: &str,
        kind: &str,
        help: &str,
        services: &[ServiceStats],
        value: impl Fn(&ServiceStats) -> u64,
    ) {
        if services.is_empty() {
            return;
        }
        let name = format!("jobz_service_{name}");
        self.head(&name, kind, help);
        for service in services {
            self.sample(format_args!("{name}{{service=\"{}\"}} {}", Label(&service.name), value(service)));
        }
    }

    fn head(&mut self, name: &str, kind: &str, help: &str) {
        self.sample(format_args!("# HELP {name} {help}"));
        self.sample(format_args!("# TYPE {name} {kind}"));
    }

    /// A line. Writing to a string does not fail.
    fn sample(&mut self, line: fmt::Arguments<'_>) {
        let _ = writeln!(self.0, "{line}");
    }
}

/// A label's value between its quotes.
struct Label<'a>(&'a str);

impl Display for Label<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|char| match char {
            '\\' => formatter.write_str("\\\\"),
            '"' => formatter.write_str("\\\""),
            '\n' => formatter.write_str("\\n"),
            char => formatter.write_char(char),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_service_is_a_label_that_is_escaped() {
        let service = |name: &str| ServiceStats { name: name.to_owned(), waiting: 7, ..ServiceStats::default() };
        let services = vec![service("up\"per\\"), service("größe\n")];
        let text = text(&Stats { workers: 3, services, ..Stats::default() });
        let lines: Vec<&str> = text.lines().filter(|line| line.contains("_workers ") || line.contains('7')).collect();
        assert_eq!(
            lines,
            [
                "# HELP jobz_workers Registered workers.",
                "# TYPE jobz_workers gauge",
                "jobz_workers 3",
                "# HELP jobz_service_workers Registered workers of a service.",
                "# TYPE jobz_service_workers gauge",
                r#"jobz_service_requests_waiting{service="up\"per\\"} 7"#,
                r#"jobz_service_requests_waiting{service="größe\n"} 7"#,
            ]
        );
    }

    #[test]
    fn a_broker_without_services_has_its_totals() {
        let text = text(&Stats::default());
        assert!(text.contains("\njobz_requests_dead_total 0\n") && !text.contains("jobz_service"), "{text}");
    }
}
