//! An estimate of the memory for compiling one function, from its operators: for each loop it keeps a value of each
//! variable, and it has tables of all variables by all blocks. A hundred kilobytes of code can become gigabytes so.
//!
//! Counts. Knows no limit, and leaves it to the compiler to refuse what is invalid.

use wasmparser::{
    BinaryReaderError, BlockType, CompositeInnerType, FunctionBody, Operator, Payload, TypeRef,
};

/// Measured with cranelift: what a variable takes for a loop that it lives through.
const VARIABLE_IN_LOOP: u64 = 700;
/// An entry of a table.
const VARIABLE_IN_BLOCK: u64 = 4;
/// A value that is handed from block to block, or to a function or back.
const VALUE: u64 = 16;

/// The functions of a module, as far as it has been read.
#[derive(Debug, Default)]
pub(crate) struct Functions {
    /// Of each type: parameters, and results.
    types: Vec<(u64, u64)>,
    /// The most parameters and results of a type.
    widest: u64,
    /// Of each function: its type. Imported ones come first.
    functions: Vec<u32>,
    /// The next body's function.
    next: usize,
}

impl Functions {
    /// Takes in a section of a module. They have to come in their order.
    pub(crate) fn see(&mut self, payload: &Payload<'_>) -> Result<(), BinaryReaderError> {
        match payload {
            Payload::ModuleSection { .. } => *self = Self::default(),
            Payload::TypeSection(section) => {
                for group in section.clone() {
                    for ty in group?.types() {
                        let (params, results) = match &ty.composite_type.inner {
                            CompositeInnerType::Func(f) => {
                                (f.params().len() as u64, f.results().len() as u64)
                            }
                            _ => (0, 0),
                        };
                        self.types.push((params, results));
                        self.widest = self.widest.max(params + results);
                    }
                }
            }
            Payload::ImportSection(section) => {
                for import in section.clone().into_imports() {
                    if let TypeRef::Func(ty) = import?.ty {
                        self.functions.push(ty);
                        self.next += 1;
                    }
                }
            }
            Payload::FunctionSection(section) => {
                for ty in section.clone() {
                    self.functions.push(ty?);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The bytes that the next function is estimated to take, which has so many variables beside its parameters, if
    /// they are more than that. None: they are not.
    pub(crate) fn exceeds(
        &mut self,
        maximum: u64,
        body: &FunctionBody<'_>,
        locals: u64,
    ) -> Option<u64> {
        let (parameters, _) = self.of_function(self.next);
        self.next += 1;
        let variables = parameters + locals;
        // Hardly any function is large enough for its operators to matter.
        let possible = self.at_most(body.as_bytes().len() as u64, variables);
        (possible > maximum)
            .then(|| self.estimate(body, variables))
            .filter(|estimate| *estimate > maximum)
    }

    /// The most that so many bytes of operators can cost.
    fn at_most(&self, size: u64, variables: u64) -> u64 {
        // An empty loop has three bytes; what makes a block or hands values over has at least one.
        sum(size / 3, size, size * self.widest.max(1), variables)
    }

    fn estimate(&self, body: &FunctionBody<'_>, variables: u64) -> u64 {
        let (mut blocks, mut loops, mut branches) = (1, 0, 0);
        let (mut values, mut widest) = (0, 0);
        for operator in body.get_operators_reader().into_iter().flatten() {
            let Ok(operator) = operator else { break };
            match operator {
                Operator::Block { blockty }
                | Operator::If { blockty }
                | Operator::Loop { blockty } => {
                    // The block itself, and the one after it.
                    blocks += 2;
                    loops += u64::from(matches!(operator, Operator::Loop { .. }));
                    let wide = self.of_block(blockty);
                    values += wide;
                    widest = widest.max(wide);
                }
                Operator::Br { .. } | Operator::BrIf { .. } | Operator::Return | Operator::Else => {
                    branches += 1;
                }
                Operator::BrTable { targets } => branches += 1 + u64::from(targets.len()),
                Operator::Call { function_index } | Operator::ReturnCall { function_index } => {
                    let (params, results) = self.of_function(function_index as usize);
                    values += params + results;
                }
                Operator::CallIndirect { type_index, .. }
                | Operator::ReturnCallIndirect { type_index, .. } => {
                    let (params, results) = self.of_type(type_index);
                    values += params + results;
                }
                _ => {}
            }
        }
        blocks += branches;
        values += branches * widest;
        sum(loops, blocks, values, variables)
    }

    fn of_type(&self, ty: u32) -> (u64, u64) {
        self.types.get(ty as usize).copied().unwrap_or_default()
    }

    fn of_function(&self, function: usize) -> (u64, u64) {
        let ty = self.functions.get(function).copied();
        ty.map_or((0, 0), |ty| self.of_type(ty))
    }

    fn of_block(&self, ty: BlockType) -> u64 {
        match ty {
            BlockType::Empty => 0,
            BlockType::Type(_) => 1,
            BlockType::FuncType(ty) => {
                let (params, results) = self.of_type(ty);
                params + results
            }
        }
    }
}

fn sum(loops: u64, blocks: u64, values: u64, variables: u64) -> u64 {
    (loops * variables * VARIABLE_IN_LOOP)
        .saturating_add(blocks * variables * VARIABLE_IN_BLOCK)
        .saturating_add(values.saturating_mul(VALUE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmparser::Parser;

    /// The estimate of the last function of a module of these fields.
    fn estimate(fields: &str) -> u64 {
        let bytes = wat::parse_str(format!("(component (core module {fields}))")).unwrap();
        let (mut functions, mut last) = (Functions::default(), 0);
        for payload in Parser::new(0).parse_all(&bytes) {
            let payload = payload.unwrap();
            functions.see(&payload).unwrap();
            if let Payload::CodeSectionEntry(body) = &payload {
                let locals = body.get_locals_reader().unwrap().into_iter();
                let locals = locals.map(|group| u64::from(group.unwrap().0)).sum();
                let size = body.as_bytes().len() as u64;
                last = functions.exceeds(0, body, locals).unwrap_or(0);
                assert!(last <= functions.at_most(size, locals + 1000));
            }
        }
        last
    }

    #[test]
    fn parameters_and_locals_count_for_each_loop() {
        let loops = "(loop)".repeat(10);
        let local = estimate(&format!("(func (local {}) {loops})", "i32 ".repeat(50)));
        let parameter = estimate(&format!("(func (param {}) {loops})", "i32 ".repeat(50)));
        assert_eq!(local, parameter);
        assert!(local >= 10 * 50 * VARIABLE_IN_LOOP, "{local}");
        // Each function has its own parameters, behind the imported ones.
        let second = format!(
            "(import \"a\" \"b\" (func)) (func) (func (param {}) {loops})",
            "i32 ".repeat(50)
        );
        assert_eq!(estimate(&second), parameter);
    }

    #[test]
    fn blocks_and_branches_count_for_each_variable() {
        let locals = format!("(local {})", "i32 ".repeat(100));
        let least = 100 * 1000 * VARIABLE_IN_BLOCK;
        for many in [
            "(block)".repeat(1000),
            "(if (i32.const 0) (then))".repeat(1000),
            format!("(block {})", "(br_if 0 (i32.const 0))".repeat(1000)),
            format!("(block (br_table {} (i32.const 0)))", "0 ".repeat(1000)),
        ] {
            let estimated = estimate(&format!("(func {locals} {many})"));
            assert!(estimated >= least, "{estimated}");
        }
    }

    #[test]
    fn what_is_handed_over_counts_each_time() {
        let wide = format!("(param {0}) (result {0})", "i32 ".repeat(100));
        let ty = format!("(type $wide (func {wide}))");
        let least = 100 * 1000 * VALUE;
        for (fields, many) in [
            ("(import \"a\" \"b\" (func $f (type $wide)))", "(call $f)"),
            ("", "(block (type $wide))"),
            (
                "(table 1 funcref)",
                "(call_indirect (type $wide) (i32.const 0))",
            ),
        ] {
            let consts = "(i32.const 0)".repeat(100);
            let drops = "drop ".repeat(100);
            let text = format!(
                "{ty} {fields} (func {consts} {} {drops})",
                many.repeat(1000)
            );
            assert!(estimate(&text) >= least, "{many}");
        }
    }
}
