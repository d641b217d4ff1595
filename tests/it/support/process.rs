//! The built binary in a directory of its own: commands, and servers in the background.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

/// The answers with which schools of these tests are made.
const ANSWERS: &str = "school_id = '12AB'\nschool_name = 'Petteflat College'\naddress = '127.0.0.1:0'\n\
    [publisher]\nid = 'rekenwonder'\nname = 'Rekenwonder BV'\nupstream = 'https://api.rekenwonder.example/v2/'\n\
    profile = 'oneroster-1.2'\nepoch = '2026-2027'\n";

/// A directory in which commands run.
pub(crate) struct Place {
    pub(crate) directory: tempfile::TempDir,
}

/// A server in the background; killed when it goes out of scope.
pub(crate) struct Running {
    child: Child,
    log: Receiver<String>,
    /// What its first line of service said.
    pub(crate) serving: serde_json::Value,
}

impl Place {
    pub(crate) fn empty() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    /// A new school whose ports are free ones.
    pub(crate) fn school() -> Self {
        let place = Self::empty();
        place.put("answers.toml", ANSWERS);
        place.good(&["init", "--answers", "answers.toml", "--no-input"]);
        place.append("sluis.toml", "\n[operations]\naddress = '127.0.0.1:0'\n");
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn put(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    pub(crate) fn append(&self, name: &str, text: &str) {
        self.put(name, &format!("{}{text}", self.read(name)));
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sluis"));
        command.args(arguments).current_dir(self.directory.path()).stdin(Stdio::null());
        command.env_clear().env("LANG", "en_GB.UTF-8").env("NO_COLOR", "1");
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// A command that must do what it should (warnings allowed); its output.
    #[track_caller]
    pub(crate) fn good(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(matches!(output.status.code(), Some(0 | 3)), "{arguments:?}: {error}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// A command that must fail; what it said on standard error.
    #[track_caller]
    pub(crate) fn fails(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {output:?}");
        String::from_utf8(output.stderr).unwrap()
    }

    /// Starts a server and waits until its log has a line with this message.
    pub(crate) fn start(&self, arguments: &[&str], message: &str) -> Running {
        Self::started(self.command(arguments), message)
    }

    fn started(mut command: Command, message: &str) -> Running {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap());
        let (tell, log) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                let _ = tell.send(line);
            }
        });
        let mut running = Running { child, log, serving: serde_json::Value::Null };
        let line = running.wait_for(&format!("\"message\":\"{message}\""));
        running.serving = serde_json::from_str(&line).unwrap();
        running
    }

    pub(crate) fn serve(&self) -> Running {
        self.start(&["serve"], "serving")
    }

    /// As another user; none when he may not run the binary.
    pub(crate) fn serve_as(&self, user: u32) -> Option<Running> {
        use std::os::unix::process::CommandExt as _;
        let mut try_out = self.command(&["--version"]);
        let may = try_out.uid(user).gid(user).output().is_ok_and(|output| output.status.success());
        let mut command = self.command(&["serve"]);
        command.uid(user).gid(user);
        may.then(|| Self::started(command, "serving"))
    }
}

impl Running {
    pub(crate) fn text(&self, key: &str) -> String {
        self.serving[key].as_str().unwrap().to_owned()
    }

    /// `/readyz`: its status and what it says.
    pub(crate) fn ready(&self) -> (u16, serde_json::Value) {
        let mut socket = TcpStream::connect(self.text("operations")).unwrap();
        write!(socket, "GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
        let mut reply = String::new();
        socket.read_to_string(&mut reply).unwrap();
        let (head, body) = reply.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), serde_json::from_str(body).unwrap())
    }

    /// Its number.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal, and says how it ended.
    pub(crate) fn dies_of(mut self, signal: Signal) -> std::process::ExitStatus {
        self.signal(signal);
        self.child.wait().unwrap()
    }

    /// Stops it where it stands, as a power cut would, until it is killed.
    pub(crate) fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    /// As [`Running::ask`], by a server that may not answer; no longer than two seconds.
    pub(crate) fn try_ask(&self, certificate: &Path, path: &str, token: &str) -> Option<(u16, String)> {
        let socket = TcpStream::connect(self.text("address")).ok()?;
        socket.set_read_timeout(Some(Duration::from_secs(2))).ok()?;
        let connection =
            rustls::ClientConnection::new(client(certificate), "localhost".try_into().ok()?).ok()?;
        let mut stream = rustls::StreamOwned::new(connection, socket);
        let head = "Host: localhost\r\nConnection: close";
        write!(stream, "GET {path} HTTP/1.1\r\n{head}\r\nAuthorization: Bearer {token}\r\n\r\n").ok()?;
        let mut reply = Vec::new();
        let _ = stream.read_to_end(&mut reply);
        let reply = String::from_utf8_lossy(&reply).into_owned();
        let (head, body) = reply.split_once("\r\n\r\n")?;
        let problem: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
        let code = problem["code"].as_str().unwrap_or_default().to_owned();
        Some((head.split(' ').nth(1)?.parse().ok()?, code))
    }

    /// One request over TLS, trusting this certificate: the status, and the code of a refusal.
    pub(crate) fn ask(&self, certificate: &Path, path: &str, token: &str) -> (u16, String) {
        let head = format!("GET {path} HTTP/1.1\r\nAuthorization: Bearer {token}\r\n");
        let (status, _, body) = self.exchange(certificate, &head, "");
        let problem: serde_json::Value = serde_json::from_str(&body).unwrap_or_default();
        (status, problem["code"].as_str().unwrap_or_default().to_owned())
    }

    /// One request over TLS, with JSON unless it is empty: the status and the body of the reply.
    pub(crate) fn send(
        &self,
        certificate: &Path,
        method: &str,
        path: &str,
        token: &str,
        json: &str,
    ) -> (u16, String) {
        let kind = if json.is_empty() { "" } else { "Content-Type: application/json\r\n" };
        let head = format!("{method} {path} HTTP/1.1\r\nAuthorization: Bearer {token}\r\n{kind}");
        let (status, _, body) = self.exchange(certificate, &head, json);
        (status, body)
    }

    /// A request whose head begins so, over TLS and a connection of its own: status, head and body of the reply.
    pub(crate) fn exchange(&self, certificate: &Path, head: &str, body: &str) -> (u16, String, String) {
        let length =
            if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
        let request = format!("{head}Host: localhost\r\n{length}Connection: close\r\n\r\n{body}");
        let reply = over_tls(&self.text("address"), certificate, &request);
        let (head, body) = reply.split_once("\r\n\r\n").unwrap_or((&reply, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
        (status, head.to_owned(), body.to_owned())
    }

    /// Asks `/readyz` until it is so.
    #[track_caller]
    pub(crate) fn until(
        &self,
        what: &str,
        so: impl Fn(u16, &serde_json::Value) -> bool,
    ) -> serde_json::Value {
        let end = Instant::now() + Duration::from_secs(30);
        loop {
            let (status, state) = self.ready();
            if so(status, &state) {
                return state;
            }
            assert!(Instant::now() < end, "{what}: {status} {state}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    pub(crate) fn reload(&mut self) -> String {
        self.signal(Signal::HUP);
        self.wait_for("configuration ")
    }

    /// Ends it in good order.
    pub(crate) fn stop(mut self) {
        self.signal(Signal::TERM);
        assert!(self.child.wait().unwrap().success());
    }

    /// Kills it.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// The next line of the log that holds this text.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, text: &str) -> String {
        let end = Instant::now() + Duration::from_secs(30);
        let mut log = Vec::new();
        while let Ok(line) = self.log.recv_timeout(end.saturating_duration_since(Instant::now())) {
            if line.contains(text) {
                return line;
            }
            log.push(line);
        }
        panic!("the server never said {text}:\n{}", log.join("\n"));
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A copy of a directory and all below it; what was there is taken away first.
pub(crate) fn copy(from: &Path, to: &Path) {
    let _ = std::fs::remove_dir_all(to);
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (path, to) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &to);
        } else if entry.file_type().unwrap().is_file() {
            std::fs::copy(&path, &to).unwrap();
        }
    }
}

/// A client's end of TLS, trusting this certificate.
pub(crate) fn client(certificate: &Path) -> Arc<rustls::ClientConfig> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(certificate).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}

/// One request over TLS and a connection of its own, trusting this certificate: all of the reply.
pub(crate) fn over_tls(address: &str, certificate: &Path, request: &str) -> String {
    let name = "localhost".try_into().unwrap();
    let connection = rustls::ClientConnection::new(client(certificate), name).unwrap();
    let mut stream = rustls::StreamOwned::new(connection, TcpStream::connect(address).unwrap());
    stream.write_all(request.as_bytes()).unwrap();
    let mut reply = Vec::new();
    // Without close_notify the end of the connection is an error; the bytes are there.
    let _ = stream.read_to_end(&mut reply);
    String::from_utf8_lossy(&reply).into_owned()
}
