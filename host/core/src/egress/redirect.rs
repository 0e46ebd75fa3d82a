//! The target of a redirect, without the target that it repeats.
//!
//! A server that moves to another origin answers with the target that it was asked for, and so would hand a secret path
//! or parameter, which the client has put there, to the plugin.

use http::{HeaderName, HeaderValue, Uri, header, response::Parts};

/// Headers other than `Location` in which a target may come back, and which no plugin has a use for.
const OTHERS: &[HeaderName] = &[header::CONTENT_LOCATION, header::LINK, header::REFRESH];

/// Cuts `Location` to its origin. True: the response is a redirect, whose body may repeat the target as well.
pub(super) fn conceal_target(head: &mut Parts) -> bool {
    let origins: Vec<_> = head
        .headers
        .get_all(header::LOCATION)
        .iter()
        .map(origin)
        .collect();
    head.headers.remove(header::LOCATION);
    for origin in origins {
        head.headers.append(header::LOCATION, origin);
    }
    for name in OTHERS {
        head.headers.remove(name);
    }
    head.status.is_redirection()
}

/// Scheme, host and port. A location without them leads to the server itself, which is `/`.
fn origin(location: &HeaderValue) -> HeaderValue {
    location
        .to_str()
        .ok()
        .and_then(|location| location.parse::<Uri>().ok())
        .and_then(|uri| {
            let authority = uri.authority()?.as_str();
            // Without user and password.
            let host = authority.rsplit('@').next()?;
            HeaderValue::try_from(format!("{}://{host}/", uri.scheme_str()?)).ok()
        })
        .unwrap_or(HeaderValue::from_static("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Response;

    #[test]
    fn a_location_keeps_its_origin_alone() {
        for (location, expected) in [
            ("https://h/s3cret/api/v1/query?key=s3cret", "https://h/"),
            ("https://h:8443", "https://h:8443/"),
            ("http://u:s3cret@[::1]:80/s3cret#s3cret", "http://[::1]:80/"),
            ("/s3cret/login", "/"),
            ("//h/s3cret", "/"),
            ("s3cret", "/"),
            ("http://h/s3cret path", "/"),
            ("http://h/s3cret\u{ff}", "/"),
            ("", "/"),
        ] {
            let location = HeaderValue::from_bytes(location.as_bytes()).unwrap();
            assert_eq!(origin(&location), expected, "{location:?}");
        }
    }

    #[test]
    fn every_header_that_names_a_place_is_cut_or_dropped() {
        let (mut head, ()) = Response::builder()
            .status(308)
            .header("location", "http://a/s3cret")
            .header("location", "http://b/s3cret")
            .header("link", "</s3cret>; rel=next")
            .header("refresh", "0; url=/s3cret")
            .header("content-location", "/s3cret")
            .header("retry-after", "1")
            .body(())
            .unwrap()
            .into_parts();
        assert!(conceal_target(&mut head));
        let left: Vec<_> = head
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
            .collect();
        assert_eq!(left.len(), 3, "{left:?}");
        for kept in [
            ("location", "http://a/"),
            ("location", "http://b/"),
            ("retry-after", "1"),
        ] {
            assert!(left.contains(&kept), "{left:?}");
        }
    }
}
