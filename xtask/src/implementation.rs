//! The contract as somebody else implements it: a component made of JavaScript, in `tests/implementations/javascript`.

use std::path::PathBuf;

use anyhow::Result;

use crate::npm;
use crate::process;
use crate::workspace;

/// Builds it with that language's own tool, and says where it is.
pub(crate) fn build() -> Result<PathBuf> {
    let folder = workspace::root().join("tests/implementations/javascript");
    let built = workspace::target().join("implementations/metric_codec_js.wasm");
    npm::ci(&folder)?;
    let mut build = workspace::command("npm");
    build
        .args(["run", "--silent", "build"])
        .current_dir(folder)
        .env("METRIC_CODEC_JS", &built);
    process::shown(&mut build)?;
    Ok(built)
}
