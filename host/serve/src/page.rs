//! The page: the files of `page/`, each under its own path, for everybody. It asks for its data as any other client.

use axum::response::{IntoResponse as _, Response};
use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG},
};
use include_dir::{Dir, File, include_dir};

use crate::freshness;

static FILES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/page");

/// The file of the path `/`.
const INDEX: &str = "index.html";

/// Nothing from elsewhere, nothing inline, in nobody's frame. The icon is a `data:` address.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The files, with the paths under which they are routed.
pub(crate) fn files() -> impl Iterator<Item = (String, &'static File<'static>)> {
    all(&FILES)
        .into_iter()
        .filter_map(|file| Some((path(file)?, file)))
}

/// Returns true if a path is routed to a file of the page.
pub(crate) fn is_of_the_page(path: &str) -> bool {
    let file = match path.strip_prefix('/') {
        Some("") => INDEX,
        Some(file) => file,
        None => return false,
    };
    FILES.get_file(file).is_some()
}

fn all(folder: &'static Dir<'static>) -> Vec<&'static File<'static>> {
    let within = folder.dirs().flat_map(all);
    folder.files().chain(within).collect()
}

fn path(file: &File<'_>) -> Option<String> {
    Some(match file.path().to_str()? {
        INDEX => "/".to_owned(),
        name => format!("/{name}"),
    })
}

/// A file. It is asked for again, and sent again when it has changed.
pub(crate) fn answer(file: &'static File<'static>, headers: &HeaderMap) -> Response {
    let text = file.contents_utf8().unwrap_or_default();
    let tag = freshness::tag(text);
    let mut response = match freshness::has(headers, &tag) {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => file.contents().into_response(),
    };
    for (name, value) in [
        (CONTENT_TYPE, HeaderValue::from_static(content_type(file))),
        (CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
        (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (
            HeaderName::from_static("x-frame-options"),
            HeaderValue::from_static("DENY"),
        ),
        (ETAG, tag),
    ] {
        response.headers_mut().insert(name, value);
    }
    response
}

fn content_type(file: &File<'_>) -> &'static str {
    match file.path().extension().and_then(|name| name.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "text/plain; charset=utf-8",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_page_has_its_path_and_nothing_else_has() {
        let paths: Vec<String> = files().map(|(path, _)| path).collect();
        assert!(paths.iter().any(|path| path == "/"));
        assert!(paths.iter().all(|path| is_of_the_page(path)), "{paths:?}");
        for path in ["", "none", "/v1/query", "/metrics", "/../Cargo.toml", "//"] {
            assert!(!is_of_the_page(path), "{path}");
        }
    }

    #[test]
    fn files_are_what_their_names_say_and_all_of_them_are_text() {
        for (path, file) in files() {
            assert!(file.contents_utf8().is_some(), "{path}");
            let response = answer(file, &HeaderMap::new());
            let found = response.headers()[CONTENT_TYPE].to_str().unwrap();
            assert!(found.starts_with("text/"), "{path}: {found}");
        }
    }
}
