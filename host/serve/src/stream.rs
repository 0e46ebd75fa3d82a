//! A range as it arrives: NDJSON, in bounded memory. A client that goes away ends it.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{body::Body, response::Response};
use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue,
    header::{CACHE_CONTROL, CONTENT_TYPE},
};
use http_body::Frame;
use metric_host::{CallError, MetricQuery, RangeStream, ServiceError};
use serde_json::Value;
use tokio::{sync::mpsc, time::Instant};
use tracing::Instrument as _;

use crate::{
    app::{App, Asking},
    body, freshness,
    ndjson::{self, Written},
    problem::Problem,
    query_body::{StreamOf, StreamRequest},
};

/// Opens the stream. An invalid query is a problem; a later failure stands in the last line.
pub(crate) async fn post(
    app: Arc<App>,
    asking: Asking,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let request = body::read(&headers, body, &app.limits).await?;
    let request: StreamRequest = serde_json::from_str(&request)
        .map_err(|error| Problem::invalid("request", error.to_string()))?;
    let StreamOf {
        query,
        options,
        timewindow,
    } = request.into_stream();
    let mut service = app.service_for(&asking);
    if let Some(window) = timewindow {
        service = service.with_timewindow(window);
    }
    let stream = service.stream(&query, &options).await?;
    // One piece is on its way while the one before is written: there are never more.
    let (sender, lines) = mpsc::channel(1);
    let until = Instant::now() + app.limits.stream_time;
    let reading = read(stream, query, sender, until).in_current_span();
    // Ends with the body, which is dropped with its connection.
    tokio::spawn(reading);
    let mut response = Response::new(Body::new(Lines { lines }));
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/x-ndjson"),
    );
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    freshness::vary(headers);
    Ok(response)
}

/// Reads a stream to its end, as long as somebody takes its lines.
async fn read(
    mut stream: RangeStream,
    query: MetricQuery,
    lines: mpsc::Sender<Bytes>,
    until: Instant,
) {
    let reading = async {
        let mut written = Written::default();
        let mut text = Vec::new();
        let plan = stream.plan().clone();
        ndjson::plan(&mut text, &query, &plan)?;
        loop {
            // Nobody is left to be told of the rest.
            if lines.send(std::mem::take(&mut text).into()).await.is_err() {
                return Ok(());
            }
            let next = match tokio::time::timeout_at(until, stream.next()).await {
                Ok(next) => next,
                Err(_) => Err(late()),
            };
            match next {
                Ok(Some(piece)) => {
                    ndjson::piece(&mut text, &piece, &mut written, ServiceError::to_document)?;
                }
                Ok(None) => {
                    ndjson::end(&mut text, &query, written, None::<()>)?;
                    break;
                }
                Err(error) => {
                    ndjson::end(&mut text, &query, written, Some(document(error)))?;
                    break;
                }
            }
        }
        // As above.
        let _ = lines.send(text.into()).await;
        Ok(())
    };
    let outcome: Result<(), serde_json::Error> = tokio::select! {
        outcome = reading => outcome,
        // In the middle of a piece, too.
        () = lines.closed() => Ok(()),
    };
    if let Err(error) = outcome {
        tracing::error!(%error, "a stream broke off");
    }
}

fn late() -> CallError {
    let why = "a stream ends within the server's time for streams".to_owned();
    ServiceError::TimedOut(why).into()
}

/// The error as a line says it: the contract's, or a text.
fn document(error: CallError) -> Value {
    let problem = Problem::from(error);
    let of_contract = problem.error().cloned();
    of_contract.unwrap_or_else(|| problem.detail().into())
}

/// The lines, as a body.
struct Lines {
    lines: mpsc::Receiver<Bytes>,
}

impl http_body::Body for Lines {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let lines = self.lines.poll_recv(context);
        lines.map(|lines| lines.map(|lines| Ok(Frame::data(lines))))
    }
}
