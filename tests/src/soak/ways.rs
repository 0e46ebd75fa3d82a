//! The ways in which a question is asked, and what a caller makes of what comes back.

use std::time::Duration;

use metric_host::{CallError, MetricService, RangeAnswer, RangeOptions, ServiceError};

use super::questions::{Question, Questions, append, in_chunks};
use super::served::Served;
use crate::reference::{Plain, plain};

/// The services that are asked: the plugin, one beside it in the same host that crashes, and the plugin over HTTP, if
/// at all.
pub(super) struct Services {
    pub(super) plugin: MetricService,
    pub(super) crashing: MetricService,
    pub(super) served: Option<Served>,
}

impl Services {
    /// The ways in which they can be asked.
    pub(super) fn ways(&self) -> impl Iterator<Item = Way> {
        let without = self.served.is_none().then_some(Way::OverHttp);
        Way::ALL
            .into_iter()
            .filter(move |way| Some(*way) != without)
    }
}

/// The way in which a question is asked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Way {
    Metric,
    Range,
    Batch,
    Pages,
    Stream,
    /// Under a scope.
    Scoped,
    /// The caller loses patience.
    Cancelled,
    /// Of the plugin that crashes.
    Crashing,
    /// Of the server in front of the plugin.
    OverHttp,
}

impl Way {
    const ALL: [Self; 9] = [
        Self::Metric,
        Self::Range,
        Self::Batch,
        Self::Pages,
        Self::Stream,
        Self::Scoped,
        Self::Cancelled,
        Self::Crashing,
        Self::OverHttp,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Metric => "query-metric",
            Self::Range => "query-range",
            Self::Batch => "query-batch",
            Self::Pages => "query-page",
            Self::Stream => "range-stream",
            Self::Scoped => "under a scope",
            Self::Cancelled => "cancelled",
            Self::Crashing => "of a plugin that crashes",
            Self::OverHttp => "over HTTP",
        }
    }
}

/// The result of a call.
#[derive(Debug)]
pub(super) enum Came {
    /// The answer of quiet times.
    Right,
    /// A part of it, which says what is missing; and that is all that is missing.
    Part,
    /// Nothing: the caller left.
    Left,
    /// The crash of the plugin that crashes.
    Crash,
    /// An error, by its class.
    Error(&'static str),
    /// Another answer.
    Wrong(String),
}

impl From<Result<Came, CallError>> for Came {
    fn from(came: Result<Came, CallError>) -> Self {
        came.unwrap_or_else(|error| Self::Error(class(&error)))
    }
}

impl Question {
    /// Asks, and judges.
    pub(super) async fn ask(&self, way: Way, services: &Services, questions: &Questions) -> Came {
        let service = &services.plugin;
        match way {
            Way::Metric => Came::from(self.metric(service).await),
            Way::Range => Came::from(self.range(service).await),
            Way::Batch => Came::from(batch(service, questions).await),
            Way::Pages => Came::from(self.pages(service).await),
            Way::Stream => Came::from(self.stream(service).await),
            Way::Scoped => {
                let narrowed = service.scoped(questions.tenant.clone());
                Came::from(questions.for_tenant.metric(&narrowed).await)
            }
            Way::Cancelled => {
                // Somewhere between the instance and the last byte.
                let patience = Duration::from_micros(fastrand::u64(..30_000));
                match tokio::time::timeout(patience, self.range(service)).await {
                    Err(_) => Came::Left,
                    Ok(came) => Came::from(came),
                }
            }
            Way::Crashing => match services.crashing.query_metric(&self.query).await {
                Err(CallError::Trapped { .. }) => Came::Crash,
                Err(error) => Came::Error(class(&error)),
                Ok(_) => Came::Wrong("a crash that answers".to_owned()),
            },
            Way::OverHttp => match &services.served {
                Some(served) => served.ask(self).await,
                None => Came::Error("nobody serves"),
            },
        }
    }

    async fn metric(&self, service: &MetricService) -> Result<Came, CallError> {
        let result = service.query_metric(&self.query).await?;
        Ok(self.judge_whole(&plain(&result)))
    }

    async fn range(&self, service: &MetricService) -> Result<Came, CallError> {
        let range = service.query_range(&self.query, &in_chunks()).await?;
        Ok(self.judge(&range))
    }

    async fn pages(&self, service: &MetricService) -> Result<Came, CallError> {
        let mut all = Plain::new();
        let mut cursor = None;
        loop {
            let page = service
                .query_page(&self.query, &in_chunks(), cursor.as_deref())
                .await?;
            append(&mut all, &page.answer.answer.series);
            match page.next {
                Some(next) => cursor = Some(next),
                None => return Ok(self.judge_whole(&all)),
            }
        }
    }

    async fn stream(&self, service: &MetricService) -> Result<Came, CallError> {
        let mut all = Plain::new();
        let mut stream = service.stream(&self.query, &in_chunks()).await?;
        while let Some(piece) = stream.next().await? {
            append(&mut all, &piece.series);
        }
        Ok(self.judge_whole(&all))
    }

    pub(super) fn judge_whole(&self, got: &Plain) -> Came {
        match *got == self.answer {
            true => Came::Right,
            false => Came::Wrong(format!("{:?}", self.query)),
        }
    }

    fn judge(&self, got: &RangeAnswer) -> Came {
        match (self.is_answered_by(got), got.missing.is_empty()) {
            (true, true) => Came::Right,
            (true, false) => Came::Part,
            (false, _) => Came::Wrong(format!("{:?} without {:?}", self.query, got.missing)),
        }
    }
}

/// All questions at once, which may lack chunks.
async fn batch(service: &MetricService, questions: &Questions) -> Result<Came, CallError> {
    let queries: Vec<_> = questions.all.iter().map(|q| q.query.clone()).collect();
    let options = RangeOptions {
        partial: true,
        ..in_chunks()
    };
    let answers = service.query_batch(&queries, &options).await?;
    let mut came = Came::Right;
    for (question, answer) in questions.all.iter().zip(answers) {
        match question.judge(&answer?) {
            Came::Right => {}
            wrong @ Came::Wrong(_) => return Ok(wrong),
            part => came = part,
        }
    }
    Ok(came)
}

/// The class of an error, as a caller is told it.
fn class(error: &CallError) -> &'static str {
    if let Some(error) = error.service() {
        return match error {
            ServiceError::InvalidTimeRange(_) => "invalid-time-range",
            ServiceError::InvalidArgument(_) => "invalid-argument",
            ServiceError::FailedToGetMetric(_) => "refused",
            ServiceError::ConnectionFailed(_) => "connection-failed",
            ServiceError::TimedOut(_) => "timed-out",
            ServiceError::MalformedResponse(_) => "malformed-response",
            ServiceError::LimitExceeded(_) => "limit-exceeded",
            ServiceError::PartialAnswer(_) => "partial-answer",
            ServiceError::Denied(_) => "denied",
        };
    }
    match error {
        CallError::TimedOut { .. } => super::ENDED_BY_THE_HOST,
        CallError::Trapped { .. } => "trapped",
        CallError::BrokenContract { .. } => "broken contract",
        _ => "other",
    }
}
