//! The closed list of reasons not to forward a message.
//!
//! A refusal names the act that failed and where, never a value of the message. `server/rescue.rs`
//! turns each into status, stable code and hint, in one exhaustive `match`.

/// Why a message was not forwarded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The request's framing or head is malformed or ambiguous (RFC 9112).
    Framing(&'static str),
    /// No route is mounted at this path, or its profile lists no such path.
    NoRoute,
    /// The path is listed, this method is not.
    MethodNotListed,
    /// The caller showed no credential, or one that nobody holds.
    Unauthenticated,
    /// The credential is good, but not for this route or from this network.
    Forbidden,
    /// The body is larger than the limit, in bytes.
    TooLarge {
        /// The limit in force, in bytes.
        limit: usize,
    },
    /// The caller was too slow in sending its request.
    SlowRequest,
    /// A header that changes what the message means and is not listed (`Range`, `Expect`, `Upgrade` …).
    HeaderNotListed(&'static str),
    /// A content coding that is unknown, stacked or beyond its bounds.
    Coding(&'static str),
    /// None of the types the caller accepts is one the profile lists.
    NotAcceptable,
    /// A media type or charset that the profile does not list.
    MediaType,
    /// Bytes that do not parse as what they claim to be.
    Unparsed {
        /// What is wrong.
        what: &'static str,
        /// Byte offset in the part that was parsed.
        offset: usize,
    },
    /// Something that the profile does not list, or lists as refused.
    NotListed {
        /// The profile's rule, or `unlisted`, as `message.part selector`.
        rule: String,
    },
    /// A question whose answer would depend on an identity (filter, sort, range).
    Question {
        /// The profile's rule.
        rule: String,
    },
    /// A pseudonym that is unknown, another scope's or another kind's: one refusal for all.
    UnknownPseudonym,
    /// `link = "roster"`, and the roster does not know this pupil.
    NotInRoster {
        /// The profile's rule.
        rule: String,
    },
    /// A name that the publisher gave to a person stands beside another person, or a message gives it to two.
    SecondPerson {
        /// The profile's rule.
        rule: String,
    },
    /// A label or `add` rule met a record without a person.
    NoPerson {
        /// The profile's rule.
        rule: String,
    },
    /// A value that a `swap` rule does not know.
    SwapMismatch,
    /// The publisher's agreement has ended.
    AgreementEnded,
    /// The publisher processes outside the EEA, and no basis for that is on record.
    NoBasis,
    /// Something of a category that the publisher's agreement does not name, at a place where it cannot just go.
    NotAgreed {
        /// The profile's rule.
        rule: String,
    },
    /// The message is about a pupil for whom an objection against this publisher is on record.
    Objected,
    /// The message is about a pupil under 16 (or of unknown age), the publisher is a free app, and no consent is on record.
    NoConsent,
    /// The guard found something it watches.
    Leak {
        /// What kind of thing was found, in the guard's own words (`full-name`, `identifier` …).
        found: &'static str,
        /// Where: `target`, `header` or `body`.
        part: &'static str,
    },
    /// The route runs closed (no roster) and this content may not leave without one.
    Closed {
        /// The profile's rule.
        rule: String,
    },
    /// The guard withheld too many replies to this publisher.
    WithheldTooOften {
        /// When it may ask again.
        seconds: u64,
    },
    /// The vault is sealed, or its disk failed.
    VaultSealed,
    /// The journal cannot be written.
    JournalFailed,
    /// The roster that the configuration names cannot be read.
    RosterUnavailable,
    /// More work than the configured limits allow.
    Overloaded,
    /// Too many questions of this publisher failed, or too many requests for a token from this address.
    FailedTooOften {
        /// When it may ask again.
        seconds: u64,
    },
    /// The process is draining.
    Draining,
    /// The other side could not be reached, or broke off.
    UpstreamDown,
    /// The other side did not answer in time.
    UpstreamSlow,
    /// The other side's reply is larger than the limit.
    ReplyTooLarge,
    /// The other side's credential could not be obtained (OAuth2).
    UpstreamCredential,
    /// A fault of Sluis itself; the exchange id finds it in the log.
    Internal,
}

impl Refusal {
    /// The stable code: the same in answers, log, journal and metrics, in every language and version.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Framing(_) => "SLS-101",
            Self::NoRoute => "SLS-102",
            Self::MethodNotListed => "SLS-103",
            Self::TooLarge { .. } => "SLS-104",
            Self::SlowRequest => "SLS-105",
            Self::HeaderNotListed(_) => "SLS-106",
            Self::Coding(_) => "SLS-107",
            Self::NotAcceptable => "SLS-108",
            Self::MediaType => "SLS-109",
            Self::Unparsed { .. } => "SLS-110",
            Self::NotListed { .. } => "SLS-111",
            Self::Question { .. } => "SLS-112",
            Self::Unauthenticated => "SLS-201",
            Self::Forbidden => "SLS-202",
            Self::UnknownPseudonym => "SLS-301",
            Self::NoPerson { .. } => "SLS-302",
            Self::SwapMismatch => "SLS-303",
            Self::NotInRoster { .. } => "SLS-304",
            Self::SecondPerson { .. } => "SLS-305",
            Self::AgreementEnded => "SLS-401",
            Self::NoBasis => "SLS-402",
            Self::NotAgreed { .. } => "SLS-403",
            Self::Objected => "SLS-404",
            Self::NoConsent => "SLS-405",
            Self::Leak { .. } => "SLS-601",
            Self::Closed { .. } => "SLS-602",
            Self::WithheldTooOften { .. } => "SLS-603",
            Self::VaultSealed => "SLS-701",
            Self::JournalFailed => "SLS-702",
            Self::RosterUnavailable => "SLS-703",
            Self::Overloaded => "SLS-801",
            Self::Draining => "SLS-802",
            Self::FailedTooOften { .. } => "SLS-803",
            Self::UpstreamDown => "SLS-901",
            Self::UpstreamSlow => "SLS-902",
            Self::UpstreamCredential => "SLS-903",
            Self::ReplyTooLarge => "SLS-904",
            Self::Internal => "SLS-999",
        }
    }
}

impl Refusal {
    /// The profile's rule that refused, under the name that the journal counts it by; none where no rule did.
    pub fn rule(&self) -> Option<&str> {
        match self {
            Self::NotListed { rule }
            | Self::Question { rule }
            | Self::NotInRoster { rule }
            | Self::NoPerson { rule }
            | Self::NotAgreed { rule }
            | Self::Closed { rule } => {
                // What was wrong with the shape stands behind it.
                let end = rule.find("): ").map_or(rule.len(), |at| at + 1);
                rule.get(..end).filter(|rule| !rule.is_empty())
            }
            _ => None,
        }
    }
}

/// On which side of the exchange the refusal fell: it decides the status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// The request was refused: nothing went upstream.
    Request,
    /// The reply was refused: the request may have taken effect.
    Reply,
}

/// A refusal with the exchange it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Why.
    pub refusal: Refusal,
    /// Where in the exchange.
    pub at: At,
    /// The exchange's random id, 128 bits in lower-case hex; also in the log and the journal.
    pub exchange: String,
}
