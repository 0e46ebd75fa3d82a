//! Hostile callers: the worst that can be passed in every field of a call, and what must come of it.
//!
//! | file          | what it does                                                                        |
//! |---------------|-------------------------------------------------------------------------------------|
//! | `trials.rs`   | [`trials`]: thousands of drawn values, and the seed by which they are drawn again    |
//! | `texts.rs`    | texts that try to break out, be misread, or cost much                                |
//! | `times.rs`    | instants and durations in all their forms, each with what it means                   |
//! | `asked.rs`    | [`Asked`]: a call with everything that it may carry, and the strategy for one        |
//! | `expected.rs` | [`Expected`]: the query that the contract promises for it, or that it is refused     |
//! | `wanted.rs`   | that query, word by word                                                             |
//! | `reading.rs`  | [`Reading`]: the words of a query, read letter by letter                             |
//! | `tree.rs`     | what it selects by the tree of `promql-parser`                                       |
//!
//! It shares no code with plugin or host, and knows them only by the names in the contract: records are plain
//! fields and enumerations are their names. So the same calls go through every door, and the same promise holds each.

mod asked;
mod expected;
mod reading;
mod texts;
mod times;
mod tree;
mod trials;
mod wanted;

pub use asked::{Asked, Config, Options, Over, Pointwise, Query, Statistic, asked};
pub use expected::{Expected, expected};
pub use reading::{Matchers, Reading, Word};
pub use texts::text;
pub use times::{Meaning, Span, Time};
pub use trials::trials;
