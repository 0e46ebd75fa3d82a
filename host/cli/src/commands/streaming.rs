//! `query --format ndjson`: a range as it arrives, in bounded memory. Several queries come one after the other.
//!
//! Writing may block for as long as the reader likes (`| less`), and must not hold up the connections meanwhile: it is
//! done on a thread of its own, while the next piece is on its way. There are never more than these two.

use metric_host::{CallError, MetricQuery, Piece};
use metric_serve::ndjson::{self, Written};

use crate::commands::query::Asking;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::json::ErrorDocument;
use crate::output::{self, Out, printable::Escape, say};

/// Streams each query. The exit is that of the first that failed.
pub(crate) async fn run(asking: &Asking<'_>, queries: &[MetricQuery]) -> Result<Exit, Failure> {
    let mut exit = Exit::Success;
    for query in queries {
        let this = stream(asking, query).await?;
        if exit == Exit::Success {
            exit = this;
        }
    }
    Ok(exit)
}

/// Streams one query. A failure is one of writing, after which there is nothing to say on stdout.
async fn stream(asking: &Asking<'_>, query: &MetricQuery) -> Result<Exit, Failure> {
    let failed = |error: CallError| Failure::of_call(&error, asking.args);
    let mut lines = Lines::default();
    let mut stream = match asking.service.stream(query, asking.options).await {
        Ok(stream) => stream,
        Err(error) => return lines.fail(query, &failed(error)),
    };
    let plan = stream.plan().clone();
    ndjson::plan(&mut lines.out, query, &plan)?;
    let mut next = stream.next().await;
    loop {
        match next {
            Err(error) => return lines.fail(query, &failed(error)),
            Ok(None) => break,
            Ok(Some(piece)) => {
                let written;
                (written, next) = tokio::join!(lines.take(piece), stream.next());
                lines = written?;
            }
        }
    }
    let (written, first) = (lines.written, lines.first_missing);
    lines.end(query)?;
    if written == Written::default() {
        let span = (plan.span.start, plan.span.end);
        let metric = &query.metric_name;
        say("note", &asking.nothing_found(metric, span, &plan.promql));
    }
    // If all is missing, the first failure decides the exit code.
    let is_all = written.missing >= plan.chunks.len() as u64;
    Ok(first.filter(|_| is_all).unwrap_or(Exit::Success))
}

/// The writer of a stream.
struct Lines {
    out: Out,
    written: Written,
    /// The exit code of the first chunk that failed.
    first_missing: Option<Exit>,
}

impl Default for Lines {
    fn default() -> Self {
        Self {
            out: output::stdout(Escape::Json),
            written: Written::default(),
            first_missing: None,
        }
    }
}

impl Lines {
    /// Writes a piece on a thread of its own.
    async fn take(mut self, piece: Piece) -> Result<Self, Failure> {
        let first = piece.missing.first().map(|missing| (&missing.error).into());
        self.first_missing = self.first_missing.or(first);
        let writing = tokio::task::spawn_blocking(move || {
            let document = ErrorDocument::of_service;
            ndjson::piece(&mut self.out, &piece, &mut self.written, document)?;
            Ok(self)
        });
        writing
            .await
            .unwrap_or_else(|error| Err(Failure::new(Exit::Other, error.to_string())))
    }

    /// Writes the last line.
    fn end(mut self, query: &MetricQuery) -> Result<(), Failure> {
        Ok(ndjson::end(&mut self.out, query, self.written, None::<()>)?)
    }

    /// Writes the last line of what broke off, and says why on stderr, too.
    fn fail(mut self, query: &MetricQuery, failure: &Failure) -> Result<Exit, Failure> {
        let error = Some(ErrorDocument::of(failure));
        ndjson::end(&mut self.out, query, self.written, error)?;
        failure.print();
        Ok(failure.exit())
    }
}
