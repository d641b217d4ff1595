//! The other side: a server that reads HTTP/1.1 as strictly as it may be read, records every byte, and answers
//! whatever bytes the test gives it.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// Request line and headers, as they came.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Seen {
    pub(crate) fn line(&self) -> &str {
        self.head.split("\r\n").next().unwrap_or_default()
    }
}

/// What it answers; afterwards it may hang up.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) bytes: Vec<u8>,
    pub(crate) hang_up: bool,
}

pub(crate) const NOTHING: &[u8] = b"HTTP/1.1 204 No Content\r\n\r\n";

#[derive(Default)]
struct State {
    raw: Vec<u8>,
    seen: Vec<Seen>,
    wrong: Vec<String>,
    answer: Option<Answer>,
}

/// A server of the other side.
#[derive(Clone)]
pub(crate) struct Outside {
    pub(crate) address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl Outside {
    pub(crate) fn start(config: Arc<ServerConfig>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let outside = Self { address: listener.local_addr().unwrap(), state: Arc::default() };
        let of = outside.clone();
        std::thread::spawn(move || {
            for socket in listener.incoming().map_while(Result::ok) {
                let (of, config) = (of.clone(), Arc::clone(&config));
                std::thread::spawn(move || of.attend(socket, config));
            }
        });
        outside
    }

    /// What it answers from now on; 204 otherwise.
    pub(crate) fn say(&self, answer: Option<Answer>) {
        self.state.lock().unwrap().answer = answer;
    }

    /// Every byte that it was sent.
    pub(crate) fn raw(&self) -> Vec<u8> {
        self.state.lock().unwrap().raw.clone()
    }

    /// What arrived since the last time, and what was wrong with it.
    pub(crate) fn take(&self) -> (Vec<Seen>, Vec<String>) {
        let mut state = self.state.lock().unwrap();
        (std::mem::take(&mut state.seen), std::mem::take(&mut state.wrong))
    }

    fn attend(&self, socket: TcpStream, config: Arc<ServerConfig>) {
        let _ = socket.set_nodelay(true);
        let _ = socket.set_read_timeout(Some(Duration::from_secs(300)));
        let Ok(connection) = ServerConnection::new(config) else { return };
        let mut stream = StreamOwned::new(connection, socket);
        let mut kept = Vec::new();
        loop {
            let seen = loop {
                match one(&mut kept) {
                    Ok(Some(seen)) => break seen,
                    Ok(None) => {}
                    Err(wrong) => {
                        self.state.lock().unwrap().wrong.push(wrong);
                        return;
                    }
                }
                let mut space = [0; 16 * 1024];
                let Ok(count @ 1..) = stream.read(&mut space) else {
                    if !kept.is_empty() {
                        self.state.lock().unwrap().wrong.push("a request that broke off".to_owned());
                    }
                    return;
                };
                kept.extend_from_slice(&space[..count]);
                self.state.lock().unwrap().raw.extend_from_slice(&space[..count]);
            };
            let answer = {
                let mut state = self.state.lock().unwrap();
                state.seen.push(seen);
                state.answer.clone().unwrap_or(Answer { bytes: NOTHING.to_vec(), hang_up: false })
            };
            if stream.write_all(&answer.bytes).is_err() || stream.flush().is_err() {
                return;
            }
            if answer.hang_up {
                stream.conn.send_close_notify();
                let _ = stream.flush();
                return;
            }
        }
    }
}

/// Takes one whole request from the front; an error when it could be read in two ways.
fn one(kept: &mut Vec<u8>) -> Result<Option<Seen>, String> {
    let Some(end) = memchr::memmem::find(kept, b"\r\n\r\n") else {
        return if kept.len() > 128 * 1024 { Err("a head without end".to_owned()) } else { Ok(None) };
    };
    let wrong = |what: &str| format!("{what}: {}", String::from_utf8_lossy(&kept[..end]));
    let head = std::str::from_utf8(&kept[..end]).map_err(|_| wrong("a head that is no text"))?.to_owned();
    let mut lines = head.split("\r\n");
    let line = lines.next().unwrap_or_default();
    let words: Vec<&str> = line.split(' ').collect();
    if words.len() != 3 || words[2] != "HTTP/1.1" || !words[1].starts_with('/') {
        return Err(wrong("a request line"));
    }
    let (mut hosts, mut lengths, mut chunked) = (0, Vec::new(), 0);
    for line in lines {
        let (name, value) = line.split_once(':').ok_or_else(|| wrong("a header without a colon"))?;
        let token = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if name.is_empty() || !name.chars().all(token) || value.chars().any(char::is_control) {
            return Err(wrong("a header"));
        }
        match name.to_ascii_lowercase().as_str() {
            "host" => hosts += 1,
            "content-length" => lengths.push(value.trim().parse::<usize>().map_err(|_| wrong("a length"))?),
            "transfer-encoding" if value.trim() == "chunked" => chunked += 1,
            "transfer-encoding" | "upgrade" | "trailer" | "te" => {
                return Err(wrong("a header of the connection"));
            }
            _ => {}
        }
    }
    if hosts != 1 || lengths.len() + chunked > 1 {
        return Err(wrong("Host or length not once"));
    }
    let start = end + 4;
    let whole = if chunked == 1 {
        match chunks(&kept[start..]).map_err(wrong)? {
            Some((body, used)) => (body, start + used),
            None => return Ok(None),
        }
    } else {
        let length = lengths.first().copied().unwrap_or(0);
        let Some(body) = kept.get(start..start + length) else { return Ok(None) };
        (body.to_vec(), start + length)
    };
    kept.drain(..whole.1);
    Ok(Some(Seen { head, body: whole.0 }))
}

/// The body of a chunked message and how many bytes it took; none while it is not whole.
fn chunks(bytes: &[u8]) -> Result<Option<(Vec<u8>, usize)>, &'static str> {
    let (mut body, mut at) = (Vec::new(), 0);
    loop {
        let Some(end) = memchr::memmem::find(&bytes[at..], b"\r\n") else { return Ok(None) };
        let size = std::str::from_utf8(&bytes[at..at + end]).map_err(|_| "a chunk size")?;
        let size = usize::from_str_radix(size, 16).map_err(|_| "a chunk size")?;
        at += end + 2;
        let Some(chunk) = bytes.get(at..at + size + 2) else { return Ok(None) };
        if &chunk[size..] != b"\r\n" {
            return Err("a chunk or a trailer");
        }
        body.extend_from_slice(&chunk[..size]);
        at += size + 2;
        if size == 0 {
            return Ok(Some((body, at)));
        }
    }
}
