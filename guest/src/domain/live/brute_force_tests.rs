//! Live stats held to the plainest arithmetic there is, and to cases worked out by hand.

use proptest::collection::vec;
use proptest::prelude::*;

use super::{LiveAnswer, LiveInput, LiveQuery, LiveStat, Sampled, Side};
use crate::domain::{Dimension, Settings};

/// The window ends here, in seconds, and is five minutes long.
const AT: i64 = 1000;

fn query(by: Dimension, ids: &[&str]) -> LiveQuery {
    let settings = Settings {
        now: Some(AT * 1000),
        ..Settings::default()
    };
    let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
    LiveQuery::new(&settings, by, &ids, &LiveInput::default()).unwrap()
}

fn series(id: &str, kernel: &str, metric: &str, side: Side, samples: &[(i64, f64)]) -> Sampled {
    Sampled {
        id: id.into(),
        kernel: Some(kernel.into()),
        agent: Some("agent".into()),
        metric: metric.into(),
        side,
        times: samples.iter().map(|(at, _)| at * 1000).collect(),
        values: samples.iter().map(|(_, value)| *value).collect(),
    }
}

/// A sample every 15 s from a first to a last.
fn steady(from: i64, to: i64, value: impl Fn(i64) -> f64) -> Vec<(i64, f64)> {
    (0..)
        .map(|n| from + 15 * n)
        .take_while(|&at| at <= to)
        .map(|at| (at, value(at)))
        .collect()
}

fn answer(series: Vec<Sampled>) -> LiveAnswer {
    query(Dimension::SessionId, &["s"]).answer(series)
}

fn only(answer: &LiveAnswer) -> &LiveStat {
    match answer.subjects.as_slice() {
        [subject] => match subject.stats.as_slice() {
            [stat] => stat,
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_counter_with_one_sample_has_no_rate_and_never_shows_what_it_accumulated() {
    let found = answer(vec![series(
        "s",
        "k",
        "cpu_util",
        Side::Current,
        &[(990, 8e9)],
    )]);
    let stat = only(&found);
    assert_eq!(
        (stat.current, stat.max, stat.avg, stat.percent),
        (None, None, None, None)
    );
    assert_eq!((stat.accumulated, stat.samples), (Some(8e9), 1));
    assert_eq!(stat.unit, Some("millicores"));
}

#[test]
fn a_burst_of_thirty_seconds_is_the_peak() {
    let counter = steady(705, 990, |at| match at {
        ..=885 => 0.0,
        900 => 15_000.0,
        _ => 30_000.0,
    });
    let found = answer(vec![series("s", "k", "cpu_util", Side::Current, &counter)]);
    let stat = only(&found);
    assert_eq!(
        (stat.max, stat.min, stat.current),
        (Some(1000.0), Some(0.0), Some(0.0))
    );
    assert_eq!(stat.avg, Some(30_000.0 / 285.0));
}

#[test]
fn an_old_sample_is_marked_and_its_time_is_told() {
    let level = |last| series("s", "k", "mem", Side::Current, &steady(705, last, |_| 1.0));
    for (last, stale) in [(990, false), (945, false), (930, true), (720, true)] {
        let found = answer(vec![level(last)]);
        assert_eq!((only(&found).at, only(&found).stale), (last * 1000, stale));
        assert_eq!(only(&found).current, Some(1.0));
    }
}

#[test]
fn kernels_that_follow_each_other_are_no_more_than_one_at_a_time() {
    for start in [862, 870] {
        let kernels = |metric, grows: bool| {
            let value = move |at: i64| if grows { at as f64 * 8.0 } else { 8.0 };
            vec![
                series("s", "old", metric, Side::Current, &steady(705, 855, value)),
                series(
                    "s",
                    "new",
                    metric,
                    Side::Current,
                    &steady(start, 995, value),
                ),
            ]
        };
        for (metric, grows) in [("mem", false), ("net_rx", true)] {
            let found = answer(kernels(metric, grows));
            let stat = only(&found);
            assert_eq!(
                (stat.max, stat.min, stat.current),
                (Some(8.0), Some(8.0), Some(8.0))
            );
            assert!(
                (stat.avg.unwrap() - 8.0).abs() < 1e-12,
                "{metric} {:?}",
                stat.avg
            );
        }
    }
}

#[test]
fn the_peak_of_a_sum_is_not_the_sum_of_peaks() {
    let peak = |kernel, when| {
        let level = steady(705, 990, |at| if at == when { 9.0 } else { 1.0 });
        series("s", kernel, "mem", Side::Current, &level)
    };
    let found = answer(vec![peak("a", 765), peak("b", 900)]);
    assert_eq!(
        (only(&found).max, only(&found).min),
        (Some(10.0), Some(2.0))
    );
}

#[test]
fn a_kernel_scraped_at_other_instants_counts_all_the_time() {
    let member = |kernel, phase: i64| {
        series(
            "s",
            kernel,
            "mem",
            Side::Current,
            &steady(701 + phase, 1000, |_| 3.0),
        )
    };
    let found = answer(vec![member("a", 0), member("b", 7), member("c", 14)]);
    let stat = only(&found);
    assert_eq!(
        (stat.current, stat.max, stat.min),
        (Some(9.0), Some(9.0), Some(9.0))
    );
    assert!((stat.avg.unwrap() - 9.0).abs() < 1e-12);
}

#[test]
fn a_percentage_is_of_those_that_have_both_sides() {
    let level =
        |kernel, side, value| series("s", kernel, "mem", side, &steady(705, 990, |_| value));
    let found = answer(vec![
        level("a", Side::Current, 30.0),
        level("a", Side::Capacity, 60.0),
        level("b", Side::Current, 10.0),
        level("b", Side::Capacity, 20.0),
        level("c", Side::Current, 99.0),
        level("d", Side::Capacity, 1.0),
    ]);
    let stat = only(&found);
    assert_eq!(stat.percent, Some(50.0));
    assert_eq!((stat.current, stat.capacity), (Some(139.0), Some(81.0)));
    assert_eq!(
        found.warnings,
        ["mem: kernels without capacity, or without a current value, are in no percentage: 2"]
    );
    let mut of_nothing = vec![
        level("a", Side::Current, 7.0),
        level("a", Side::Capacity, 0.0),
    ];
    assert_eq!(only(&answer(of_nothing.clone())).percent, None);
    // On neither side of the percentage.
    of_nothing.push(level("b", Side::Current, 10.0));
    of_nothing.push(level("b", Side::Capacity, 20.0));
    let found = answer(of_nothing);
    assert_eq!(only(&found).percent, Some(50.0));
    assert!(found.warnings[0].ends_with(": 1"), "{:?}", found.warnings);
    let cpu = steady(705, 990, |at| at as f64 * 500.0);
    let core = answer(vec![series("s", "k", "cpu_util", Side::Current, &cpu)]);
    assert_eq!(only(&core).percent, Some(50.0));
}

#[test]
fn an_agent_that_came_back_goes_on_and_two_that_answer_at_once_are_told() {
    let rise = |from, to| {
        series(
            "s",
            "k",
            "net_rx",
            Side::Current,
            &steady(from, to, |at| at as f64),
        )
    };
    let found = answer(vec![rise(855, 990), rise(705, 840)]);
    assert_eq!(found.warnings, [""; 0]);
    assert_eq!(
        (only(&found).current, only(&found).max),
        (Some(1.0), Some(1.0))
    );
    assert_eq!(only(&found).avg, Some(1.0));
    let found = answer(vec![rise(705, 990), rise(712, 990)]);
    assert!(found.warnings[0].starts_with("1 kernels have several series"));
    assert_eq!(only(&found).current, Some(2.0));
}

#[test]
fn subjects_without_samples_are_missing_and_the_others_stand_in_the_order_asked_for() {
    let level = |id| series(id, id, "mem", Side::Current, &[(990, 1.0)]);
    let gone = series("d", "d", "mem", Side::Current, &[(700, 1.0)]);
    let odd = series("e", "e", "mem", Side::Current, &[(990, f64::NAN)]);
    let query = query(Dimension::KernelId, &["c", "b", "d", "a", "e"]);
    let found = query.answer(vec![level("a"), level("c"), gone, odd]);
    let ids: Vec<_> = found
        .subjects
        .iter()
        .map(|subject| subject.id.as_str())
        .collect();
    assert_eq!(ids, ["c", "a"]);
    assert_eq!(found.missing, ["b", "d", "e"]);
    assert_eq!(found.subjects[0].agent_id.as_deref(), Some("agent"));
    assert_eq!(
        found.warnings,
        ["1 samples are no finite numbers, and are left out"]
    );
}

/// Increases between neighbours, by the definition.
fn increases(samples: &[(i64, f64)]) -> Vec<(i64, f64)> {
    samples
        .windows(2)
        .map(|pair| {
            let more = if pair[1].1 < pair[0].1 {
                pair[1].1
            } else {
                pair[1].1 - pair[0].1
            };
            (pair[1].0 - pair[0].0, more)
        })
        .collect()
}

fn near(found: Option<f64>, expected: Option<f64>) -> bool {
    match (found, expected) {
        (Some(found), Some(expected)) => (found - expected).abs() <= 1e-9 * expected.abs().max(1.0),
        (found, expected) => found == expected,
    }
}

#[test]
fn kernels_that_were_there_for_an_instant_each_count_as_often_as_there_are_instants() {
    let kernel = |name: &str, at, value| series("s", name, "mem", Side::Current, &[(at, value)]);
    let of = |kernels| only(&answer(kernels)).avg;
    let apart = vec![kernel("k0", 840, 80.0), kernel("k1", 930, 10.0)];
    assert_eq!(of(apart), Some(45.0));
    let together = vec![kernel("k0", 840, 80.0), kernel("k1", 840, 10.0)];
    assert_eq!(of(together), Some(90.0));
}

proptest! {
    #[test]
    fn one_series_is_what_the_plainest_arithmetic_says(
        gaps in vec(1_i64..60, 1..20), values in vec(0.0..1e6, 20), counter in any::<bool>(),
    ) {
        let mut at = 700;
        let samples: Vec<(i64, f64)> = gaps
            .iter()
            .zip(&values)
            .map(|(gap, value)| { at += gap; (at, *value) })
            .filter(|(at, _)| *at <= AT)
            .collect();
        let metric = if counter { "net_rx" } else { "mem" };
        let found = answer(vec![series("s", "k", metric, Side::Current, &samples)]);
        let stat = only(&found);
        let entries: Vec<f64> = if counter {
            increases(&samples).iter().map(|(time, more)| more / *time as f64).collect()
        } else {
            samples.iter().map(|(_, value)| *value).collect()
        };
        let avg = if counter {
            let all = increases(&samples);
            let time: i64 = all.iter().map(|(time, _)| time).sum();
            (time > 0).then(|| all.iter().map(|(_, more)| more).sum::<f64>() / time as f64)
        } else {
            Some(entries.iter().sum::<f64>() / entries.len() as f64)
        };
        prop_assert!(near(stat.current, entries.last().copied()));
        prop_assert!(near(stat.max, entries.iter().copied().reduce(f64::max)));
        prop_assert!(near(stat.min, entries.iter().copied().reduce(f64::min)));
        prop_assert!(near(stat.avg, avg), "{:?} {:?}", stat.avg, avg);
        prop_assert_eq!(stat.accumulated, counter.then(|| samples.last().unwrap().1));
        prop_assert_eq!(stat.samples as usize, samples.len());
        prop_assert_eq!(stat.at, samples.last().unwrap().0 * 1000);
        prop_assert_eq!(stat.stale, AT - samples.last().unwrap().0 > 60);
    }

    /// Kernels that are scraped together and come and go: at each scrape the sum of those that are there.
    #[test]
    fn many_kernels_are_the_sum_at_each_scrape(
        lives in vec((0_i64..20, 0_i64..20, 0.0..100.0), 1..6),
    ) {
        let lives: Vec<_> = lives.into_iter().map(|(a, b, v)| (a.min(b), a.max(b), v)).collect();
        let kernels = lives.iter().enumerate().map(|(n, (from, to, value))| {
            let samples = steady(705 + 15 * from, 705 + 15 * to, |at| value + (at % 7) as f64);
            series("s", &format!("k{n}"), "mem", Side::Current, &samples)
        });
        let found = answer(kernels.collect());
        let stat = only(&found);
        // A sample within four intervals of the end is still there (the last scrape is at 990), and one within one and
        // a half of the beginning was there before.
        let end = |to: i64| if AT - (705 + 15 * to) > 60 { to } else { 19 };
        let begin = |from: i64| if from <= 1 { 0 } else { from };
        let sums: Vec<f64> = (0..20)
            .filter(|n| lives.iter().any(|(from, to, _)| from <= n && n <= to))
            .map(|n| {
                let there = lives.iter().filter(|(from, to, _)| begin(*from) <= n && n <= end(*to));
                let value = |(from, to, value): &(i64, i64, f64)| {
                    value + ((705 + 15 * n.clamp(*from, *to)) % 7) as f64
                };
                there.map(value).sum()
            })
            .collect();
        prop_assert!(near(stat.max, sums.iter().copied().reduce(f64::max)), "{:?} {:?}", stat, sums);
        prop_assert!(near(stat.min, sums.iter().copied().reduce(f64::min)), "{:?} {:?}", stat, sums);
        prop_assert!(stat.current.is_none_or(|current| current <= stat.max.unwrap() + 1e-9));
        // The mean is one over time, and between two scrapes fewer kernels may be there than at either.
        let values = lives.iter().map(|(_, _, value)| *value);
        let (least, all) = (values.clone().fold(f64::INFINITY, f64::min), values.sum::<f64>());
        prop_assert!(stat.avg.unwrap() >= least - 1e-9);
        prop_assert!(stat.avg.unwrap() <= all + 6.0 * lives.len() as f64 + 1e-9);
    }
}
