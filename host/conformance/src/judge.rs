//! Judges a component, level by level: its imports and its types first, then what it does, case by case.
//! Knows which cases belong to which level, and nothing of how one is played.

use std::time::Instant;

use crate::answer::chain;
use crate::case::{Case, CaseError, cases};
use crate::contract::{check_imports, check_world, highest};
use crate::expectation::Mismatch;
use crate::level::Level;
use crate::report::{CaseReport, Report};
use crate::runner::play;
use crate::subject::{Hosted, Refusal};
use metric_host::{HostError, LoadError, PluginDescription, internal::names::World};

/// The cases to run.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Only the case of this name; where there is none, those whose name, or whose folder and file, contain this.
    /// None: all. With a filter no level is told.
    pub filter: Option<String>,
    /// The highest level to judge. None: as far as the component's world allows.
    pub level: Option<Level>,
}

/// The reason why nothing can be judged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JudgeError {
    /// The embedded case files cannot be used.
    #[error(transparent)]
    Cases(#[from] CaseError),
    /// The bytes are no component.
    #[error(transparent)]
    NoComponent(LoadError),
    /// The host cannot start.
    #[error(transparent)]
    Host(#[from] HostError),
}

/// The place of the checks that are no case: they look at the component itself.
const TOPIC: &str = "component";

/// Judges the component in `bytes`. One that cannot be loaded is judged too: the report says why.
///
/// # Errors
/// See [`JudgeError`]. Whatever the component does wrong is in the report.
pub async fn judge(bytes: &[u8], options: &Options) -> Result<Report, JudgeError> {
    let description = PluginDescription::of(bytes).map_err(JudgeError::NoComponent)?;
    let world = World::of(&description);
    let highest = world.map_or(Level::L1, highest);
    let wanted = options.level.unwrap_or(highest);
    let chosen = chosen(options, wanted)?;

    let start = Instant::now();
    let mut reports = vec![check(
        Level::L0,
        "imports-nothing-but-what-is-granted",
        "A plugin imports no more than outgoing HTTP and what that needs; a codec nothing",
        check_imports(&description, world).map_err(|error| chain(&error)),
        start,
    )];
    if wanted >= Level::L1 {
        let start = Instant::now();
        let outcome = match world {
            Some(world) => check_world(bytes, world).map_err(|error| chain(&*error)),
            None => Err(format!(
                "exports of none of them: {:?}",
                description.exports
            )),
        };
        reports.push(check(
            Level::L1,
            "targets-a-world-of-the-contract",
            "Its exports are those of a world in wit/, type by type",
            outcome,
            start,
        ));
    }
    let sound = wanted >= Level::L1 && reports.iter().all(CaseReport::passed);
    if let Some(world) = world.filter(|_| sound) {
        let start = Instant::now();
        let (hosted, outcome) = match Hosted::load(bytes, world) {
            Ok(hosted) => (Some(hosted), Ok(())),
            Err(Refusal::Load(error)) => (None, Err(chain(&error))),
            Err(Refusal::Host(error)) => return Err(error.into()),
        };
        reports.push(check(
            Level::L1,
            "is-loaded-by-a-host",
            "A host with the usual limits compiles it, links it, and makes an instance",
            outcome,
            start,
        ));
        if let Some(hosted) = hosted {
            reports.extend(play(&hosted, &chosen).await);
        }
    }
    if let Some(filter) = &options.filter {
        // A failure that keeps the chosen cases from being played is told, whatever was chosen.
        reports.retain(|case| case.topic != TOPIC || !case.passed() || case.name == *filter);
    }
    Ok(Report::new(
        world.map(World::short_name),
        wanted,
        options.filter.is_some(),
        reports,
    ))
}

/// The names of the cases that [`judge`] would play, in its order.
///
/// # Errors
/// The embedded case files cannot be used.
pub fn case_names(options: &Options) -> Result<Vec<String>, CaseError> {
    let wanted = options.level.unwrap_or(Level::L4);
    Ok(chosen(options, wanted)?
        .into_iter()
        .map(|case| case.name)
        .collect())
}

fn chosen(options: &Options, wanted: Level) -> Result<Vec<Case>, CaseError> {
    let mut cases = cases()?;
    cases.retain(|case| case.level() <= wanted);
    // A stable sort: within a level in the order of the files.
    cases.sort_by_key(Case::level);
    if let Some(filter) = &options.filter {
        let named = cases.iter().any(|case| case.name == *filter);
        cases.retain(|case| match named {
            true => case.name == *filter,
            false => case.name.contains(filter) || case.topic.contains(filter),
        });
    }
    Ok(cases)
}

fn check(
    level: Level,
    name: &str,
    about: &str,
    outcome: Result<(), String>,
    start: Instant,
) -> CaseReport {
    let mismatches = match outcome {
        Ok(()) => Vec::new(),
        Err(came) => vec![Mismatch::new(TOPIC, name, &came)],
    };
    CaseReport::new(level, name, TOPIC, about, mismatches, start.elapsed())
}

#[cfg(test)]
mod tests {
    use super::*;
    use metric_test_plugins::{TestPlugin, plugin};

    fn filter(text: &str) -> Options {
        Options {
            filter: Some(text.to_owned()),
            ..Options::default()
        }
    }

    fn level(level: Level) -> Options {
        Options {
            level: Some(level),
            ..Options::default()
        }
    }

    #[test]
    fn a_filter_chooses_by_name_or_place_and_a_whole_name_alone() {
        let all = case_names(&Options::default()).unwrap();
        let some = case_names(&filter("time-ranges/")).unwrap();
        assert!(!some.is_empty() && some.len() < all.len());
        // Others have it in theirs.
        let one = "a-body-that-stops-coming-is-timed-out";
        assert_eq!(case_names(&filter(one)).unwrap(), [one]);
        assert!(case_names(&filter("no such case")).unwrap().is_empty());
    }

    #[test]
    fn each_level_adds_cases() {
        let number = |at| case_names(&level(at)).unwrap().len();
        assert_eq!(number(Level::L1), 0);
        assert!(number(Level::L2) > 100);
        assert!(number(Level::L2) < number(Level::L3));
        assert!(number(Level::L3) < number(Level::L4));
    }

    #[tokio::test]
    async fn a_plugin_of_the_right_types_that_does_nothing_reaches_l1() {
        let report = judge(&plugin("unreachable"), &level(Level::L2))
            .await
            .unwrap();
        assert_eq!(report.world, Some("metric-plugin"));
        assert_eq!(report.level, Some(Level::L1), "{report}");
        assert!(!report.passed());
    }

    #[tokio::test]
    async fn a_component_that_asks_for_too_much_stands_at_no_level_and_is_told_why() {
        let bytes = TestPlugin::new("unreachable")
            .world(
                &["package evil:exfiltrate; interface send { f: func(); }"],
                "package test:plugin;
                 world w { include backendai:metric/metric-codec@0.2.0; import evil:exfiltrate/send; }",
            )
            .build();
        let report = judge(&bytes, &Options::default()).await.unwrap();
        assert_eq!((report.world, report.level), (Some("metric-codec"), None));
        assert_eq!(report.wanted, Level::L2);
        let (failure, _) = report.failures().next().unwrap();
        assert!(
            failure.to_string().contains("evil:exfiltrate/send"),
            "{failure}"
        );
        // Its types are the contract's all the same.
        assert_eq!((report.passed, report.failed), (1, 1), "{report}");
    }

    #[tokio::test]
    async fn a_component_with_functions_of_other_types_stands_at_l0() {
        let text = r#"(component
            (core module $m (func (export "f") (result i32) i32.const 0))
            (core instance $i (instantiate $m))
            (func $f (result u32) (canon lift (core func $i "f")))
            (instance $types)
            (instance $codec (export "metric-request" (func $f)))
            (export "backendai:metric/types@0.2.0" (instance $types))
            (export "backendai:metric/codec@0.2.0" (instance $codec)))"#;
        let bytes = wat::parse_str(text).unwrap();
        let report = judge(&bytes, &Options::default()).await.unwrap();
        assert_eq!(report.world, Some("metric-codec"));
        assert_eq!(report.level, Some(Level::L0), "{report}");
        let report = judge(&bytes, &filter("a-quote-is-escaped")).await.unwrap();
        assert!(!report.passed(), "{report}");
    }

    #[tokio::test]
    async fn a_component_of_no_world_stands_at_l0() {
        let bytes = wat::parse_str("(component)").unwrap();
        let report = judge(&bytes, &Options::default()).await.unwrap();
        assert_eq!((report.world, report.level), (None, Some(Level::L0)));
    }

    #[tokio::test]
    async fn what_is_no_component_is_not_judged() {
        let error = judge(b"<html>", &Options::default()).await.unwrap_err();
        assert!(matches!(error, JudgeError::NoComponent(_)), "{error}");
    }
}
