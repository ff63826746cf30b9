//! stream: peers that know nothing of ZeroMQ.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::TcpStream,
};

use testkit::BOUND;

use crate::cast::{BIND, Cast};

#[test]
fn what_one_telnet_types_all_get() {
    let mut cast = Cast::new();
    let stream = cast.start(&format!("stream {BIND}"));
    let address = stream.endpoint("stream").replace("tcp://", "");
    let mut telnets = [0, 1].map(|_| BufReader::new(TcpStream::connect(&address).unwrap()));
    let mut line = String::new();
    for telnet in &mut telnets {
        telnet.get_ref().set_read_timeout(Some(BOUND)).unwrap();
        telnet.read_line(&mut line).unwrap();
    }
    assert_eq!(line, "hello from a ZeroMQ socket\r\n".repeat(2));
    telnets[0].get_mut().write_all(b"how are you?\r\n").unwrap();
    for telnet in &mut telnets {
        line.clear();
        telnet.read_line(&mut line).unwrap();
        assert_eq!(line, "how are you?\r\n");
    }
    let [first, _second] = telnets;
    cast.until(&stream, "connections", |connections| connections == 2);
    drop(first);
    cast.until(&stream, "connections", |connections| connections == 1);
    assert_eq!(cast.value(&stream, "bytes"), 14);
}
