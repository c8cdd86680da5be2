// The bindings are written by each build.
#[path = "../build/bindings/bindings.rs"]
mod bindings;

use bindings::exports::status::{Error, Expectation, Guest, Report, Verdict};
use bindings::http::{self, Request, Response};
use bindings::types::{Error as Cause, NetworkFailure};

const MAX_URL: usize = 2000;
const MAX_TEXT: usize = 1000;
const MAX_URLS: usize = 20;
const TIMEOUT: u64 = 10_000_000_000;
const BODY_LIMIT: u32 = 1 << 20;
const REDIRECTS: u8 = 5;

struct Component;

impl Guest for Component {
    fn check(url: String, expected: Expectation) -> Result<Report, Error> {
        check_url(&url)?;
        if expected.contains.as_ref().map_or(false, |text| text.len() > MAX_TEXT) {
            return Err(Error::Invalid("the text to look for is longer than 1000 bytes".to_string()));
        }
        look(url, &expected)
    }

    fn check_all(urls: Vec<String>) -> Result<Vec<Report>, Error> {
        if urls.len() > MAX_URLS {
            return Err(Error::TooMany(MAX_URLS as u32));
        }

        // All of them, before the first is asked for.
        urls.iter().try_for_each(|url| check_url(url))?;
        urls.into_iter().map(|url| look(url, &Expectation { code: None, contains: None, within_ms: None })).collect()
    }
}

bindings::component!(Component);
bindings::small_allocator!();

fn check_url(url: &str) -> Result<(), Error> {
    let problem = if url.len() > MAX_URL {
        "it is longer than 2000 bytes"
    } else if !["http://", "https://"].iter().any(|scheme| url.get(..scheme.len()).map_or(false, |start| start.eq_ignore_ascii_case(scheme))) {
        "it does not begin with http:// or https://"
    } else if url.bytes().any(|byte| byte <= b' ') {
        "it has blanks or control characters"
    } else {
        return Ok(());
    };
    Err(Error::Invalid(problem.to_string()))
}

fn look(url: String, expected: &Expectation) -> Result<Report, Error> {
    let request = Request {
        method: "GET".to_string(),
        url: url.clone(),
        headers: vec![],
        body: None,
        timeout: Some(TIMEOUT),
        body_limit: Some(BODY_LIMIT),
        redirects: REDIRECTS,
    };
    let answered = http::fetch(&request);
    let mut report = Report { url, verdict: Verdict::Up, code: None, elapsed_ms: 0, redirected_to: None };
    match answered {
        Ok(response) => {
            report.elapsed_ms = (response.elapsed / 1_000_000).min(u64::from(u32::MAX)) as u32;
            report.verdict = judge(&response, report.elapsed_ms, expected);
            report.code = Some(response.status);
            report.redirected_to = Some(response.url).filter(|answered| *answered != report.url);
        }

        // These say that nobody could look, and not how the page is.
        Err(Cause::Denied(capability)) => return Err(Error::Denied(capability)),
        Err(Cause::Invalid(problem)) => return Err(Error::Invalid(problem)),

        Err(Cause::Exhausted(_)) => report.verdict = Verdict::Degraded("the page has more than 1 MiB".to_string()),
        Err(cause) => report.verdict = Verdict::Down(reason(&cause).to_string()),
    }
    Ok(report)
}

fn judge(response: &Response, elapsed_ms: u32, expected: &Expectation) -> Verdict {
    let fits = expected.code.map_or((200..300).contains(&response.status), |code| code == response.status);
    if !fits {
        return Verdict::Degraded(format!("the status is {}", response.status));
    }
    if let Some(text) = &expected.contains {
        if !contains(&response.body, text.as_bytes()) {
            return Verdict::Degraded(format!("the page does not have `{text}`"));
        }
    }
    match expected.within_ms {
        Some(most) if elapsed_ms > most => Verdict::Degraded(format!("it took {elapsed_ms} ms, more than {most}")),
        _ => Verdict::Up,
    }
}

fn contains(body: &[u8], text: &[u8]) -> bool {
    text.is_empty() || body.windows(text.len()).any(|part| part == text)
}

fn reason(cause: &Cause) -> &str {
    match cause {
        Cause::Timeout => "it took more than 10 seconds",
        Cause::Network(failure) => match failure {
            NetworkFailure::NameUnresolved => "its name stands for no address",
            NetworkFailure::NameServer => "no name server answered",
            NetworkFailure::Refused => "nobody listens there",
            NetworkFailure::Unreachable => "no way leads there",
            NetworkFailure::Closed => "the connection was closed",
            NetworkFailure::Tls => "TLS could not be agreed on",
            NetworkFailure::Certificate => "its certificate is not to be trusted",
            NetworkFailure::Protocol => "what it speaks is not HTTP",
        },
        Cause::Denied(text) | Cause::Invalid(text) | Cause::NotFound(text) | Cause::Conflict(text) | Cause::Exhausted(text) | Cause::Failed(text) => text,
    }
}
