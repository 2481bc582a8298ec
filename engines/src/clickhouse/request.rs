//! What does an HTTP request ask for? URL parameters and headers sorted into query, parameters,
//! settings and how to answer.
//!
//! Invariant: settings are names of letters, digits, `_` and `.`; values are always quoted; so a
//! setting can never carry SQL.

use axum::http::{HeaderMap, Method, Uri};

use super::body::{Encoding, Packing};
use super::exception::Exception;
use super::users::User;

/// One request, before its body is read.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) user: User,
    pub(super) query_id: String,
    /// `query` of the URL.
    pub(super) query: String,
    pub(super) database: Option<String>,
    pub(super) format: Option<String>,
    /// `param_x`, without the prefix.
    pub(super) params: Vec<(String, String)>,
    pub(super) settings: Vec<(String, String)>,
    pub(super) session: Option<Session>,
    pub(super) packing: Packing,
    /// Answer in ClickHouse blocks.
    pub(super) compress: bool,
    /// Run to the end before the first byte is sent.
    pub(super) wait_end: bool,
    /// GET must not change anything, and has no body.
    pub(super) read_only: bool,
    /// Boundary of a multipart/form-data body.
    pub(super) boundary: Option<String>,
}

/// `session_id` and how long the session outlives its last request, in seconds.
#[derive(Clone, Debug)]
pub(super) struct Session {
    pub(super) id: String,
    pub(super) timeout: u64,
    pub(super) must_exist: bool,
}

/// URL parameters, decoded, in order.
pub(super) fn url_params(uri: &Uri) -> Vec<(String, String)> {
    form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect()
}

impl Request {
    pub(super) fn parse(
        user: User,
        method: &Method,
        headers: &HeaderMap,
        url: Vec<(String, String)>,
        fresh_id: String,
    ) -> Result<Self, Exception> {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let mut request = Self {
            user,
            query_id: fresh_id,
            query: String::new(),
            database: header("x-clickhouse-database").map(str::to_owned),
            format: header("x-clickhouse-format").map(str::to_owned),
            params: Vec::new(),
            settings: Vec::new(),
            session: None,
            packing: Packing { encoding: Encoding::parse(header("content-encoding").unwrap_or_default())?, blocks: false },
            compress: false,
            wait_end: false,
            read_only: method == Method::GET,
            boundary: header("content-type").and_then(boundary),
        };
        let (mut session, mut timeout, mut must_exist) = (None, 60, false);
        for (name, value) in url {
            match name.as_str() {
                "query" => request.query = value,
                // Clients send both empty to say nothing.
                "query_id" | "database" if value.is_empty() => {}
                "query_id" => request.query_id = value,
                "database" => request.database = Some(value),
                "default_format" => request.format = Some(value),
                "decompress" => request.packing.blocks = flag(&value),
                "compress" => request.compress = flag(&value),
                "wait_end_of_query" => request.wait_end = flag(&value),
                "session_id" => session = Some(value),
                "session_timeout" => timeout = session_timeout(&value)?,
                "session_check" => must_exist = flag(&value),
                // Known to a server's HTTP interface, without effect here.
                "user"
                | "password"
                | "quota_key"
                | "buffer_size"
                | "stacktrace"
                | "http_wait_end_of_query"
                | "enable_http_compression"
                | "http_zlib_compression_level" => {}
                "client_protocol_version" if value == "0" => {}
                "role" => return Err(Exception::not_implemented("the embedded engine has no roles")),
                "client_protocol_version" => {
                    return Err(Exception::not_implemented("the embedded engine answers Native only in protocol version 0"));
                }
                _ => request.add(name, value)?,
            }
        }
        request.session = session.filter(|id| !id.is_empty()).map(|id| Session { id, timeout, must_exist });
        Ok(request)
    }

    /// Adds a parameter or a setting.
    fn add(&mut self, name: String, value: String) -> Result<(), Exception> {
        if let Some(param) = name.strip_prefix("param_") {
            self.params.push((param.to_owned(), value));
        } else if name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'.') && !name.is_empty() {
            self.settings.push((name, value));
        } else {
            return Err(Exception::new(115, "UNKNOWN_SETTING", format!("Unknown setting '{}'", name.escape_debug())));
        }
        Ok(())
    }

    /// Takes over the fields of a multipart/form-data body: `query` and `param_*`.
    pub(super) fn add_form(&mut self, body: &[u8]) -> Result<(), Exception> {
        let Some(boundary) = self.boundary.take() else { return Ok(()) };
        for (name, value) in form_fields(body, &boundary)? {
            match name.as_str() {
                "query" => self.query.push_str(&value),
                _ if name.starts_with("param_") => self.add(name, value)?,
                _ => {
                    return Err(Exception::not_implemented(format!(
                        "form field '{}': external tables are not supported by the embedded engine",
                        name.escape_debug()
                    )));
                }
            }
        }
        Ok(())
    }
}

fn flag(value: &str) -> bool {
    value == "1" || value.eq_ignore_ascii_case("true")
}

fn session_timeout(value: &str) -> Result<u64, Exception> {
    match value.parse() {
        Ok(seconds) if seconds <= 3600 => Ok(seconds),
        _ => Err(Exception::new(374, "INVALID_SESSION_TIMEOUT", "session_timeout must be 0 to 3600 seconds")),
    }
}

fn boundary(content_type: &str) -> Option<String> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.trim().split_once('=')?;
        name.eq_ignore_ascii_case("boundary").then(|| value.trim_matches('"').to_owned())
    })
}

/// Fields of a multipart body, in order.
fn form_fields(body: &[u8], boundary: &str) -> Result<Vec<(String, String)>, Exception> {
    let bad = || Exception::bad_arguments("malformed multipart/form-data body");
    let delimiter = format!("--{boundary}").into_bytes();
    let mut rest = body.strip_prefix(delimiter.as_slice()).ok_or_else(bad)?;
    let next = [b"\r\n".as_slice(), &delimiter].concat();
    let mut fields = Vec::new();
    while let Some(part) = rest.strip_prefix(b"\r\n") {
        let end = find(part, &next).ok_or_else(bad)?;
        let head = find(&part[..end], b"\r\n\r\n").ok_or_else(bad)?;
        let name = std::str::from_utf8(&part[..head]).ok().and_then(field_name).ok_or_else(bad)?;
        let value = String::from_utf8(part[head + 4..end].to_vec()).map_err(|_| bad())?;
        fields.push((name, value));
        rest = &part[end + next.len()..];
    }
    if rest.starts_with(b"--") { Ok(fields) } else { Err(bad()) }
}

fn field_name(head: &str) -> Option<String> {
    let disposition = head.split("\r\n").find(|line| line.to_ascii_lowercase().starts_with("content-disposition:"))?;
    disposition.split(';').find_map(|part| {
        let value = part.trim().strip_prefix("name=")?;
        Some(value.trim_matches('"').to_owned())
    })
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str, content_type: &str) -> Result<Request, Exception> {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", content_type.parse().unwrap());
        let uri: Uri = url.parse().unwrap();
        Request::parse(User::Writer, &Method::POST, &headers, url_params(&uri), "fresh".into())
    }

    #[test]
    fn the_url_is_sorted_into_its_parts() {
        let r =
            parse("/?query=select%201&database=d&max_threads=2&param_a=x%27y&decompress=1&session_id=s", "text/plain").unwrap();
        assert_eq!((r.query.as_str(), r.database.as_deref(), r.packing.blocks), ("select 1", Some("d"), true));
        assert_eq!(r.settings, [("max_threads".to_owned(), "2".to_owned())]);
        assert_eq!(r.params, [("a".to_owned(), "x'y".to_owned())]);
        assert_eq!(r.session.unwrap().timeout, 60);
        assert_eq!(parse("/?a%27b=1", "text/plain").unwrap_err().code, 115);
        assert_eq!(parse("/?session_id=1&session_timeout=99999", "text/plain").unwrap_err().code, 374);
    }

    #[test]
    fn a_form_carries_query_and_parameters() {
        let mut r = parse("/", "multipart/form-data; boundary=XX").unwrap();
        let body = "--XX\r\nContent-Disposition: form-data; name=\"query\"\r\n\r\nselect {a:String}\r\n--XX\r\n\
                    Content-Disposition: form-data; name=\"param_a\"\r\n\r\n1\r\n2\r\n--XX--\r\n";
        r.add_form(body.as_bytes()).unwrap();
        assert_eq!(r.query, "select {a:String}");
        assert_eq!(r.params, [("a".to_owned(), "1\r\n2".to_owned())]);
        let mut r = parse("/", "multipart/form-data; boundary=XX").unwrap();
        assert_eq!(r.add_form(b"--XX\r\nnope").unwrap_err().code, 36);
    }
}
