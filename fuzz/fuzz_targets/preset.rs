//! A preset of anything, filled in with anything, is refused, or becomes a query whose tree has the shape of the tree with
//! harmless arguments. An input: template, window, labels to group by, then a label and its value in turn.

#![no_main]

use libfuzzer_sys::fuzz_target;
use metric_fuzz::parts;
use metric_service::domain::preset::{ArgumentsInput, LabelValues, Preset, PresetInput};
use promql_parser::parser::{Expr, parse};
use promql_parser::util::{ExprVisitor, walk_expr};

fuzz_target!(|input: &[u8]| {
    let [template, window, group_by, label, value, other_label, other_value] = parts(input);
    let Ok(preset) = Preset::new(PresetInput {
        template: template.unwrap_or_default(),
        ..PresetInput::default()
    }) else {
        return;
    };
    let filters: Vec<_> = [(label, value), (other_label, other_value)]
        .into_iter()
        .filter_map(|(label, value)| Some((label?, value?)))
        .collect();
    let arguments = ArgumentsInput {
        filters: filters
            .iter()
            .map(|(label, value)| LabelValues {
                label: label.clone(),
                values: vec![value.clone()],
            })
            .collect(),
        group_by: group_by.into_iter().collect(),
        window,
    };
    let Ok(query) = preset.render(&arguments, None) else {
        return;
    };
    let harmless = ArgumentsInput {
        filters: (0..filters.len())
            .map(|n| LabelValues {
                label: format!("l{n}"),
                values: vec!["v".into()],
            })
            .collect(),
        group_by: arguments.group_by.iter().map(|_| "g".into()).collect(),
        window: Some("5m".into()),
    };
    let plain = preset.render(&harmless, None).expect("what is harmless is accepted");
    let (found, expected) = (parse(&query.promql), parse(&plain.promql));
    match (&found, &expected) {
        (Ok(found), Ok(expected)) => {
            assert_eq!(selectors(found), selectors(expected), "{}", query.promql);
        }
        (found, expected) => assert_eq!(found.is_ok(), expected.is_ok(), "{}", query.promql),
    }
});

/// Of each selector in its order what no argument may change: its name, how many matchers it has, whether it is shifted.
fn selectors(tree: &Expr) -> Vec<(Option<String>, usize, bool)> {
    #[derive(Default)]
    struct Collector(Vec<(Option<String>, usize, bool)>);
    impl ExprVisitor for Collector {
        type Error = ();
        fn pre_visit(&mut self, expr: &Expr) -> Result<bool, ()> {
            let selector = match expr {
                Expr::VectorSelector(selector) => selector,
                Expr::MatrixSelector(matrix) => &matrix.vs,
                _ => return Ok(true),
            };
            let matchers = &selector.matchers;
            let shifted = selector.offset.is_some() || selector.at.is_some();
            self.0.push((selector.name.clone(), matchers.matchers.len(), shifted));
            Ok(true)
        }
    }
    let mut collector = Collector::default();
    let _ = walk_expr(&mut collector, tree);
    collector.0
}
