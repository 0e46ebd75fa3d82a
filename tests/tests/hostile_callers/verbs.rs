//! Every verb that the host offers, with every field drawn: what comes is an answer, or an error that says whose fault
//! it is. Never a trap, a broken contract or a lost instance.

use metric_callers::{Asked, asked, text, trials};
use metric_host::{CallError, MetricService};
use metric_tests::Testbed;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use tokio::runtime::Runtime;

use crate::convert;

/// A drawn call, companions for a batch, and a cursor.
type Drawn = (Asked, Vec<Asked>, Option<String>);

fn drawn() -> impl Strategy<Value = Drawn> {
    let cursor = prop_oneof![
        text().prop_map(Some),
        "[0-9a-f-]{0,40}".prop_map(Some),
        Just(None)
    ];
    (asked(), prop::collection::vec(asked(), 0..4), cursor)
}

/// More requests than that would only take longer.
const MOST_CHUNKS: usize = 40;

#[test]
fn every_verb_answers_or_says_whose_fault_it_is() {
    let plugin = metric_tests::plugin().unwrap();
    let runtime = Runtime::new().unwrap();
    trials(1_000, drawn(), |drawn| {
        // All that would be sent is denied, so that nothing but the plugin is tried.
        let service = plugin
            .offline(convert::config(&drawn.0, "prometheus.example:9090"))
            .unwrap();
        runtime.block_on(every_verb(&service, &drawn))
    });
}

#[test]
fn every_verb_answers_with_a_real_prometheus_behind_it() {
    let address = Testbed::shared().unwrap().server.address();
    let plugin = metric_tests::plugin().unwrap();
    let runtime = Runtime::new().unwrap();
    trials(300, drawn(), |drawn| {
        let service = plugin.service(convert::config(&drawn.0, &address)).unwrap();
        runtime.block_on(every_verb(&service, &drawn))
    });
}

pub(crate) async fn every_verb(
    service: &MetricService,
    drawn: &Drawn,
) -> Result<(), TestCaseError> {
    let (asked, more, cursor) = drawn;
    let query = convert::query(&asked.query);
    let options = convert::options(&asked.options);

    let promql = outcome(service.build_promql(&query).await)?;
    outcome(service.query_metadata().await)?;
    let result = outcome(service.query_metric(&query).await)?;
    if let (Some(promql), Some(result)) = (promql, result) {
        prop_assert_eq!(promql, result.promql);
    }
    let plan = outcome(service.plan(&query, &options).await)?;
    let chunks = plan.as_ref().map_or(0, |plan| plan.chunks.len());
    if chunks > MOST_CHUNKS {
        return Ok(());
    }
    let range = outcome(service.query_range(&query, &options).await)?;
    if let (Some(plan), Some(range)) = (&plan, range) {
        prop_assert_eq!(&plan.promql, &range.answer.promql);
        let may_be_partial = options.partial || asked.config.partial;
        prop_assert!(may_be_partial || range.missing.is_empty());
    }

    let mut queries = vec![query.clone()];
    for asked in more {
        let query = convert::query(&asked.query);
        let plan = service.plan(&query, &options).await;
        if plan.is_ok_and(|plan| plan.chunks.len() <= MOST_CHUNKS) {
            queries.push(query);
        }
    }
    if let Some(answers) = outcome(service.query_batch(&queries, &options).await)? {
        prop_assert_eq!(answers.len(), queries.len());
        for answer in answers {
            outcome(answer)?;
        }
    }

    outcome(service.query_page(&query, &options, None).await)?;
    let page = service
        .query_page(&query, &options, cursor.as_deref())
        .await;
    prop_assert!(cursor.is_none() || page.is_err(), "a page for {cursor:?}");
    outcome(page)?;

    if let Some(mut stream) = outcome(service.stream(&query, &options).await)? {
        for _ in 0..=chunks {
            match outcome(stream.next().await)? {
                Some(Some(_)) => {}
                Some(None) | None => break,
            }
        }
    }
    Ok(())
}

/// An answer, or none where the error is one that a caller can be given.
pub(crate) fn outcome<T>(result: Result<T, CallError>) -> Result<Option<T>, TestCaseError> {
    match result {
        Ok(answer) => Ok(Some(answer)),
        // The last where the machine is busy and the deadline that was drawn is short.
        Err(CallError::Service(_) | CallError::Chunk { .. } | CallError::TimedOut { .. }) => {
            Ok(None)
        }
        Err(error) => Err(TestCaseError::fail(format!("{error:?}"))),
    }
}
