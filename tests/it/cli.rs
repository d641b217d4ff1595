//! Every command with its exact output: the files in `tests/cli/`, typed again against the built binary.
//!
//! A transcript is a run of steps in a new, empty directory. `$ sluis …` runs the binary; below it stand standard
//! output, then standard error with `! ` before each line, then `[exit n]` when that is not 0. Other steps:
//! `$ put FILE TEXT`, `$ replace FILE FROM => TO`, `$ append FILE TEXT`, `$ remove FILE`; `$ serve`, `$ reload` and
//! `$ stop` (a server in the background); `$ ask METHOD PATH [TOKENFILE]` over TLS, and `$ look PATH` at the operations
//! listener. What differs from run to run is shown as a placeholder. `SLUIS_BLESS=1 cargo test --test it cli`
//! writes the files anew; look at the difference before you commit it.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use super::support::process::over_tls;

/// A directory in which one transcript runs.
struct Stage {
    directory: tempfile::TempDir,
    server: Option<Server>,
}

/// A server in the background.
struct Server {
    child: Child,
    log: Receiver<String>,
    traffic: String,
    operations: String,
}

#[test]
fn commands_answer_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli");
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| is_transcript(path))
        .collect();
    files.sort();
    assert!(!files.is_empty());
    let bless = std::env::var_os("SLUIS_BLESS").is_some();
    let mut wrong = Vec::new();
    for file in files {
        let written = fs::read_to_string(&file).unwrap();
        let played = play(&written);
        if bless && written != played {
            #[expect(clippy::disallowed_methods, reason = "writing the transcripts anew, when asked to")]
            fs::write(&file, &played).unwrap();
        } else if written != played {
            wrong.push(format!("{}:\n{}", file.display(), difference(&written, &played)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn is_transcript(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "txt")
}

/// Types every step of a transcript and returns what it should have been.
fn play(written: &str) -> String {
    let mut stage = Stage { directory: tempfile::tempdir().unwrap(), server: None };
    let mut played = String::new();
    let mut output = false;
    for line in written.lines() {
        if let Some(step) = line.strip_prefix("$ ") {
            played.push_str(line);
            played.push('\n');
            played.push_str(&stage.step(step));
            output = true;
        } else if line.starts_with('#') || line.is_empty() {
            // Comments and empty lines between steps stay; an empty line ends what a step printed.
            output = false;
            played.push_str(line);
            played.push('\n');
        } else {
            assert!(output, "a line that no step printed: {line}");
        }
    }
    played
}

impl Stage {
    fn step(&mut self, step: &str) -> String {
        let words = split(step);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["sluis", arguments @ ..] => {
                let output = self.command(arguments).output().unwrap();
                self.shown(&output)
            }
            ["put", file, text] => self.write(file, &unescape(text)),
            ["append", file, text] => {
                let before = fs::read_to_string(self.path(file)).unwrap();
                self.write(file, &format!("{before}{}", unescape(text)))
            }
            ["replace", file, from, "=>", to] => {
                let before = fs::read_to_string(self.path(file)).unwrap();
                let (from, to) = (unescape(from), unescape(to));
                assert!(before.contains(&from), "{file} does not hold {from}");
                self.write(file, &before.replace(&from, &to))
            }
            ["remove", file] => {
                let path = self.path(file);
                if path.is_dir() {
                    fs::remove_dir_all(path).unwrap()
                } else {
                    fs::remove_file(path).unwrap()
                }
                String::new()
            }
            ["ask", method, path, rest @ ..] => self.ask(method, path, rest),
            ["look", path] => self.look(path),
            ["reload"] => self.reload(),
            ["serve"] => self.serve(),
            ["stop"] => self.stop(),
            _ => panic!("an unknown step: {step}"),
        }
    }

    fn path(&self, file: &str) -> PathBuf {
        self.directory.path().join(file)
    }

    fn write(&self, file: &str, text: &str) -> String {
        let path = self.path(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        #[expect(clippy::disallowed_methods, reason = "a test's own files")]
        fs::write(path, text).unwrap();
        String::new()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sluis"));
        command.args(arguments).current_dir(self.directory.path()).stdin(Stdio::null());
        command.env_clear().env("LANG", "en_GB.UTF-8").env("NO_COLOR", "1");
        command
    }

    fn shown(&self, output: &Output) -> String {
        let mut shown = String::new();
        for (bytes, mark) in [(&output.stdout, ""), (&output.stderr, "! ")] {
            for line in String::from_utf8_lossy(bytes).lines() {
                // An empty line, or one that looks like a comment, would end the output when it is read again.
                let hidden = if line.is_empty() || line.starts_with('#') { "·" } else { "" };
                shown.push_str(&format!("{mark}{hidden}{}\n", self.stable(line)));
            }
        }
        match output.status.code() {
            Some(0) => {}
            Some(code) => shown.push_str(&format!("[exit {code}]\n")),
            None => shown.push_str("[killed]\n"),
        }
        shown
    }

    /// Puts placeholders for what differs from run to run.
    fn stable(&self, line: &str) -> String {
        stable(&line.replace(self.directory.path().to_str().unwrap(), "DIR"))
    }

    fn serve(&mut self) -> String {
        let mut child = self.command(&["serve"]).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap());
        let (tell, log) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                let _ = tell.send(line);
            }
        });
        let mut server = Server { child, log, traffic: String::new(), operations: String::new() };
        let serving = server.wait_for("\"message\":\"serving\"");
        let serving: serde_json::Value = serde_json::from_str(&serving).unwrap();
        server.traffic = serving["address"].as_str().unwrap().to_owned();
        server.operations = serving["operations"].as_str().unwrap().to_owned();
        self.server = Some(server);
        String::new()
    }

    /// Sends SIGHUP, and shows what the log says of it.
    fn reload(&mut self) -> String {
        let server = self.server.as_mut().expect("a server");
        server.signal(rustix::process::Signal::HUP);
        let line = server.wait_for("configuration ");
        let line: serde_json::Value = serde_json::from_str(&line).unwrap();
        format!("{}\n", line["message"].as_str().unwrap())
    }

    fn stop(&mut self) -> String {
        let mut server = self.server.take().expect("a server to stop");
        server.signal(rustix::process::Signal::TERM);
        server.wait_for("\"message\":\"stopped");
        let status = server.child.wait().unwrap();
        if status.success() { String::new() } else { format!("[exit {:?}]\n", status.code()) }
    }

    /// One request over TLS, trusting the certificate that `init` made: status, code and title.
    fn ask(&self, method: &str, path: &str, token: &[&str]) -> String {
        let server = self.server.as_ref().expect("a server");
        let bearer = token.first().map(|file| {
            let token = fs::read_to_string(self.path(file)).unwrap();
            format!("Authorization: Bearer {}\r\n", token.trim())
        });
        let bearer = bearer.unwrap_or_default();
        let request =
            format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n{bearer}Connection: close\r\n\r\n");
        let reply = over_tls(&server.traffic, &self.path("tls/cert.pem"), &request);
        let (head, body) = reply.split_once("\r\n\r\n").unwrap();
        let status = head.lines().next().unwrap();
        let problem: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
        let text = |key: &str| problem[key].as_str().unwrap_or_default().to_owned();
        format!("{status}\n{} {}\n", text("code"), text("title"))
    }

    /// What the operations listener says.
    fn look(&self, path: &str) -> String {
        let server = self.server.as_ref().expect("a server");
        let mut socket = TcpStream::connect(&server.operations).unwrap();
        write!(socket, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
        let mut reply = String::new();
        socket.read_to_string(&mut reply).unwrap();
        let (head, body) = reply.split_once("\r\n\r\n").unwrap();
        let body: Vec<&str> =
            body.lines().filter(|line| path != "/metrics" || line.starts_with("sluis_")).collect();
        // Times differ from run to run; that they are counted does not.
        let timeless = |line: &&str| {
            !line.contains("_bucket") && !line.contains("_sum") && !line.contains("imported_time")
        };
        let mut body: Vec<String> = body.into_iter().filter(timeless).map(|line| self.stable(line)).collect();
        if path == "/metrics" {
            // Their order is that of a hash table.
            body.sort();
        }
        format!("{}\n{}\n", head.lines().next().unwrap(), body.join("\n"))
    }
}

impl Server {
    fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).unwrap();
    }

    /// The next line of the log that holds this text.
    fn wait_for(&mut self, text: &str) -> String {
        let end = Instant::now() + Duration::from_secs(30);
        let mut log = Vec::new();
        while let Ok(line) = self.log.recv_timeout(end.saturating_duration_since(Instant::now())) {
            if line.contains(text) {
                return line;
            }
            log.push(line);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
        panic!("the server never said {text}:\n{}", log.join("\n"));
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if let Some(server) = &mut self.server {
            let _ = server.child.kill();
            let _ = server.child.wait();
        }
    }
}

/// A line with placeholders for what differs from run to run.
pub(super) fn stable(line: &str) -> String {
    let mut stable = String::new();
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let before = stable.chars().next_back();
        let begins = !before.is_some_and(|c| c.is_ascii_alphanumeric() || c == '-');
        match begins.then(|| volatile(rest)).flatten() {
            Some((length, placeholder)) => {
                stable.push_str(placeholder);
                rest = &rest[length..];
            }
            None => {
                stable.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
    }
    stable
}

/// The length of a volatile part at the begin of a text, and what stands for it.
fn volatile(text: &str) -> Option<(usize, &'static str)> {
    let run = |allowed: fn(&char) -> bool| text.chars().take_while(allowed).count();
    // Some leaves come by themselves, such as those of needle filters.
    if let Some(count) = text.strip_prefix(r#""journal_entries": "#) {
        let digits = count.chars().take_while(char::is_ascii_digit).count();
        return Some((text.len() - count.len() + digits, r#""journal_entries": COUNT"#));
    }
    let hex = run(|c| c.is_ascii_digit() || ('a'..='f').contains(c));
    let ends = |length: usize| !text[length..].starts_with(|c: char| c.is_ascii_alphanumeric());
    match hex {
        64 if ends(64) => return Some((64, "SHA256")),
        32 if ends(32) => return Some((32, "EXCHANGE")),
        _ => {}
    }
    // The end of a verifier key: its id and the key (C2SP signed-note).
    let key =
        text.get(9..53).filter(|key| key.chars().all(|c| c.is_ascii_alphanumeric() || "+/".contains(c)));
    if hex == 8 && text[8..].starts_with('+') && key.is_some() {
        return Some((53, "KEY"));
    }
    // A digest in base64 (RFC 4648, 4).
    let base64 = run(|c| c.is_ascii_alphanumeric() || "+/".contains(*c));
    if base64 == 43 && text[43..].starts_with('=') {
        return Some((44, "DIGEST"));
    }
    let moment = run(|c| c.is_ascii_digit() || "-:.TZ".contains(*c));
    let shape: String = text[..moment].chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    if shape.starts_with("0000-00-00T00:00:00") && shape.ends_with('Z') {
        return Some((moment, "TIME"));
    }
    // The same for people.
    if shape.starts_with("0000-00-00") && text[10..].starts_with(' ') {
        let clock: String =
            text[10..].chars().take(10).map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
        if clock == " 00:00 UTC" {
            return Some((20, "TIME"));
        }
    }
    let uuid: String = text
        .chars()
        .take(36)
        .map(|c| if c.is_ascii_hexdigit() && !c.is_ascii_uppercase() { 'x' } else { c })
        .collect();
    if uuid == "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx" {
        return Some((36, "UUID"));
    }
    None
}

/// Words as a shell splits them: quotes keep blanks together.
fn split(step: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in step.chars() {
        match (quote, c) {
            (Some(q), c) if c == q => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, ' ') => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

fn unescape(text: &str) -> String {
    text.replace("\\n", "\n")
}

fn difference(written: &str, played: &str) -> String {
    let (written, played): (Vec<&str>, Vec<&str>) = (written.lines().collect(), played.lines().collect());
    let same = written.iter().zip(&played).take_while(|(a, b)| a == b).count();
    let from = same.saturating_sub(3);
    let part = |lines: &[&str]| {
        lines.iter().skip(from).take(14).map(|line| format!("    {line}\n")).collect::<String>()
    };
    format!("line {}; written:\n{}  now:\n{}", same + 1, part(&written), part(&played))
}
