//! A verb over whole ranges for who sends the requests: which are to be sent next, and the result of the responses to all
//! of them. Nothing is kept between two calls; each reads the responses that there are so far.

use super::Insight;
use crate::codec::query_range::RangeResult;
use crate::codec::{Batch, Config, Failure, QueryRange, RangeFailure, Receiver as _, RequestId};
use crate::prometheus::HttpRequest;

/// The status and the whole body of a response.
pub type Response<'a> = (u16, &'a str);

/// Where a verb stands, given the responses so far.
enum Progress {
    /// These are to be sent.
    Lacking(Vec<HttpRequest>),
    /// All is there.
    Answered(Vec<RangeResult>),
}

/// The requests to send after those whose responses are there, in their order; none: the result can be read.
///
/// # Errors
/// The error of a response instead of an answer; another number of responses than of requests.
pub fn requests_after<V: Insight>(
    config: &Config,
    verb: &V,
    responses: &[Response<'_>],
) -> Result<Vec<HttpRequest>, RangeFailure> {
    match progress(config, verb, responses)? {
        Progress::Lacking(requests) => Ok(requests),
        Progress::Answered(_) => Ok(Vec::new()),
    }
}

/// The result, of the responses to all requests in their order.
///
/// # Errors
/// As [`requests_after`], and where requests have still to be sent.
pub fn result_of<V: Insight>(
    config: &Config,
    verb: &V,
    responses: &[Response<'_>],
) -> Result<V::Result, RangeFailure> {
    match progress(config, verb, responses)? {
        Progress::Answered(answers) => Ok(verb.result(answers)?),
        Progress::Lacking(requests) => {
            Err(miscounted(responses.len(), responses.len() + requests.len()).into())
        }
    }
}

/// Where a verb stands.
fn progress<V: Insight>(
    config: &Config,
    verb: &V,
    responses: &[Response<'_>],
) -> Result<Progress, RangeFailure> {
    let more = |answers: &[RangeResult]| verb.more(answers);
    progress_of(config, verb.queries(), &more, responses)
}

/// The requests of a verb, and those that it makes of the answers to them. One piece of code for all verbs.
fn progress_of(
    config: &Config,
    queries: Vec<QueryRange>,
    more: &dyn Fn(&[RangeResult]) -> Vec<QueryRange>,
    responses: &[Response<'_>],
) -> Result<Progress, RangeFailure> {
    let mut left = responses;
    let mut answers = match answered(config, queries, &mut left)? {
        Progress::Answered(answers) => answers,
        lacking @ Progress::Lacking(_) => return Ok(lacking),
    };
    match answered(config, more(&answers), &mut left)? {
        Progress::Answered(more) => answers.extend(more),
        lacking @ Progress::Lacking(_) => return Ok(lacking),
    }
    match left {
        [] => Ok(Progress::Answered(answers)),
        _ => Err(miscounted(responses.len(), responses.len() - left.len()).into()),
    }
}

/// The answers to some queries, whose responses are the first of those that are left; or their requests, where none are
/// left.
fn answered(
    config: &Config,
    queries: Vec<QueryRange>,
    left: &mut &[Response<'_>],
) -> Result<Progress, RangeFailure> {
    let mut batch = Batch::new(config, queries);
    // What fails together is asked for again one by one.
    loop {
        let round = std::iter::from_fn(|| batch.next_request());
        let (ids, requests): (Vec<RequestId>, Vec<HttpRequest>) =
            round.map(|(id, request, _)| (id, request)).unzip();
        if ids.is_empty() {
            let answers: Result<Vec<_>, _> = batch.results().collect();
            return Ok(Progress::Answered(answers?));
        }
        let Some((here, after)) = left.split_at_checked(ids.len()) else {
            return match left {
                [] => Ok(Progress::Lacking(requests)),
                _ => Err(miscounted(left.len(), ids.len()).into()),
            };
        };
        *left = after;
        for (id, response) in ids.into_iter().zip(here) {
            if batch.is_wanted(id)
                && let Err(failure) = read(&mut batch, id, *response)
            {
                batch.fail(id, &failure);
            }
        }
    }
}

fn read(batch: &mut Batch<'_>, id: RequestId, (status, body): Response<'_>) -> Result<(), Failure> {
    let mut receiver = batch.receiver(id);
    receiver.begin(status);
    receiver.feed(body.as_bytes())?;
    receiver.finish()
}

fn miscounted(responses: usize, requests: usize) -> Failure {
    Failure::InvalidArgument {
        field: "body".to_owned(),
        reason: format!("{responses} responses to {requests} requests"),
    }
}
