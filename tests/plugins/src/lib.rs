//! Plugins for tests, put together from WebAssembly text: whole in their types, odd in what they do.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "only tests call it, and what they pass is theirs"
)]

use std::fmt::Write;

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::{
    PackageId, Resolve, SizeAlign, Type, TypeDefKind, WorldId, WorldItem, WorldKey, abi::AbiVariant,
};

/// A plugin of the right world whose functions all do `body`.
pub fn plugin(body: &str) -> Vec<u8> {
    TestPlugin::new(body).build()
}

/// A component to be made of WebAssembly text.
pub struct TestPlugin<'a> {
    body: &'a str,
    functions: Vec<(&'a str, &'a str)>,
    extra: &'a str,
    packages: &'a [&'a str],
    world: Option<&'a str>,
}

impl<'a> TestPlugin<'a> {
    /// A plugin whose functions all do `body`.
    pub fn new(body: &'a str) -> Self {
        Self {
            body,
            functions: Vec::new(),
            extra: "",
            packages: &[],
            world: None,
        }
    }

    /// One function, by its name in the contract, does something else.
    pub fn function(mut self, name: &'a str, body: &'a str) -> Self {
        self.functions.push((name, body));
        self
    }

    /// More fields of the core module, such as data.
    pub fn extra(mut self, fields: &'a str) -> Self {
        self.extra = fields;
        self
    }

    /// Another world, by the name `w` in a WIT package that may use these others.
    pub fn world(mut self, packages: &'a [&'a str], world: &'a str) -> Self {
        self.packages = packages;
        self.world = Some(world);
        self
    }

    /// The component.
    pub fn build(self) -> Vec<u8> {
        let (mut resolve, contract) = contract();
        for package in self.packages {
            resolve.push_str("test.wit", package).unwrap();
        }
        let (package, world) = match self.world {
            Some(world) => (resolve.push_str("world.wit", world).unwrap(), "w"),
            None => (contract, "metric-plugin"),
        };
        let world = resolve.select_world(&[package], Some(world)).unwrap();
        let text = self.text(&resolve, world);
        let mut module = wat::parse_str(&text).unwrap();
        embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
        ComponentEncoder::default()
            .validate(true)
            .module(&module)
            .unwrap()
            .encode()
            .unwrap()
    }

    fn text(&self, resolve: &Resolve, world: WorldId) -> String {
        let mut text = String::from("(module\n");
        let functions = |key: &WorldKey, item: &WorldItem| match item {
            WorldItem::Interface { id, .. } => {
                let functions = &resolve.interfaces[*id].functions;
                let of = resolve.name_world_key(key);
                functions
                    .values()
                    .map(|f| (of.clone(), f.clone()))
                    .collect::<Vec<_>>()
            }
            _ => Vec::new(),
        };
        let types = |types: &[wit_parser::abi::WasmType], what: &str| {
            types.iter().fold(String::new(), |mut all, ty| {
                write!(all, " ({what} {})", core_type(*ty)).unwrap();
                all
            })
        };
        let world = &resolve.worlds[world];
        for (key, item) in &world.imports {
            for (interface, f) in functions(key, item) {
                let signature = resolve.wasm_signature(AbiVariant::GuestImport, &f);
                writeln!(
                    text,
                    "(import {interface:?} {:?} (func {} {}))",
                    f.name,
                    types(&signature.params, "param"),
                    types(&signature.results, "result")
                )
                .unwrap();
            }
        }
        // A component makes a handle of a resource of its own by a function: `$new` makes one of a `range-stream`.
        for (key, item) in &world.exports {
            if let WorldItem::Interface { id, .. } = item
                && resolve.interfaces[*id].types.contains_key("range-stream")
            {
                writeln!(
                    text,
                    "(import \"[export]{}\" \"[resource-new]range-stream\"
                        (func $new (param i32) (result i32)))",
                    resolve.name_world_key(key)
                )
                .unwrap();
            }
        }
        for (key, item) in &world.exports {
            for (interface, f) in functions(key, item) {
                let signature = resolve.wasm_signature(AbiVariant::GuestExport, &f);
                let body = self
                    .functions
                    .iter()
                    .find(|(name, _)| *name == f.name)
                    .map_or(self.body, |(_, body)| body);
                writeln!(
                    text,
                    "(func (export \"{interface}#{}\") {} {} {body})",
                    f.name,
                    types(&signature.params, "param"),
                    types(&signature.results, "result")
                )
                .unwrap();
            }
        }
        text.push_str(ALLOCATOR);
        text.push_str(self.extra);
        text.push(')');
        text
    }
}

/// Hands out memory and never takes it back. The data that tests place themselves lie below.
const ALLOCATOR: &str = r#"
    (memory (export "memory") 2)
    (global $next (mut i32) (i32.const 65536))
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
        (global.set $next
            (i32.and
                (i32.add (global.get $next) (i32.sub (local.get 2) (i32.const 1)))
                (i32.sub (i32.const 0) (local.get 2))))
        (global.get $next)
        (global.set $next (i32.add (global.get $next) (local.get 3))))
"#;

fn core_type(ty: wit_parser::abi::WasmType) -> &'static str {
    use wit_parser::abi::WasmType;
    match ty {
        WasmType::I32 | WasmType::Pointer | WasmType::Length => "i32",
        WasmType::I64 | WasmType::PointerOrI64 => "i64",
        WasmType::F32 => "f32",
        WasmType::F64 => "f64",
    }
}

fn contract() -> (Resolve, PackageId) {
    let mut resolve = Resolve::default();
    let wit = concat!(env!("CARGO_MANIFEST_DIR"), "/../../wit");
    let (package, _) = resolve.push_dir(wit).unwrap();
    (resolve, package)
}

/// A codec: a component without imports.
pub const WITHOUT_IO: &str =
    "package test:codec; world w { include backendai:metric/metric-codec@0.2.0; }";

/// A plugin that has long ranges and no JSON.
pub const WITH_RANGES: &str = "package test:plugin;
    world w {
        include backendai:metric/metric-plugin@0.2.0;
        export backendai:metric/range-service@0.2.0;
    }";

/// A world that has `insight` and `discovery` as well.
pub const WITH_INSIGHT: &str = "package test:plugin;
    world w {
        include backendai:metric/metric-plugin@0.2.0;
        export backendai:metric/range-service@0.2.0;
        export backendai:metric/insight@0.2.0;
        export backendai:metric/discovery@0.2.0;
    }";

/// A world that has `family-service` as well.
pub const WITH_FAMILIES: &str = "package test:plugin;
    world w {
        include backendai:metric/metric-plugin@0.2.0;
        export backendai:metric/range-service@0.2.0;
        export backendai:metric/preset@0.2.0;
        export backendai:metric/family@0.2.0;
        export backendai:metric/family-service@0.2.0;
    }";

/// Data fields that hold, at address 1024, an `ok` of `query-metric` with a step of 1 s and one series, of so many
/// timestamps and so many values.
pub fn result_with_columns(timestamps: u32, values: u32) -> String {
    // The result's discriminant, 0 for ok, and then its payload: eight bytes on, as it holds 64-bit numbers.
    let at = |field| 1024 + 8 + offset("metric-result", field);
    data_at(at("step"), [1]) + &series_at(at("series"), 1, timestamps, values)
}

/// The place of the columns of [`series_at`].
pub const COLUMNS: u32 = 4096;

/// Data fields that hold a list of series, all of the same columns: timestamps a second apart from 0 on, and values.
pub fn series_at(at: usize, count: usize, timestamps: u32, values: u32) -> String {
    const SERIES: usize = 2048;
    let size = 3 * 8; // three lists
    let mut fields = list_at(at, SERIES as u32, count as u32);
    for series in (0..count).map(|i| SERIES + i * size) {
        fields += &list_at(series + offset("series", "timestamps"), COLUMNS, timestamps);
        fields += &list_at(series + offset("series", "values"), COLUMNS, values);
    }
    let column = (0..u64::from(timestamps)).flat_map(|second| (second * 1000).to_le_bytes());
    fields + &data_at(COLUMNS as usize, column)
}

/// Returns the place of a field in a record of the contract.
pub fn offset(name: &str, field: &str) -> usize {
    let (resolve, _) = contract();
    let mut sizes = SizeAlign::default();
    sizes.fill(&resolve);
    let (_, ty) = resolve
        .types
        .iter()
        .find(|(_, ty)| ty.name.as_deref() == Some(name))
        .unwrap();
    let TypeDefKind::Record(record) = &ty.kind else {
        panic!("{ty:?}");
    };
    let at = record.fields.iter().position(|f| f.name == field).unwrap();
    let types: Vec<Type> = record.fields.iter().map(|f| f.ty).collect();
    sizes.field_offsets(&types)[at].0.size_wasm32()
}

fn list_at(at: usize, pointer: u32, length: u32) -> String {
    data_at(at, [pointer, length].into_iter().flat_map(u32::to_le_bytes))
}

/// A data field of these bytes at this address.
pub fn data_at(at: usize, bytes: impl IntoIterator<Item = u8>) -> String {
    let bytes: String = bytes.into_iter().map(|b| format!("\\{b:02x}")).collect();
    format!("(data (i32.const {at}) \"{bytes}\")\n")
}
