//! bad-impostor: a routing id that is taken.

use crate::cast::{Cast, to};

#[test]
fn an_impostor_gets_the_replies_of_the_client_whose_id_it_takes() {
    let mut cast = Cast::new();
    let queue = cast.start("queue-lru --clients tcp://127.0.0.1:* --workers tcp://127.0.0.1:*");
    let _worker = cast.start(&format!("work --pause 20ms {}", to(&queue, "workers")));
    let ada = cast.start(&format!("ask --id ada {}", to(&queue, "clients")));
    cast.until(&ada, "replies", |replies| replies >= 5);
    let impostor = cast.start(&format!("bad-impostor --id ada {}", to(&queue, "clients")));
    cast.until(&impostor, "stolen", |stolen| stolen >= 1);
    assert!(impostor.next_line().starts_with("for ada:  | "));
}
