//! sealed: letters that only their reader can read.

use sockets::{KeyPair, allow::AllowList};

use crate::cast::{BIND, Cast, to};

#[test]
fn open_letters_arrive() {
    let mut cast = Cast::new();
    let server = cast.start(&format!("sealed {BIND}"));
    let client = cast.start(&format!("sealed {}", to(&server, "dealer")));
    for side in [&server, &client] {
        cast.until(side, "letters", |letters| letters >= 3);
    }
}

#[test]
fn sealed_letters_arrive_from_guests_alone() {
    let folder = tempfile::tempdir().unwrap();
    let guests = folder.path().join("guests");
    let pairs = ["server", "ada", "eve"].map(|name| {
        let pair = KeyPair::generate().unwrap();
        (pair.public, pair.write(folder.path(), name).unwrap())
    });
    let [(_, (door, server_key)), (ada, (_, key_of_ada)), (_, (_, key_of_eve))] = pairs;
    AllowList::add_key(&guests, &"ada".parse().unwrap(), &ada).unwrap();

    let mut cast = Cast::new();
    let server = cast.start(&format!("sealed {BIND} --secret {} --guests {}", server_key.display(), guests.display()));
    let guest = |key: &std::path::Path| {
        format!("sealed --secret {} --door {} {}", key.display(), door.display(), to(&server, "dealer"))
    };
    let ada = cast.start(&guest(&key_of_ada));
    cast.until(&ada, "letters", |letters| letters >= 3);
    let eve = cast.start(&guest(&key_of_eve));
    eve.wait_for_log("not on the server's allow-list");
    let open = cast.start(&format!("sealed {}", to(&server, "dealer")));
    open.wait_for_log("handshake failed");
    assert_eq!((cast.value(&eve, "letters"), cast.value(&open, "letters")), (0, 0));
    let letters = cast.value(&ada, "letters");
    cast.until(&ada, "letters", |more| more > letters);
}
