//! The codec's door of JSON texts, asked without any host of ours: a component that imports nothing, in bare wasmtime.

use wasmtime::component::{Component, ComponentExportIndex, Instance, InstancePre, Linker};
use wasmtime::error::Context as _;
use wasmtime::{Engine, Result, Store};

const JSON_CODEC: &str = "backendai:metric/json-codec@0.2.0";

pub(crate) struct JsonDoor {
    engine: Engine,
    codec: InstancePre<()>,
}

impl JsonDoor {
    /// The one of the codec that was built.
    pub(crate) fn open() -> Result<Self> {
        let file = metric_tests::codec_file();
        let codec = std::fs::read(&file).with_context(|| {
            format!(
                "no codec at {}: `cargo xtask build` makes it",
                file.display()
            )
        })?;
        Self::of(&codec)
    }

    /// The one of these bytes.
    pub(crate) fn of(codec: &[u8]) -> Result<Self> {
        let engine = Engine::default();
        let component = Component::from_binary(&engine, codec)?;
        let codec = Linker::new(&engine).instantiate_pre(&component)?;
        Ok(Self { engine, codec })
    }

    /// Asks a fresh instance. An error is a trap.
    pub(crate) fn ask(&self, verb: &str, request: &str, body: &str) -> Result<String> {
        let mut store = Store::new(&self.engine, ());
        let codec = self.codec.instantiate(&mut store)?;
        let function = exported(&codec, &mut store, "call")?;
        let function =
            codec.get_typed_func::<(&str, &str, &str), (String,)>(&mut store, function)?;
        Ok(function.call(&mut store, (verb, request, body))?.0)
    }
}

fn exported(codec: &Instance, store: &mut Store<()>, verb: &str) -> Result<ComponentExportIndex> {
    let interface = codec
        .get_export_index(&mut *store, None, JSON_CODEC)
        .context("no json-codec")?;
    codec
        .get_export_index(&mut *store, Some(&interface), verb)
        .with_context(|| format!("no {verb}"))
}
