//! Plugins that are hostile as files. Those of `tests/hostile/load` are WebAssembly text; the ones here are made, as
//! their size is what is hostile about them, or of the whole hostile plugin.

use anyhow::{Context as _, Result};

use crate::files;

/// A plugin that is made.
pub(crate) struct Made {
    pub(crate) name: &'static str,
    pub(crate) tries: &'static str,
    /// Of the bytes of a whole plugin.
    make: fn(&[u8]) -> Result<Vec<u8>>,
}

/// All of them.
pub(crate) const MADE: &[Made] = &[
    Made {
        name: "text",
        tries: "Is WebAssembly as text, and not compiled.",
        make: |_| Ok(files::text_of("start_loop")?.into_bytes()),
    },
    Made {
        name: "truncated",
        tries: "Is a whole plugin up to its middle.",
        make: |whole| Ok(whole.get(..whole.len() / 2).unwrap_or_default().to_vec()),
    },
    Made {
        name: "import_at_the_end",
        tries: "Is a whole plugin that asks for files after everything else, where imports do not usually stand.",
        make: |whole| {
            let name = b"wasi:filesystem/types@0.2.0";
            // One import: a name, and a type of which nothing is said.
            let import = [&[1, 0, name.len() as u8], &name[..], &[3, 1]].concat();
            Ok([whole, &[10, import.len() as u8], &import].concat())
        },
    },
    Made {
        name: "many_functions",
        tries: "Has a quarter of a million functions.",
        make: |_| component(&"(func)".repeat(250_000)),
    },
    Made {
        name: "large_function",
        tries: "Has one function of a megabyte.",
        make: |_| component(&format!("(func {})", "nop ".repeat(1 << 20))),
    },
    Made {
        name: "many_locals",
        tries: "Has a function of fifty thousand variables.",
        make: |_| component(&format!("(func (local {}))", "i64 ".repeat(50_000))),
    },
    Made {
        name: "gigabytes_to_compile",
        tries: "Has a function of eighty kilobytes whose variables all live through a thousand loops: gigabytes for a compiler.",
        make: |_| component(&variables_in_loops(10_000, 1_000)),
    },
    Made {
        name: "many_modules",
        tries: "Has a hundred core modules.",
        make: |_| parse(&"(core module)".repeat(100)),
    },
    Made {
        name: "sixty_five_megabytes",
        tries: "Is larger than any plugin, of zeroes that no one reads.",
        make: |whole| {
            // A custom section without a name.
            let size = 65_u32 << 20;
            let mut bytes = whole.to_vec();
            bytes.push(0);
            bytes.extend((0..5).map(|i| ((size >> (7 * i)) as u8 & 0x7f) | (u8::from(i < 4) << 7)));
            bytes.resize(bytes.len() + size as usize, 0);
            Ok(bytes)
        },
    },
    Made {
        name: "minutes_to_compile",
        tries: "Keeps within every limit, and takes minutes to compile all the same.",
        make: |_| slow(),
    },
];

/// The bytes of a hostile file.
pub(crate) fn bytes(name: &str, whole: &[u8]) -> Result<Vec<u8>> {
    if let Some(made) = MADE.iter().find(|made| made.name == name) {
        return (made.make)(whole);
    }
    wat::parse_str(files::text_of(name)?).with_context(|| name.to_owned())
}

/// A component that exports what a plugin does by name, with a core module of these fields.
fn component(fields: &str) -> Result<Vec<u8>> {
    parse(&format!("(core module {fields})"))
}

fn parse(parts: &str) -> Result<Vec<u8>> {
    let exports: String = ["types", "metric-service", "codec"]
        .map(|name| format!("(export \"backendai:metric/{name}@0.2.0\" (instance $nothing))\n"))
        .concat();
    Ok(wat::parse_str(format!(
        "(component {parts} (instance $nothing) {exports})"
    ))?)
}

/// Functions that are as hard as is allowed.
fn slow() -> Result<Vec<u8>> {
    component(&variables_in_loops(3_900, 95).repeat(600))
}

/// A function of so many variables, each of which changes within so many loops, one in another.
fn variables_in_loops(variables: usize, loops: usize) -> String {
    let changes: String = (0..variables)
        .map(|i| format!("(local.set {i} (local.get {}))", (i * 7 + 1) % variables))
        .collect();
    format!(
        "(func (local {}) {}{changes}{})",
        "i32 ".repeat(variables),
        "(loop ".repeat(loops),
        "(br_if 0 (local.get 0)))".repeat(loops)
    )
}
