//! Attacks on the way out: other places than the one that is configured.

mod absolute_target;
mod admin_path;
mod encoded_path;
mod handed_to_the_caller;
mod http_for_https;
mod https_for_http;
mod odd_ports;
mod other_host;
mod other_methods;
mod other_port;
mod other_spellings;
mod redirect_chase;
mod user_info;

named!(
    absolute_target,
    admin_path,
    encoded_path,
    handed_to_the_caller,
    http_for_https,
    https_for_http,
    odd_ports,
    other_host,
    other_methods,
    other_port,
    other_spellings,
    redirect_chase,
    user_info,
);
