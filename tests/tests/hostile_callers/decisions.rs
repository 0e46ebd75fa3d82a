//! Live stats, presets and verdicts with every field drawn: an answer, or an error that says whose fault it is.

use metric_callers::text;
use metric_host::decisions::{
    Arguments, Bound, Combine, Condition, LabelValues, LiveOptions, MetricQuestion, Preset,
    PresetRange, Question, Run,
};
use metric_host::{Config, Dimension, LabelFilter, MetricService, RangeOptions, ValueType};
use metric_tests::Testbed;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{TestCaseError, TestRunner};
use tokio::runtime::Runtime;

use crate::verbs::outcome;

#[derive(Debug, Clone)]
struct Drawn {
    preset: Preset,
    arguments: Arguments,
    question: Question,
    range: PresetRange,
    ids: Vec<String>,
    by: Dimension,
    live: LiveOptions,
    now: Option<i64>,
}

fn template() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "up",
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        ",",
        "\"",
        "`",
        "#",
        "\n",
        "a=\"b\"",
        " by ",
        "sum",
        "rate",
        "${{labels}}",
        "${{window}}",
        "${{group_by}}",
        "$",
        "${{x}}",
        " offset ",
    ]);
    let sound = prop::sample::select(vec![
        "up{${{labels}}}",
        "sum by (${{group_by}})(rate(up{${{labels}}}[${{window}}]))",
        "up{job=\"x\",${{labels}}} offset ${{window}}",
        "a{${{labels}}} / b{${{labels}}}",
        "up[5m]",
        "1",
    ]);
    prop_oneof![
        text(),
        vec(piece, 0..8).prop_map(|pieces| pieces.concat()),
        sound.prop_map(str::to_owned),
        sound_again(),
    ]
}

fn sound_again() -> impl Strategy<Value = String> {
    Just("max by (${{group_by}})(backendai_container_utilization{${{labels}}})".to_owned())
}

fn label() -> impl Strategy<Value = String> {
    prop_oneof![text(), Just("kernel_id".to_owned()), Just("le".to_owned())]
}

fn arguments() -> impl Strategy<Value = Arguments> {
    let filter =
        (label(), vec(text(), 0..3)).prop_map(|(label, values)| LabelValues { label, values });
    let window = prop::option::of(prop_oneof![text(), Just("5m".to_owned())]);
    (vec(filter, 0..3), vec(label(), 0..3), window).prop_map(|(filters, group_by, window)| {
        Arguments {
            filters,
            group_by,
            window,
        }
    })
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let instant = prop_oneof![
        Just(None),
        any::<i64>().prop_map(Some),
        Just(Some(1_767_575_000_000))
    ];
    let preset = (template(), prop::option::of(text()), vec(label(), 0..2)).prop_map(
        |(template, unit, required_labels)| Preset {
            required_labels,
            unit,
            ..Preset::new(template)
        },
    );
    let condition = prop::option::of((any::<bool>(), any::<f64>(), prop::option::of(any::<u32>())))
        .prop_map(|drawn| {
            drawn.map(|(above, number, lasting)| Condition {
                bound: if above {
                    Bound::Above(number)
                } else {
                    Bound::Below(number)
                },
                lasting,
            })
        });
    let combine =
        prop::sample::select(vec![Combine::Max, Combine::Min, Combine::Avg, Combine::Sum]);
    let question = (
        arguments(),
        label(),
        vec(text(), 0..4),
        combine,
        instant.clone(),
        condition,
    )
        .prop_map(
            |(arguments, subject, subjects, combine, at, condition)| Question {
                arguments,
                subject,
                subjects,
                combine,
                at,
                condition,
            },
        );
    let live = (
        instant.clone(),
        prop::option::of(any::<u32>()),
        prop::option::of(vec(text(), 0..3)),
    )
        .prop_map(|(at, window, metrics)| LiveOptions {
            at,
            window,
            metrics,
        });
    let range = (text(), text(), prop::option::of(any::<u32>()))
        .prop_map(|(start, end, step)| PresetRange { start, end, step });
    let by = prop::sample::select(Dimension::ALL.to_vec());
    (
        preset,
        arguments(),
        question,
        range,
        vec(text(), 0..4),
        by,
        live,
        instant,
    )
        .prop_map(
            |(preset, arguments, question, range, ids, by, live, now)| Drawn {
                preset,
                arguments,
                question,
                range,
                ids,
                by,
                live,
                now,
            },
        )
}

async fn every_verb(service: &MetricService, drawn: &Drawn) -> Result<(), TestCaseError> {
    let Drawn {
        preset,
        arguments,
        question,
        range,
        ids,
        by,
        live,
        ..
    } = drawn;
    let checked = outcome(service.check_preset(preset).await)?;
    let query = outcome(service.render_preset(preset, arguments).await)?;
    prop_assert!(
        checked.is_some() || query.is_none(),
        "{query:?} of a template that is refused"
    );
    let answer = outcome(service.execute_preset(preset, arguments, question.at).await)?;
    if let (Some(query), Some(answer)) = (query, answer) {
        prop_assert_eq!(query, answer.promql);
    }
    let options = RangeOptions::default();
    outcome(
        service
            .execute_preset_range(preset, arguments, range, &options)
            .await,
    )?;
    if let Some(verdicts) = outcome(service.evaluate(preset, question).await)? {
        let decided = verdicts.iter().filter(|verdict| verdict.decision.is_some());
        prop_assert!(question.condition.is_some() || decided.count() == 0);
    }
    let run = |range| Run {
        preset: preset.clone(),
        arguments: arguments.clone(),
        range,
        at: question.at,
    };
    let runs = [run(None), run(Some(range.clone()))];
    if let Some(answers) = outcome(service.execute_preset_batch(&runs, &options).await)? {
        for answer in answers {
            outcome(answer)?;
        }
    }
    let by_metric = MetricQuestion {
        metric_name: question.subject.clone(),
        labels: LabelFilter {
            value_type: question
                .at
                .map(|at| ValueType::ALL[at.rem_euclid(4) as usize]),
            ..LabelFilter::default()
        },
        group_by: vec![*by],
        metric_type: None,
        pointwise: None,
        subject: *by,
        subjects: question.subjects.clone(),
        combine: question.combine,
        at: question.at,
        condition: question.condition,
    };
    outcome(service.evaluate_metric(&by_metric).await)?;
    outcome(service.query_live_stats(*by, ids, live).await)?;
    Ok(())
}

fn try_with(cases: u32, service: impl Fn(&Drawn) -> MetricService) {
    let runtime = Runtime::new().unwrap();
    let mut runner = TestRunner::new(ProptestConfig::with_cases(cases));
    runner
        .run(&drawn(), |drawn| {
            runtime.block_on(every_verb(&service(&drawn), &drawn))
        })
        .unwrap();
}

fn config(address: &str, drawn: &Drawn) -> Config {
    Config {
        now: drawn.now,
        ..Config::new(address)
    }
}

#[test]
fn every_verb_of_decisions_answers_or_says_whose_fault_it_is() {
    let plugin = metric_tests::plugin().unwrap();
    try_with(400, |drawn| {
        plugin
            .offline(config("prometheus.example:9090", drawn))
            .unwrap()
    });
}

#[test]
fn every_verb_of_decisions_answers_with_a_real_prometheus_behind_it() {
    let address = Testbed::shared().unwrap().server.address();
    let plugin = metric_tests::plugin().unwrap();
    try_with(150, |drawn| {
        plugin.service(config(&address, drawn)).unwrap()
    });
}
