//! The HTTP API of Metric Service, and its page, on top of the library.
//!
//! A request goes `server` (connections, their limits, the end) → `passage` (its name, its host, who asks) → `routes` →
//! `call` or `stream` → the library → the plugin. Bodies and answers are those of the contract's interface `json`; nothing
//! here knows PromQL, and what a verb takes is the plugin's to say.
//!
//! | file             | what it does                                                                  |
//! |------------------|-------------------------------------------------------------------------------|
//! | `listen.rs`      | [`Listen`]: an address, or a socket                                           |
//! | `listener.rs`    | accepts connections; the socket's file and its mode                           |
//! | `server.rs`      | [`Server`]: connections within [`HttpLimits`], the orderly end                |
//! | `signals.rs`     | SIGTERM, SIGINT, SIGHUP                                                       |
//! | `stalled.rs`     | ends a connection whose client takes nothing                                  |
//! | `app.rs`         | the service, who may ask it, its metrics                                      |
//! | `passage.rs`     | the way of every request: name, host, admission, log                          |
//! | `trace_context.rs` | the trace that a request belongs to                                         |
//! | [`access`]       | who may ask, and for which series                                             |
//! | `routes.rs`      | which path is answered by what                                                |
//! | `verbs.rs`       | the table of verbs: to add one is to add a row                                |
//! | `body.rs`        | a body of bounded size, within bounded time                                   |
//! | `held.rs`        | what an answer holds until it has gone out                                    |
//! | `call.rs`        | a verb: the body in, the plugin's answer out                                  |
//! | `answer.rs`      | the answer as a text; that of a range is written here                         |
//! | `values.rs`      | the verbs that are asked with GET                                             |
//! | `range_request.rs` | a range as it is asked for                                                  |
//! | `stream.rs`      | a range as it arrives, with [`ndjson`]                                        |
//! | [`documents`]    | JSON that is written as it is made                                            |
//! | `freshness.rs`   | `ETag` and `Cache-Control`                                                    |
//! | `problem.rs`     | problem details: what is refused, and why                                     |
//! | `openapi.rs`     | the description of the API, made of the contract's schema                     |
//! | `page.rs`        | the files of the page                                                         |
//! | `readiness.rs`   | whether Prometheus can be asked                                               |
//! | `metrics.rs`     | the server's own metrics                                                      |

pub mod access;
pub mod documents;
pub mod ndjson;

mod answer;
mod app;
mod body;
mod call;
mod freshness;
mod held;
mod limits;
mod listen;
mod listener;
mod metrics;
mod openapi;
mod page;
mod passage;
mod problem;
mod range_request;
mod readiness;
mod routes;
mod server;
mod signals;
mod stalled;
mod stream;
mod trace_context;
mod values;
mod verbs;

pub use limits::HttpLimits;
pub use listen::{Listen, ListenError, SocketFile};
pub use server::{Reload, ServeError, ServeOptions, Server, Stopped};
