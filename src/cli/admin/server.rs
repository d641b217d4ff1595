//! The socket on which a running server takes commands: mode 0600, the peer's user checked and journalled.
//!
//! It must not know what the commands do.

use std::fs::{self, File};
use std::io::{self, Read};
use std::mem::MaybeUninit;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, Interest};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, mpsc};

use super::wire::{Answer, MOST_BODY, MOST_FILES, MOST_LINE, Question};
use crate::cli::act::{Act, Body};
use crate::cli::failure::Failure;
use crate::cli::words;
use crate::server::Draining;

/// Commands at once; more wait.
const COMMANDS: usize = 4;
/// How long a question may take to arrive.
const PATIENCE: Duration = Duration::from_secs(10);

/// Who performs commands.
pub(in crate::cli) trait Commands: Send + Sync + 'static {
    /// Performs one act for a user of this machine; blocks as long as it takes. `tell` hears of progress.
    fn perform(
        &self,
        act: Act,
        body: Option<Body>,
        uid: u32,
        tell: &dyn Fn(u64, u64),
    ) -> Result<Value, Failure>;
}

/// Makes the socket. The vault is open by now, so no other server uses one that is left there.
pub(in crate::cli) fn bind(path: &Path) -> io::Result<UnixListener> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(path)?;
    // Between these two calls only the check of the peer's user stands; it would be enough alone.
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Takes commands until the drain begins, then removes the socket.
pub(in crate::cli) async fn serve(
    listener: UnixListener,
    path: &Path,
    commands: Arc<dyn Commands>,
    mut draining: Draining,
) {
    let places = Arc::new(Semaphore::new(COMMANDS));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { break };
        let accepted = tokio::select! {
            () = draining.begun() => break,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let commands = Arc::clone(&commands);
        tokio::spawn(async move {
            // A client that goes away loses its answer; the act itself runs to its end.
            let _ = attend(stream, commands).await;
            drop(place);
        });
    }
    let _ = fs::remove_file(path);
}

async fn attend(stream: UnixStream, commands: Arc<dyn Commands>) -> io::Result<()> {
    let uid = stream.peer_cred()?.uid();
    let own = rustix::process::geteuid().as_raw();
    if uid != own && uid != 0 {
        tracing::warn!(uid, "a command from another user was refused");
        let (_, mut writing) = stream.into_split();
        return write(&mut writing, &Answer::Failed(Failure::new(&words::OTHER_USER, []))).await;
    }
    let heard = tokio::time::timeout(PATIENCE, hear(&stream)).await.map_err(io::Error::other)??;
    let Heard { line, beyond, files } = heard;
    let (mut reading, mut writing) = stream.into_split();
    let question: Option<Question> = serde_json::from_slice(&line).ok();
    // Client and server are of different versions, or it is no client of ours.
    let Some(question) = question.filter(|question| question.files.len() == files.len()) else {
        return write(&mut writing, &Answer::Failed(Failure::new(&words::OTHER_VERSION, []))).await;
    };
    let mut reading = tokio::io::AsyncReadExt::chain(beyond.as_slice(), &mut reading);
    let mut body = receive(&mut reading, question.body).await?;
    if !files.is_empty() {
        let body = body.get_or_insert_with(|| Body {
            bytes: Box::new(io::empty()),
            length: 0,
            files: Vec::new(),
            folder: false,
        });
        body.files = question.files.into_iter().zip(files).collect();
        body.folder = question.folder;
    }
    tracing::info!(uid, command = question.act.name(), "command");
    let (tell, mut told) = mpsc::channel::<(u64, u64)>(1);
    let mut work = tokio::task::spawn_blocking(move || {
        // A full channel drops what is older than what comes next.
        let tell = |done, of| {
            let _ = tell.try_send((done, of));
        };
        commands.perform(question.act, body, uid, &tell)
    });
    loop {
        tokio::select! {
            Some((done, of)) = told.recv() => write(&mut writing, &Answer::Progress(done, of)).await?,
            ended = &mut work => {
                let answer = match ended {
                    Ok(Ok(report)) => Answer::Done(report),
                    Ok(Err(failure)) => Answer::Failed(failure),
                    Err(_) => Answer::Failed(Failure::new(&words::INTERNAL, [])),
                };
                return write(&mut writing, &answer).await;
            }
        }
    }
}

/// A question's line, what came behind it, and the files that came with it.
struct Heard {
    line: Vec<u8>,
    beyond: Vec<u8>,
    files: Vec<File>,
}

async fn hear(stream: &UnixStream) -> io::Result<Heard> {
    let (mut line, mut files) = (Vec::new(), Vec::new());
    while line.len() < MOST_LINE {
        stream.readable().await?;
        let mut piece = [0; 4096];
        match stream.try_io(Interest::READABLE, || take(stream, &mut piece, &mut files)) {
            Ok(0) => break,
            Ok(count) => line.extend_from_slice(piece.get(..count).unwrap_or_default()),
            Err(why) if why.kind() == io::ErrorKind::WouldBlock => continue,
            Err(why) => return Err(why),
        }
        if let Some(end) = line.iter().position(|byte| *byte == b'\n') {
            let beyond = line.split_off(end + 1);
            return Ok(Heard { line, beyond, files });
        }
    }
    Err(io::ErrorKind::InvalidData.into())
}

/// Some bytes, and the files beside them. Only plain files are taken: a pipe could keep the server waiting.
fn take(stream: &UnixStream, piece: &mut [u8], files: &mut Vec<File>) -> io::Result<usize> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST_FILES))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let flags = RecvFlags::CMSG_CLOEXEC;
    let heard = rustix::net::recvmsg(stream, &mut [io::IoSliceMut::new(piece)], &mut control, flags)?;
    for message in control.drain() {
        let RecvAncillaryMessage::ScmRights(descriptors) = message else { continue };
        for file in descriptors.map(File::from) {
            if files.len() >= MOST_FILES || !file.metadata()?.is_file() {
                return Err(io::ErrorKind::InvalidInput.into());
            }
            files.push(file);
        }
    }
    Ok(heard.bytes)
}

async fn receive(reading: &mut (impl tokio::io::AsyncRead + Unpin), length: u64) -> io::Result<Option<Body>> {
    if length == 0 {
        return Ok(None);
    }
    if length > MOST_BODY {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let mut bytes = Vec::new();
    reading.take(length).read_to_end(&mut bytes).await?;
    let bytes: Box<dyn Read + Send> = Box::new(io::Cursor::new(bytes));
    Ok(Some(Body { bytes, length, files: Vec::new(), folder: false }))
}

async fn write(writing: &mut (impl tokio::io::AsyncWrite + Unpin), answer: &Answer) -> io::Result<()> {
    let mut line = serde_json::to_vec(answer)?;
    line.push(b'\n');
    writing.write_all(&line).await
}
