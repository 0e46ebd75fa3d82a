//! A template whose placeholders all stand where what is filled in can only be what it is meant to be: decided by the
//! tokens around each.

use std::ops::Range;

use super::error::{PresetError, TemplateFault};
use super::place::Place;
use super::token::{Kind, Placeholder, Token, tokens};

/// A template's text, in bytes: those of Backend.AI have some hundreds.
const MOST_BYTES: usize = 16 * 1024;
/// The most selectors, as many as a host's scope takes.
const MOST_SELECTORS: usize = 64;

/// Words after which no vector stands by itself, and that name none.
const KEYWORDS: [&str; 15] = [
    "and",
    "atan2",
    "bool",
    "by",
    "group_left",
    "group_right",
    "ignoring",
    "inf",
    "nan",
    "offset",
    "on",
    "or",
    "unless",
    "without",
    "default",
];
/// The words after which a selector without a name may stand. Before a bracket of matchers any other names the metric.
const OPERATORS: [&str; 8] = [
    "and",
    "atan2",
    "bool",
    "default",
    "group_left",
    "group_right",
    "or",
    "unless",
];
const GROUPINGS: [&str; 2] = ["by", "without"];

/// A checked template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template {
    text: String,
    holes: Vec<Hole>,
    pub(super) selectors: Vec<Selector>,
    /// True if a selector may be read at another time than the query's: by `offset` or `@`.
    pub(super) is_shifted: bool,
}

/// A placeholder in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Hole {
    placeholder: Placeholder,
    span: Range<usize>,
    /// The span to cut if the list is empty: the placeholder with one comma beside it.
    cut: Range<usize>,
}

/// A selector, with the metric's name if it has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Selector {
    pub(super) span: Range<usize>,
    /// True if filters reach it.
    pub(super) is_filtered: bool,
    /// True if it has a name, or a matcher of its own.
    is_bound: bool,
}

/// A placeholder, and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// The placeholder.
    pub placeholder: Placeholder,
    /// The place of it in the template.
    pub place: Place,
}

/// The texts to fill in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Filling {
    /// Matchers, separated by commas.
    pub(super) labels: String,
    /// A duration.
    pub(super) window: String,
    /// Labels, separated by commas.
    pub(super) group_by: String,
}

impl Filling {
    fn of(&self, placeholder: Placeholder) -> &str {
        match placeholder {
            Placeholder::Labels => &self.labels,
            Placeholder::Window => &self.window,
            Placeholder::GroupBy => &self.group_by,
        }
    }
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// Fails if the template is invalid; the fault names the place.
    pub(super) fn parse(text: &str) -> Result<Self, TemplateFault> {
        if text.trim().is_empty() {
            return Err(TemplateFault::Empty);
        }
        if text.len() > MOST_BYTES {
            return Err(TemplateFault::Long {
                given: text.len(),
                most: MOST_BYTES,
            });
        }
        let tokens = tokens(text)?;
        let mut reader = Reader {
            text,
            tokens: &tokens,
            open: Vec::new(),
            holes: Vec::new(),
            selectors: Vec::new(),
        };
        for at in 0..tokens.len() {
            reader.take(at)?;
        }
        let Reader {
            holes, selectors, ..
        } = reader;
        if selectors.len() > MOST_SELECTORS {
            return Err(TemplateFault::ManySelectors {
                given: selectors.len(),
                most: MOST_SELECTORS,
            });
        }
        let shifts = |token: &Token| match token.kind {
            Kind::Sign(sign) => sign == '@',
            Kind::Word => is_one_of(text, token, &["offset"]),
            _ => false,
        };
        Ok(Self {
            text: text.to_owned(),
            holes,
            selectors,
            is_shifted: tokens.iter().any(shifts),
        })
    }

    /// The placeholders, in their order.
    pub(super) fn placeholders(&self) -> impl Iterator<Item = Placed> {
        self.holes.iter().map(|hole| Placed {
            placeholder: hole.placeholder,
            place: Place::of(&self.text, hole.span.start),
        })
    }

    /// Returns true if there is such a placeholder.
    pub(super) fn has(&self, placeholder: Placeholder) -> bool {
        self.holes
            .iter()
            .any(|hole| hole.placeholder == placeholder)
    }

    /// The query.
    ///
    /// # Errors
    /// A selector that is left empty.
    pub(super) fn fill(&self, filling: &Filling) -> Result<String, PresetError> {
        self.fill_part(0..self.text.len(), filling)
    }

    /// A selector of the query.
    ///
    /// # Errors
    /// A selector that is left empty.
    pub(super) fn fill_selector(
        &self,
        selector: &Selector,
        filling: &Filling,
    ) -> Result<String, PresetError> {
        self.fill_part(selector.span.clone(), filling)
    }

    fn fill_part(&self, part: Range<usize>, filling: &Filling) -> Result<String, PresetError> {
        if filling.labels.is_empty()
            && let Some(empty) = self.selectors.iter().find(|s| s.is_filtered && !s.is_bound)
        {
            let place = Place::of(&self.text, empty.span.start);
            return Err(PresetError::EmptySelector(place));
        }
        let mut out = String::with_capacity(self.text.len());
        let mut copied = part.start;
        for hole in &self.holes {
            if hole.span.start < part.start || hole.span.end > part.end {
                continue;
            }
            let value = filling.of(hole.placeholder);
            let gone = match value.is_empty() {
                true => &hole.cut,
                false => &hole.span,
            };
            // Two that are empty may share a comma.
            out.push_str(
                self.text
                    .get(copied..gone.start.max(copied))
                    .unwrap_or_default(),
            );
            out.push_str(value);
            copied = gone.end;
        }
        out.push_str(self.text.get(copied..part.end).unwrap_or_default());
        Ok(out)
    }
}

fn is_one_of(text: &str, token: &Token, words: &[&str]) -> bool {
    let word = text.get(token.span.clone()).unwrap_or_default();
    token.kind == Kind::Word && words.iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// An open bracket, and what it means.
struct Open {
    bracket: char,
    /// Of `by (` and `without (`.
    is_grouping: bool,
    /// Of the labels of any modifier.
    is_labels: bool,
    /// True if a placeholder is already in it.
    hole: bool,
    /// Of `{`: which selector.
    selector: usize,
}

struct Reader<'a> {
    text: &'a str,
    tokens: &'a [Token],
    open: Vec<Open>,
    holes: Vec<Hole>,
    selectors: Vec<Selector>,
}

impl Reader<'_> {
    fn kind(&self, at: Option<usize>) -> Option<Kind> {
        Some(self.tokens.get(at?)?.kind)
    }

    fn is_word(&self, at: Option<usize>, words: &[&str]) -> bool {
        at.and_then(|at| self.tokens.get(at))
            .is_some_and(|token| is_one_of(self.text, token, words))
    }

    fn take(&mut self, at: usize) -> Result<(), TemplateFault> {
        let Some(token) = self.tokens.get(at) else {
            return Ok(());
        };
        let before = at.checked_sub(1);
        let inside = self.open.last().map(|open| open.bracket);
        match token.kind {
            Kind::Hole(placeholder) => return self.place(at, placeholder),
            Kind::Open(bracket) => {
                if bracket == '{' {
                    let name = before.filter(|_| {
                        self.kind(before) == Some(Kind::Word) && !self.is_word(before, &OPERATORS)
                    });
                    let named = name.and_then(|name| self.tokens.get(name));
                    let start = named.map_or(token.span.start, |name| name.span.start);
                    self.selectors.push(Selector {
                        span: start..token.span.end,
                        is_filtered: false,
                        is_bound: named.is_some(),
                    });
                }
                self.open.push(Open {
                    bracket,
                    is_grouping: self.is_word(before, &GROUPINGS),
                    is_labels: self.is_word(before, &KEYWORDS),
                    hole: false,
                    selector: self.selectors.len().saturating_sub(1),
                });
            }
            Kind::Close(_) => {
                if let Some(open) = self.open.pop()
                    && open.bracket == '{'
                    && let Some(selector) = self.selectors.get_mut(open.selector)
                {
                    selector.span.end = token.span.end;
                }
            }
            Kind::Word | Kind::Text if inside == Some('{') => {
                let open = self.open.last().map_or(0, |open| open.selector);
                if let Some(selector) = self.selectors.get_mut(open) {
                    selector.is_bound = true;
                }
            }
            Kind::Word if self.is_bare_selector(at) => self.selectors.push(Selector {
                span: token.span.clone(),
                is_filtered: false,
                is_bound: true,
            }),
            Kind::Word | Kind::Text | Kind::Number | Kind::Sign(_) => {}
        }
        Ok(())
    }

    /// A metric's name by itself: no function, aggregation, keyword, label or duration.
    fn is_bare_selector(&self, at: usize) -> bool {
        let next = Some(at + 1);
        let is_label = self
            .open
            .last()
            .is_some_and(|open| open.is_labels || open.bracket == '[');
        !is_label
            && !self.is_word(Some(at), &KEYWORDS)
            && !matches!(self.kind(next), Some(Kind::Open('(' | '{')))
            && !self.is_word(next, &GROUPINGS)
    }

    fn place(&mut self, at: usize, placeholder: Placeholder) -> Result<(), TemplateFault> {
        let Some(token) = self.tokens.get(at) else {
            return Ok(());
        };
        let (before, after) = (at.checked_sub(1), Some(at + 1));
        let is_between = |open: Kind, close: Kind, separator: char| {
            let separator = Kind::Sign(separator);
            [open, separator].map(Some).contains(&self.kind(before))
                && [close, separator].map(Some).contains(&self.kind(after))
        };
        let bracket = self.open.last().map(|open| open.bracket);
        let accepted = match placeholder {
            Placeholder::Labels => {
                match bracket == Some('{') && is_between(Kind::Open('{'), Kind::Close('}'), ',') {
                    true => None,
                    false => Some("accepted is a place of its own between the matchers of `{…}`"),
                }
            }
            Placeholder::GroupBy => {
                match self.open.last().is_some_and(|open| open.is_grouping)
                    && is_between(Kind::Open('('), Kind::Close(')'), ',')
                {
                    true => None,
                    false => Some(
                        "accepted is a place of its own between the labels of `by (…)` or `without (…)`",
                    ),
                }
            }
            Placeholder::Window => {
                match bracket == Some('[') && is_between(Kind::Open('['), Kind::Close(']'), ':')
                    || self.is_offset(at)
                {
                    true => None,
                    false => {
                        Some("accepted is a whole duration: of a range `[…]`, or after `offset`")
                    }
                }
            }
        };
        let place = || Place::of(self.text, token.span.start);
        if let Some(accepted) = accepted {
            return Err(TemplateFault::Misplaced {
                name: placeholder.name(),
                place: place(),
                accepted,
            });
        }
        if placeholder != Placeholder::Window {
            if self.open.last().is_some_and(|open| open.hole) {
                return Err(TemplateFault::Repeated {
                    name: placeholder.name(),
                    place: place(),
                });
            }
            if let Some(open) = self.open.last_mut() {
                open.hole = true;
            }
        }
        if placeholder == Placeholder::Labels
            && let Some(open) = self.open.last()
            && let Some(selector) = self.selectors.get_mut(open.selector)
        {
            selector.is_filtered = true;
        }
        self.holes.push(Hole {
            placeholder,
            span: token.span.clone(),
            cut: self.cut(at, token),
        });
        Ok(())
    }

    /// A duration after `offset` or `offset -`, to which nothing is attached.
    fn is_offset(&self, at: usize) -> bool {
        let touches = |one: usize, other: usize| {
            let end = self.tokens.get(one).map(|token| token.span.end);
            end.is_some() && end == self.tokens.get(other).map(|token| token.span.start)
        };
        let word = match self.kind(at.checked_sub(1)) {
            Some(Kind::Sign('-')) => at.checked_sub(2),
            _ => at.checked_sub(1).filter(|&word| !touches(word, at)),
        };
        let attached = match self.kind(Some(at + 1)) {
            Some(Kind::Word | Kind::Number | Kind::Hole(_) | Kind::Sign('.')) => {
                touches(at, at + 1)
            }
            _ => false,
        };
        self.is_word(word, &["offset"]) && !attached
    }

    /// The placeholder with the comma before it, or else after it.
    fn cut(&self, at: usize, token: &Token) -> Range<usize> {
        let comma = |at: Option<usize>| {
            let token = self.tokens.get(at?)?;
            (token.kind == Kind::Sign(',')).then_some(&token.span)
        };
        match (comma(at.checked_sub(1)), comma(Some(at + 1))) {
            (Some(before), _) => before.start..token.span.end,
            (None, Some(after)) => token.span.start..after.end,
            (None, None) => token.span.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(template: &str, labels: &str, group_by: &str) -> String {
        let filling = Filling {
            labels: labels.into(),
            window: "5m".into(),
            group_by: group_by.into(),
        };
        Template::parse(template).unwrap().fill(&filling).unwrap()
    }

    #[test]
    fn an_empty_list_takes_one_comma_along() {
        for (template, without, with) in [
            ("m{${{labels}}}", "m{}", "m{l}"),
            ("m{${{labels}},a=\"b\"}", "m{a=\"b\"}", "m{l,a=\"b\"}"),
            (
                "m{a=\"b\" , ${{labels}} }",
                "m{a=\"b\"  }",
                "m{a=\"b\" , l }",
            ),
            (
                "m{a=\"b\",${{labels}},c=\"d\"}",
                "m{a=\"b\",c=\"d\"}",
                "m{a=\"b\",l,c=\"d\"}",
            ),
            ("m{a=\"b\",${{labels}},}", "m{a=\"b\",}", "m{a=\"b\",l,}"),
        ] {
            assert_eq!(filled(template, "", ""), without, "{template}");
            assert_eq!(filled(template, "l", ""), with, "{template}");
        }
        let by =
            "sum by (le, ${{group_by}})(rate(m[${{ window }}])) / sum WITHOUT(${{group_by}})(m)";
        assert_eq!(
            filled(by, "", ""),
            "sum by (le)(rate(m[5m])) / sum WITHOUT()(m)"
        );
        assert_eq!(
            filled(by, "", "a,b"),
            "sum by (le, a,b)(rate(m[5m])) / sum WITHOUT(a,b)(m)"
        );
    }

    #[test]
    fn a_window_is_a_whole_part_of_a_range_or_an_offset() {
        for (template, text) in [
            ("m[${{window}}:1m]", "m[5m:1m]"),
            ("m[1h:${{window}}]", "m[1h:5m]"),
            ("m[${{window}}:]", "m[5m:]"),
            ("m offset ${{window}}", "m offset 5m"),
            ("m offset -${{window}}/2", "m offset -5m/2"),
            ("(m OFFSET\n${{window}})", "(m OFFSET\n5m)"),
        ] {
            assert_eq!(filled(template, "", ""), text);
        }
    }

    #[test]
    fn a_placeholder_anywhere_else_is_refused_with_its_place() {
        for (template, column) in [
            ("${{labels}}", 1),
            ("m${{labels}}", 2),
            ("m{a=${{labels}}}", 5),
            ("m{a${{labels}}}", 4),
            ("m{${{labels}}=\"x\"}", 3),
            ("m{${{labels}} or a=\"b\"}", 3),
            ("m{!${{labels}}}", 4),
            ("m{a=\"b\"${{labels}}}", 8),
            ("sum by (${{labels}})(m)", 9),
            ("m[${{labels}}]", 3),
            ("m{${{group_by}}}", 3),
            ("sum(${{group_by}})", 5),
            ("m / on(${{group_by}}) n", 8),
            ("sum by ((${{group_by}}))(m)", 10),
            ("sum by (a ${{group_by}})(m)", 11),
            ("sum by ${{group_by}}(m)", 8),
            ("m[${{window}}s]", 3),
            ("m[1h${{window}}]", 5),
            ("m[2*${{window}}]", 5),
            ("m[(${{window}})]", 4),
            ("${{window}}", 1),
            ("m offset${{window}}", 9),
            ("m offset ${{window}}s", 10),
            ("m offset ${{window}}1", 10),
            ("m offset 1h${{window}}", 12),
            ("m offset --${{window}}", 12),
            ("m @ ${{window}}", 5),
            ("m{${{window}}}", 3),
            ("sum by (${{window}})(m)", 9),
        ] {
            match Template::parse(template) {
                Err(TemplateFault::Misplaced { place, .. }) => {
                    assert_eq!((place.line, place.column), (1, column), "{template}");
                }
                other => panic!("{template}: {other:?}"),
            }
        }
        for repeated in [
            "m{${{labels}},${{labels}}}",
            "sum by(${{group_by}},${{group_by}})(m)",
        ] {
            let fault = Template::parse(repeated);
            assert!(matches!(fault, Err(TemplateFault::Repeated { .. })));
        }
    }

    #[test]
    fn a_selector_that_would_be_left_empty_is_refused() {
        let fill = |template: &str, labels: &str| {
            let filling = Filling {
                labels: labels.into(),
                ..Filling::default()
            };
            Template::parse(template).unwrap().fill(&filling)
        };
        for template in ["{${{labels}}}", "m and {${{labels}}}", "sum({${{labels}}})"] {
            assert!(matches!(
                fill(template, ""),
                Err(PresetError::EmptySelector(_))
            ));
            assert!(fill(template, "a=\"b\"").is_ok());
        }
        for template in [
            "m{${{labels}}}",
            "{\"m\",${{labels}}}",
            "{${{labels}},a=\"b\"}",
        ] {
            assert!(fill(template, "").is_ok(), "{template}");
        }
    }

    #[test]
    fn selectors_are_counted_with_and_without_braces() {
        let template = Template::parse(
            "sum by (a) (rate(m{${{labels}}}[5m])) / on (a) group_left max without(b) (n) \
             + {x=\"y\"} and p:q offset 1h > bool inf or sum(r[1h:5m])",
        )
        .unwrap();
        let spans: Vec<_> = template
            .selectors
            .iter()
            .map(|selector| (&template.text[selector.span.clone()], selector.is_filtered))
            .collect();
        assert_eq!(
            spans,
            [
                ("m{${{labels}}}", true),
                ("n", false),
                ("{x=\"y\"}", false),
                ("p:q", false),
                ("r", false)
            ]
        );
        assert!(template.is_shifted);
    }

    #[test]
    fn a_template_has_its_bounds() {
        let long = format!("m{{a=\"{}\"}}", "x".repeat(MOST_BYTES));
        assert!(matches!(
            Template::parse(&long),
            Err(TemplateFault::Long { .. })
        ));
        let many = vec!["m"; MOST_SELECTORS + 1].join("+");
        assert!(matches!(
            Template::parse(&many),
            Err(TemplateFault::ManySelectors { given: 65, .. })
        ));
        assert_eq!(Template::parse(" \n"), Err(TemplateFault::Empty));
    }
}
