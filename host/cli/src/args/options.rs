//! The flags of what the operator grants and adds once a request has left the sandbox: further addresses, networks,
//! credentials. The plugin is told nothing of them.
//!
//! A secret is no flag's value, which every user of the machine can see: a flag names the file, or after `env:` the
//! environment variable, that holds it.

use std::convert::Infallible;

use clap::Args;
use metric_host::{CacheOptions, Credentials, SecretSource, ServiceOptions};

use crate::args::further::{FurtherArgs, Named};

/// A flag that says where a secret is.
#[derive(Debug, Clone)]
pub(crate) struct Source(pub(super) SecretSource);

pub(super) fn source(text: &str) -> Result<Source, Infallible> {
    Ok(Source(match text.strip_prefix("env:") {
        Some(name) => SecretSource::variable(name),
        None => SecretSource::file(text),
    }))
}

pub(super) const WAY: &str = "Way to Prometheus (FILE may be env:VARIABLE)";

#[derive(Debug, Args)]
#[command(next_help_heading = WAY)]
pub(crate) struct OptionsArgs {
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

    /// A path before /api/v1 that the plugin does not see, such as a tenant's /select/42/prometheus
    #[arg(long, value_name = "FILE", value_parser = source, global = true, hide_short_help = true)]
    path_file: Option<Source>,

    #[arg(skip)]
    further: FurtherArgs,
}

impl OptionsArgs {
    pub(crate) fn options(&self) -> ServiceOptions {
        let mut options = ServiceOptions::default();
        options.failover.clone_from(&self.further.failover);
        options.networks = self.further.allow_network.iter().map(|arg| arg.0).collect();
        options.credentials = self.credentials();
        options.credentials_in_the_clear = self.allow_credentials_in_the_clear;
        options.parameters.clone_from(&self.further.parameter);
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
        for Named { name, value } in &self.further.header_file {
            credentials = credentials.header(name, value.0.clone());
        }
        for Named { name, value } in &self.further.parameter_file {
            credentials = credentials.parameter(name, value.0.clone());
        }
        if let Some(path) = source(&self.path_file) {
            credentials = credentials.path(path);
        }
        credentials
    }

    /// The further addresses.
    pub(crate) fn failover(&self) -> &[String] {
        &self.further.failover
    }

    pub(crate) fn set_further(&mut self, further: FurtherArgs) {
        self.further = further;
    }
}

#[cfg(test)]
mod tests {
    use metric_host::Network;

    use super::*;
    use crate::args::{Cli, Command};
    use clap::Parser;

    fn parsed(line: &str) -> Result<ServiceOptions, clap::Error> {
        let cli = Cli::try_parse_from(line.split(' '))?;
        let Command::Metrics(command) = cli.command else {
            panic!("metrics was asked for");
        };
        Ok(cli.service.with(command.further).options.options())
    }

    #[test]
    fn the_flags_say_where_the_secrets_are() {
        let line = "x --bearer-token-file /t --ca-file /ca --cert-file /c --key-file env:KEY metrics \
                    --server-name p --path-file /p --failover b:1 --failover c:2 \
                    --allow-network private --allow-network link-local \
                    --header-file X-Scope-OrgID=env:TENANT --header-file a=./env:b=c \
                    --parameter-file extra_label=/l --parameter a=b=c --parameter d=";
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
            // Two places would hide each other.
            "x --header-file a=/a metrics",
            "x --failover=a:1 metrics",
            "x --allow-network private metrics",
            "x --parameter a=b metrics",
            "x --parameter-file a=/b metrics",
        ] {
            assert!(parsed(line).is_err(), "{line}");
        }
    }
}
