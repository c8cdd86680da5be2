// The bindings are written by each build.
#[path = "../build/bindings/bindings.rs"]
mod bindings;

use bindings::exports::incoming_handler::Guest;
use bindings::types::{Fields, IncomingRequest, OutgoingBody, OutgoingResponse, ResponseOutparam};

struct Component;

impl Guest for Component {
    fn handle(request: IncomingRequest, response_out: ResponseOutparam) {
        let text = format!("Hello from {}\n", request.path_with_query().unwrap_or_default());
        let response = OutgoingResponse::new(Fields::new());
        let body = response.body().expect("the body is taken once");

        // The host sends what is written from here on.
        ResponseOutparam::set(response_out, Ok(response));
        let stream = body.write().expect("the stream is taken once");
        let written = stream.blocking_write_and_flush(text.as_bytes());
        drop(stream);
        if written.is_ok() {
            // Without this the answer counts as broken off.
            let _ = OutgoingBody::finish(body, None);
        }
    }
}

bindings::component!(Component);
