//! Attacks on the scope: another tenant's series, in disguises.

mod ask;
mod comments;
mod joined;
mod keywords;
mod label_replace;
mod label_twice;
mod log_of_parameters;
mod name_regex;
mod negation;
mod odd_parameters;
mod offset_and_at;
mod one_bit;
mod or_between;
mod or_inside;
mod other_body;
mod other_endpoints;
mod other_language;
mod plain;
mod quotes;
mod subquery;
mod summed;
mod twice;
mod url_and_body;
mod utf8_names;

named!(
    comments,
    joined,
    keywords,
    label_replace,
    label_twice,
    log_of_parameters,
    name_regex,
    negation,
    odd_parameters,
    offset_and_at,
    one_bit,
    or_between,
    or_inside,
    other_body,
    other_endpoints,
    other_language,
    plain,
    quotes,
    subquery,
    summed,
    twice,
    url_and_body,
    utf8_names,
);
