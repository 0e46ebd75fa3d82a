//! Requests that would set a parameter which the host sets: another tenant's value beside its own. And those whose
//! answers no such parameter narrows.
//!
//! Servers differ in how they read parameters. So what cannot be read in one way only is taken for an attempt.

use http::{HeaderMap, Request, Uri, header::CONTENT_TYPE};

use super::inject::InjectedCredentials;

const FORM: &str = "application/x-www-form-urlencoded";

/// A parameter's name as it is compared: VictoriaMetrics takes `extra_filters` and `extra_filters[]` for the same.
pub(super) fn comparable(name: &str) -> &str {
    name.strip_suffix("[]").unwrap_or(name)
}

impl InjectedCredentials {
    /// Returns true if the request sets one of the host's parameters, or may be read so.
    pub(crate) fn are_set_by(&self, request: &Request<impl AsRef<[u8]>>) -> bool {
        if self.parameter_names.is_empty() {
            return false;
        }
        let (body, headers) = (request.body().as_ref(), request.headers());
        let query = request.uri().query().unwrap_or_default().as_bytes();
        // A form of several parts carries parameters, too.
        let is_readable = body.is_empty() || is_form(headers);
        !is_readable || [query, body].iter().any(|form| self.is_among(form))
    }

    /// Returns true if the request is for an endpoint that takes no notice of the host's parameters: `metadata` gives
    /// the names of all that is scraped, whoever asks.
    pub(crate) fn leave_unnarrowed(&self, target: &Uri) -> bool {
        !self.parameter_names.is_empty() && target.path().ends_with("/api/v1/metadata")
    }

    fn is_among(&self, form: &[u8]) -> bool {
        // Some servers take it for `&`.
        form.contains(&b';')
            || form_urlencoded::parse(form).any(|(name, _)| {
                let name = comparable(&name);
                self.parameter_names
                    .iter()
                    .any(|own| own.eq_ignore_ascii_case(name))
            })
    }
}

/// Returns true if the body is announced as a form, once, and as nothing else.
fn is_form(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let (Some(only), None) = (types.next(), types.next()) else {
        return false;
    };
    only.to_str().is_ok_and(|text| {
        let essence = text.split(';').next().unwrap_or_default();
        essence.trim().eq_ignore_ascii_case(FORM)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Credentials, SecretSource};

    fn additions(names: &[&str]) -> InjectedCredentials {
        let credentials = names.iter().fold(Credentials::new(), |credentials, name| {
            credentials.parameter(*name, SecretSource::variable("CARGO_PKG_NAME"))
        });
        InjectedCredentials::of(&credentials, &[]).unwrap()
    }

    fn request(query: &str, content_type: &[&str], body: &'static str) -> Request<&'static str> {
        let uri = format!("http://h:1/api/v1/query{query}");
        let mut request = Request::post(uri).body(body).unwrap();
        for value in content_type {
            let value = value.parse().unwrap();
            request.headers_mut().append(CONTENT_TYPE, value);
        }
        request
    }

    #[test]
    fn a_tenant_of_the_plugins_own_is_found_in_every_disguise() {
        let additions = additions(&["extra_filters[]"]);
        for (query, content_type, body) in [
            ("?extra_filters[]=%7B%7D", &[][..], ""),
            ("?extra_filters=%7B%7D", &[], ""),
            ("?query=up&extra_filters%5B%5D=x", &[], ""),
            ("?%65xtra_filters=x", &[], ""),
            ("?EXTRA_FILTERS=x", &[], ""),
            ("?extra_filters", &[], ""),
            ("?query=up;extra_filters=x", &[], ""),
            ("", &[FORM], "query=up&extra_filters[]=x"),
            ("", &[FORM], "query=up;extra_filters[]=x"),
            ("", &[FORM], "extra_filters%5b%5d=x"),
            // No form, as far as we can tell; the server may.
            ("", &["multipart/form-data; boundary=x"], "--x"),
            ("", &[FORM, "multipart/form-data; boundary=x"], "query=up"),
            ("", &["text/plain"], "query=up"),
            ("", &[], "query=up"),
        ] {
            let request = request(query, content_type, body);
            assert!(additions.are_set_by(&request), "{query} {body}");
        }
    }

    #[test]
    fn what_the_service_asks_sets_no_tenant() {
        let additions = additions(&["extra_filters[]", "tenant"]);
        for (query, content_type, body) in [
            ("", &[][..], ""),
            ("?match[]=up%3B", &[], ""),
            ("", &[FORM], "query=up%7Btenant%3D%22x%22%7D&start=1"),
            (
                "",
                &["application/x-www-form-urlencoded; charset=utf-8"],
                "query=up",
            ),
        ] {
            let request = request(query, content_type, body);
            assert!(!additions.are_set_by(&request), "{query} {body}");
        }
    }

    #[test]
    fn what_a_tenants_parameter_does_not_narrow_is_not_asked() {
        let uri = |path: &str| format!("http://h:1{path}").parse().unwrap();
        let with = additions(&["extra_label"]);
        for prefix in ["", "/select/0/prometheus"] {
            let target = uri(&format!("{prefix}/api/v1/metadata?metric=up"));
            assert!(with.leave_unnarrowed(&target));
            assert!(!InjectedCredentials::default().leave_unnarrowed(&target));
            let target = uri(&format!("{prefix}/api/v1/label/metadata/values"));
            assert!(!with.leave_unnarrowed(&target));
        }
    }

    #[test]
    fn without_a_parameter_of_the_hosts_nothing_is_looked_at() {
        let request = request("?extra_filters=x;y", &["text/plain"], "tenant=1");
        assert!(!InjectedCredentials::default().are_set_by(&request));
    }
}
