//! What a witness is asked, as text (C2SP tlog-witness, `add-checkpoint`): the old size, a proof and the new
//! checkpoint. It must not know HTTP, nor decide anything.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Hash;
use super::checkpoint::decimal;

/// The most hashes of a consistency proof: trees have at most 2^63 entries.
const MOST_PROOF: usize = 63;

/// A request to cosign a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// The size that the witness saw last.
    pub old: u64,
    /// The proof that the checkpoint's tree extends that one.
    pub proof: Vec<Hash>,
    /// The signed checkpoint.
    pub note: String,
}

impl AddCheckpoint {
    /// The body of the request.
    pub fn body(&self) -> String {
        let mut body = format!("old {}\n", self.old);
        for hash in &self.proof {
            body.push_str(&STANDARD.encode(hash));
            body.push('\n');
        }
        body.push('\n');
        body.push_str(&self.note);
        body
    }

    /// Reads a body; none when it is not one.
    pub fn parse(body: &str) -> Option<Self> {
        let (head, note) = body.split_once("\n\n")?;
        let mut lines = head.split('\n');
        let old = lines.next()?.strip_prefix("old ").and_then(decimal)?;
        let mut proof = Vec::new();
        for line in lines {
            let hash = STANDARD.decode(line).ok().and_then(|hash| Hash::try_from(hash).ok())?;
            proof.push(hash);
            if proof.len() > MOST_PROOF {
                return None;
            }
        }
        Some(Self { old, proof, note: note.to_owned() })
    }
}

/// The size in a witness's answer 409: which tree it saw last.
pub fn conflict_size(body: &str) -> Option<u64> {
    decimal(body.strip_suffix('\n')?)
}
