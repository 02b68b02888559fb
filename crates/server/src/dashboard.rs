//! The dashboard's files, which are part of the binary.

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, header};

use crate::first_sight::escaped;

/// One file of the build, and what compression made of it.
struct File {
    /// Where it is served.
    path: &'static str,
    plain: &'static [u8],
    brotli: Option<&'static [u8]>,
    gzip: Option<&'static [u8]>,
}

const FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/dashboard.rs"));

const PAGE: &str = "/index.html";

const HEAD_END: &str = "</head>";
const ROOT: &str = "<div id=\"root\">";

/// The page itself, which finds out from its address what to show.
pub(crate) fn page(headers: &HeaderMap) -> Option<Response> {
    find(PAGE).map(|file| file.answer(headers, "no-cache"))
}

/// The page with the status object in it, as a text that its script reads: so it shows what is so with its first frame,
/// and need not ask first. `sight` is HTML that is seen until then. It is never kept, since it says what was so at this
/// moment.
pub(crate) fn page_with(status: &str, sight: &str) -> Option<Response> {
    let page = std::str::from_utf8(find(PAGE)?.plain).ok()?;
    let (head, rest) = page.split_once(HEAD_END)?;
    let (before, after) = rest.split_once(ROOT)?;
    let status = escaped(status);
    let meta = format!("<meta name=\"signalbox-status\" content=\"{status}\">\n  ");
    let page = [head, &meta, HEAD_END, before, ROOT, sight, after].concat();
    let head = [(header::CONTENT_TYPE, content_type(PAGE)), (header::CACHE_CONTROL, "no-store")];
    Some((head, page).into_response())
}

/// A file that the page names. Its name has its hash in it, so that what was loaded once never changes.
pub(crate) fn asset(path: &str, headers: &HeaderMap) -> Option<Response> {
    let file = find(path).filter(|_| path.starts_with("/assets/"));
    file.map(|file| file.answer(headers, "public, max-age=31536000, immutable"))
}

fn find(path: &str) -> Option<&'static File> {
    FILES.iter().find(|file| file.path == path)
}

impl File {
    fn answer(&self, headers: &HeaderMap, cached: &'static str) -> Response {
        let accepted = |name| accepts(headers, name);
        let (encoding, bytes) = match (self.brotli, self.gzip) {
            (Some(brotli), _) if accepted("br") => (Some("br"), brotli),
            (_, Some(gzip)) if accepted("gzip") => (Some("gzip"), gzip),
            _ => (None, self.plain),
        };
        let head = [
            (header::CONTENT_TYPE, content_type(self.path)),
            (header::CACHE_CONTROL, cached),
            (header::VARY, "accept-encoding"),
        ];
        let mut response = (head, bytes).into_response();
        if let Some(encoding) = encoding {
            let value = HeaderValue::from_static(encoding);
            response.headers_mut().insert(header::CONTENT_ENCODING, value);
        }
        response
    }
}

/// Whether a client takes this encoding: it is named, and not with a weight of zero (RFC 9110, section 12.5.3).
fn accepts(headers: &HeaderMap, encoding: &str) -> bool {
    let values = headers.get_all(header::ACCEPT_ENCODING).iter();
    let mut listed =
        values.filter_map(|value| value.to_str().ok()).flat_map(|text| text.split(','));
    listed.any(|item| {
        let (name, weight) = item.split_once(';').unwrap_or((item, "q=1"));
        let weight = weight.trim().strip_prefix("q=").and_then(|text| text.parse().ok());
        name.trim().eq_ignore_ascii_case(encoding) && weight.unwrap_or(1.0) > 0.0
    })
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json" | "map") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(accept: &str, expected: Option<&str>) {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, accept.parse().unwrap());
        let response = page(&headers).unwrap();
        let encoding = response.headers().get(header::CONTENT_ENCODING);
        assert_eq!(encoding.map(|value| value.to_str().unwrap()), expected, "{accept}");
    }

    #[test]
    fn a_client_gets_the_smallest_that_it_takes() {
        check("gzip, deflate, br, zstd", Some("br"));
        check("gzip, deflate", Some("gzip"));
        check("GZIP;q=0.5", Some("gzip"));
        check("br;q=0, gzip", Some("gzip"));
        check("br;q=0.0", None);
        check("identity", None);
        check("", None);
    }

    #[tokio::test]
    async fn the_page_carries_the_state_as_text() {
        let response = page_with(r#"{"a":"\"<&</head>"}"#, "<p>so</p>").unwrap();
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        let meta = r#"content="{&quot;a&quot;:&quot;\&quot;&lt;&amp;&lt;/head>&quot;}">"#;
        assert!(body.contains(meta), "{body}");
        assert_eq!(body.matches(HEAD_END).count(), 1);
        assert!(body.contains("<div id=\"root\"><p>so</p></div>"), "{body}");
    }

    #[test]
    fn every_file_has_a_type_that_browsers_know() {
        for file in FILES {
            assert_ne!(content_type(file.path), "application/octet-stream", "{}", file.path);
        }
    }
}
