//! Tests of queries, and of attempts to get around the scope.

use super::*;

fn scope() -> Scope {
    Scope::equal("user", "a").unwrap()
}

#[track_caller]
fn becomes(query: &str, expected: &str) {
    assert_eq!(scope().enforce_query(query).as_deref(), Ok(expected));
}

#[track_caller]
fn is_refused(query: &str) -> ScopeRefusal {
    scope().enforce_query(query).unwrap_err()
}

#[test]
fn every_selector_gets_the_scope_wherever_it_stands() {
    for (query, expected) in [
        ("up", r#"up{user="a"}"#),
        ("up{}", r#"up{user="a"}"#),
        (r#"{job="x"}"#, r#"{job="x",user="a"}"#),
        (r#"{__name__=~".+"}"#, r#"{__name__=~".+",user="a"}"#),
        ("rate(up[5m])", r#"rate(up{user="a"}[5m])"#),
        (
            "max_over_time(rate(up[5m])[1h:30s] @ end() offset -1m)",
            r#"max_over_time(rate(up{user="a"}[5m])[1h:30s] @ end() offset -1m)"#,
        ),
        (
            "up[5m:] @ 1609746000.5 offset 1h30m",
            r#"up{user="a"}[5m:] @ 1609746000.500 offset 1h30m"#,
        ),
        ("up @ -1.25", r#"up{user="a"} @ -1.250"#),
        (
            "a + on (x) group_left (y) b * c",
            r#"a{user="a"} + on (x) group_left (y) b{user="a"} * c{user="a"}"#,
        ),
        (
            "a > bool ignoring () b or c unless d and e",
            r#"a{user="a"} > bool ignoring () b{user="a"} or c{user="a"} unless d{user="a"} and e{user="a"}"#,
        ),
        (
            "sum without (x) (a) / sum(b) by ()",
            r#"sum without (x) (a{user="a"}) / sum by () (b{user="a"})"#,
        ),
        (
            "topk(scalar(secret), -a)",
            r#"topk(scalar(secret{user="a"}), -a{user="a"})"#,
        ),
        (
            r#"count_values("v", a) atan2 quantile(0.5, b)"#,
            r#"count_values("v", a{user="a"}) atan2 quantile(0.5, b{user="a"})"#,
        ),
        (
            r#"label_replace(a, "user", "$1", "other", "(.*)")"#,
            r#"label_replace(a{user="a"}, "user", "$1", "other", "(.*)")"#,
        ),
        ("absent(a)", r#"absent(a{user="a"})"#),
        ("vector(1) + time()", "vector(1) + time()"),
        ("-1 ^ +2", "-1 ^ 2"),
        (
            "1e300 * NaN / -Inf",
            &format!("1{} * NaN / -Inf", "0".repeat(300)),
        ),
    ] {
        becomes(query, expected);
    }
}

#[test]
fn a_matcher_on_the_scopes_label_stays_beside_it() {
    becomes(r#"up{user="b"}"#, r#"up{user="b",user="a"}"#);
    becomes(r#"up{user!="a"}"#, r#"up{user!="a",user="a"}"#);
    becomes(r#"up{user=~"a|b"}"#, r#"up{user=~"a|b",user="a"}"#);
    becomes(r#"up{user="a"}"#, r#"up{user="a"}"#);
}

#[test]
fn every_alternative_of_a_selector_gets_the_scope() {
    becomes(
        r#"up{a="1" or b="2",c="3" or user="a"}"#,
        r#"up{a="1",user="a" or b="2",c="3",user="a" or user="a"}"#,
    );
    becomes(
        r#"{a="1" OR "other.name"}"#,
        r#"{a="1",user="a" or __name__="other.name",user="a"}"#,
    );
}

#[test]
fn names_beyond_the_classic_ones_are_written_in_the_oldest_way_there_is() {
    becomes(
        r#"{"http.requests", "a.b"="1", 'c'!~`d`}"#,
        r#"{__name__="http.requests","a.b"="1",c!~"d",user="a"}"#,
    );
    becomes(
        r#"sum by ("a.b", c) ({"é"})"#,
        r#"sum by ("a.b",c) ({__name__="\u00e9",user="a"})"#,
    );
}

#[test]
fn comments_and_white_space_hide_nothing() {
    becomes(
        "up # {user=\"a\"}\n + # }\r other",
        r#"up{user="a"} + other{user="a"}"#,
    );
    becomes("up{ # user=\"a\"\n}", r#"up{user="a"}"#);
    becomes(
        "up{x=\"# \\\" } or up\"}\t+\nother",
        r##"up{x="# \" } or up",user="a"} + other{user="a"}"##,
    );
    becomes("up # or other", r#"up{user="a"}"#);
}

#[test]
fn keywords_as_names_are_selectors_too() {
    for name in [
        "by", "or", "offset", "sum", "start", "end", "fill", "SUM", "a:b", "on_",
    ] {
        becomes(
            &format!("{name}{{x=\"1\"}}"),
            &format!("{name}{{x=\"1\",user=\"a\"}}"),
        );
    }
    becomes(r#"up{or="1",by="2"}"#, r#"up{or="1",by="2",user="a"}"#);
}

#[test]
fn strings_keep_their_values_and_lose_their_spelling() {
    becomes(
        "up{x='a\"b\\'\\x01\\u00e9',y=`c`}",
        r#"up{x="a\"b'\x01\u00e9",y="c",user="a"}"#,
    );
    becomes("up{x=\"\u{fffd}한\u{202e}\0\"}", {
        r#"up{x="\ufffd\ud55c\u202e\x00",user="a"}"#
    });
    for escape in [r"\xff", r"\x80", r"\xA0", r"\377", r"\200"] {
        assert_eq!(
            is_refused(&format!("up{{x=\"{escape}\"}}")),
            ScopeRefusal::ByteEscape
        );
    }
    becomes(
        r#"up{x="\\xff\x7f\177"}"#,
        r#"up{x="\\xff\x7f\x7f",user="a"}"#,
    );
}

#[test]
fn the_scopes_own_values_are_written_as_literals() {
    let hostile = "a\"} or up{b=\"\\\n\u{fffd}";
    let scope = Scope::equal("user", hostile)
        .unwrap()
        .and(&Scope::one_of("project", ["p.1", "p2"]).unwrap());
    assert_eq!(
        scope.enforce_query("up").as_deref(),
        Ok(r#"up{user="a\"} or up{b=\"\\\n\ufffd",project=~"p\\.1|p2"}"#)
    );
    let same = r#"up{project=~"p\\.1|p2",user="a\"} or up{b=\"\\\n\ufffd"}"#;
    assert_eq!(scope.enforce_query(same).as_deref(), Ok(same));
}

#[test]
fn a_function_that_reads_beyond_its_arguments_is_refused() {
    assert_eq!(is_refused("info(up)"), ScopeRefusal::Function("info"));
    assert_eq!(
        is_refused(r#"info(up, {x="y"})"#),
        ScopeRefusal::Function("info")
    );
}

#[test]
fn what_cannot_be_read_is_refused() {
    for query in [
        "",
        "up up",
        "up{",
        "up}",
        "{}",
        "up{user=\"a\"",
        "foo(up)",
        "WITH (x = up) x",
        "union(up, other)",
        "up[5m",
        "up offset",
        "up{x=\"\\d\"}",
        "up\u{a0}+ other",
        "sum(up) limit 5",
        "up{a=\"1\"}{b=\"2\"}",
        "\"up\" + up",
        "up{x=~`\\d`}",
    ] {
        assert_eq!(is_refused(query), ScopeRefusal::NotPromql, "{query}");
    }
}

#[test]
fn what_cannot_be_written_faithfully_is_refused() {
    for query in ["up[5.0005]", "up offset 0.0001", r#"sum by ("inf") (up)"#] {
        assert!(
            matches!(
                is_refused(query),
                ScopeRefusal::Unfaithful | ScopeRefusal::NotPromql
            ),
            "{query}"
        );
    }
}

#[test]
fn numbers_on_which_the_parser_panics_are_refused() {
    for query in [
        "up[1e300]",
        "up[5m:1e300]",
        "up offset 1e300",
        "up offset -Inf",
        "up offset NaN",
        "up[0x7fffffffffffffff]",
        "up @ 1e17",
        "up @ -1e400",
    ] {
        assert_eq!(is_refused(query), ScopeRefusal::Duration, "{query}");
    }
    assert_eq!(is_refused("up[1h99999999999s]"), ScopeRefusal::Duration);
}

#[test]
fn a_text_that_is_too_long_is_refused_unread() {
    assert!(matches!(
        is_refused(&" ".repeat(1 << 20)),
        ScopeRefusal::TooLong { .. }
    ));
    assert!(matches!(
        is_refused(&"+ ".repeat(10_000)),
        ScopeRefusal::TooManyParts { .. } | ScopeRefusal::TooDeep { .. }
    ));
}

#[test]
fn nesting_that_would_exhaust_the_stack_is_refused() {
    let small_stack = std::thread::Builder::new().stack_size(1 << 20);
    let test = small_stack.spawn(|| {
        let at_most = |n: usize| {
            [
                format!("{}up{}", "(".repeat(n), ")".repeat(n)),
                format!("up{}", " + up".repeat(n)),
                format!("{}up", "-".repeat(n)),
                format!("{}up{}", "abs(".repeat(n), ")".repeat(n)),
                format!("up{}", "^up".repeat(n)),
                format!("{}up{}", "sum(1 + ".repeat(n / 2), ")".repeat(n / 2)),
            ]
        };
        for query in at_most(8_000) {
            assert!(matches!(
                is_refused(&query),
                ScopeRefusal::TooDeep { .. } | ScopeRefusal::TooManyParts { .. }
            ));
        }
        assert!(matches!(
            is_refused(&"(".repeat(60_000)),
            ScopeRefusal::TooDeep { .. } | ScopeRefusal::NotPromql
        ));
        // As deep as is allowed, on half of a worker's stack.
        for query in at_most(63) {
            assert!(
                matches!(
                    scope().enforce_query(&query),
                    Ok(_) | Err(ScopeRefusal::TooManySelectors { .. })
                ),
                "{query}"
            );
        }
    });
    test.unwrap().join().unwrap();
}

#[test]
fn a_regex_is_written_as_it_is_and_never_compiled() {
    // Some take seconds to compile, and some the server alone can read.
    let long = r"(?i)\\pL".repeat(6_000);
    for regex in [
        r"(?:\\w{100}){100}",
        r"(?i)\\pL{6}",
        "a)|(b",
        "a{bbb}",
        ".*",
        "",
        "r0",
        &long,
    ] {
        for operator in ["=~", "!~"] {
            let query = format!("up{{x{operator}\"{regex}\"");
            becomes(&format!("{query}}}"), &format!("{query},user=\"a\"}}"));
        }
    }
    let many = format!("up{{{}}}", r#"x=~"a+","#.repeat(100));
    assert!(matches!(
        is_refused(&many),
        ScopeRefusal::TooManyRegexes { .. }
    ));
}

#[test]
fn the_most_costly_queries_cost_a_slice_of_a_call_and_no_more() {
    let ids = (0..300).map(|i| format!("6f1c2a34-0a58-4c5e-9c8e-{i:012}"));
    let large = Scope::one_of("project", ids).unwrap();
    let regexes = r#"x=~"(?i)\\pL{6}","#.repeat(64);
    let selectors = vec!["up"; 60].join(" + ");
    let deep = format!("{}up{}", "(".repeat(120), ")".repeat(120));
    let parts = vec![deep.as_str(); 15].join(" + ");
    let labels = format!("sum by ({}) (up)", vec!["a"; 2_000].join(","));
    let arguments = format!("label_join(up, {})", vec!["\"a\""; 2_000].join(","));
    let operators = format!("{}1", "-".repeat(100));
    let string = format!("up{{x=\"{}\"}}", "a".repeat(65_000));
    for query in [
        &format!("up{{{regexes}}}"),
        &selectors,
        &parts,
        &labels,
        &arguments,
        &operators,
        &string,
    ] {
        // The machine may be busy: the best of some.
        let took = (0..5).map(|_| {
            let begun = std::time::Instant::now();
            let _ = large.enforce_query(query);
            begun.elapsed()
        });
        let took = took.min().unwrap();
        let head: String = query.chars().take(40).collect();
        assert!(
            took < std::time::Duration::from_millis(50),
            "{took:?}: {head}"
        );
    }
}

#[test]
fn a_label_without_a_name_is_refused() {
    for query in [
        r#"up{""="x"}"#,
        r#"up{"a"="1" or ""!~"x"}"#,
        r#"sum by ("") (up)"#,
        r#"a * on ("") b"#,
        r#"a * on (x) group_left ("") b"#,
    ] {
        let refusal = is_refused(query);
        assert_eq!(refusal, ScopeRefusal::EmptyLabel, "{query}");
    }
}

#[test]
fn more_selectors_than_anyone_needs_are_refused() {
    let selectors = vec![r#"a="1""#; 65].join(" or ");
    assert!(matches!(
        is_refused(&format!("{{{selectors}}}")),
        ScopeRefusal::TooManySelectors { .. }
    ));
}

#[test]
fn a_match_parameter_is_one_plain_selector() {
    let scope = scope();
    assert_eq!(
        scope.enforce_selector(r#"up{x="1"}"#).as_deref(),
        Ok(r#"up{x="1",user="a"}"#)
    );
    for selector in [
        "up[5m]",
        "up @ 1",
        "up offset 1m",
        "(up)",
        "up or other",
        "1",
        "abs(up)",
    ] {
        assert_eq!(
            scope.enforce_selector(selector),
            Err(ScopeRefusal::NotASelector),
            "{selector}"
        );
    }
}
