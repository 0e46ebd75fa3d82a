//! Attacks on the message: headers that are not the plugin's to set, and two requests that look like one.

mod content_length;
mod forbidden_headers;
mod half_a_body;
mod host_header;
mod line_breaks;
mod trailers;
mod transfer_encoding;

named!(
    content_length,
    forbidden_headers,
    half_a_body,
    host_header,
    line_breaks,
    trailers,
    transfer_encoding,
);
