//! The table of what the host has to do about each attack. The attack itself stands in its file; how it is tried does
//! not stand here either.

/// The way in which attacks are tried.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Way {
    /// The plugin is loaded, and that is all.
    Load,
    /// One verb is called, and a recorder is where Prometheus would be.
    Call(Verb),
    /// The same, and the configuration says `https`.
    Https,
    /// Two calls at once, within a scope, while somebody else asks all the time. So many of their requests, and no more,
    /// may be under way.
    Crowd(usize),
    /// A query is asked of a Prometheus that holds two tenants' series, within the scope of one.
    Tenant(Unscoped),
}

/// A verb of the contract.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Verb {
    Metric,
    Metadata,
    Plan,
    Batch,
    Page,
    Stream,
    /// For a request that the caller sends itself.
    Request,
}

/// The result of an attack on a scope where there is no scope.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Unscoped {
    /// The other tenant's series: it is an attack.
    Leaks,
    /// Nothing, as this Prometheus does not understand it; another server would.
    Foreign,
}

/// One attack, and how it has to end.
pub(crate) struct Row {
    /// The file's name.
    pub(crate) name: &'static str,
    pub(crate) way: Way,
    /// The outcome, as `outcome.rs` words it.
    pub(crate) ends: &'static str,
    /// The text that the error, with all its causes, has to have.
    pub(crate) says: &'static str,
}

impl Row {
    /// Returns true if an attack that ends so may have let so many requests out to the recorder, where a call may send
    /// `most`.
    pub(crate) fn may_send(&self, requests: usize, most: usize) -> bool {
        match self.ends {
            // None of a flood is lost, and none is too many.
            "denied: Requests" => requests == most,
            "kept in" => requests == 0,
            // The one that is answered with the redirect.
            _ if self.name == "redirect_chase" => requests == 1,
            ends if ends.starts_with("denied") => requests == 0,
            ends if ends.starts_with("sent") => requests > 0,
            _ => requests <= most,
        }
    }
}

const fn row(name: &'static str, way: Way, ends: &'static str, says: &'static str) -> Row {
    Row {
        name,
        way,
        ends,
        says,
    }
}

const METRIC: Way = Way::Call(Verb::Metric);
/// Two calls of [`Limits::concurrent_requests`](metric_host::Limits) each.
const CROWD: Way = Way::Crowd(32);
const LEAKS: Way = Way::Tenant(Unscoped::Leaks);
const FOREIGN: Way = Way::Tenant(Unscoped::Foreign);

/// Every attack there is.
pub(crate) const ROWS: &[Row] = &[
    // At load.
    row(
        "core_module",
        Way::Load,
        "not loaded: NotAComponent",
        "a core module",
    ),
    row(
        "extra_imports",
        Way::Load,
        "not loaded: RefusedImports",
        "wasi:sockets/tcp@0.2.0",
    ),
    row(
        "incoming_requests",
        Way::Load,
        "not loaded: RefusedImports",
        "wasi:http/incoming-handler@0.2.0",
    ),
    row(
        "later_wasi",
        Way::Load,
        "not loaded: RefusedImports",
        "wasi:http/types@0.3.0",
    ),
    row(
        "later_world",
        Way::Load,
        "not loaded: MissingExports",
        "backendai:metric/metric-service@0.2.0",
    ),
    row("claimed_world", Way::Load, "not loaded: WrongWorld", ""),
    row(
        "start_loop",
        Way::Load,
        "not loaded: Instantiate",
        "computes without end",
    ),
    row("start_sleep", Way::Load, "not loaded: Instantiate", ""),
    row(
        "start_trap",
        Way::Load,
        "not loaded: Instantiate",
        "unreachable",
    ),
    row(
        "start_recursion",
        Way::Load,
        "not loaded: Instantiate",
        "call stack exhausted",
    ),
    row(
        "start_memory",
        Way::Load,
        "not loaded: Instantiate",
        "unreachable",
    ),
    row(
        "start_table",
        Way::Load,
        "not loaded: Instantiate",
        "unreachable",
    ),
    row(
        "memory_at_start",
        Way::Load,
        "not loaded: Compile",
        "memory",
    ),
    row("table_at_start", Way::Load, "not loaded: Compile", "table"),
    row("memories", Way::Load, "not loaded: Compile", "memor"),
    row(
        "nested",
        Way::Load,
        "not loaded: TooComplex",
        "components one in another",
    ),
    row(
        "instances",
        Way::Load,
        "not loaded: TooComplex",
        "core instances",
    ),
    row("type_bomb", Way::Load, "not loaded: Compile", "type size"),
    row(
        "text",
        Way::Load,
        "not loaded: NotAComponent",
        "WebAssembly as text",
    ),
    row("truncated", Way::Load, "not loaded: Damaged", ""),
    row(
        "import_at_the_end",
        Way::Load,
        "not loaded: RefusedImports",
        "wasi:filesystem/types@0.2.0",
    ),
    row(
        "many_functions",
        Way::Load,
        "not loaded: TooComplex",
        "functions",
    ),
    row(
        "large_function",
        Way::Load,
        "not loaded: TooComplex",
        "bytes in one function",
    ),
    row(
        "many_locals",
        Way::Load,
        "not loaded: TooComplex",
        "locals in one function",
    ),
    row(
        "gigabytes_to_compile",
        Way::Load,
        "not loaded: TooComplex",
        "estimated to take",
    ),
    row(
        "many_modules",
        Way::Load,
        "not loaded: TooComplex",
        "core modules",
    ),
    row(
        "sixty_five_megabytes",
        Way::Load,
        "not loaded: TooLarge",
        "",
    ),
    // The machine.
    row("endless_loop", Way::Crowd(0), "TimedOut", ""),
    row("busy_clock", METRIC, "TimedOut", ""),
    row("sleep", METRIC, "TimedOut", ""),
    row("poll_a_million", METRIC, "Trapped", "handle limit exceeded"),
    row("drip", METRIC, "TimedOut", ""),
    row("waits_without_end", METRIC, "TimedOut", ""),
    row("answers_left_lying", METRIC, "TimedOut", ""),
    row("connections_held", CROWD, "TimedOut", ""),
    row("answers_held", CROWD, "TimedOut", ""),
    row("bodies_held", Way::Crowd(0), "TimedOut", ""),
    row("regexes_at_once", CROWD, "TimedOut", ""),
    row(
        "deep_recursion",
        METRIC,
        "Trapped",
        "out of bounds memory access",
    ),
    row("memory_bomb", METRIC, "MemoryLimit", ""),
    row("handle_leak", METRIC, "Trapped", "no free keys"),
    row("timer_leak", METRIC, "Trapped", "no free keys"),
    row(
        "parallel_flood",
        METRIC,
        "Trapped",
        "store handle limit exceeded",
    ),
    row("zeroes", METRIC, "Trapped", "more zeroes"),
    row("gigabyte_list", METRIC, "AnswerTooLarge", ""),
    row(
        "gigabyte_of_metadata",
        Way::Call(Verb::Metadata),
        "AnswerTooLarge",
        "",
    ),
    row("gigabyte_of_headers", METRIC, "AnswerTooLarge", ""),
    row(
        "headers_one_by_one",
        METRIC,
        "Trapped",
        "total size of fields exceeds limit",
    ),
    row("request_flood", METRIC, "denied: Requests", ""),
    row("log_flood", METRIC, "denied: Requests, Path", ""),
    row(
        "log_of_texts",
        METRIC,
        "denied: Origin, UserInfo, Method, Path, Head",
        "",
    ),
    row("large_request", METRIC, "denied: Body", ""),
    row("long_head", METRIC, "denied: Head", ""),
    row("header_flood", METRIC, "denied: Head", ""),
    row(
        "endless_answer",
        METRIC,
        "ConnectionFailed",
        "HttpResponseBodySize",
    ),
    // The way out.
    row("other_host", METRIC, "denied: Origin", ""),
    row("other_port", METRIC, "denied: Origin", ""),
    row(
        "handed_to_the_caller",
        Way::Call(Verb::Request),
        "Denied",
        "not the configured Prometheus",
    ),
    row("odd_ports", METRIC, "denied: Origin", ""),
    row("other_spellings", METRIC, "denied: Origin", ""),
    row("user_info", METRIC, "denied: UserInfo", ""),
    row("https_for_http", METRIC, "denied: Origin", ""),
    row("http_for_https", Way::Https, "denied: Origin", ""),
    row("absolute_target", METRIC, "denied: Path", ""),
    row("redirect_chase", METRIC, "denied: Origin", ""),
    row("admin_path", METRIC, "denied: Path", ""),
    row("encoded_path", METRIC, "denied: Path", ""),
    row("other_methods", METRIC, "denied: Method", ""),
    // The message.
    row("forbidden_headers", METRIC, "sent without harm", ""),
    row("host_header", METRIC, "sent without harm", ""),
    row("content_length", METRIC, "sent without harm", ""),
    row(
        "transfer_encoding",
        METRIC,
        "kept in",
        "HeaderError::Forbidden",
    ),
    row("line_breaks", METRIC, "kept in", ""),
    row("trailers", METRIC, "sent without harm", ""),
    row("half_a_body", METRIC, "ConnectionFailed", ""),
    // The scope.
    row("plain", LEAKS, "narrowed", ""),
    row("negation", LEAKS, "narrowed", ""),
    row("name_regex", LEAKS, "narrowed", ""),
    row("subquery", LEAKS, "narrowed", ""),
    row("or_between", LEAKS, "narrowed", ""),
    row("or_inside", FOREIGN, "narrowed", ""),
    row("label_twice", LEAKS, "narrowed", ""),
    row("utf8_names", FOREIGN, "narrowed", ""),
    row("comments", LEAKS, "narrowed", ""),
    row("offset_and_at", LEAKS, "narrowed", ""),
    row("label_replace", LEAKS, "narrowed", ""),
    row("quotes", LEAKS, "narrowed", ""),
    row("joined", LEAKS, "narrowed", ""),
    row("summed", LEAKS, "narrowed", ""),
    row("one_bit", LEAKS, "narrowed", ""),
    row("log_of_parameters", LEAKS, "denied: Scope", ""),
    row("keywords", LEAKS, "narrowed", ""),
    row("twice", LEAKS, "narrowed, denied: Scope", ""),
    row("url_and_body", LEAKS, "narrowed, denied: Scope", ""),
    row("other_body", LEAKS, "narrowed, denied: Scope", ""),
    row("odd_parameters", LEAKS, "narrowed, denied: Scope", ""),
    row("other_endpoints", LEAKS, "narrowed, denied: Scope", ""),
    row("other_language", LEAKS, "narrowed, denied: Scope", ""),
    // The caller.
    row(
        "columns_that_differ",
        METRIC,
        "BrokenContract",
        "3 timestamps and 2 values",
    ),
    row(
        "time_that_goes_back",
        METRIC,
        "BrokenContract",
        "do not ascend",
    ),
    row(
        "time_that_stands_still",
        METRIC,
        "BrokenContract",
        "do not ascend",
    ),
    row("labels_named_twice", METRIC, "BrokenContract", "twice"),
    row("labels_without_names", METRIC, "BrokenContract", "name"),
    row("million_labels", METRIC, "AnswerTooLarge", ""),
    row("million_series", METRIC, "AnswerTooLarge", ""),
    row("no_step", METRIC, "BrokenContract", "step"),
    row("end_before_start", METRIC, "BrokenContract", ""),
    row("no_text", METRIC, "Trapped", "utf-8"),
    row("text_beyond_memory", METRIC, "Trapped", "bounds"),
    row(
        "fewer_answers",
        Way::Call(Verb::Batch),
        "BrokenContract",
        "1 answers to 2 queries",
    ),
    row(
        "page_that_follows_itself",
        Way::Call(Verb::Page),
        "BrokenContract",
        "where 120000 and 60 s come next",
    ),
    row(
        "pages_in_a_circle",
        Way::Call(Verb::Page),
        "BrokenContract",
        "where 240000 and 60 s come next",
    ),
    row(
        "pages_without_end",
        Way::Call(Verb::Page),
        "BrokenContract",
        "is the longest",
    ),
    row(
        "plan_without_step",
        Way::Call(Verb::Plan),
        "BrokenContract",
        "steps of 0",
    ),
    row(
        "piece_of_everything",
        Way::Call(Verb::Stream),
        "BrokenContract",
        "a piece of 100000 samples",
    ),
    row(
        "plan_of_all_time",
        Way::Call(Verb::Stream),
        "BrokenContract",
        "is the longest",
    ),
    row(
        "stream_beside_its_plan",
        Way::Call(Verb::Stream),
        "BrokenContract",
        "a sample at 1,",
    ),
    row(
        "stream_that_comes_round",
        Way::Call(Verb::Stream),
        "BrokenContract",
        "a series goes on at 0",
    ),
    row(
        "stream_of_nothing",
        Way::Call(Verb::Stream),
        "BrokenContract",
        "pieces without a sample",
    ),
    row(
        "stream_of_ever_new_series",
        Way::Call(Verb::Stream),
        "StreamTooLarge",
        "16777216 bytes",
    ),
    // The last one: its compilation goes on until the process ends.
    row(
        "minutes_to_compile",
        Way::Load,
        "not loaded: CompileTimedOut",
        "given up",
    ),
];
