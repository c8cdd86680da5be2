// The bindings are written by each build.
#[path = "../build/bindings/bindings.rs"]
mod bindings;
mod statistics;

use bindings::exports::incoming_handler::Guest;
use bindings::streams::StreamError;
use bindings::types::{Fields, IncomingBody, IncomingRequest, Method, OutgoingBody, OutgoingResponse, ResponseOutparam};

const MAX_BODY: usize = 256 << 10;
const CHUNK: usize = 4096;
const HELP: &str = "\
POST /statistics  a text of at most 256 KiB in UTF-8: how many characters, words, lines and paragraphs it has
GET  /health      whether the service is there
";

struct Component;

struct Answer {
    status: u16,
    kind: &'static str,
    allow: Option<&'static str>,
    body: String,
}

impl Guest for Component {
    fn handle(request: IncomingRequest, response_out: ResponseOutparam) {
        let answer = answer(&request);
        // What was not read of the request is not waited for.
        drop(request);
        send(&answer, response_out);
    }
}

bindings::component!(Component);
bindings::small_allocator!();

fn answer(request: &IncomingRequest) -> Answer {
    let target = request.path_with_query().unwrap_or_default();
    let path = target.split('?').next().unwrap_or("");
    let method = request.method();
    let is_read = matches!(method, Method::Get | Method::Head);
    match path {
        "/" | "/health" if !is_read => problem(405, "only GET and HEAD", Some("GET, HEAD")),
        "/" => text(HELP),
        "/health" => text("ok\n"),
        "/statistics" if !matches!(method, Method::Post) => problem(405, "only POST", Some("POST")),
        "/statistics" => match read_body(request) {
            Ok(body) => match String::from_utf8(body) {
                Ok(text) => Answer { status: 200, kind: "application/json", allow: None, body: statistics::of(&text) },
                Err(_) => problem(400, "the text is not UTF-8", None),
            },
            Err(answer) => answer,
        },
        _ => problem(404, "there is no such page", None),
    }
}

fn text(body: &str) -> Answer {
    Answer { status: 200, kind: "text/plain; charset=utf-8", allow: None, body: body.to_string() }
}

/// An answer as RFC 9457 has it; the texts need no escapes.
fn problem(status: u16, what: &str, allow: Option<&'static str>) -> Answer {
    Answer { status, kind: "application/problem+json", allow, body: format!("{{\"status\":{status},\"title\":\"{what}\"}}\n") }
}

fn read_body(request: &IncomingRequest) -> Result<Vec<u8>, Answer> {
    let broken = || problem(400, "the request broke off", None);
    let body = request.consume().map_err(|_| broken())?;
    let mut bytes = Vec::new();
    {
        let stream = body.stream().map_err(|_| broken())?;
        loop {
            match stream.blocking_read(CHUNK as u64) {
                Ok(chunk) if bytes.len() + chunk.len() > MAX_BODY => return Err(problem(413, "the text has more than 256 KiB", None)),
                Ok(chunk) => bytes.extend_from_slice(&chunk),
                Err(StreamError::Closed) => break,
                Err(StreamError::LastOperationFailed(_)) => return Err(broken()),
            }
        }
    }
    drop(IncomingBody::finish(body));
    Ok(bytes)
}

fn send(answer: &Answer, response_out: ResponseOutparam) {
    let headers = Fields::new();
    let length = answer.body.len().to_string();
    let fields = [("content-type", Some(answer.kind)), ("content-length", Some(length.as_str())), ("allow", answer.allow)];
    for (name, value) in fields {
        if let Some(value) = value {
            headers.append(name, value.as_bytes()).expect("the fields are plain");
        }
    }
    let response = OutgoingResponse::new(headers);
    response.set_status_code(answer.status).expect("the status is one of HTTP");
    let body = response.body().expect("the body is taken once");

    // The host sends what is written from here on.
    ResponseOutparam::set(response_out, Ok(response));
    let stream = body.write().expect("the stream is taken once");
    let is_whole = answer.body.as_bytes().chunks(CHUNK).all(|chunk| stream.blocking_write_and_flush(chunk).is_ok());
    drop(stream);
    if is_whole {
        // Without this the answer counts as broken off.
        let _ = OutgoingBody::finish(body, None);
    }
}
