//! PromQL of any shape, as a strategy: every kind of node, in odd spellings, with values that try to break out.

use proptest::prelude::*;

/// A query whose value is an instant vector.
pub(crate) fn vector() -> impl Strategy<Value = String> {
    selector().prop_recursive(4, 24, 3, |inner| {
        let v = inner.clone();
        prop_oneof![
            (v.clone(), space()).prop_map(|(v, s)| format!("({s}{v}{s})")),
            v.clone().prop_map(|v| format!("-{v}")),
            (function(), v.clone()).prop_map(|(f, v)| format!("{f}({v})")),
            (matrix(), over_time()).prop_map(|(m, f)| format!("{f}({m})")),
            (v.clone(), over_time(), times())
                .prop_map(|(v, f, t)| format!("{f}(({v})[10m:1m]{t})")),
            (aggregation(), v.clone()).prop_map(|(a, v)| format!("{a}({v})")),
            (aggregation(), v.clone(), grouping()).prop_map(|(a, v, g)| format!("{a}({v}) {g}")),
            (v.clone(), v.clone(), grouping())
                .prop_map(|(p, v, g)| format!("topk {g} (scalar({p}), {v})")),
            (string(), v.clone())
                .prop_map(|(s, v)| format!("label_replace({v}, \"d\", {s}, \"x\", \"(.*)\")")),
            (v.clone(), arithmetic(), v.clone()).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
            (v.clone(), set_operator(), v.clone()).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
            (v.clone(), number(), arithmetic()).prop_map(|(a, n, op)| format!("{n} {op} {a}")),
        ]
    })
}

/// A selector with its times.
fn selector() -> impl Strategy<Value = String> {
    (series(), times()).prop_map(|(s, t)| format!("{s}{t}"))
}

fn matrix() -> impl Strategy<Value = String> {
    (series(), times()).prop_map(|(s, t)| format!("{s}[5m]{t}"))
}

/// A selector without times.
pub(crate) fn series() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec!["up", "other", "sum", "by", "a:b", "start"]);
    let matchers = || (prop::collection::vec(matcher(), 0..4), space());
    prop_oneof![
        name.clone().prop_map(str::to_owned),
        (name, matchers())
            .prop_map(|(n, (m, s))| format!("{n}{s}{{{s}{}{s}}}", m.join(&format!(",{s}")))),
        matchers().prop_map(|(mut m, s)| {
            m.insert(0, "__name__=~\"up|other\"".to_owned());
            format!("{{{}{s}}}", m.join(","))
        }),
    ]
}

fn matcher() -> impl Strategy<Value = String> {
    let label = prop::sample::select(vec!["user", "x", "or", "by", "le", "__x"]);
    let regex = prop::sample::select(vec![
        r#"".*""#,
        r#"".+""#,
        r#""a|b""#,
        r#""[ab]""#,
        r#""(?i)A""#,
        r#""a{1,2}""#,
        r#""\\w+""#,
        "'^a$'",
        "`a.*`",
        r#""""#,
    ]);
    prop_oneof![
        (
            label.clone(),
            prop::sample::select(vec!["=", "!=", " = "]),
            string()
        )
            .prop_map(|(l, op, v)| format!("{l}{op}{v}")),
        (label, prop::sample::select(vec!["=~", "!~"]), regex)
            .prop_map(|(l, op, v)| format!("{l}{op}{v}")),
    ]
}

/// A literal, in one of the spellings that there are.
fn string() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        prop::sample::select(vec![
            "",
            "a",
            "b",
            "aa",
            "a\"b\\\n",
            "\"} or up{user=\"b",
            "# ",
            "\u{fffd}",
            "\u{202e}",
            "\0",
            "}",
            "{",
            "`",
        ])
        .prop_map(str::to_owned),
        any::<String>(),
    ];
    (value, 0..3).prop_map(|(value, spelling)| {
        let escape = |quote: char| {
            let mut literal = String::from(quote);
            for c in value.chars() {
                match c {
                    '\n' => literal.push_str("\\n"),
                    '\\' => literal.push_str("\\\\"),
                    c if c == quote => literal.extend(['\\', c]),
                    c => literal.push(c),
                }
            }
            literal.push(quote);
            literal
        };
        match spelling {
            0 if !value.contains(['`', '\\']) => format!("`{value}`"),
            1 => escape('\''),
            _ => escape('"'),
        }
    })
}

fn times() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "",
        "",
        "",
        " offset 5m",
        " offset -1h30m",
        " @ 1700000000.123",
        " @ start()",
        " @ end() offset 1m",
        " offset 1d @ 0",
        " @ -1",
    ])
    .prop_map(str::to_owned)
}

fn space() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["", " ", "\n", "\t ", "# } or up\n", " # \"\r\n"])
        .prop_map(str::to_owned)
}

fn function() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "abs",
        "absent",
        "ceil",
        "sort",
        "timestamp",
        "hour",
        "exp",
    ])
}

fn over_time() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "rate",
        "increase",
        "max_over_time",
        "count_over_time",
        "absent_over_time",
    ])
}

fn aggregation() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["sum", "count", "MAX", "avg", "group", "stddev"])
}

fn grouping() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "by (user)",
        "without (x, user)",
        "by ()",
        "BY (or, by,)",
    ])
}

fn arithmetic() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "+",
        "-",
        "*",
        "/",
        "%",
        "^",
        "atan2",
        "==",
        "> bool",
        "!=",
        "<= bool on (user)",
        "+ ignoring (x, user)",
        "* on (x) group_left (user)",
        "/ ignoring () group_right ()",
    ])
}

fn set_operator() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "or",
        "and",
        "unless",
        "or on (user)",
        "AND ignoring (x)",
    ])
}

fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<f64>()
            .prop_filter("a literal", |n| n.is_finite() && *n >= 0.0)
            .prop_map(|n| format!("{n:e}")),
        prop::sample::select(vec!["1", "0x1F", "017", ".5", "5.", "NaN", "Inf", "1e3"])
            .prop_map(str::to_owned),
    ]
}
