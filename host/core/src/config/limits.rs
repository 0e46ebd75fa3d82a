//! The limits of a plugin. Numbers only; who enforces each is said beside it.

use std::time::Duration;

use crate::contract::{defaults::TIMEOUT_MS, types::Config};

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;

/// The limits of one call, and of the host as a whole.
///
/// The defaults let through the largest result that the contract allows by default
/// (`max-result-bytes`, 100 MB) and little more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Linear memory of one call, in bytes. Default 512 MiB: the largest default result (100 MB) comes
    /// from a body of up to [`response_bytes`](Self::response_bytes), and both are there at once.
    pub memory_bytes: usize,
    /// Elements of each of the plugin's tables. Default 20,000: tables hold function pointers, of
    /// which a plugin in Rust has some hundreds.
    pub table_elements: usize,
    /// Resources (requests, streams, pollables, …) that a call may hold at once. Default 1024: one
    /// request needs about ten.
    pub handles: usize,
    /// The plugin's native stack, in bytes. Default 512 KiB, wasmtime's own.
    pub wasm_stack_bytes: usize,
    /// Bytes that may cross from the plugin to the host in one go, results included. Default 128 MiB,
    /// wasmtime's own; the largest default result is 100 MB.
    pub hostcall_bytes: usize,
    /// A request's path, query and headers together, in bytes. Default 16 KiB: the plugin's own have some hundreds,
    /// and balancers take 8 KiB or a little more.
    pub request_head_bytes: usize,
    /// A request's headers. Default 32: the plugin's own has four.
    pub request_headers: usize,
    /// A request's body, in bytes. Default 1 MiB: a long PromQL text has some kilobytes. A service holds at most
    /// [`service_requests`](Self::service_requests) of them at once.
    pub request_bytes: usize,
    /// A response's body, in bytes. Default 256 MiB: 100 MB of result are some 6.25 million samples, of up
    /// to about 40 bytes of JSON each. Counted as they come: the host decompresses nothing, and what a plugin
    /// decompresses is in its memory.
    pub response_bytes: u64,
    /// Requests of one call, or of a whole stream. Default 1024: a year in chunks of a day is 365, and each may
    /// be tried again.
    pub requests_per_call: u32,
    /// Requests of one call that are under way at once, from before the body is taken in until the answer has been read.
    /// More wait in line, a larger [`concurrency`](crate::RangeOptions::concurrency) among them. Default 16, twice what
    /// the plugin has at once by default: a call that leaves its answers unread holds so many connections to
    /// Prometheus, of the 512 that it has by default, and so many descriptors.
    pub concurrent_requests: u32,
    /// The same of one service, over all its calls, and so its connections and the request bodies that it holds
    /// ([`request_bytes`](Self::request_bytes) each). Default 64, four calls' worth: an eighth of what a
    /// Prometheus takes by default, and it fits into the 256 descriptors that some systems grant.
    pub service_requests: u32,
    /// Bytes that all responses of one call, or of a whole stream, may bring together. Default 2 GiB: the
    /// chunks of a long range make up one result, of 100 MB at most, but are read one by one.
    pub received_bytes: u64,
    /// Bytes that all pieces of a stream may take together: 16 a sample, the labels of each series in each piece,
    /// and at least 4 KiB a piece. Default 2 GiB, as [`received_bytes`](Self::received_bytes): in JSON a sample is no
    /// shorter.
    pub stream_bytes: u64,
    /// Series of a stream. Default 1,000,000: those of a year in which 2,700 kernels begin a day. The host remembers
    /// some 30 bytes of each.
    pub stream_series: u32,
    /// Labels of one series of an answer. Default 64: Backend.AI's series have about ten, Kubernetes adds some thirty,
    /// and what lays series out has to look at each.
    pub labels_per_series: usize,
    /// Names of labels in an answer, or in a piece of a stream, over all of its series. Default 1024, sixteen times those
    /// of a series: a query's series mostly have the same ones, and each name is a column of whatever is made of them.
    pub label_names: usize,
    /// A call, from start to result, its wait for a place included. Default none: the deadline that the
    /// plugin was given (`Config::timeout`, 30 s if that is none) and 2 s, so that the plugin's own
    /// error wins, which says more.
    pub call_timeout: Option<Duration>,
    /// The longest that a connection may take to be made, whatever the plugin asks for. Default 5 s: TCP's first
    /// repeat comes after 1 s, the second after 3.
    pub connect_timeout: Duration,
    /// The longest wait for the head of a response. Default 120 s, Prometheus's own limit for a query.
    pub first_byte_timeout: Duration,
    /// The longest pause inside a response. Default 30 s: Prometheus sends when it has computed, and then at once.
    pub between_bytes_timeout: Duration,
    /// Calls that run at once; more wait in line, in order. Default 256, which reserves 1 TiB of address space
    /// (4 GiB each, of the 128 TiB there are) and no memory.
    pub concurrent_calls: u32,
    /// Calls that wait in that line; one more is refused at once ([`CallError::Overloaded`](crate::CallError::Overloaded)).
    /// Default 4096, sixteen times those that run: at a tenth of a second a call the last one waits less than two.
    pub waiting_calls: u32,
    /// Instances that are made ahead, after a call has ended, over all plugins of a host: a call that finds one need not
    /// wait for it to be made. Each has been used by no call, and is used by one. 0: none. Default 4, what a burst of
    /// calls finds; each takes some hundred kilobytes for as long as it lies ready.
    pub ready_instances: u32,
    /// A plugin's size, in bytes. Default 64 MiB: Rust makes some hundred kilobytes, languages that bring
    /// an interpreter along some ten megabytes.
    pub plugin_bytes: u64,
    /// A plugin's functions, in all its core modules. Default 200,000: an interpreter has some ten thousand.
    pub plugin_functions: u32,
    /// One function's body, in bytes. Default 512 KiB, several times the main loop of an interpreter: what a compiler
    /// spends on a function grows faster than the function.
    pub function_bytes: u32,
    /// One function's local variables. Default 10,000: a compiler's work on a function grows with their number
    /// times its branches.
    pub function_locals: u32,
    /// Bytes of memory that compiling one function may take, as estimated from its variables, loops, blocks and
    /// calls. Default 256 MiB, a thousand variables in three hundred loops: several times what an interpreter's main
    /// loop comes to. As many functions are compiled at once as there are processors.
    pub function_compile_bytes: u64,
    /// Core modules, core instances and tables of a plugin. Default 16: its own, and two or three that
    /// the component tools add as glue; an interpreter with its libraries has about ten.
    pub core_modules: u32,
    /// The longest that a plugin may take to compile. Default 60 s: an interpreter takes ten on one core. A compilation
    /// cannot be interrupted: after that time it is left to itself. Two go on at once, those that were given up
    /// included; one that has waited for its turn that long is not begun
    /// ([`LoadError::StillCompiling`](crate::LoadError::StillCompiling)).
    pub compile_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_bytes: 512 * MIB,
            table_elements: 20_000,
            handles: 1024,
            wasm_stack_bytes: 512 * KIB,
            hostcall_bytes: 128 * MIB,
            request_head_bytes: 16 * KIB,
            request_headers: 32,
            request_bytes: MIB,
            response_bytes: 256 << 20,
            requests_per_call: 1024,
            concurrent_requests: 16,
            service_requests: 64,
            received_bytes: 2 << 30,
            stream_bytes: 2 << 30,
            stream_series: 1_000_000,
            labels_per_series: 64,
            label_names: 1024,
            call_timeout: None,
            connect_timeout: Duration::from_secs(5),
            first_byte_timeout: Duration::from_secs(120),
            between_bytes_timeout: Duration::from_secs(30),
            concurrent_calls: 256,
            waiting_calls: 4096,
            ready_instances: 4,
            plugin_bytes: 64 << 20,
            plugin_functions: 200_000,
            function_bytes: 512 << 10,
            function_locals: 10_000,
            function_compile_bytes: 256 << 20,
            core_modules: 16,
            compile_timeout: Duration::from_secs(60),
        }
    }
}

/// The time that a call may take beyond the plugin's own deadline: enough to decode the last bytes and to report.
const GRACE: Duration = Duration::from_secs(2);

impl Limits {
    /// The longest that a call under `config` may take.
    pub(crate) fn timeout_of_call(&self, config: &Config) -> Duration {
        self.call_timeout.unwrap_or_else(|| {
            Duration::from_millis(config.timeout.unwrap_or(TIMEOUT_MS).into()) + GRACE
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_may_take_a_little_longer_than_the_plugin_grants_itself() {
        let limits = Limits::default();
        let mut config = Config::new("localhost:9090");
        assert_eq!(limits.timeout_of_call(&config), Duration::from_secs(32));
        config.timeout = Some(500);
        assert_eq!(limits.timeout_of_call(&config), Duration::from_millis(2500));
    }

    #[test]
    fn a_timeout_of_the_hosts_own_goes_before_the_configured_one() {
        let limits = Limits {
            call_timeout: Some(Duration::from_secs(1)),
            ..Limits::default()
        };
        assert_eq!(
            limits.timeout_of_call(&Config::new("localhost:9090")),
            Duration::from_secs(1)
        );
    }
}
