//! Slowloris in all its forms, and connections that say nothing: each is cut off at its deadline, and others are
//! served all the while.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::ground::{Ground, Wishes, post};
use super::line::Line;
use super::tally::{IDLE, SLOW, Tally};

/// Slower than any deadline, quicker than any pause that is allowed: what looks alive.
const PACE: Duration = Duration::from_millis(400);

/// One attacker: returns how long it was borne.
type Attack = fn(&Ground) -> Option<Duration>;

/// Sends byte after byte until the connection ends.
fn trickle(line: &mut Line, bytes: impl Iterator<Item = u8>, patience: Duration) -> Option<Duration> {
    let begun = Instant::now();
    for byte in bytes {
        if !line.say(&[byte]) {
            return Some(begun.elapsed());
        }
        match line.piece(PACE) {
            None => return Some(begun.elapsed()),
            // A refusal comes first; then the end.
            Some(_) if begun.elapsed() > patience => return None,
            Some(_) => {}
        }
    }
    None
}

const PATIENCE: Duration = Duration::from_secs(40);

fn slow_head(ground: &Ground) -> Option<Duration> {
    let mut line = ground.line();
    let head = format!("GET /own/empty HTTP/1.1\r\nHost: localhost\r\nX: {}", "a".repeat(4000));
    trickle(&mut line, head.into_bytes().into_iter(), PATIENCE)
}

fn slow_lines(ground: &Ground) -> Option<Duration> {
    let mut line = ground.line();
    line.say(b"GET /own/empty HTTP/1.1\r\nHost: localhost\r\n");
    trickle(&mut line, b"X: a\r\n".iter().copied().cycle().take(1000), PATIENCE)
}

fn slow_second_head(ground: &Ground) -> Option<Duration> {
    let mut line = ground.line();
    line.say(b"GET /own/empty HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let _ = line.piece(Duration::from_secs(2));
    trickle(
        &mut line,
        b"GET /own/empty HTTP/1.1\r\n".iter().copied().chain(b"X: a\r\n".iter().copied().cycle()).take(1000),
        PATIENCE,
    )
}

fn slow_body(ground: &Ground) -> Option<Duration> {
    let mut line = ground.line();
    line.say(b"POST /own/any HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{");
    trickle(&mut line, std::iter::repeat_n(b' ', 5000), PATIENCE)
}

fn slow_chunks(ground: &Ground) -> Option<Duration> {
    let mut line = ground.line();
    line.say(b"POST /own/any HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
    trickle(&mut line, b"1\r\n \r\n".iter().copied().cycle().take(5000), PATIENCE)
}

fn slow_chunk_size(ground: &Ground) -> Option<Duration> {
    let mut line = ground.line();
    line.say(b"POST /own/any HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n1;a=");
    trickle(&mut line, std::iter::repeat_n(b'x', 5000), PATIENCE)
}

fn body_that_stops(ground: &Ground) -> Option<Duration> {
    let mut line = ground.line();
    line.say(b"POST /own/any HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{");
    let begun = Instant::now();
    line.hear(PATIENCE).ended.then(|| begun.elapsed())
}

fn silence(ground: &Ground) -> Option<Duration> {
    let begun = Instant::now();
    ground.line().hear(PATIENCE).ended.then(|| begun.elapsed())
}

fn silence_over_http2(ground: &Ground) -> Option<Duration> {
    let begun = Instant::now();
    let mut line = Line::open(&ground.address, &ground.http2).unwrap();
    line.hear(PATIENCE).ended.then(|| begun.elapsed())
}

fn silence_before_the_handshake(ground: &Ground) -> Option<Duration> {
    let begun = Instant::now();
    let mut socket = TcpStream::connect(&ground.address).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let read = socket.read(&mut [0; 64]);
    // The end, a reset or an alert: anything but patience.
    (!read.is_err_and(|error| {
        matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut)
    }))
    .then(|| begun.elapsed())
}

fn slow_handshake(ground: &Ground) -> Option<Duration> {
    let begun = Instant::now();
    let mut socket = TcpStream::connect(&ground.address).unwrap();
    socket.set_read_timeout(Some(PACE)).unwrap();
    // A record of 512 bytes, byte by byte.
    let hello = [&[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3][..], &[7; 500]].concat();
    for byte in hello {
        let gone = socket.write_all(&[byte]).is_err();
        let ended = matches!(socket.read(&mut [0; 64]), Ok(0)) || gone;
        if ended {
            return Some(begun.elapsed());
        }
        if begun.elapsed() > PATIENCE {
            return None;
        }
    }
    None
}

/// Asks and asks, and takes nothing of what is answered.
fn slow_read(ground: &Ground) -> Option<Duration> {
    let mut line = ground.line();
    // Each refusal is some 500 bytes; the system's buffers hold a few megabytes.
    let question = b"GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(200);
    let begun = Instant::now();
    let _ = line.socket().set_write_timeout(Some(2 * PATIENCE));
    while begun.elapsed() < 2 * PATIENCE {
        if !line.say(&question) {
            return Some(begun.elapsed());
        }
    }
    None
}

/// Forms and, in seconds, what each may last: its deadline and some room for a machine that is busy.
const FORMS: &[(&str, Attack, u64)] = &[
    ("a head, byte by byte", slow_head, 18),
    ("headers without end", slow_lines, 18),
    ("a second head, byte by byte", slow_second_head, 18),
    ("a body, byte by byte", slow_body, 18),
    ("chunks of one byte", slow_chunks, 18),
    ("an extension without end", slow_chunk_size, 18),
    ("a body that stops", body_that_stops, 18),
    ("silence after the handshake", silence, 24),
    ("silence after the handshake, HTTP/2", silence_over_http2, 24),
    ("silence before the handshake", silence_before_the_handshake, 18),
    ("a handshake, byte by byte", slow_handshake, 18),
    ("replies that nobody reads", slow_read, 70),
];

#[test]
fn slow_ones_are_cut_off_and_others_served() {
    let ground = Ground::with(&Wishes {
        limits: "request_ms = 8000\nidle_ms = 5000\nexchanges = 64",
        ..Wishes::default()
    });
    let mut tally = Tally::default();
    let over = AtomicBool::new(false);
    let each = if super::corpora::full() { 16 } else { 8 };
    let (borne, waits) = std::thread::scope(|scope| {
        let attacks: Vec<_> = FORMS
            .iter()
            .flat_map(|form| std::iter::repeat_n(form, each))
            .map(|(name, attack, most)| (*name, *most, scope.spawn(|| attack(&ground))))
            .collect();
        let served = scope.spawn(|| others(&ground, &over));
        let borne: Vec<_> =
            attacks.into_iter().map(|(name, most, attack)| (name, most, attack.join().unwrap())).collect();
        over.store(true, Ordering::Relaxed);
        (borne, served.join().unwrap())
    });
    let _ = ground.arrived().unwrap();
    for (name, most, lasted) in borne {
        tally.judge(lasted.is_some_and(|lasted| lasted < Duration::from_secs(most)), || {
            format!("{name}: {lasted:?}")
        });
    }
    let worst = waits.iter().map(|(_, wait)| *wait).max().unwrap_or_default();
    println!("meanwhile {} others were served, the slowest in {worst:?}", waits.len());
    let served = waits.len() > 20 && waits.iter().all(|(good, _)| *good) && worst < Duration::from_secs(5);
    tally.judge(served, || format!("others: {waits:?}"));
    flood_of_bodies(&ground, &mut tally);
    ground.settle(&[]);
    tally.done(&SLOW);
}

/// Good requests, one after the other, each on a fresh connection.
fn others(ground: &Ground, over: &AtomicBool) -> Vec<(bool, Duration)> {
    let mut waits = Vec::new();
    while !over.load(Ordering::Relaxed) {
        let begun = Instant::now();
        let said = ground.told(&post("/own/any", "{\"score\":1}"));
        waits.push((said.is_ok_and(|said| said.len() == 1 && said[0].status == 204), begun.elapsed()));
        std::thread::sleep(Duration::from_millis(50));
    }
    waits
}

/// More bodies that do not come than there are places for exchanges: whoever sends his with the head is served.
fn flood_of_bodies(ground: &Ground, tally: &mut Tally) {
    let head = b"POST /own/any HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{";
    let mut held: Vec<Line> = Vec::new();
    for number in 0..200 {
        let mut line = ground.line();
        line.say(head);
        held.push(line);
        if number % 20 == 19 {
            let begun = Instant::now();
            let said = ground.told(&post("/own/any", "{\"score\":1}"));
            let good = said.as_ref().is_ok_and(|said| said.len() == 1 && said[0].status == 204);
            tally.judge(good && begun.elapsed() < Duration::from_secs(3), || {
                format!("behind {number} bodies that do not come: {said:?}")
            });
        }
    }
    let _ = ground.arrived().unwrap();
}

/// How many connections this process and Sluis may each have open.
fn room() -> usize {
    let limits = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    usize::try_from(limits.current.unwrap_or(1024)).unwrap_or(1024)
}

#[test]
fn connections_that_say_nothing() {
    let wanted = if super::corpora::full() { 10_000 } else { 500 };
    let count = wanted.min(room().saturating_sub(300));
    if count < wanted {
        println!(
            "skipped: attack: {wanted} idle connections need as many open files (ulimit -n is {}); {count} instead",
            room()
        );
    }
    let ground =
        Ground::with(&Wishes { limits: "connections = 12000\nidle_ms = 600000", ..Wishes::default() });
    let mut tally = Tally::default();
    let mut held = Vec::new();
    let begun = Instant::now();
    for number in 0..count {
        // Every one has asked once: only then may it be idle for as long as the configuration says.
        let opened = Line::open(&ground.address, &ground.http1).ok().and_then(|mut line| {
            line.say(b"GET /own/empty HTTP/1.1\r\nHost: localhost\r\n\r\n");
            let heard = line.piece(Duration::from_secs(10))?;
            heard.starts_with(b"HTTP/1.1 204").then_some(line)
        });
        tally.judge(opened.is_some(), || format!("connection {number}"));
        held.extend(opened);
        if number % 500 == 499 {
            let _ = ground.arrived().unwrap();
            let wait = ground.serves_on();
            tally.judge(wait < Duration::from_secs(3), || format!("beside {number} idle ones: {wait:?}"));
        }
    }
    println!("{} idle connections after {:?}", held.len(), begun.elapsed());
    // They still work, the first as well as the last.
    let _ = ground.arrived().unwrap();
    for line in held.iter_mut().step_by((count / 20).max(1)) {
        line.say(b"GET /own/empty HTTP/1.1\r\nHost: localhost\r\n\r\n");
        let heard = line.piece(Duration::from_secs(10));
        tally.judge(heard.as_ref().is_some_and(|heard| heard.starts_with(b"HTTP/1.1 204")), || {
            format!("an idle one: {heard:?}")
        });
    }
    drop(held);
    let _ = ground.arrived().unwrap();
    ground.settle(&[]);
    more_than_there_are_places(&mut tally);
    tally.done(&IDLE);
}

/// Connections before, in and after their handshake, more than there are places for, again and again: whoever comes is served.
fn more_than_there_are_places(tally: &mut Tally) {
    let ground = Ground::with(&Wishes { limits: "connections = 40\nidle_ms = 600000", ..Wishes::default() });
    ground.serves_on();
    let mut held: Vec<Line> = Vec::new();
    let mut bare: Vec<TcpStream> = Vec::new();
    for round in 0..5 {
        for number in 0..40 {
            match number % 4 {
                0 => bare.push(TcpStream::connect(&ground.address).unwrap()),
                1 => held.extend(Line::open(&ground.address, &ground.http2)),
                2 => held.extend(Line::open(&ground.address, &ground.http1)),
                _ => {
                    if let Ok(mut line) = Line::open(&ground.address, &ground.http1) {
                        line.say(b"GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n");
                        held.push(line);
                    }
                }
            }
        }
        let begun = Instant::now();
        let said = ground.told(&post("/own/any", "{\"score\":1}"));
        let good = said.as_ref().is_ok_and(|said| said.len() == 1 && said[0].status == 204);
        tally.judge(good && begun.elapsed() < Duration::from_secs(5), || {
            format!("round {round}: {:?} {said:?}", begun.elapsed())
        });
    }
    drop((held, bare));
    let _ = ground.arrived().unwrap();
    ground.settle(&[]);
}
