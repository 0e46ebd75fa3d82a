//! `cargo xtask deny`: what may go into a build, as `deny.toml` says: licences, versions, sources. Advisories need
//! their database, a git repository, and are left to where it can be reached.

use anyhow::Result;

use crate::cargo_tool;
use crate::process;
use crate::workspace;

const VERSION: &str = "0.20.2";

pub(crate) fn run() -> Result<()> {
    let deny = cargo_tool::find_or_build("deny", VERSION)?;
    process::shown(
        workspace::command(&deny).args(["--locked", "check", "licenses", "bans", "sources"]),
    )?;
    // Those beside it are for tests: what they are built of twice is nobody's burden.
    for beside in ["fuzz/Cargo.toml", "tests/hostile/Cargo.toml"] {
        let mut check = workspace::command(&deny);
        check.args(["--locked", "--manifest-path", beside]);
        check.args(["--config", "deny.toml", "check", "licenses", "sources"]);
        process::shown(&mut check)?;
    }
    Ok(())
}
