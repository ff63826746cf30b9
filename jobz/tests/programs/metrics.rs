//! `jobz broker --metrics`: what Prometheus and its own checker make of it, and what happens to other requests.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{Shutdown, TcpStream},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use serde_json::Value;
use testkit::{BOUND, Program, eventually};

use crate::support::{Broker, command, reply};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// A broker, and the address of its metrics.
fn start() -> (Broker, String) {
    let broker = Broker::start("--metrics 127.0.0.1:0");
    let endpoint = broker.program.endpoint("metrics");
    let address = endpoint.strip_prefix("http://").unwrap().strip_suffix("/metrics").unwrap().to_owned();
    (broker, address)
}

/// Sends bytes, and returns the whole answer.
fn exchange(address: &str, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(BOUND)).unwrap();
    stream.write_all(bytes).unwrap();
    let mut answer = Vec::new();
    // A reset after the answer is an end as well.
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8(answer).unwrap()
}

fn get(address: &str, path: &str) -> (String, String) {
    let answer =
        exchange(address, format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").as_bytes());
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

fn text(address: &str) -> String {
    let (head, body) = get(address, "/metrics");
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert!(head.contains("content-type: text/plain; version=0.0.4; charset=utf-8"), "{head}");
    body
}

/// A program of Prometheus, from where `./justw test` puts it, or installed.
fn prometheus(name: &str) -> Command {
    let own = Path::new(ROOT).join(".tools/prometheus/usr/bin").join(name);
    Command::new(if own.exists() { own } else { PathBuf::from(name) })
}

const MISSING: &str = "Prometheus is needed: `./justw test` gets it";

/// What `promtool` has against this text.
fn faults(text: &str) -> String {
    let mut checker = prometheus("promtool");
    checker.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut checker = checker.spawn().unwrap_or_else(|error| panic!("{MISSING}: {error}"));
    checker.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = checker.wait_with_output().unwrap();
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// One request is answered, one is open, and three wait, for a service with a name that has to be escaped.
fn busy(broker: &Broker, service: &str) {
    let worker = broker.worker(service);
    let client = broker.dealer();
    for _ in 0..5 {
        client.send([b"MDPC02", &b"\x01"[..], service.as_bytes(), b"hi"]);
    }
    let request = command(&worker, 2);
    reply(&worker, &request[2], b"HI");
    assert_eq!(client.receive()[3], b"HI");
    command(&worker, 2);
    // They stay until the broker ends.
    std::mem::forget((worker, client));
}

#[test]
fn the_checker_of_prometheus_finds_no_fault() {
    let (broker, address) = start();
    assert_eq!(faults(&text(&address)), "");
    busy(&broker, "up\"per\\");
    eventually("the numbers are there", || {
        text(&address).contains("jobz_service_requests_waiting{service=\"up\\\"per\\\\\"} 3\n")
    });
    assert_eq!(faults(&text(&address)), "");
    // It does find faults.
    assert_ne!(faults("# TYPE jobz_Total counter\njobz_Total 1\n"), "");
}

#[test]
fn prometheus_reads_it_and_the_query_of_the_scaler_is_its_backlog() {
    let (broker, address) = start();
    busy(&broker, "upper");
    let folder = tempfile::tempdir().unwrap();
    let job = fs::read_to_string(Path::new(ROOT).join("deploy/prometheus/jobz.yml")).unwrap();
    let config = job
        .replace("127.0.0.1:9464", &address)
        .replace("scrape_interval: 5s", "scrape_interval: 100ms\n    scrape_timeout: 100ms");
    assert!(config.contains(&address) && config.contains("100ms"));
    fs::write(folder.path().join("prometheus.yml"), config).unwrap();
    let [endpoint] = testkit::free_endpoints();
    let listen = endpoint.strip_prefix("tcp://").unwrap();
    let mut command = prometheus("prometheus");
    command.current_dir(&folder).args(["--config.file=prometheus.yml", "--storage.tsdb.path=data"]);
    command.arg(format!("--web.listen-address={listen}"));
    let server = Program::spawn(command);
    server.wait_for_log("Server is ready to receive web requests");

    let value = |query: &str| -> Option<String> {
        let query: String = query.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let (_, body) = get(listen, &format!("/api/v1/query?query={query}"));
        let answer: Value = serde_json::from_str(&body).unwrap();
        Some(answer["data"]["result"][0]["value"][1].as_str()?.to_owned())
    };
    let manifest = fs::read_to_string(Path::new(ROOT).join("deploy/kubernetes/scaling.yaml")).unwrap();
    let query = manifest.lines().find_map(|line| line.trim().strip_prefix("query: ")).unwrap();
    eventually("one is open and three wait", || value(query).as_deref() == Some("4"));
    assert_eq!(value("jobz_workers").as_deref(), Some("1"));
    assert_eq!(value("jobz_service_requests_answered_total{service=\"upper\"}").as_deref(), Some("1"));
    // A service that the broker does not know has no backlog, and that is a number, too.
    assert_eq!(value(&query.replace("upper", "lower")).as_deref(), Some("0"));
}

#[test]
fn there_is_one_page_and_a_malformed_request_is_refused() {
    let (_broker, address) = start();
    for path in ["/", "/metrics/", "/metricsx", "/../metrics"] {
        assert!(get(&address, path).0.starts_with("HTTP/1.1 404 "), "{path}");
    }
    for bytes in
        [&b"hello\r\n\r\n"[..], b"GET\r\n\r\n", b"\x16\x03\x01\x00\x05hello\r\n\r\n", b"GET /metrics HTTP/9.9\r\n\r\n"]
    {
        assert!(exchange(&address, bytes).starts_with("HTTP/1.1 400 "), "{bytes:?}");
    }
    let post = exchange(&address, b"POST /metrics HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n");
    assert!(post.starts_with("HTTP/1.1 405 ") && post.contains("allow: GET, HEAD"), "{post}");
    let head = exchange(&address, b"HEAD /metrics HTTP/1.1\r\nhost: a\r\n\r\n");
    assert!(head.starts_with("HTTP/1.1 200 ") && head.ends_with("\r\n\r\n"), "{head}");
    let long = [b"GET /metrics HTTP/1.1\r\nhost: ", &vec![b'a'; 1 << 20][..], b"\r\n\r\n"].concat();
    let mut stream = TcpStream::connect(&address).unwrap();
    // It is refused before all of it was read.
    let _ = stream.write_all(&long);
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    assert!(!answer.starts_with("HTTP/1.1 200 "), "{answer}");
    text(&address);
}

#[test]
fn connections_that_say_nothing_stop_neither_the_broker_nor_its_metrics() {
    let (broker, address) = start();
    let silent: Vec<TcpStream> = (0..100).map(|_| TcpStream::connect(&address).unwrap()).collect();
    let worker = broker.worker("echo");
    broker.assert_serves(&worker, "echo");
    // They make room after some seconds, or as soon as they end.
    for stream in &silent {
        stream.shutdown(Shutdown::Both).unwrap();
    }
    assert!(text(&address).contains("\njobz_workers 1\n"));
}

#[test]
fn an_address_that_is_in_use_is_named() {
    let (_broker, address) = start();
    let second = testkit::run(
        crate::support::JOBZ,
        ["broker", "--jobs", "tcp://127.0.0.1:*", "--observe", "off", "--metrics", &address],
    );
    assert_eq!(second.code, Some(1));
    assert!(second.stderr.contains(&format!("cannot serve metrics at {address}")), "{}", second.stderr);
}

#[test]
fn a_broker_with_open_connections_ends_within_a_second() {
    let (broker, address) = start();
    let _open = TcpStream::connect(&address).unwrap();
    broker.program.interrupt();
    assert_eq!(broker.program.finish_within(Duration::from_secs(5)).code, Some(0));
}
