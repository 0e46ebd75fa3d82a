//! `man`: the manual, a page a command, made by clap from the flags.

use std::fs;

use clap::CommandFactory;

use crate::args::{Cli, ManArgs};
use crate::exit::Exit;
use crate::failure::Failure;

pub(crate) fn run(args: &ManArgs) -> Result<Exit, Failure> {
    fs::create_dir_all(&args.folder)
        .and_then(|()| clap_mangen::generate_to(Cli::command(), &args.folder))
        .map_err(|error| {
            let folder = args.folder.display();
            Failure::new(Exit::Other, format!("cannot write into {folder}: {error}"))
        })?;
    Ok(Exit::Success)
}
