//! bad-key: keys that open nothing.

use std::path::Path;

use sockets::{KeyPair, allow::AllowList};

use crate::cast::{BIND, Cast, to};

#[test]
fn no_wrong_key_gets_in() {
    let folder = tempfile::tempdir().unwrap();
    let allow = folder.path().join("allow");
    let (server, ada) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let (public, secret) = server.write(folder.path(), "server").unwrap();
    let (_, key_of_ada) = ada.write(folder.path(), "ada").unwrap();
    AllowList::add_key(&allow, &"ada".parse().unwrap(), &ada.public).unwrap();

    let mut cast = Cast::new();
    let curve = |key: &Path| format!("--observe off --security curve --key {}", key.display());
    let pong = cast.start(&format!("pong {BIND} {} --allow {}", curve(&secret), allow.display()));
    let at = to(&pong, "rep");
    for wrong in ["no-key", "stranger", "server"] {
        let bad = cast.start(&format!("bad-key --pause 100ms --with {wrong} --door {} {at}", public.display()));
        cast.until(&bad, "refused", |refused| refused >= 2);
        assert_eq!(cast.value(&bad, "admitted"), 0, "{wrong}");
    }
    let ping = cast.start(&format!("ping {} --server-key {} {at}", curve(&key_of_ada), public.display()));
    ping.line_where(|line| line == "request 1: replied");
}
