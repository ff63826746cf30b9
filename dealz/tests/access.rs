//! Access: this file tries to get in.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue fails")]

mod support;

use std::io::{Read as _, Write as _};

use serde_json::json;
use support::{Desk, ask, dealz, next, next_with};

#[test]
fn the_page_comes_with_its_restrictions() {
    let desk = Desk::start();
    let page = desk.get("/", "");
    assert_eq!(page.status, 200);
    assert!(page.body.to_ascii_lowercase().starts_with("<!doctype html>"), "{}", page.body);
    for line in [
        "content-type: text/html; charset=utf-8",
        "cache-control: no-store",
        "x-content-type-options: nosniff",
        "frame-ancestors 'none'",
        "default-src 'none'",
    ] {
        assert!(page.head.contains(line), "{line} in {}", page.head);
    }
    assert!(!page.head.contains("access-control-allow-origin"), "{}", page.head);
    let script = page.body.split("src=\"./").nth(1).or_else(|| page.body.split("src=\"/").nth(1)).unwrap();
    let script = desk.get(&format!("/{}", script.split('"').next().unwrap()), "");
    assert!(script.head.contains("content-type: text/javascript; charset=utf-8"), "{}", script.head);
    for path in ["/nothing", "/../Cargo.toml", "/assets/../../Cargo.toml", "/%2e%2e/Cargo.toml", "//etc/passwd"] {
        assert_eq!(desk.get(path, "").status, 404, "{path}");
    }
}

#[test]
fn a_name_that_was_rebound_to_this_machine_is_refused() {
    let desk = Desk::start();
    let port = desk.address.port();
    for host in ["evil.example".to_owned(), format!("evil.example:{port}"), "127.0.0.1:1".to_owned(), String::new()] {
        let same = format!("Host: {host}\r\nOrigin: http://{host}\r\n");
        assert_eq!(desk.get("/", &same).status, 403, "{host}");
        let upgrade =
            "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n";
        assert_eq!(desk.get("/socket", &format!("{same}{upgrade}")).status, 403, "{host}");
    }
    assert_eq!(desk.get("/", &format!("Host: localhost:{port}\r\n")).status, 200);
}

#[test]
fn a_refused_request_is_the_last_of_its_connection() {
    let desk = Desk::start();
    for (path, host) in [("/", "evil.example"), ("/nothing", &desk.address.to_string())] {
        let mut stream = desk.stream();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.to_ascii_lowercase().contains("connection: close"), "{answer}");
    }
}

#[test]
fn a_page_of_another_site_is_refused() {
    let desk = Desk::start();
    for origin in
        [None, Some("http://evil.example"), Some("null"), Some("http://127.0.0.1"), Some("http://localhost:1")]
    {
        assert_eq!(desk.try_socket("/socket", origin, "").err(), Some(403), "{origin:?}");
    }
    assert_eq!(desk.get("/", "Origin: http://evil.example\r\n").status, 403);
    assert!(next(&mut desk.socket()).unwrap()["hello"].is_object());
}

#[test]
fn an_address_of_the_network_requires_the_token_of_its_link() {
    let desk = Desk::spawn(dealz(&["--web", "0.0.0.0:0"]));
    let token = desk.path.strip_prefix("/?token=").unwrap();
    assert_eq!(token.len(), 32);
    let origin = format!("http://{}", desk.address);
    for path in ["/", "/?token=", "/?token=00000000000000000000000000000000", "/index.html"] {
        assert_eq!(desk.get(path, "").status, 403, "{path}");
        let path = path.replacen('/', "/socket", 1);
        assert_eq!(desk.try_socket(&path, Some(&origin), "").err(), Some(403), "{path}");
    }
    let page = desk.get(&desk.path, "");
    assert_eq!(page.status, 200);
    let cookie = page.head.split("set-cookie: ").nth(1).unwrap();
    assert!(cookie.contains("httponly") && cookie.contains("samesite=strict"), "{cookie}");
    let cookie = cookie.split(';').next().unwrap();
    assert_eq!(desk.get("/", &format!("Cookie: {cookie}\r\n")).status, 200);
    assert_eq!(desk.try_socket("/socket", Some("http://evil.example"), cookie).err(), Some(403));
    assert!(next(&mut desk.try_socket("/socket", Some(&origin), cookie).unwrap()).unwrap()["hello"].is_object());
    let hello = next(&mut desk.socket()).unwrap();
    let own = json!({"url": format!("http://{}{}", desk.address, desk.path), "network": false, "page": "control"});
    assert_eq!(hello["hello"]["links"].as_array().unwrap().last(), Some(&own), "{hello}");
}

#[test]
fn a_given_token_is_required_on_this_machine_too() {
    let mut command = dealz(&["--web", "127.0.0.1:0"]);
    command.env("DEALZ_TOKEN", "sixteen-letters-");
    let desk = Desk::spawn(command);
    assert_eq!(desk.path, "/?token=sixteen-letters-");
    assert_eq!((desk.get("/", "").status, desk.get(&desk.path, "").status), (403, 200));
}

#[test]
fn an_audience_may_view_and_not_control() {
    let desk = Desk::spawn(dealz(&["--web", "127.0.0.1:0", "--web-view-only"]));
    let mut socket = desk.socket();
    let hello = next(&mut socket).unwrap();
    assert_eq!((&hello["hello"]["page"], &hello["hello"]["links"]), (&json!("view"), &json!([])));
    for command in [json!({"do": "reset"}), json!({"do": "say", "text": "hello"}), json!({"do": "killWorker"})] {
        assert_eq!(ask(&mut socket, 1, &command).unwrap()["refusal"]["refused"], "viewOnly", "{command}");
    }
    let looked = ask(&mut socket, 2, &json!({"do": "wire", "socket": "tickz.sub"})).unwrap();
    assert_ne!(looked["refusal"]["refused"], "viewOnly", "{looked}");
}

/// The path of the link for the audience.
fn audience_of(desk: &Desk) -> String {
    let link =
        desk.program.line_where(|line| line.contains("http://127.0.0.1:") && line.ends_with(" for the audience"));
    let (_, path) = link.strip_suffix(" for the audience").unwrap().rsplit_once('/').unwrap();
    format!("/socket{path}")
}

#[test]
fn the_audience_may_view_and_chat_under_a_name_and_do_nothing_else() {
    let desk = Desk::spawn(dealz(&["--web", "127.0.0.1:0", "--web-audience"]));
    let path = audience_of(&desk);
    let origin = format!("http://{}", desk.address);
    let mut phone = desk.try_socket(&path, Some(&origin), "").unwrap();
    let hello = next(&mut phone).unwrap();
    assert_eq!((&hello["hello"]["page"], &hello["hello"]["links"]), (&json!("audience"), &json!([])));
    let mut page = desk.socket();
    let hello = next(&mut page).unwrap();
    assert_eq!(hello["hello"]["page"], "control");
    let links = hello["hello"]["links"].as_array().unwrap();
    assert!(links.iter().any(|link| link["page"] == "audience"), "{links:?}");

    let start = ask(&mut page, 1, &json!({"do": "process", "id": "chatz", "act": "start"})).unwrap();
    assert_eq!(start["reply"]["got"], "done", "{start}");
    for command in [
        json!({"do": "reset"}),
        json!({"do": "say", "text": "hello"}),
        json!({"do": "rename", "name": "eve"}),
        json!({"do": "view", "view": "wire"}),
        json!({"do": "highlight", "target": "dealz"}),
        json!({"do": "process", "id": "chatz", "act": "kill"}),
        json!({"do": "setWorkers", "count": 16}),
    ] {
        assert_eq!(ask(&mut phone, 1, &command).unwrap()["refusal"]["refused"], "viewOnly", "{command}");
    }
    let say = |name: &str, text: &str| json!({"do": "sayAs", "name": name, "text": text});
    assert_eq!(ask(&mut phone, 2, &say("a b", "hello")).unwrap()["refusal"]["field"], "name");
    assert_eq!(ask(&mut phone, 3, &say("ada", "one\ntwo")).unwrap()["refusal"]["field"], "text");
    // The first three at once, then one every two seconds.
    let said = (4..10).map(|id| ask(&mut phone, id, &say("ada", "hello")).unwrap()["reply"]["got"] == "done");
    assert_eq!(said.filter(|done| *done).count(), 3);
    let refused = ask(&mut page, 2, &say("ada", "hello")).unwrap();
    assert_eq!(refused["refusal"]["refused"], "notNow", "{refused}");
}

#[test]
fn the_presenters_page_is_for_pages_that_may_control() {
    let desk = Desk::spawn(dealz(&["--web", "127.0.0.1:0", "--web-audience"]));
    let page = desk.get("/presenter", "");
    assert_eq!((page.status, page.body == desk.get("/", "").body), (200, true));
    assert!(page.head.contains("cache-control: no-store") && page.head.contains("default-src 'none'"), "{}", page.head);
    let audience = audience_of(&desk).replace("/socket", "/presenter");
    let refused = desk.get(&audience, "");
    assert_eq!(refused.status, 403, "{}", refused.body);
    assert!(refused.body.contains("for the one who speaks"), "{}", refused.body);

    let desk = Desk::spawn(dealz(&["--web", "127.0.0.1:0", "--web-view-only"]));
    assert_eq!((desk.get("/", "").status, desk.get("/presenter", "").status), (200, 403));

    let desk = Desk::spawn(dealz(&["--web", "127.0.0.1:0", "--token", "sixteen-letters-"]));
    let with_token = "/presenter?token=sixteen-letters-";
    assert_eq!((desk.get("/presenter", "").status, desk.get(with_token, "").status), (403, 200));
}

#[test]
fn the_number_of_phones_is_shown_and_limited_and_they_take_no_place_of_others() {
    let desk = Desk::spawn(dealz(&["--web", "127.0.0.1:0", "--web-audience"]));
    let (path, origin) = (audience_of(&desk), format!("http://{}", desk.address));
    let phones: Vec<_> = (0..110).map(|_| desk.try_socket(&path, Some(&origin), "")).collect();
    assert_eq!(phones.iter().filter(|phone| phone.is_ok()).count(), 100);
    let mut page = desk.socket();
    let mut shows = |wanted: u32| while next_with(&mut page, "update").unwrap()["audience"] != wanted {};
    shows(100);
    drop(phones);
    shows(0);
}

#[test]
fn the_tokens_of_a_desk_and_of_its_audience_are_given_and_differ() {
    let token = "abcdefghijklmnop";
    let desk = Desk::spawn(dealz(&["--web", "127.0.0.1:0", "--web-audience", "--audience-token", token]));
    assert_eq!(audience_of(&desk), format!("/socket?token={token}"));
    let same = dealz(&["--web", "127.0.0.1:0", "--token", token, "--web-audience", "--audience-token", token]);
    let finished = testkit::Program::spawn(same).finish();
    assert!(
        finished.code == Some(1) && finished.stderr.contains("the audience could control the desk"),
        "{finished:?}"
    );
}
