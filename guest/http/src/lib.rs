//! The plugin's verbs over HTTP: a component that takes requests (`wasi:http/incoming-handler`), has a plugin answer them
//! (`backendai:metric/json`), and is configured by environment variables. For platforms that run components.
//!
//! | module | what it is for |
//! |---|---|
//! | [`routes`] | which path asks which verb |
//! | [`settings`] | the environment variables, as the contract's `config` |
//! | [`hosts`] | who may ask through a browser |
//! | [`verb_request`] | a body, or a URL's parameters, as the verb's request |
//! | [`problem`] | whatever is not answered, as problem details |
//! | [`server`] | a request from its head to its response |
//! | `component` | WIT and `wasi:http` (WebAssembly only) |

pub mod hosts;
pub mod problem;
pub mod routes;
pub mod server;
pub mod settings;
pub mod verb_request;

#[cfg(target_arch = "wasm32")]
mod component;
