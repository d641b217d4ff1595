//! A caller without manners: bytes over TLS, and the replies read as strictly as they should be written.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::{ClientConfig, ClientConnection, StreamOwned};

/// One connection.
pub(crate) struct Line {
    stream: StreamOwned<ClientConnection, TcpStream>,
}

/// One reply of HTTP/1.1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    /// The code of a refusal; empty when it is none.
    pub(crate) fn code(&self) -> String {
        let problem: serde_json::Value = serde_json::from_slice(&self.body).unwrap_or_default();
        problem["code"].as_str().unwrap_or_default().to_owned()
    }
}

/// What came back until the connection ended, or patience did.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    pub(crate) bytes: Vec<u8>,
    pub(crate) ended: bool,
}

impl Line {
    /// Connects and shakes hands.
    pub(crate) fn open(address: &str, config: &Arc<ClientConfig>) -> std::io::Result<Self> {
        let socket = TcpStream::connect(address)?;
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(Duration::from_secs(20)))?;
        let name = "localhost".try_into().unwrap();
        let mut stream = StreamOwned::new(ClientConnection::new(Arc::clone(config), name).unwrap(), socket);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        Ok(Self { stream })
    }

    /// Sends; false when the other end does not take it.
    pub(crate) fn say(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).is_ok() && self.stream.flush().is_ok()
    }

    /// Says that nothing more will be said.
    pub(crate) fn finish(&mut self) {
        self.stream.conn.send_close_notify();
        let _ = self.stream.flush();
        let _ = self.stream.sock.shutdown(Shutdown::Write);
    }

    /// What is there now, or comes within `patience`; none at the end of the connection.
    pub(crate) fn piece(&mut self, patience: Duration) -> Option<Vec<u8>> {
        self.stream.sock.set_read_timeout(Some(patience.max(Duration::from_millis(1)))).ok()?;
        let mut space = vec![0; 64 * 1024];
        match self.stream.read(&mut space) {
            Ok(0) => None,
            Ok(count) => {
                space.truncate(count);
                Some(space)
            }
            Err(error)
                if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) =>
            {
                Some(Vec::new())
            }
            Err(_) => None,
        }
    }

    /// Everything until the end, or as long as patience lasts.
    pub(crate) fn hear(&mut self, patience: Duration) -> Heard {
        let end = Instant::now() + patience;
        let mut heard = Heard::default();
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return heard;
            }
            match self.piece(left) {
                None => {
                    heard.ended = true;
                    return heard;
                }
                Some(bytes) => heard.bytes.extend_from_slice(&bytes),
            }
        }
    }

    /// The socket, for those who want less than TLS.
    pub(crate) fn socket(&self) -> &TcpStream {
        &self.stream.sock
    }
}

/// The replies in these bytes; an error when they are anything else than whole replies one after another.
pub(crate) fn replies(mut bytes: &[u8], to_head: bool) -> Result<Vec<Reply>, String> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let end = memchr::memmem::find(bytes, b"\r\n\r\n").ok_or("a head without an end")?;
        let head = std::str::from_utf8(&bytes[..end]).map_err(|_| "a head that is no text")?.to_owned();
        bytes = &bytes[end + 4..];
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.strip_prefix("HTTP/1."));
        let status = status.and_then(|line| line.get(2..5)).and_then(|text| text.parse::<u16>().ok());
        let status = status.ok_or_else(|| format!("no status line: {head:?}"))?;
        let value = |name: &str| {
            let same = |line: &&str| line.split(':').next().is_some_and(|own| own.eq_ignore_ascii_case(name));
            head.split("\r\n")
                .skip(1)
                .find(same)
                .and_then(|line| line.split_once(':'))
                .map(|(_, value)| value.trim())
        };
        if (100..200).contains(&status) {
            continue;
        }
        let length: usize = match (value("content-length"), value("transfer-encoding")) {
            (Some(length), None) => length.parse().map_err(|_| "a length that is no number")?,
            (None, None) if status == 204 || status == 304 => 0,
            _ => return Err(format!("a reply without one length: {head:?}")),
        };
        let length = if to_head { 0 } else { length };
        let body = bytes.get(..length).ok_or("a body that is cut off")?.to_vec();
        bytes = &bytes[length..];
        found.push(Reply { status, head, body });
    }
    Ok(found)
}
