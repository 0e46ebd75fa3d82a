//! Bounds on what compiling a component costs, read off its bytes beforehand: a compilation cannot be interrupted.
//!
//! Counts. wasmtime judges whether the component is valid.

use wasmparser::{BinaryReaderError, FunctionBody, Parser, Payload};

use super::{compile_cost::Functions, error::LoadError};
use crate::config::limits::Limits;

/// The deepest that components may lie in one another. Composing plugins makes two or three layers.
const DEPTH: u64 = 16;

/// Refuses a component that would take too long.
pub(crate) fn check(bytes: &[u8], limits: &Limits) -> Result<(), LoadError> {
    let within = |what, found: u64, maximum: u64| {
        if found > maximum {
            return Err(LoadError::TooComplex {
                what,
                found,
                maximum,
            });
        }
        Ok(())
    };
    let (mut functions, mut modules, mut instances, mut depth) = (0, 0, 0, 0);
    let mut effort = Functions::default();
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload.map_err(|e| damaged(&e))?;
        effort.see(&payload).map_err(|e| damaged(&e))?;
        match payload {
            Payload::ComponentSection { .. } => {
                depth += 1;
                within("components one in another", depth, DEPTH)?;
            }
            Payload::ModuleSection { .. } => {
                depth += 1;
                modules += 1;
                within("core modules", modules, limits.core_modules.into())?;
            }
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::InstanceSection(section) => {
                instances += u64::from(section.count());
                // Most of these only name what other instances export, and cost nothing.
                let most = u64::from(limits.core_modules) * 16;
                within("core instances", instances, most)?;
            }
            Payload::CodeSectionStart { count, .. } => {
                functions += u64::from(count);
                within("functions", functions, limits.plugin_functions.into())?;
            }
            Payload::CodeSectionEntry(body) => {
                let size = body.as_bytes().len() as u64;
                within("bytes in one function", size, limits.function_bytes.into())?;
                let locals = locals(&body).map_err(|e| damaged(&e))?;
                within(
                    "locals in one function",
                    locals,
                    limits.function_locals.into(),
                )?;
                let maximum = limits.function_compile_bytes;
                within(
                    "bytes that compiling one function is estimated to take",
                    effort.exceeds(maximum, &body, locals).unwrap_or(0),
                    maximum,
                )?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn locals(body: &FunctionBody<'_>) -> Result<u64, BinaryReaderError> {
    let mut sum = 0;
    for group in body.get_locals_reader()? {
        let (count, _) = group?;
        sum += u64::from(count);
    }
    Ok(sum)
}

fn damaged(error: &BinaryReaderError) -> LoadError {
    LoadError::Damaged {
        offset: error.offset() as u64,
        reason: error.message().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use metric_test_plugins::{TestPlugin, plugin};

    fn refusal(text: &str) -> Option<&'static str> {
        let limits = Limits {
            plugin_functions: 3,
            function_bytes: 100,
            function_locals: 10,
            function_compile_bytes: 100_000,
            core_modules: 2,
            ..Limits::default()
        };
        match check(&wat::parse_str(text).unwrap(), &limits) {
            Ok(()) => None,
            Err(LoadError::TooComplex { what, .. }) => Some(what),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_costs_a_compiler_much_is_counted_over_all_modules() {
        let one = "(core module (func) (func))";
        assert_eq!(refusal(&format!("(component {one})")), None);
        assert_eq!(
            refusal(&format!("(component {one} {one})")),
            Some("functions")
        );
        assert_eq!(
            refusal(&format!("(component {one} (component {one}))")),
            Some("functions")
        );
        let empty = "(core module)";
        assert_eq!(
            refusal(&format!("(component {empty} {empty} {empty})")),
            Some("core modules")
        );
    }

    #[test]
    fn one_large_function_is_refused() {
        let body = "nop ".repeat(101);
        assert_eq!(
            refusal(&format!("(component (core module (func {body})))")),
            Some("bytes in one function")
        );
        let locals = "i32 ".repeat(11);
        assert_eq!(
            refusal(&format!(
                "(component (core module (func (local {locals}))))"
            )),
            Some("locals in one function")
        );
    }

    #[test]
    fn a_few_variables_in_many_loops_are_refused() {
        let function =
            |loops: &str| format!("(component (core module (func (local i64 i64) {loops})))");
        assert_eq!(refusal(&function(&"(loop)".repeat(10))), None);
        // Within every other limit.
        let limits = Limits {
            function_compile_bytes: 10_000,
            ..Limits::default()
        };
        let bytes = wat::parse_str(function(&"(loop)".repeat(10))).unwrap();
        assert!(matches!(
            check(&bytes, &limits),
            Err(LoadError::TooComplex {
                maximum: 10_000,
                ..
            })
        ));
    }

    #[test]
    fn components_one_in_another_are_refused_when_it_is_no_composition_any_more() {
        let nested = |depth| "(component ".repeat(depth) + &")".repeat(depth);
        assert_eq!(refusal(&nested(10)), None);
        assert_eq!(refusal(&nested(100)), Some("components one in another"));
    }

    #[test]
    fn an_ordinary_plugin_passes() {
        check(&plugin("unreachable"), &Limits::default()).unwrap();
        let recursive = TestPlugin::new("unreachable").extra("(func $f (call $f))");
        check(&recursive.build(), &Limits::default()).unwrap();
    }
}
