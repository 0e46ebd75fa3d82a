//! The test that PromQL is settled by its last instant: its result depends on the samples up to there, and on nothing
//! else, whichever server reads it.
//!
//! A list of what passes, not of what does not: MetricsQL has functions for the present and for chance, `WITH` hides
//! both, `@` and an `offset` look into the future unless it is a plain duration, `smoothed` and `anchored` beyond the
//! end, and a later server will know more. A query that is not read with certainty is not settled.

use metric_scope::is_pure_function;

/// The aggregations, which stand before a parenthesis as functions do.
const AGGREGATIONS: [&str; 12] = [
    "avg",
    "bottomk",
    "count",
    "count_values",
    "group",
    "max",
    "min",
    "quantile",
    "stddev",
    "stdvar",
    "sum",
    "topk",
];

/// Other words that a parenthesis may follow.
const KEYWORDS: [&str; 11] = [
    "and",
    "atan2",
    "bool",
    "by",
    "group_left",
    "group_right",
    "ignoring",
    "on",
    "or",
    "unless",
    "without",
];

/// Words that look elsewhere than back, wherever they stand.
const ELSEWHERE: [&str; 2] = ["anchored", "smoothed"];

/// The characters allowed outside of words, numbers and strings. Neither `@`, nor `#`, nor `\`.
const SYMBOLS: &[u8] = b" \t\r\n(){}[],+-*/%^=!<>~";

/// Returns true if a query is settled by its last instant.
pub(super) fn is_settled(promql: &str) -> bool {
    let mut rest = promql;
    while let Some(first) = rest.bytes().next() {
        let token = match first {
            b'"' | b'\'' | b'`' => match string(rest) {
                Some(length) => length,
                None => return false,
            },
            _ if is_of_a_word(first) => {
                let length = rest.bytes().take_while(|byte| is_of_a_word(*byte)).count();
                let (word, after) = rest.split_at(length);
                if !may_stand(word, after) {
                    return false;
                }
                length
            }
            // A range that is none of the past.
            b'[' if looks_ahead(rest) => return false,
            _ if SYMBOLS.contains(&first) => 1,
            _ => return false,
        };
        rest = rest.get(token..).unwrap_or_default();
    }
    true
}

/// Names, keywords, numbers and durations.
fn is_of_a_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':' | b'.')
}

fn may_stand(word: &str, after: &str) -> bool {
    let is_called = after.trim_ascii_start().starts_with('(');
    let word = word.to_ascii_lowercase();
    let word = word.as_str();
    !ELSEWHERE.contains(&word)
        && (word != "offset" || is_ago(after))
        && (!is_called
            || is_pure_function(word)
            || AGGREGATIONS.contains(&word)
            || KEYWORDS.contains(&word))
}

/// Returns true if an `offset` is a duration and nothing that is calculated with, of a selector that ends an argument:
/// then it lies in the past.
fn is_ago(after: &str) -> bool {
    let after = after.trim_ascii_start();
    let duration = after.trim_start_matches(|c: char| c.is_ascii_alphanumeric());
    after.starts_with(|c: char| c.is_ascii_digit()) && duration.trim_ascii_start().starts_with(')')
}

fn looks_ahead(range: &str) -> bool {
    range
        .split_once(']')
        .is_none_or(|(range, _)| range.contains('-'))
}

/// The length of the string literal at the front. None: it does not end.
fn string(text: &str) -> Option<usize> {
    let mut bytes = text.bytes().enumerate();
    let (_, quote) = bytes.next()?;
    loop {
        match bytes.next()? {
            (_, b'\\') if quote != b'`' => drop(bytes.next()?),
            (at, end) if end == quote => return Some(at + 1),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_that_could_look_elsewhere_than_back_is_not_settled() {
        for query in [
            "up offset -1h",
            "up OFFSET 1h",
            "rate(up[5m] offset 1h - 2h)",
            "rate(up[5m] offset (1h - 2h))",
            "rate(up[5m] offset -1h)",
            "rate(up[5m] offset +1h)",
            "rate(up[5m] offset x)",
            "up @ end()",
            "up @ 4000000000",
            "up # \"\n offset -1h",
            "up{a=\"b",
            "up{a=\"b\\\"}",
            "rate(up[5m] smoothed)",
            "increase(up[5m] Anchored)",
            "sum(up[-5m])",
            "sum(rate(up[5m - 10m]))",
            "up[",
            // MetricsQL: the present, chance, and what hides them.
            "now()",
            "now ()",
            "up + rand()",
            "rand_normal(1)",
            "WITH (x = now()) up + x",
            "with(x = now()) x",
            "step()",
            "end()",
            "range_last(up)",
            "nobody_knows(up)",
            "up\\x20offset 1h",
            "f\u{e9}te",
        ] {
            assert!(!is_settled(query), "{query}");
        }
    }

    #[test]
    fn what_looks_back_only_is_settled_by_its_last_instant() {
        for query in [
            "sum by (kernel_id)(rate(net_rx{a=\"b\"}[5m]))",
            r#"up{a="\"@ offset now()",b='# @',c=`\`,d!~"@"}"#,
            "max_over_time((sum(up))[1h:5m])",
            "100 * sum by (a) (x and ignoring(value_type) (y > 0)) / sum without (b) (z)",
            "SUM(up) or vector(0) unless on (a) group_left (b) offset_metric",
            "quantile_over_time(0.5, up[1h]) == bool (1e3 - 0x1F) + now",
            "up{a=\"\u{e9}\"}",
            "sum(last_over_time(up[5m]) - last_over_time(up[1h] offset 5m) >= 0 or resets(up[5m] offset 1h30m ))",
        ] {
            assert!(is_settled(query), "{query}");
        }
    }
}
