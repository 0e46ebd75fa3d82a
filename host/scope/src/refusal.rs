//! The reasons why a request may not leave under a scope. No text of the request is in any message: it may name a
//! tenant's series. A parameter or a function is named only if it is on a list.

/// The reason why a request may not leave under a scope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScopeRefusal {
    /// The endpoint's answer cannot be narrowed by matchers.
    #[error(
        "the endpoint cannot be narrowed to a scope; accepted are query, query_range, labels, series, \
         label/NAME/values and status/buildinfo"
    )]
    Endpoint,
    /// The endpoint does not take parameters by this method.
    #[error("the method is not one by which this endpoint takes its parameters")]
    Method,
    /// A body that is not the form of a POST.
    #[error("the body is not a form; accepted is a POST of application/x-www-form-urlencoded")]
    Body,
    /// A name or a value that is not UTF-8.
    #[error("a parameter is not UTF-8")]
    NotUtf8,
    /// A parameter that the endpoint does not need.
    #[error("a parameter is none that the endpoint needs")]
    UnknownParameter,
    /// A parameter that may stand once, and stands twice.
    #[error("the parameter {0} is given more than once")]
    RepeatedParameter(&'static str),
    /// No query.
    #[error("the parameter query is missing")]
    MissingQuery,
    /// A query, or what it becomes under the scope, is too long.
    #[error("the query is too long: at most {maximum} bytes are accepted")]
    TooLong {
        /// In bytes.
        maximum: usize,
    },
    /// A query has too many words and signs.
    #[error("the query has too many parts: at most {maximum} are accepted")]
    TooManyParts {
        /// Names, numbers, strings and signs.
        maximum: usize,
    },
    /// A query is nested too deeply.
    #[error("the query is nested too deeply: at most {maximum} levels are accepted")]
    TooDeep {
        /// Parentheses and operators inside one another.
        maximum: usize,
    },
    /// A query has too many selectors, their alternatives counted.
    #[error("the query has too many selectors: at most {maximum} are accepted")]
    TooManySelectors {
        /// Selectors, and alternatives within them.
        maximum: usize,
    },
    /// A query has too many regular expressions.
    #[error("the query has too many regular expressions: at most {maximum} are accepted")]
    TooManyRegexes {
        /// Matchers by regular expression.
        maximum: usize,
    },
    /// A label's name that is empty. No series has one, and a server is known to crash on it (MetricsQL 1.150).
    #[error("a label's name is empty")]
    EmptyLabel,
    /// A string that escapes a single byte beyond ASCII, which is not text.
    #[error(
        r"a string escapes bytes beyond ASCII; accepted are \u and \U, or the characters themselves"
    )]
    ByteEscape,
    /// A time or a duration that no data can have.
    #[error("a time or a duration is out of range")]
    Duration,
    /// The text is not PromQL, as far as the parser knows it.
    #[error("the query cannot be read as PromQL")]
    NotPromql,
    /// A function that may read more than its arguments.
    #[error(
        "the query calls a function that is not known to read nothing but its arguments: {0:?}"
    )]
    Function(&'static str),
    /// A part of the tree that this version of the parser does not make.
    #[error("the query has a part of an unknown kind")]
    UnknownPart,
    /// A `match[]` that is an expression, or has a time of its own.
    #[error("match[] is not a plain selector")]
    NotASelector,
    /// The tree cannot be written so that it reads back the same.
    #[error("the query cannot be written anew without a change of its meaning")]
    Unfaithful,
}
