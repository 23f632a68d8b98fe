//! Garbage, floods and impatience of clients: the server stays up and within its bounds.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use audit::reference::{ReferenceServer, ServeOptions};

use super::{Running, runtime};

/// A generator of its own, so that a failure can be repeated (xorshift64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, n: u64) -> u64 {
        self.roll() % n
    }

    fn bytes(&mut self, length: u64) -> Vec<u8> {
        (0..length).map(|_| (self.roll() >> 24) as u8).collect()
    }
}

fn connect(port: u16) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    stream
        .set_write_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    stream
}

/// A message with its tag and right length.
fn message(tag: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
    [&[tag][..], &length, body].concat()
}

fn startup() -> Vec<u8> {
    let body = b"\0\x03\0\0user\0app_owner\0database\0appdb\0\0";
    message(0, body)[1..].to_vec()
}

fn read_to_ready(stream: &mut TcpStream) -> Vec<u8> {
    let mut all = Vec::new();
    let mut block = [0u8; 4096];
    while !all.windows(6).any(|w| w[..5] == *b"Z\0\0\0\x05") {
        let n = stream.read(&mut block).unwrap();
        assert!(n > 0, "closed: {:?}", String::from_utf8_lossy(&all));
        all.extend_from_slice(&block[..n]);
    }
    all
}

/// Still serving, and no connection died of a defect?
fn healthy(running: &Running, what: &str) {
    let mut stream = connect(running.server.pg_port());
    stream.write_all(&startup()).unwrap();
    let mut first = [0u8; 1];
    stream.read_exact(&mut first).unwrap();
    assert_eq!(first, *b"R", "{what}");
    assert_eq!(running.server.defects(), 0, "{what}");
}

#[test]
fn garbage_before_the_session_ends_only_its_connection() {
    let running = Running::start(&[]);
    let port = running.server.pg_port();
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for round in 0..300 {
        let mut stream = connect(port);
        let bytes = match round % 5 {
            0 => {
                let length = dice.below(600);
                dice.bytes(length)
            }
            1 => {
                // A start-up message with a right head and anything in it.
                let length = dice.below(200);
                let mut body = vec![0, 3, 0, dice.below(4) as u8];
                body.extend(dice.bytes(length));
                message(0, &body)[1..].to_vec()
            }
            2 => b"\0\0\0\x08\x04\xd2\x16\x2f\x16\x03\x01\x02\0garbage for a handshake".to_vec(),
            3 => {
                let texts: [&[u8]; 8] = [
                    b"n,,n=,r=abc",
                    b"y,,n=a,r=",
                    b"p=tls-server-end-point,,n=,r=x",
                    b"n,,",
                    b"",
                    b",,,,,",
                    b"n,a=x,n=\xff\xfe,r=\xff",
                    b"n,,m=1,n=,r=a",
                ];
                let name: &[u8] = [&b"SCRAM-SHA-256\0"[..], b"SCRAM-SHA-256-PLUS\0", b"X\0"]
                    [dice.below(3) as usize];
                let text = texts[dice.below(8) as usize];
                let length = (text.len() as u32).to_be_bytes();
                let finals: [&[u8]; 5] = [
                    b"c=biws,r=abc,p=AAAA",
                    b"c=,r=,p=",
                    b"",
                    b"c=biws,r=x",
                    b"\xff\xfe",
                ];
                let last = finals[dice.below(5) as usize];
                let first = message(b'p', &[name, &length, text].concat());
                [startup(), first, message(b'p', last)].concat()
            }
            _ => {
                let mut bytes = startup();
                let length = dice.below(100);
                let body = dice.bytes(length);
                bytes.extend(message(b'p', &body));
                bytes
            }
        };
        let _ = stream.write_all(&bytes);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let mut answer = Vec::new();
        let _ = stream.take(100_000).read_to_end(&mut answer);
    }
    healthy(&running, "garbage before the session");
}

#[test]
fn garbage_within_the_session_ends_only_its_connection() {
    let running = Running::start(&["auth-trust"]);
    let port = running.server.pg_port();
    let mut dice = Dice(0x2545_f491_4f6c_dd1d);
    let tags = b"QPBDECHSXdcfFp\0z";
    for _ in 0..300 {
        let mut stream = connect(port);
        stream.write_all(&startup()).unwrap();
        read_to_ready(&mut stream);
        for _ in 0..8 {
            let tag = tags[dice.below(tags.len() as u64) as usize];
            let length = dice.below(60);
            let mut body = dice.bytes(length);
            if dice.below(2) == 0 {
                // Closer to the protocol: names, a statement, counts.
                body = [b"s\0select $1, 1\0\0\x01\0\0\0\x19".as_slice(), &body].concat();
            }
            if stream.write_all(&message(tag, &body)).is_err() {
                break;
            }
        }
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let mut answer = Vec::new();
        let _ = stream.take(1_000_000).read_to_end(&mut answer);
    }
    healthy(&running, "garbage within the session");
}

#[test]
fn statements_of_every_kind_of_nonsense_are_answered() {
    let running = Running::start(&["auth-trust"]);
    let mut stream = connect(running.server.pg_port());
    stream.write_all(&startup()).unwrap();
    read_to_ready(&mut stream);
    let deep = format!("select {}1{}", "(".repeat(20_000), ")".repeat(20_000));
    let nested = format!("select {}1{}", "(select ".repeat(500), ")".repeat(500));
    let minus = format!("select {}1", "- ".repeat(30_000));
    let nots = format!("select {} true", "not ".repeat(10_000));
    let long = format!("select {}", vec!["1"; 2000].join(","));
    let cases = [
        "",
        ";;",
        "select",
        "select ,",
        "select (",
        "select )",
        "select 1 1",
        "'",
        "\"",
        "$",
        "select $0",
        "select $99999999999999999999",
        "select 1::nonsense",
        "select 'x'::int",
        "select 9999999999999999999999",
        "select -'x'",
        "select a.b.c.d",
        "select count(",
        "select cast(",
        "select cast(1 as",
        "from x",
        "create",
        "create table",
        "drop table",
        "show",
        "show nothing",
        "select * from",
        "select *",
        "select sum(*) from pg_class",
        "\u{fffd}\u{1f980}",
        "select 'ä'",
        "begin begin",
        &deep,
        &nested,
        &minus,
        &nots,
        &long,
    ];
    for sql in cases {
        let mut body = sql.as_bytes().to_vec();
        body.push(0);
        stream.write_all(&message(b'Q', &body)).unwrap();
        read_to_ready(&mut stream);
    }
    healthy(&running, "nonsense");
}

#[test]
fn too_much_is_refused() {
    let running = Running::start(&["auth-trust"]);
    let mut stream = connect(running.server.pg_port());
    stream.write_all(&startup()).unwrap();
    read_to_ready(&mut stream);
    let _ = stream.write_all(&[b'Q', 0x7f, 0xff, 0xff, 0xff]);
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(
        answer.contains("C08P01\0Minvalid message length"),
        "{answer:?}"
    );
    let mut stream = connect(running.server.pg_port());
    stream.write_all(&startup()).unwrap();
    read_to_ready(&mut stream);
    let block = message(b'd', &[0; 200_000]);
    let refused = (0..200).any(|_| stream.write_all(&block).is_err());
    assert!(refused, "40 MB on one connection");
    healthy(&running, "floods");
}

#[test]
fn a_gigabyte_is_announced_and_only_begun() {
    let running = Running::start(&["auth-trust+huge-message"]);
    let mut stream = connect(running.server.pg_port());
    stream.write_all(&startup()).unwrap();
    read_to_ready(&mut stream);
    stream.write_all(&message(b'Q', b"select 1\0")).unwrap();
    let mut head = [0u8; 5];
    stream.read_exact(&mut head).unwrap();
    assert_eq!(head, [b'D', 0x3f, 0xff, 0xff, 0xff]);
    stream
        .set_read_timeout(Some(Duration::from_millis(500)))
        .unwrap();
    let mut total = 0;
    let mut block = vec![0u8; 1 << 20];
    while let Ok(n) = stream.read(&mut block) {
        assert!(n > 0, "closed after {total}");
        total += n;
    }
    assert_eq!(total, 16 << 20);
}

#[test]
fn many_clients_at_once_are_served_in_turn() {
    let running = Running::start(&[]);
    let port = running.server.pg_port();
    let idle: Vec<TcpStream> = (0..200).map(|_| connect(port)).collect();
    let mut last = connect(port);
    last.set_read_timeout(Some(Duration::from_millis(300)))
        .unwrap();
    last.write_all(&startup()).unwrap();
    assert!(last.read(&mut [0u8; 1]).is_err(), "all places were taken");
    drop(idle);
    last.set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let mut first = [0u8; 1];
    last.read_exact(&mut first).unwrap();
    assert_eq!(first, *b"R");
}

#[test]
fn stopping_and_dropping_close_every_socket() {
    for stop in [true, false] {
        runtime().block_on(async {
            let server = ReferenceServer::start(ServeOptions::default())
                .await
                .unwrap();
            let (pg, http) = (server.pg_port(), server.http_url());
            let http = http.trim_start_matches("http://").to_owned();
            let mut open = tokio::net::TcpStream::connect(("127.0.0.1", pg))
                .await
                .unwrap();
            let mut kept = tokio::net::TcpStream::connect(&http).await.unwrap();
            tokio::io::AsyncWriteExt::write_all(
                &mut kept,
                b"GET /health HTTP/1.1\r\nHost: h\r\n\r\n",
            )
            .await
            .unwrap();
            let mut some = [0u8; 512];
            assert!(
                tokio::io::AsyncReadExt::read(&mut kept, &mut some)
                    .await
                    .unwrap()
                    > 0
            );
            if stop {
                server.stop().await;
            } else {
                drop(server);
            }
            let begun = Instant::now();
            for stream in [&mut open, &mut kept] {
                let end = tokio::io::AsyncReadExt::read(stream, &mut some);
                let end = tokio::time::timeout(Duration::from_secs(10), end).await;
                let end = end.expect("the socket stays open after the server has ended");
                assert_eq!(end.unwrap_or(0), 0);
            }
            while tokio::net::TcpStream::connect(("127.0.0.1", pg))
                .await
                .is_ok()
            {
                assert!(
                    begun.elapsed() < Duration::from_secs(10),
                    "the port stays open"
                );
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        });
    }
}
