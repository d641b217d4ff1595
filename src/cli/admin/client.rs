//! Asking the running server, or doing it here when none runs.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read, Write as _};
use std::mem::MaybeUninit;
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::path::Path;

use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags};
use serde_json::Value;

use super::wire::{Answer, MOST_FILES, MOST_LINE, Question};
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
    ask_with(settings, act, file.map(open).transpose()?, screen)
}

/// The same, with a body that is at hand.
pub(in crate::cli) fn ask_with(
    settings: &Settings,
    act: Act,
    body: Option<Body>,
    screen: &Screen,
) -> Result<Value, Failure> {
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
    Ok(Body { bytes: Box::new(file), length: metadata.len(), files: Vec::new(), folder: false })
}

/// Sends the beginning of a line, and open files with it: the server reads them, and this user opened them.
fn send_files(stream: &UnixStream, line: &[u8], files: &[(String, File)]) -> io::Result<usize> {
    if files.is_empty() {
        return Ok(0);
    }
    let descriptors: Vec<_> = files.iter().map(|(_, file)| file.as_fd()).collect();
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST_FILES))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if descriptors.len() > MOST_FILES || !control.push(SendAncillaryMessage::ScmRights(&descriptors)) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    Ok(rustix::net::sendmsg(stream, &[io::IoSlice::new(line)], &mut control, SendFlags::empty())?)
}

fn converse(
    mut stream: UnixStream,
    act: Act,
    body: Option<Body>,
    progress: &Progress,
) -> Result<Value, Failure> {
    let lost = |_| Failure::new(&words::SERVER_LOST, []);
    let (length, folder) = body.as_ref().map_or((0, false), |body| (body.length, body.folder));
    let files = body.as_ref().map_or(&[][..], |body| body.files.as_slice());
    let names = files.iter().map(|(name, _)| name.clone()).collect();
    let question = Question { act, body: length, files: names, folder };
    let mut line = serde_json::to_string(&question).map_err(|error| lost(error.into()))?;
    line.push('\n');
    let sent = send_files(&stream, line.as_bytes(), files).map_err(lost)?;
    stream.write_all(line.as_bytes().get(sent..).unwrap_or_default()).map_err(lost)?;
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
