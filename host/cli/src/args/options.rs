//! The flags of what the operator grants and adds once a request has left the sandbox: further addresses, networks,
//! credentials. The plugin is told nothing of them.
//!
//! A secret is no flag's value, which every user of the machine can see: a flag names the file, or after `env:` the
//! environment variable, that holds it.

use std::convert::Infallible;

use clap::{Args, builder::PossibleValue};
use metric_host::{CacheOptions, Credentials, Network, SecretSource, ServiceOptions};

/// A flag that says where a secret is.
#[derive(Debug, Clone)]
pub(crate) struct Source(SecretSource);

fn source(text: &str) -> Result<Source, Infallible> {
    Ok(Source(match text.strip_prefix("env:") {
        Some(name) => SecretSource::variable(name),
        None => SecretSource::file(text),
    }))
}

/// `NAME=FILE` or `NAME=env:VARIABLE`.
#[derive(Debug, Clone)]
pub(crate) struct Named {
    name: String,
    value: Source,
}

fn named(text: &str) -> Result<Named, String> {
    let (name, value) = text
        .split_once('=')
        .filter(|(name, value)| !name.is_empty() && !value.is_empty())
        .ok_or("expected is NAME=FILE, or NAME=env:VARIABLE")?;
    let Ok(value) = source(value);
    let name = name.to_owned();
    Ok(Named { name, value })
}

/// `NAME=VALUE`; the value may be empty.
fn parameter(text: &str) -> Result<(String, String), String> {
    text.split_once('=')
        .filter(|(name, _)| !name.is_empty())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .ok_or_else(|| "expected is NAME=VALUE".to_owned())
}

/// [`Network`], as a flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NetworkArg(Network);

impl clap::ValueEnum for NetworkArg {
    fn value_variants<'a>() -> &'a [Self] {
        // All but those where no service is.
        const GRANTABLE: &[NetworkArg] = &[
            NetworkArg(Network::Private),
            NetworkArg(Network::Loopback),
            NetworkArg(Network::LinkLocal),
        ];
        GRANTABLE
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.0.as_str()))
    }
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Way to Prometheus (FILE may be env:VARIABLE)")]
pub(crate) struct OptionsArgs {
    /// A further address of the same data, asked when the others cannot be reached, hang up, answer 502, 503 or 504, or
    /// answer partially; more than once
    #[arg(long, value_name = "ADDR", global = true)]
    pub(crate) failover: Vec<String>,

    /// A network that the addresses' names may lead to besides the internet; more than once
    #[arg(
        long,
        value_name = "NETWORK",
        value_enum,
        global = true,
        hide_short_help = true
    )]
    allow_network: Vec<NetworkArg>,

    /// Allow credentials over plain http although another address is https
    #[arg(long, global = true, hide_short_help = true)]
    allow_credentials_in_the_clear: bool,

    /// The token to show: Authorization: Bearer
    #[arg(long, value_name = "FILE", value_parser = source, global = true, conflicts_with = "basic_auth_user")]
    bearer_token_file: Option<Source>,

    /// The user of basic auth
    #[arg(
        long,
        value_name = "NAME",
        global = true,
        requires = "basic_auth_password_file",
        hide_short_help = true
    )]
    basic_auth_user: Option<String>,

    /// The password of that user
    #[arg(
        long,
        value_name = "FILE",
        value_parser = source,
        global = true,
        requires = "basic_auth_user",
        hide_short_help = true
    )]
    basic_auth_password_file: Option<Source>,

    /// Who issues the server's certificate, in PEM [default: the system's roots]
    #[arg(long, value_name = "FILE", value_parser = source, global = true)]
    ca_file: Option<Source>,

    /// The client certificate to show, in PEM
    #[arg(
        long,
        value_name = "FILE",
        value_parser = source,
        global = true,
        requires = "key_file",
        hide_short_help = true
    )]
    cert_file: Option<Source>,

    /// Its private key, in PEM
    #[arg(
        long,
        value_name = "FILE",
        value_parser = source,
        global = true,
        requires = "cert_file",
        hide_short_help = true
    )]
    key_file: Option<Source>,

    /// The name that the server's certificate has to be for [default: the address's host]
    #[arg(long, value_name = "NAME", global = true, hide_short_help = true)]
    server_name: Option<String>,

    /// A further header, such as X-Scope-OrgID=FILE for a tenant; more than once
    #[arg(long, value_name = "NAME=FILE", value_parser = named, global = true)]
    header_file: Vec<Named>,

    /// A further parameter, such as extra_label=FILE for a tenant of VictoriaMetrics; more than once
    #[arg(long, value_name = "NAME=FILE", value_parser = named, global = true, hide_short_help = true)]
    parameter_file: Vec<Named>,

    /// A further parameter that is no secret, such as nocache=1; more than once
    #[arg(long, value_name = "NAME=VALUE", value_parser = parameter, global = true, hide_short_help = true)]
    parameter: Vec<(String, String)>,

    /// A path before /api/v1 that the plugin does not see, such as a tenant's /select/42/prometheus
    #[arg(long, value_name = "FILE", value_parser = source, global = true, hide_short_help = true)]
    path_file: Option<Source>,
}

impl OptionsArgs {
    pub(crate) fn options(&self) -> ServiceOptions {
        let mut options = ServiceOptions::default();
        options.failover.clone_from(&self.failover);
        options.networks = self.allow_network.iter().map(|arg| arg.0).collect();
        options.credentials = self.credentials();
        options.credentials_in_the_clear = self.allow_credentials_in_the_clear;
        options.parameters.clone_from(&self.parameter);
        // A process that asks once has nothing to ask again.
        options.cache = CacheOptions::off();
        options
    }

    fn credentials(&self) -> Credentials {
        let source = |source: &Option<Source>| source.as_ref().map(|source| source.0.clone());
        let mut credentials = Credentials::new();
        if let Some(token) = source(&self.bearer_token_file) {
            credentials = credentials.bearer_token(token);
        }
        if let (Some(user), Some(password)) = (
            &self.basic_auth_user,
            source(&self.basic_auth_password_file),
        ) {
            credentials = credentials.basic_auth(user, password);
        }
        if let Some(authorities) = source(&self.ca_file) {
            credentials = credentials.certificate_authorities(authorities);
        }
        if let (Some(chain), Some(key)) = (source(&self.cert_file), source(&self.key_file)) {
            credentials = credentials.client_certificate(chain, key);
        }
        if let Some(name) = &self.server_name {
            credentials = credentials.server_name(name);
        }
        for Named { name, value } in &self.header_file {
            credentials = credentials.header(name, value.0.clone());
        }
        for Named { name, value } in &self.parameter_file {
            credentials = credentials.parameter(name, value.0.clone());
        }
        if let Some(path) = source(&self.path_file) {
            credentials = credentials.path(path);
        }
        credentials
    }

    /// Whether `args` name more of what may stand more than once than has arrived here, and which flag it is. Of a flag
    /// that stands before and after the command, clap drops what stands before: a tenant must not be lost like that.
    pub(crate) fn lost(&self, args: &[impl AsRef<str>]) -> Option<&'static str> {
        let arrived = [
            ("--failover", self.failover.len()),
            ("--allow-network", self.allow_network.len()),
            ("--header-file", self.header_file.len()),
            ("--parameter-file", self.parameter_file.len()),
            ("--parameter", self.parameter.len()),
        ];
        let given = |flag: &str| {
            let is_it = |arg: &&str| {
                arg.strip_prefix(flag)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
            };
            args.iter().map(AsRef::as_ref).filter(is_it).count()
        };
        let lost = arrived
            .into_iter()
            .find(|(flag, arrived)| given(flag) > *arrived);
        lost.map(|(flag, _)| flag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Cli;
    use clap::Parser;

    fn parsed(line: &str) -> Result<ServiceOptions, clap::Error> {
        let cli = Cli::try_parse_from(line.split(' '))?;
        Ok(cli.service.options.options())
    }

    #[test]
    fn the_flags_say_where_the_secrets_are() {
        let line = "x --failover b:1 --failover c:2 --allow-network private --allow-network link-local \
                    --bearer-token-file /t --ca-file /ca --cert-file /c --key-file env:KEY --server-name p \
                    --header-file X-Scope-OrgID=env:TENANT --header-file a=./env:b=c \
                    --parameter-file extra_label=/l --path-file /p --parameter a=b=c --parameter d= metrics";
        let options = parsed(line).unwrap();
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(options.parameters, [pair("a", "b=c"), pair("d", "")]);
        assert_eq!(options.failover, ["b:1", "c:2"]);
        assert_eq!(options.networks, [Network::Private, Network::LinkLocal]);
        let file = SecretSource::file;
        let expected = Credentials::new()
            .bearer_token(file("/t"))
            .certificate_authorities(file("/ca"))
            .client_certificate(file("/c"), SecretSource::variable("KEY"))
            .server_name("p")
            .header("X-Scope-OrgID", SecretSource::variable("TENANT"))
            .header("a", file("./env:b=c"))
            .parameter("extra_label", file("/l"))
            .path(file("/p"));
        assert_eq!(
            format!("{:?}", options.credentials),
            format!("{expected:?}")
        );

        assert!(!options.credentials_in_the_clear);
        let options = parsed("x --allow-credentials-in-the-clear metrics").unwrap();
        assert!(options.credentials_in_the_clear);

        let options =
            parsed("x metrics --basic-auth-user u --basic-auth-password-file /p").unwrap();
        let expected = Credentials::new().basic_auth("u", file("/p"));
        assert_eq!(
            format!("{:?}", options.credentials),
            format!("{expected:?}")
        );
        let options = parsed("x metrics").unwrap();
        assert_eq!(
            format!("{:?}", options.credentials),
            format!("{:?}", Credentials::new())
        );
    }

    #[test]
    fn what_is_half_said_or_said_twice_is_refused() {
        for line in [
            "x metrics --basic-auth-user u",
            "x metrics --basic-auth-password-file /p",
            "x metrics --cert-file /c",
            "x metrics --key-file /k",
            "x metrics --bearer-token-file /t --basic-auth-user u --basic-auth-password-file /p",
            "x metrics --header-file X-Scope-OrgID",
            "x metrics --header-file =/f",
            "x metrics --parameter-file a=",
            "x metrics --parameter a",
            "x metrics --parameter =b",
            "x metrics --allow-network reserved",
            "x metrics --bearer-token secret",
        ] {
            assert!(parsed(line).is_err(), "{line}");
        }
    }

    #[test]
    fn a_tenant_before_the_command_is_not_lost_to_one_after_it() {
        for (line, lost) in [
            (
                "x --header-file a=/a metrics --header-file b=/b",
                Some("--header-file"),
            ),
            (
                "x --failover=a:1 metrics --failover=b:1",
                Some("--failover"),
            ),
            ("x --header-file a=/a --header-file b=/b metrics", None),
            ("x metrics --header-file a=/a --failover b:1", None),
        ] {
            let cli = Cli::try_parse_from(line.split(' ')).unwrap();
            let args: Vec<_> = line.split(' ').collect();
            assert_eq!(cli.service.options.lost(&args), lost, "{line}");
        }
    }
}
