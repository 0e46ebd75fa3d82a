//! The contract as it was when this crate was built, and whether a component keeps to one of its worlds: L0 and L1.
//! Looks at the component's bytes alone; nothing is run.

use std::ffi::OsStr;

use include_dir::{Dir, include_dir};
use wit_parser::{
    Resolve, SourceMap, Span, WorldId, WorldItem,
    decoding::{DecodedWasm, decode},
};

use crate::interface::Interface;
use crate::level::Level;
use metric_host::internal::{self, names::World};
use metric_host::{BoxError, LoadError, PluginDescription};

/// The text of the contract.
static WIT: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../wit");

/// The interfaces through which a component of this world is asked.
pub(crate) fn interfaces(world: World) -> &'static [Interface] {
    match world {
        World::PluginDecisions => &[
            Interface::MetricService,
            Interface::Codec,
            Interface::Json,
            Interface::JsonCodec,
            Interface::JsonDecisions,
            Interface::JsonInsight,
            Interface::JsonFamilies,
        ],
        World::PluginInsight => &[
            Interface::MetricService,
            Interface::Codec,
            Interface::Json,
            Interface::JsonCodec,
            Interface::JsonInsight,
        ],
        World::PluginFull => &[
            Interface::MetricService,
            Interface::Codec,
            Interface::Json,
            Interface::JsonCodec,
        ],
        World::Plugin => &[Interface::MetricService, Interface::Codec],
        World::CodecDecisions => &[
            Interface::Codec,
            Interface::JsonCodec,
            Interface::JsonDecisions,
        ],
        World::CodecFull => &[Interface::Codec, Interface::JsonCodec],
        World::Codec => &[Interface::Codec],
    }
}

/// The most that a component of this world can reach.
pub(crate) fn highest(world: World) -> Level {
    match world.has_io() {
        true => Level::L4,
        false => Level::L2,
    }
}

/// L0: what a component of a world asks for and is not given. One of no world is measured by the larger.
pub(crate) fn check_imports(
    description: &PluginDescription,
    world: Option<World>,
) -> Result<(), LoadError> {
    internal::check_imports(description, world.unwrap_or(World::Plugin))
}

/// L1: whether a component is of this world, type by type.
pub(crate) fn check_world(bytes: &[u8], world: World) -> Result<(), BoxError> {
    let mut contract = contract()?;
    let DecodedWasm::Component(mut component, its_world) = decode(bytes)? else {
        return Err("WIT in binary form, no component".into());
    };
    rename_contract(&mut component);
    let remap = contract.merge(component)?;
    let its_world = remap.map_world(its_world, Span::default())?;
    let id = world_named(&contract, world.short_name())?;
    // The worlds list exports only; which imports are granted is the business of L0.
    let imports: Vec<_> = contract
        .worlds
        .get(its_world)
        .into_iter()
        .flat_map(|world| world.imports.clone())
        .filter(|(_, item)| matches!(item, WorldItem::Interface { .. }))
        .collect();
    if let Some(world) = contract.worlds.get_mut(id) {
        world.imports.extend(imports);
    }
    Ok(wit_component::targets(&contract, id, bytes)?)
}

/// Two packages of one name cannot be merged unless they are the same, which is what is to be found out. Only the
/// imports of the component's text are wanted.
fn rename_contract(component: &mut Resolve) {
    for (id, package) in component.packages.iter_mut() {
        if package.name.namespace == "backendai" {
            component.package_names.shift_remove(&package.name);
            package.name.namespace = "component".to_owned();
            component.package_names.insert(package.name.clone(), id);
        }
    }
}

fn contract() -> Result<Resolve, BoxError> {
    let mut sources = SourceMap::new();
    for file in WIT.files() {
        if file.path().extension() == Some(OsStr::new("wit"))
            && let Some(text) = file.contents_utf8()
        {
            sources.push(file.path(), text);
        }
    }
    let mut resolve = Resolve::default();
    let group = sources.parse().map_err(|(_, error)| error.to_string())?;
    resolve.push_group(group)?;
    Ok(resolve)
}

fn world_named(resolve: &Resolve, name: &str) -> Result<WorldId, BoxError> {
    resolve
        .worlds
        .iter()
        .find(|(_, world)| world.name == name)
        .map(|(id, _)| id)
        .ok_or_else(|| format!("the contract has no world {name}").into())
}
