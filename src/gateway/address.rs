//! Addresses in a message: web addresses of this publisher's routes, led round through Sluis or back.
//!
//! The base changes, and path and query are treated by the rules of the request that the address leads to
//! (GET). An address that leads to nothing listed counts as unlisted. It must not know the vault.

use std::ops::Range;
use std::sync::Arc;

use super::edits::Edits;
use super::exchange::Exchange;
use super::house::House;
use super::parts::{Slices, select_request, unparsed};
use super::piece::{Address, Piece};
use super::refusal::Refusal;
use super::route::{Asks, Route};
use crate::profile::{Door, FindRefusal, Found, Selected};
use crate::rewrite::target::Target;

/// Reads the addresses of a finding: one, or those of a `Link` header (RFC 8288). None for one that leads to
/// nothing listed, and for a header of another form.
pub(super) fn read(
    exchange: &Exchange,
    door: Door,
    finding: usize,
    text: &str,
    link: bool,
) -> Vec<Option<Piece>> {
    if !link {
        return vec![lead(exchange, door, finding, text, None)];
    }
    let Some(links) = links(text) else { return vec![None] };
    links.into_iter().map(|(at, relation)| lead(exchange, door, finding, at, Some(relation))).collect()
}

/// An address as it is written, and the spans in it that repeat the question.
pub(super) type Addressed = (String, Vec<Range<usize>>);

/// The addresses of a finding as they stand on the other side: one, or a `Link` header written anew. None when
/// none of them leads anywhere. `edit` says what changes in a piece. With it go the spans that repeat the question.
pub(super) fn write(
    exchange: &Exchange,
    pieces: &[Piece],
    finding: usize,
    edit: &dyn Fn(usize, &Piece) -> Result<Edits, Refusal>,
) -> Result<Option<Addressed>, Refusal> {
    let (mut written, mut echoes) = (String::new(), Vec::new());
    for (place, piece) in pieces.iter().enumerate() {
        let Some(address) = piece.address.as_ref().filter(|address| address.finding == finding) else {
            continue;
        };
        let target = edit(place, piece)?.make_target(&address.target, &piece.found)?;
        let rest = if address.bare { target.strip_prefix('/').unwrap_or(&target) } else { &target };
        if !written.is_empty() {
            written.push_str(", ");
        }
        written.push_str(if address.relation.is_some() { "<" } else { "" });
        written.push_str(&address.base);
        // Where the target's first byte stands, or would stand.
        let from = written.len() - (target.len() - rest.len());
        written.push_str(rest);
        if let Some(relation) = &address.relation {
            written.push_str(&format!(">; rel=\"{relation}\""));
        }
        // Only a list says where its other pages are; elsewhere an address is the school's own word.
        if let Some(asked) = exchange.asked.as_ref().filter(|_| address.relation.is_some()) {
            let target = Target::parse(&target, &exchange.house.limits).map_err(unparsed)?;
            echoes.extend(asked.echoes(&target).into_iter().map(|span| span.start + from..span.end + from));
        }
    }
    Ok((!written.is_empty()).then_some((written, echoes)))
}

/// Where an address leads: the route whose side of the boundary it names, and the request it is there.
fn lead(
    exchange: &Exchange,
    door: Door,
    finding: usize,
    address: &str,
    relation: Option<&str>,
) -> Option<Piece> {
    let house = &exchange.house;
    house.routes.of(&exchange.route.scope).find_map(|route| {
        let (rest, base) = across(exchange, route, door, address)?;
        let target = Target::parse(&origin_form(rest), &house.limits).ok()?;
        let selected = select_request(&route.profile, "GET", &target, None).ok()?;
        // What a caller may not ask, no address may ask either.
        let found = treat(house, route, selected, door, &target).ok()?;
        let bare = !rest.starts_with('/');
        let relation = relation.map(str::to_owned);
        let route = Arc::clone(route);
        Some(Piece { found, address: Some(Address { route, finding, target, base, bare, relation }) })
    })
}

/// What follows the route's base on this side, and its base on the other side. Relative stays relative.
fn across<'a>(exchange: &Exchange, route: &Route, door: Door, address: &'a str) -> Option<(&'a str, String)> {
    let relative = address.starts_with('/') && !address.starts_with("//");
    let mounted = mounted(exchange, route)?;
    let upstream_is_here = (route.asks == Asks::Publisher) == (door == Door::Leave);
    let (rest, base) = if upstream_is_here {
        (route.upstream.below(address)?, mounted)
    } else {
        let own = if relative { path_of(&mounted) } else { mounted.as_str() };
        let rest =
            address.strip_prefix(own).filter(|rest| rest.is_empty() || rest.starts_with(['/', '?']))?;
        (rest, route.upstream.join(""))
    };
    Some((rest, if relative { path_of(&base).to_owned() } else { base }))
}

/// The address of a route's mount: the configured one, or the one under which this exchange's caller came, if
/// the route serves that side of the boundary.
fn mounted(exchange: &Exchange, route: &Route) -> Option<String> {
    if let Some(public) = exchange.house.routes.public() {
        return Some(public.join(route.mount.as_str()));
    }
    let same_side = route.asks == exchange.route.asks && !exchange.authority.is_empty();
    same_side.then(|| format!("https://{}{}", exchange.authority, route.mount.as_str()))
}

fn treat(
    house: &House,
    route: &Route,
    selected: Selected,
    door: Door,
    target: &Target,
) -> Result<Found, FindRefusal> {
    let slices = Slices::of(target);
    let closed = door == Door::Leave && house.is_closed(&route.scope);
    route.profile.find(&selected, door, closed, &slices.material(None, Some(target)))
}

/// An absolute path with query, as requests have it.
pub(super) fn origin_form(rest: &str) -> String {
    if rest.starts_with('/') { rest.to_owned() } else { format!("/{rest}") }
}

fn path_of(url: &str) -> &str {
    let behind_scheme = url.find("://").map_or(0, |at| at + 3);
    let path = url.get(behind_scheme..).and_then(|rest| rest.find('/')).map(|at| at + behind_scheme);
    path.and_then(|at| url.get(at..)).unwrap_or("")
}

/// Targets and relations of a `Link` header. Other parameters do not cross. None for anything else.
fn links(text: &str) -> Option<Vec<(&str, &str)>> {
    let mut found = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (address, behind) = rest.strip_prefix('<')?.split_once('>')?;
        let (parameters, next) = behind.split_at_checked(end_of_link(behind))?;
        let relation = parameters.split(';').find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            name.trim().eq_ignore_ascii_case("rel").then(|| value.trim().trim_matches('"'))
        })?;
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ' ');
        if relation.is_empty() || !relation.chars().all(plain) {
            return None;
        }
        found.push((address, relation));
        rest = next.strip_prefix(',').unwrap_or(next).trim();
    }
    Some(found)
}

/// Where a link's parameters end: at the first comma outside quotes, or at the end.
fn end_of_link(text: &str) -> usize {
    let mut quoted = false;
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => return at,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::{links, path_of};

    #[test]
    fn link_headers_are_read_target_by_target() {
        let text =
            "<https://a.example/users?offset=3>; rel=\"next\", </users?x=1,2>; title=\"a, b\"; rel=last";
        let found = links(text).unwrap();
        assert_eq!(found, [("https://a.example/users?offset=3", "next"), ("/users?x=1,2", "last")]);
        for odd in ["https://a.example", "<a>", "<a>; rel", "<a>; rel=\"<script>\"", "<a; rel=next"] {
            assert_eq!(links(odd), None, "{odd}");
        }
        assert_eq!(links(" "), Some(Vec::new()));
    }

    #[test]
    fn the_path_of_a_url() {
        assert_eq!(path_of("https://a.example/b/c"), "/b/c");
        assert_eq!(path_of("https://a.example"), "");
    }
}
