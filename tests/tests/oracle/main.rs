//! Random questions through the plugin, the host and real servers, held to an evaluator on the generator's own samples
//! (`metric_testbed::oracle`), which knows no PromQL; and, bit for bit, to the server asked directly.
//!
//! Each question goes through one verb after the other, cut in other ways each time. `ORACLE_SEED` asks other questions,
//! `ORACLE_QUESTIONS` more or fewer of each data set and release.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what tests have in common fails as tests do"
)]

mod product;

use metric_host::MetricResult;
use metric_testbed::oracle::{Oracle, Questions, Semantics, first_difference};
use metric_testbed::{Dataset, Finder, Population, Prometheus, PrometheusOptions};
use metric_tests::reference::{self, Plain};
use tokio::runtime::Runtime;

use product::{Product, VERBS};

/// Of each data set and release: more than 5,000 in all.
const QUESTIONS: usize = 850;

#[test]
fn whatever_is_asked_about_many_kernels_is_answered_as_the_samples_say() {
    compare(Population::dense);
}

#[test]
fn whatever_is_asked_about_sparse_samples_is_answered_as_the_samples_say() {
    compare(Population::sparse);
}

fn compare(population: fn(u64) -> Population) {
    let set = |name| {
        std::env::var(name)
            .ok()
            .map(|text| text.parse::<u64>().unwrap())
    };
    let seed = set("ORACLE_SEED").unwrap_or(20_261_128);
    let count = set("ORACLE_QUESTIONS").map_or(QUESTIONS, |count| usize::try_from(count).unwrap());
    let population = population(seed);
    let dataset = Dataset::of_population(&population);
    let runtime = Runtime::new().unwrap();
    for (release, tools) in Finder::new().prometheus_releases() {
        let options = PrometheusOptions {
            tools: Some(tools),
            ..PrometheusOptions::default()
        };
        let server = Prometheus::start_with(options, &dataset).unwrap();
        let oracle = Oracle::new(&dataset, Semantics::of(release));
        let questions = Questions::new(&dataset, &population, seed).take(count);
        let mut points = 0;
        for (number, question) in questions.enumerate() {
            let grid = question.grid();
            if grid.last < grid.first {
                continue;
            }
            let place = format!("{release:?}, seed {seed}, question {number}: {question:#?}");
            let product = Product::new(&server.address(), &question);
            let verb = VERBS[number % VERBS.len()];
            let result = match runtime.block_on(product.ask(verb, seed ^ number as u64)) {
                Ok(result) => result,
                Err(error) => panic!("{verb:?}: {error}\n{place}"),
            };
            let answer = product::as_series(&result);
            let difference = first_difference(&oracle.answer(&question), &answer);
            assert_eq!(difference, None, "{verb:?}, {}\n{place}", result.promql);
            if product.is_asked_as_it_is() {
                assert_eq!(
                    reference::plain(&result),
                    directly(&server.address(), &result),
                    "{verb:?}, {}\n{place}",
                    result.promql
                );
            }
            points += answer
                .iter()
                .map(|series| series.values.len())
                .sum::<usize>();
        }
        println!("{release:?}: {count} questions, {points} points");
        assert!(points > count, "{points} points are hardly a comparison");
    }
}

/// The same query on the same grid, asked at once and decoded by other code; without the series that counts members.
fn directly(address: &str, result: &MetricResult) -> Plain {
    let form = [
        ("query", result.promql.clone()),
        ("start", (result.start / 1000).to_string()),
        ("end", (result.end / 1000).to_string()),
        ("step", result.step.to_string()),
    ];
    let mut answer = ureq::post(format!("http://{address}/api/v1/query_range"))
        .send_form(form)
        .unwrap();
    let body = answer.body_mut().read_to_string().unwrap();
    let mut plain = reference::read_matrix(&body).unwrap();
    plain.retain(|labels, _| !labels.iter().any(|(name, _)| name == "left_out"));
    plain
}
