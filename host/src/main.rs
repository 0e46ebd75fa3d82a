//! The command line `metric-host`. Everything it does is in `cli`, on the library's public face alone.

mod cli;

fn main() -> std::process::ExitCode {
    cli::run()
}
