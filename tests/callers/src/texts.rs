//! Texts that try to break out of a literal, to be taken for something else, or to cost much.

use proptest::prelude::*;

const WORST: &[&str] = &[
    "",
    " ",
    "a",
    "\"",
    "\\",
    "\\\"",
    "\\\\\"",
    "\"} or up{a=\"",
    "\"}) or sum(up{a=~\".*\"",
    "\",value_type=\"capacity",
    "x\",__name__=~\".+",
    "\"} # ",
    "\n} or up",
    "${x}",
    "{{x}}",
    "%",
    "%22%7D+or+up",
    "&query=up",
    "a=b",
    "a,b",
    "'",
    "`",
    "#",
    ".*",
    "(?i)a",
    "\\x41",
    "\\u0041",
    "\\101",
    "\\N{U+41}",
    "\0",
    "\u{1}",
    "\u{7}",
    "\u{8}",
    "\t",
    "\r\n",
    "\u{1b}[31m",
    "\u{7f}",
    "\u{80}",
    "\u{85}",
    "\u{ad}",
    "\u{200b}",
    "\u{200e}",
    "\u{2028}",
    "\u{202e}",
    "\u{d7ff}",
    "\u{e000}",
    "\u{feff}",
    "\u{fffd}",
    "\u{ffff}",
    "\u{1f600}",
    "\u{10ffff}",
    "e\u{301}",
    "null",
    "undefined",
    "NaN",
    "0",
    "-1",
    "../../etc/passwd",
    "<script>",
    "'; drop table metrics; --",
    "up",
    "by",
    "or",
];

/// Any text, most of them short and few of them harmless.
pub fn text() -> BoxedStrategy<String> {
    prop_oneof![
        8 => prop::sample::select(WORST).prop_map(str::to_owned),
        4 => any::<String>(),
        4 => "[\"\\\\{}()\\[\\]=~!,#'`\n\0 a-c]{0,12}",
        2 => (prop::sample::select(WORST), any::<char>()).prop_map(|(text, c)| format!("{c}{text}{c}")),
        2 => prop::collection::vec(any::<char>(), 0..6).prop_map(String::from_iter),
        // Long ones seldom: each costs as much as hundreds of others.
        1 => (any::<char>(), 0..3_000_usize).prop_map(|(c, count)| String::from(c).repeat(count)),
    ]
    // Unboxed, a call of many texts would not fit the stack.
    .boxed()
}

/// As [`text`], and never empty.
pub(crate) fn something() -> impl Strategy<Value = String> {
    text().prop_map(|text| {
        if text.is_empty() {
            "k1".to_owned()
        } else {
            text
        }
    })
}
