//! Keeps every request to Prometheus within a scope: the matchers that each selector of each query must carry.
//!
//! A request is judged by what it means, not by how it is spelled: its parameters are decoded, its PromQL is parsed,
//! the matchers are added to the tree, and the request is written anew from that. The new text is parsed once more and
//! must carry the scope. Whatever is not understood on the way is refused.
//!
//! ```
//! use metric_scope::Scope;
//!
//! let scope = Scope::equal("owner_user_id", "u1")?
//!     .and(&Scope::one_of("owner_project_id", ["p1", "p2"])?);
//! assert_eq!(
//!     scope.enforce_query(r#"sum(rate(net_rx{value_type="current"}[5m])) / absent(up)"#)?,
//!     concat!(
//!         r#"sum(rate(net_rx{value_type="current",owner_user_id="u1",owner_project_id=~"p1|p2"}[5m]))"#,
//!         r#" / absent(up{owner_user_id="u1",owner_project_id=~"p1|p2"})"#,
//!     )
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | file            | what it does                                                              |
//! |-----------------|---------------------------------------------------------------------------|
//! | `scope.rs`      | [`Scope`]: the matchers, validated                                        |
//! | `request.rs`    | a whole HTTP request: which parameters of which endpoint are judged how   |
//! | `parameters.rs` | the parameters of a URL and a form, decoded, each at most once            |
//! | `promql.rs`     | one query or selector: bounds, parse, add, write, parse again             |
//! | `bounds.rs`     | what is refused before it is parsed: too long, too deep, too costly       |
//! | `regexes.rs`    | regular expressions, which are written and never compiled                 |
//! | `selectors.rs`  | every selector of a tree                                                  |
//! | `functions.rs`  | the functions that read nothing but their arguments                       |
//! | `write.rs`      | a tree as text that every server reads alike, with `literal.rs`           |
//! | `refusal.rs`    | [`ScopeRefusal`]: why a request may not leave                             |
//!
//! It sends nothing and waits for nothing. It knows neither the sandbox nor which plugin asks.

mod bounds;
mod functions;
mod literal;
mod parameters;
mod promql;
mod refusal;
mod regexes;
mod request;
mod scope;
mod selectors;
mod write;

pub use functions::is_pure as is_pure_function;
pub use refusal::ScopeRefusal;
pub use scope::{Matcher, Operator, Scope, ScopeError};
