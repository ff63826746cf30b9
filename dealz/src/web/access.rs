//! Access control: pure rules on the headers of a request.
//!
//! A page of another site can make a browser on this machine send requests here. It cannot choose the browser's `Origin`
//! and `Host` headers: they contain the name in the URL, whatever address DNS gave for it. So both must name the very
//! address at which the connection arrived.

use std::net::SocketAddr;

use axum::http::{
    HeaderMap, HeaderName, HeaderValue, Request,
    header::{COOKIE, HOST, ORIGIN, SET_COOKIE},
};
use dealz_core::view::PageKind;
use thiserror::Error;

use super::Token;

/// The local address of a connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reached(pub(crate) SocketAddr);

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum Denied {
    #[error("wrong host name: use the link that dealz printed")]
    Host,
    #[error("requests from other pages are refused")]
    Origin,
    #[error("the token is missing or wrong: use the link that dealz printed")]
    Token,
}

/// The access rules of one frontend.
pub(crate) struct Access {
    /// What a page may do that shows `token`, or any if there is none.
    page: PageKind,
    token: Option<Token>,
    /// The token of the audience's pages.
    audience: Option<Token>,
}

impl Access {
    /// Requires `token`, or none, for a page of this kind, and another one for a page of the audience, if there are any.
    pub(crate) const fn new(page: PageKind, token: Option<Token>, audience: Option<Token>) -> Self {
        Self { page, token, audience }
    }

    /// Checks whether a request is admitted, and returns the kind of page that sent it.
    pub(crate) fn admit<B>(&self, reached: Reached, request: &Request<B>) -> Result<PageKind, Denied> {
        let headers = request.headers();
        let host = single(headers, &HOST).filter(|host| is_address(reached.0, host)).ok_or(Denied::Host)?;
        // A browser sends the origin with every WebSocket. A client that sends none is no page of this desk.
        let must_name_origin = request.uri().path() == "/socket";
        if headers.contains_key(ORIGIN) || must_name_origin {
            let origin = single(headers, &ORIGIN).and_then(|origin| origin.strip_prefix("http://"));
            origin.filter(|origin| origin.eq_ignore_ascii_case(host)).ok_or(Denied::Origin)?;
        }
        // Where no token is needed, a cookie from a visit to the audience's page does not make another page one of them.
        let is_open = self.token.is_none();
        let shown = token_in_query(request).or_else(|| token_in_cookie(request).filter(|_| !is_open));
        let is = |token: &Option<Token>| token.as_ref().zip(shown).is_some_and(|(token, shown)| token.is(shown));
        if is(&self.audience) {
            Ok(PageKind::Audience)
        } else if is_open || is(&self.token) {
            Ok(self.page)
        } else {
            Err(Denied::Token)
        }
    }

    /// The cookie for an admitted browser, so that it sends the token even if a link does not contain it.
    pub(crate) fn cookie<B>(&self, request: &Request<B>) -> Option<(HeaderName, HeaderValue)> {
        let shown = token_in_query(request)?;
        let token = [&self.token, &self.audience].into_iter().flatten().find(|token| token.is(shown))?;
        let name = cookie_name(request)?;
        let cookie = format!("{name}={}; Path=/; HttpOnly; SameSite=Strict", token.as_str());
        HeaderValue::from_str(&cookie).ok().map(|cookie| (SET_COOKIE, cookie))
    }
}

/// The header's value, if it occurs once and is text.
fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    values.next().is_none().then_some(value)?.to_str().ok()
}

/// Whether `host`, as a browser writes it, is the address that was reached.
fn is_address(reached: SocketAddr, host: &str) -> bool {
    let (host, port) = match host.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()),
        _ => (host, Some(80)),
    };
    let ip = reached.ip();
    let written = if ip.is_ipv6() { format!("[{ip}]") } else { ip.to_string() };
    let is_local_name = ip.is_loopback() && host.eq_ignore_ascii_case("localhost");
    port == Some(reached.port()) && (is_local_name || host.eq_ignore_ascii_case(&written))
}

fn token_in_query<B>(request: &Request<B>) -> Option<&str> {
    request.uri().query()?.split('&').find_map(|pair| pair.strip_prefix("token="))
}

fn token_in_cookie<B>(request: &Request<B>) -> Option<&str> {
    let name = cookie_name(request)?;
    let cookies = request.headers().get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))
}

/// Cookies are shared by all ports of a host, so each desk has its own cookie name.
fn cookie_name<B>(request: &Request<B>) -> Option<String> {
    let port = single(request.headers(), &HOST)?.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
    Some(format!("dealz-{}", port.unwrap_or(80)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "0123456789abcdef";

    fn request(path: &str, headers: &[(HeaderName, &str)]) -> Request<()> {
        let request = Request::builder().uri(path);
        headers.iter().fold(request, |request, (name, value)| request.header(name, *value)).body(()).unwrap()
    }

    fn admit(reached: &str, path: &str, headers: &[(HeaderName, &str)]) -> Result<PageKind, Denied> {
        let access = Access::new(PageKind::Control, None, None);
        access.admit(Reached(reached.parse().unwrap()), &request(path, headers))
    }

    #[test]
    fn only_the_reached_address_may_be_named() {
        for (reached, host) in [
            ("127.0.0.1:9000", "127.0.0.1:9000"),
            ("127.0.0.1:9000", "LocalHost:9000"),
            ("127.0.0.1:80", "localhost"),
            ("[::1]:9000", "[::1]:9000"),
            ("[::1]:80", "[::1]"),
            ("10.0.0.7:9000", "10.0.0.7:9000"),
        ] {
            assert_eq!(admit(reached, "/", &[(HOST, host)]), Ok(PageKind::Control), "{host} at {reached}");
        }
        for (reached, host) in [
            ("127.0.0.1:9000", "evil.example:9000"),
            ("127.0.0.1:9000", "127.0.0.1"),
            ("127.0.0.1:9000", "127.0.0.1:9001"),
            ("127.0.0.1:9000", "127.0.0.1.evil.example:9000"),
            ("127.0.0.1:9000", "user@127.0.0.1:9000"),
            ("127.0.0.1:9000", "127.0.0.1:9000:9000"),
            ("10.0.0.7:9000", "localhost:9000"),
            ("10.0.0.7:9000", "127.0.0.1:9000"),
            ("[::1]:9000", "::1:9000"),
            ("127.0.0.1:9000", ""),
        ] {
            assert_eq!(admit(reached, "/", &[(HOST, host)]), Err(Denied::Host), "{host} at {reached}");
        }
        assert_eq!(admit("127.0.0.1:9000", "/", &[]), Err(Denied::Host));
        let twice = [(HOST, "127.0.0.1:9000"), (HOST, "127.0.0.1:9000")];
        assert_eq!(admit("127.0.0.1:9000", "/", &twice), Err(Denied::Host));
    }

    #[test]
    fn a_named_origin_must_be_ours_and_the_socket_wants_one() {
        let host = (HOST, "127.0.0.1:9000");
        let of = |path: &str, origin: &'static str| admit("127.0.0.1:9000", path, &[host.clone(), (ORIGIN, origin)]);
        assert_eq!(of("/socket", "http://127.0.0.1:9000"), Ok(PageKind::Control));
        assert_eq!(admit("127.0.0.1:9000", "/", std::slice::from_ref(&host)), Ok(PageKind::Control));
        assert_eq!(admit("127.0.0.1:9000", "/socket", std::slice::from_ref(&host)), Err(Denied::Origin));
        for origin in
            ["null", "http://evil.example", "https://127.0.0.1:9000", "http://127.0.0.1", "http://localhost:9000", ""]
        {
            assert_eq!(of("/", origin), Err(Denied::Origin), "{origin}");
            assert_eq!(of("/socket", origin), Err(Denied::Origin), "{origin}");
        }
    }

    #[test]
    fn a_token_opens_in_the_query_and_then_as_a_cookie() {
        let access = Access::new(PageKind::View, Some(TOKEN.parse().unwrap()), None);
        let reached = Reached("10.0.0.7:9000".parse().unwrap());
        let host = (HOST, "10.0.0.7:9000");
        let first = request(&format!("/?a=b&token={TOKEN}"), std::slice::from_ref(&host));
        assert_eq!(access.admit(reached, &first), Ok(PageKind::View));
        let (name, cookie) = access.cookie(&first).unwrap();
        assert_eq!(name, SET_COOKIE);
        let kept = cookie.to_str().unwrap().split(';').next().unwrap();
        let cookies = format!("other=1; {kept}");
        let second = request("/assets/index.js", &[host.clone(), (COOKIE, &cookies)]);
        assert_eq!(access.admit(reached, &second), Ok(PageKind::View));
        assert_eq!(access.cookie(&second), None);
        for path in ["/", "/?token=", "/?token=0123456789abcdee", "/?token=0123456789abcdef0", "/socket?token=x"] {
            let origin = (ORIGIN, "http://10.0.0.7:9000");
            let wrong = request(path, &[host.clone(), origin, (COOKIE, "dealz-9001=0123456789abcdef")]);
            assert_eq!(access.admit(reached, &wrong), Err(Denied::Token), "{path}");
        }
    }

    #[test]
    fn the_audience_has_another_token_and_a_cookie_opens_nothing_more() {
        const OTHER: &str = "fedcba9876543210";
        let access = |token: Option<&str>| {
            Access::new(PageKind::Control, token.map(|token| token.parse().unwrap()), Some(OTHER.parse().unwrap()))
        };
        let reached = Reached("10.0.0.7:9000".parse().unwrap());
        let host = (HOST, "10.0.0.7:9000");
        let cookie = format!("dealz-9000={OTHER}");
        let of = |access: &Access, path: &str, cookie: Option<&str>| {
            let headers: Vec<_> = [host.clone()].into_iter().chain(cookie.map(|cookie| (COOKIE, cookie))).collect();
            access.admit(reached, &request(path, &headers))
        };
        for (token, path, cookie, kind) in [
            (Some(TOKEN), format!("/?token={TOKEN}"), None, Ok(PageKind::Control)),
            (Some(TOKEN), format!("/?token={OTHER}"), None, Ok(PageKind::Audience)),
            (Some(TOKEN), "/".to_owned(), Some(cookie.as_str()), Ok(PageKind::Audience)),
            (Some(TOKEN), format!("/?token={TOKEN}"), Some(&cookie), Ok(PageKind::Control)),
            (Some(TOKEN), "/?token=x".to_owned(), Some(&cookie), Err(Denied::Token)),
            (Some(TOKEN), "/".to_owned(), None, Err(Denied::Token)),
            (None, format!("/?token={OTHER}"), None, Ok(PageKind::Audience)),
            (None, "/".to_owned(), Some(&cookie), Ok(PageKind::Control)),
        ] {
            assert_eq!(of(&access(token), &path, cookie), kind, "{token:?} {path} {cookie:?}");
        }
        let first = request(&format!("/?token={OTHER}"), std::slice::from_ref(&host));
        assert!(access(Some(TOKEN)).cookie(&first).unwrap().1.to_str().unwrap().contains(OTHER));
    }
}
