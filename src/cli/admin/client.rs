//! Asking the running server, or doing it here when none runs.

use std::io::{self, BufRead as _, BufReader, Read, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;

use serde_json::Value;

use super::wire::{Answer, MOST_LINE, Question};
use crate::cli::act::{self, Act, Body};
use crate::cli::failure::Failure;
use crate::cli::progress::Progress;
use crate::cli::screen::Screen;
use crate::cli::words;
use crate::config::{Settings, reason};

/// Has an act performed, and returns its report. `file` is read by this process, as the user who typed the
/// command, whoever performs the act.
pub(in crate::cli) fn ask(
    settings: &Settings,
    act: Act,
    file: Option<&Path>,
    screen: &Screen,
) -> Result<Value, Failure> {
    put(settings, act, file.map(open).transpose()?, screen)
}

/// The same, with these bytes as the body: what stands nowhere but in this process.
pub(in crate::cli) fn ask_with(
    settings: &Settings,
    act: Act,
    bytes: Vec<u8>,
    screen: &Screen,
) -> Result<Value, Failure> {
    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    put(settings, act, Some(Body { bytes: Box::new(io::Cursor::new(bytes)), length }), screen)
}

fn put(settings: &Settings, act: Act, body: Option<Body>, screen: &Screen) -> Result<Value, Failure> {
    let progress = Progress::new(screen);
    match UnixStream::connect(settings.socket()) {
        Ok(stream) => converse(stream, act, body, &progress),
        Err(_) => act::perform_alone(settings, act, body, &|done, of| progress.at(done, of)),
    }
}

fn open(path: &Path) -> Result<Body, Failure> {
    let unreadable = |error: io::Error| {
        let values = [("path", path.display().to_string().into()), ("reason", reason(&error))];
        Failure::new(&words::READ, values)
    };
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    if metadata.is_dir() {
        return Err(unreadable(io::ErrorKind::IsADirectory.into()));
    }
    Ok(Body { bytes: Box::new(file), length: metadata.len() })
}

fn converse(
    mut stream: UnixStream,
    act: Act,
    body: Option<Body>,
    progress: &Progress,
) -> Result<Value, Failure> {
    let lost = |_| Failure::new(&words::SERVER_LOST, []);
    let question = Question { act, body: body.as_ref().map_or(0, |body| body.length) };
    let line = serde_json::to_string(&question).map_err(|error| lost(error.into()))?;
    writeln!(stream, "{line}").map_err(lost)?;
    if let Some(body) = body {
        // A server that refuses answers before it has read everything; its answer says why.
        let _ = io::copy(&mut body.bytes.take(body.length), &mut stream);
    }
    let mut lines = BufReader::new(stream);
    loop {
        let mut line = Vec::new();
        lines.by_ref().take(MOST_LINE as u64).read_until(b'\n', &mut line).map_err(lost)?;
        match serde_json::from_slice(&line) {
            Ok(Answer::Progress(done, of)) => progress.at(done, of),
            Ok(Answer::Done(report)) => return Ok(report),
            Ok(Answer::Failed(failure)) => return Err(failure),
            Err(error) => return Err(lost(error.into())),
        }
    }
}
