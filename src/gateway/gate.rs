//! Where the gateway meets the edges: what the server asks of it, and what it asks of an upstream.
//!
//! The server knows sockets, TLS and framing and calls a [`Gate`]; the gateway decides and hands what it
//! cleared or restored to a [`Carrier`]. Neither side may know the other's types beyond these. It must not
//! know sockets, TLS or HTTP versions.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;

use super::flow::{Arriving, Departing};
use super::refusal::{Refusal, Refused};

/// Who stands at the other end of an incoming connection, as far as the connection itself shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presented {
    /// The address the connection came from. It only ever narrows who may call.
    pub peer: SocketAddr,
    /// The client certificate, when one was shown and at least one configured CA vouches for it. Its
    /// private key was proved in the handshake.
    pub certificate: Option<Arc<PeerCertificate>>,
}

/// A configured client CA: SHA-256 over the DER of the certificates of its file, in their order. Not a place in
/// a list, because a connection outlives a reload of the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AuthorityId(pub [u8; 32]);

/// A verified client certificate, reduced to what a caller rule can ask (RFC 5280).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerCertificate {
    /// The configured client CAs that the chain led to at the handshake. Never empty.
    pub verified_by: Vec<AuthorityId>,
    /// `serialNumber` (2.5.4.5) of the subject, where PKIoverheid keeps the OIN. `None` when the subject has
    /// none, or more than one.
    pub oin: Option<String>,
    /// DNS names (lower case), e-mail addresses and URIs among the subject alternative names.
    pub san: Vec<String>,
    /// SHA-256 of the leaf certificate's DER.
    pub sha256: [u8; 32],
}

/// The gateway as the server sees it. Routing and authentication happen in [`Gate::admit`], before a byte of
/// the body is read; the exchange itself in [`Gate::exchange`], with the whole body.
///
/// The server may drop the future of `exchange` at any await (the caller went away, a deadline passed), so
/// it must hold its promises when cancelled there.
pub trait Gate: Send + Sync + 'static {
    /// What `admit` decided and `exchange` needs: route, caller, and the head as it is to be used.
    type Admitted: Send + Sync + 'static;

    /// Finds the route and the caller.
    ///
    /// # Errors
    /// A refusal: no route, unknown caller, a head that the route cannot carry.
    fn admit(&self, head: &http::request::Parts, presented: &Presented) -> Result<Self::Admitted, Refused>;

    /// The most bytes of body that this request may have, where that is less than the server's own limit.
    fn body_bytes(&self, _admitted: &Self::Admitted) -> Option<usize> {
        None
    }

    /// Carries the exchange to its end and returns what the caller gets: status, headers (none of the
    /// connection) and body.
    ///
    /// # Errors
    /// A refusal of the request or of the reply.
    fn exchange(
        &self,
        admitted: Self::Admitted,
        body: Bytes,
    ) -> impl Future<Output = Result<http::Response<Bytes>, Refused>> + Send;

    /// Whether this request's body may be larger than the buffer: it is then handed over as it comes, by
    /// [`Gate::converse`]. `announced` is its length, where the head says one.
    fn may_stream(&self, _admitted: &Self::Admitted, _announced: Option<u64>) -> bool {
        false
    }

    /// The same as [`Gate::exchange`], for bodies that come or go piece by piece too. A reply that streams is broken
    /// off when its [`Outflow`](super::flow::Outflow) says so: whoever writes it must not end it then.
    ///
    /// # Errors
    /// As [`Gate::exchange`].
    fn converse(
        &self,
        admitted: Self::Admitted,
        body: Arriving,
    ) -> impl Future<Output = Result<http::Response<Departing>, Refused>> + Send {
        async {
            match body {
                Arriving::Whole(body) => Ok(self.exchange(admitted, body).await?.map(Departing::Whole)),
                Arriving::Streamed(_) => Err(self.refuse(Some(admitted), Refusal::Internal)),
            }
        }
    }

    /// Names the exchange of a refusal that the edge itself decided: framing, limits, deadlines, overload.
    /// `admitted` is there when `admit` had passed; nothing went upstream, unless the refusal is
    /// [`Refusal::UpstreamSlow`] or [`Refusal::Internal`]. Here the gateway logs it.
    fn refuse(&self, admitted: Option<Self::Admitted>, refusal: Refusal) -> Refused;
}

/// What a [`Carrier`] promises: the reply, or why there is none.
pub type Carried<'a> = Pin<Box<dyn Future<Output = Result<http::Response<Bytes>, CarryError>> + Send + 'a>>;

/// The same, with a reply that may come piece by piece.
pub type CarriedFlow<'a> =
    Pin<Box<dyn Future<Output = Result<http::Response<Arriving>, CarryError>> + Send + 'a>>;

/// One upstream, behind its own connections and credentials.
///
/// It sends the headers it is given and adds only `Host`, `Content-Length` and its own credential. It follows no
/// redirect and repeats nothing that an upstream may have acted on.
pub trait Carrier: Send + Sync {
    /// Sends one request and collects the reply. `request`'s URI is absolute. Headers of the connection are
    /// gone from the reply.
    fn send(&self, request: http::Request<Bytes>) -> Carried<'_>;

    /// The same, for bodies that go or come piece by piece too. A body that is broken off has no end on the connection
    /// either. With `streams`, a reply larger than the buffer is handed over as it comes.
    fn carry(&self, request: http::Request<Departing>, _streams: bool) -> CarriedFlow<'_> {
        let (head, body) = request.into_parts();
        Box::pin(async move {
            let Departing::Whole(body) = body else {
                return Err(CarryError { fault: CarryFault::Unfit, may_have_acted: false });
            };
            Ok(self.send(http::Request::from_parts(head, body)).await?.map(Arriving::Whole))
        })
    }
}

/// A request that brought no usable reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{fault}{}", if *.may_have_acted { "; the upstream may have acted on the request" } else { "" })]
pub struct CarryError {
    /// What failed.
    pub fault: CarryFault,
    /// True unless it is certain that the upstream saw nothing of the request.
    pub may_have_acted: bool,
}

/// Which part of carrying failed. No field holds anything of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CarryFault {
    /// No connection, a failed TLS handshake, or a connection that broke.
    #[error("the upstream could not be reached or broke off")]
    Down,
    /// The name leads to an address that this upstream may not have (DNS rebinding).
    #[error("the upstream's name resolves to an address that is not allowed for it")]
    Address,
    /// A deadline passed.
    #[error("the upstream did not answer in time")]
    Slow,
    /// The reply is larger than the limit.
    #[error("the upstream's reply is larger than {limit} bytes")]
    TooLarge {
        /// The limit in force, in bytes.
        limit: usize,
    },
    /// The credential could not be read or obtained, or the upstream does not accept it.
    #[error("the credential for the upstream could not be obtained or was not accepted")]
    Credential,
    /// The request cannot be sent to this upstream: its URI is not absolute, or of another scheme.
    #[error("the request does not fit the upstream")]
    Unfit,
}
