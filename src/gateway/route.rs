//! Routes: where a request is mounted, whom it concerns, where it goes and under which rules.
//!
//! A route is valid by construction; `config` makes it. It must not know sockets or TOML.

use std::collections::HashMap;
use std::sync::Arc;

use crate::derive::Shape;
use crate::gateway::caller::CallerRule;
use crate::gateway::gate::Carrier;
use crate::gateway::guard::Suspects;
use crate::gateway::terms::Terms;
use crate::identity::{Kind, Publisher, Scope};
use crate::profile::{Profile, RuleId};
use crate::secret::Secret;

/// Who starts the exchange; it decides which message uses which door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    /// The request leaves, the reply enters.
    School,
    /// The request enters, the reply leaves.
    Publisher,
}

/// The path under which callers reach a route, at a segment boundary.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mount(String);

/// The address of the other side: `https`, a host and a path without trailing slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    origin: String,
    path: String,
}

/// Why a mount or base was not understood; the text says what to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RouteError {
    /// A mount that is not a plain absolute path.
    #[error("a mount begins with `/` and holds letters, digits, `.`, `-`, `_`, `~` and single `/` only")]
    ReadMount,
    /// An upstream or public address that is not a plain https URL.
    #[error("an address is `https://host[:port]/path`, without user, query or fragment")]
    ReadBase,
}

/// How identifiers that mean the same pupil are treated (CONTRACT.md, `link`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// Each kind has its own pseudonym.
    Field,
    /// The roster joins a pupil's identifiers: every kind yields the pseudonym of the primary one.
    Roster {
        /// The kind that every pupil of the roster has.
        primary: Kind,
    },
}

impl Link {
    /// The kind that all others are joined to; none when each stands for itself.
    pub const fn primary(self) -> Option<Kind> {
        match self {
            Self::Field => None,
            Self::Roster { primary } => Some(primary),
        }
    }
}

/// The shapes in which a publisher receives pseudonyms.
#[derive(Debug, Clone)]
pub struct Shapes {
    default: Arc<Shape>,
    by_kind: HashMap<Kind, Arc<Shape>>,
}

/// A value that differs inside and outside (a customer code, a message key).
pub struct Swap {
    /// The name that profiles use.
    pub name: String,
    /// What the school's side writes.
    pub inside: Secret<String>,
    /// What the publisher's side writes.
    pub outside: Secret<String>,
}

/// One route: a mount, a publisher, rules, and the other side.
pub struct Route {
    /// Host that callers use, where several schools share the listener; lower case, without port.
    pub host: Option<String>,
    /// Where callers reach it.
    pub mount: Mount,
    /// School, publisher and the epoch that serves: what leaves is derived in it.
    pub scope: Scope,
    /// Who starts the exchange.
    pub asks: Asks,
    /// The rules.
    pub profile: Arc<Profile>,
    /// Who may call; any one of them.
    pub callers: Vec<CallerRule>,
    /// Shapes of pseudonyms.
    pub shapes: Shapes,
    /// How identifiers of one pupil are joined.
    pub link: Link,
    /// Whether this publisher keeps the ECK iD (outside promise 2; the register says so).
    pub eck_id_kept: bool,
    /// Whether a needle filter is kept of what leaves.
    pub needle: bool,
    /// What is done with what the guard only suspects.
    pub suspects: Suspects,
    /// On what terms this publisher receives anything; all routes of a publisher share them.
    pub terms: Arc<Terms>,
    /// Values that differ inside and outside.
    pub swaps: Vec<Swap>,
    /// The other side.
    pub upstream: Base,
    /// How to reach it. `crossing` alone calls it, with what was cleared or restored.
    pub carrier: Arc<dyn Carrier>,
}

/// All routes of the process.
#[derive(Clone, Default)]
pub struct Routes {
    /// Longest mount first, so that the first that fits is the one.
    routes: Vec<Arc<Route>>,
    /// The address under which the outside reaches Sluis, if the configuration says one.
    public: Option<Base>,
}

impl Mount {
    /// Reads a mount such as `/rekenwonder/`.
    ///
    /// # Errors
    /// [`RouteError::ReadMount`] for anything but a plain absolute path.
    pub fn parse(text: &str) -> Result<Self, RouteError> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '~' | '/');
        let dots = text.split('/').any(|segment| matches!(segment, "." | ".."));
        if !text.starts_with('/') || !text.chars().all(plain) || text.contains("//") || dots {
            return Err(RouteError::ReadMount);
        }
        Ok(Self(text.trim_end_matches('/').to_owned()))
    }

    /// What follows the mount in a path: empty, or beginning with `/`. None when it lies elsewhere.
    pub fn below<'a>(&self, path: &'a str) -> Option<&'a str> {
        let rest = path.strip_prefix(self.0.as_str())?;
        (rest.is_empty() || rest.starts_with('/')).then_some(rest)
    }

    /// The path without its trailing slash; empty for the root.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Base {
    /// Reads `https://host[:port]/path`.
    ///
    /// # Errors
    /// [`RouteError::ReadBase`] for another scheme, a user, a query, a fragment or an odd path.
    pub fn parse(text: &str) -> Result<Self, RouteError> {
        let uri: http::Uri = text.parse().map_err(|_| RouteError::ReadBase)?;
        let authority = uri.authority().ok_or(RouteError::ReadBase)?;
        let plain = uri.scheme_str() == Some("https")
            && uri.query().is_none()
            && !text.contains('#')
            && !authority.as_str().contains('@')
            && !uri.path().contains("//")
            && !uri.path().split('/').any(|segment| matches!(segment, "." | ".."));
        if !plain {
            return Err(RouteError::ReadBase);
        }
        let origin = format!("https://{}", authority.as_str().to_ascii_lowercase());
        Ok(Self { origin, path: uri.path().trim_end_matches('/').to_owned() })
    }

    /// The address with `rest` (a target: empty, or beginning with `/` or `?`) behind its path.
    pub fn join(&self, rest: &str) -> String {
        format!("{}{}{rest}", self.origin, self.path)
    }

    /// What follows this base in an absolute URL or an absolute path of the same host: empty, or
    /// beginning with `/` or `?`. None when the URL leads elsewhere.
    pub fn below<'a>(&self, url: &'a str) -> Option<&'a str> {
        let path = if url.starts_with('/') && !url.starts_with("//") {
            url
        } else {
            let head = url.get(..self.origin.len())?;
            let rest = url.get(self.origin.len()..)?;
            if !head.eq_ignore_ascii_case(&self.origin) {
                return None;
            }
            rest
        };
        let rest = path.strip_prefix(self.path.as_str())?;
        (rest.is_empty() || rest.starts_with(['/', '?'])).then_some(rest)
    }

    /// Scheme and authority, lower case.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Host and port as they stand in a `Host` header.
    pub fn authority(&self) -> &str {
        self.origin.strip_prefix("https://").unwrap_or(&self.origin)
    }

    /// The path without trailing slash; empty for the root.
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl Shapes {
    /// One shape for all kinds, and exceptions.
    pub fn new(default: Shape, by_kind: impl IntoIterator<Item = (Kind, Shape)>) -> Self {
        let by_kind = by_kind.into_iter().map(|(kind, shape)| (kind, Arc::new(shape))).collect();
        Self { default: Arc::new(default), by_kind }
    }

    /// The shape for an identifier of this kind.
    pub fn of(&self, kind: Kind) -> &Arc<Shape> {
        self.by_kind.get(&kind).unwrap_or(&self.default)
    }
}

impl Routes {
    /// Puts the routes in the order in which they are tried.
    pub fn new(routes: impl IntoIterator<Item = Route>, public: Option<Base>) -> Self {
        let mut routes: Vec<_> = routes.into_iter().map(Arc::new).collect();
        routes.sort_by_key(|route| std::cmp::Reverse(route.mount.as_str().len()));
        Self { routes, public }
    }

    /// The route mounted at `path` for `host`, and what follows its mount.
    pub fn at<'a>(&self, host: &str, path: &'a str) -> Option<(&Arc<Route>, &'a str)> {
        let host = host.rsplit_once(':').map_or(host, |(name, _)| name);
        self.routes.iter().find_map(|route| {
            let here = route.host.as_deref().is_none_or(|own| own.eq_ignore_ascii_case(host));
            here.then(|| route.mount.below(path)).flatten().map(|rest| (route, rest))
        })
    }

    /// The routes of one publisher, for addresses in its messages.
    pub fn of<'a>(&'a self, scope: &'a Scope) -> impl Iterator<Item = &'a Arc<Route>> {
        self.routes
            .iter()
            .filter(|route| route.scope.publisher == scope.publisher && route.scope.school == scope.school)
    }

    /// Every route, longest mount first.
    pub fn all(&self) -> &[Arc<Route>] {
        &self.routes
    }

    /// The address under which the outside reaches Sluis, if the configuration says one.
    pub fn public(&self) -> Option<&Base> {
        self.public.as_ref()
    }
}

impl Route {
    /// The publisher at the other end, by its own id.
    pub fn publisher(&self) -> &Publisher {
        self.terms.publisher().unwrap_or(&self.scope.publisher)
    }

    /// The field that a rule is about, by a name that does not change.
    pub fn slot(&self, rule: RuleId) -> &str {
        self.profile.rule(rule).map_or("", |rule| rule.slot.as_str())
    }

    /// Whether this publisher keeps a value: `eck-id = "keep"`, and it is an ECK iD and nothing else that stands in
    /// the field of one (`https://ketenid.nl/`, a period of six digits, 128 hexadecimal digits).
    pub fn keeps(&self, kind: Kind, text: &str) -> bool {
        let eck_id = || {
            let (period, code) = text.strip_prefix("https://ketenid.nl/")?.split_once('/')?;
            let period = period.len() == 6 && period.bytes().all(|c| c.is_ascii_digit());
            let code = code.len() == 128 && code.bytes().all(|c| c.is_ascii_hexdigit());
            Some(period && code)
        };
        self.eck_id_kept && kind == Kind::ECK_ID && eck_id() == Some(true)
    }
}

impl std::fmt::Debug for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Route({} {:?})", self.mount.as_str(), self.asks)
    }
}

#[cfg(test)]
mod tests {
    use super::{Base, Mount};

    #[test]
    fn a_mount_ends_at_a_segment() {
        let mount = Mount::parse("/rekenwonder/").unwrap();
        assert_eq!(mount.below("/rekenwonder/users?limit=2"), Some("/users?limit=2"));
        assert_eq!(mount.below("/rekenwonder"), Some(""));
        assert_eq!(mount.below("/rekenwonderland/users"), None);
        for odd in ["rekenwonder", "/a//b", "/a/../b", "/a b", "/a?x", "/é", "/a%2fb"] {
            assert!(Mount::parse(odd).is_err(), "{odd}");
        }
    }

    #[test]
    fn a_base_takes_https_only_and_ends_at_a_segment() {
        let base = Base::parse("https://API.rekenwonder.example:8443/v2/").unwrap();
        assert_eq!(base.join("/users?limit=2"), "https://api.rekenwonder.example:8443/v2/users?limit=2");
        assert_eq!(base.below("https://api.Rekenwonder.example:8443/v2/users"), Some("/users"));
        assert_eq!(base.below("/v2?x=1"), Some("?x=1"));
        assert_eq!(base.below("/v22"), None);
        assert_eq!(base.below("//elsewhere.example/v2/users"), None);
        assert_eq!(base.below("https://api.rekenwonder.example:8443.evil.example/v2"), None);
        for odd in
            ["http://a.example/", "https://u@a.example/", "https://a.example/?q", "/v2", "https://a/#f"]
        {
            assert!(Base::parse(odd).is_err(), "{odd}");
        }
    }
}
