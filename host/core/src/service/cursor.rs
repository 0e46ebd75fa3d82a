//! The text that leads from one page of a range to the next: the plugin's own cursor, and in front of it what the host
//! holds the next page to.
//!
//! | part      | which                                             |
//! |-----------|---------------------------------------------------|
//! | `first`   | the first instant of the first page, milliseconds |
//! | `next`    | the first instant of the next page, milliseconds  |
//! | `step`    | seconds                                           |
//! | `plugins` | the plugin's cursor                               |
//!
//! A page begins where the one before ended, and all together are no longer than a range may be: so whoever follows
//! cursors comes to the end, and the host remembers nothing between the pages. Whoever alters one misleads only
//! themselves.

use std::fmt;

use super::{grid::Grid, validate::broken};
use crate::contract::{error::CallError, types::Config};

/// The place in a range that is asked page by page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cursor<'a> {
    first: i64,
    next: i64,
    step: u32,
    /// The plugin's own part of the cursor.
    pub(crate) plugins: &'a str,
}

impl<'a> Cursor<'a> {
    /// None: the host did not write it.
    pub(crate) fn read(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(4, ':');
        let mut part = || parts.next();
        Some(Self {
            first: part()?.parse().ok()?,
            next: part()?.parse().ok()?,
            step: part()?.parse().ok()?,
            plugins: part()?,
        })
    }

    /// The cursor after a page, from the plugin's. `before` led to the page.
    ///
    /// # Errors
    /// No instant comes after the page's last: the contract is broken.
    pub(crate) fn after(
        page: &Grid,
        step: u32,
        before: Option<Cursor<'_>>,
        plugins: &'a str,
    ) -> Result<Self, CallError> {
        let next = page
            .next()
            .ok_or_else(|| broken("a page at the end of time".to_owned()))?;
        Ok(Self {
            first: before.map_or(page.start(), |before| before.first),
            next,
            step,
            plugins,
        })
    }

    /// Finds that a page is the one that this leads to.
    ///
    /// # Errors
    /// It is not: the contract is broken.
    pub(crate) fn check(&self, page: &Grid, step: u32, config: &Config) -> Result<(), CallError> {
        if (page.start(), step) != (self.next, self.step) {
            return Err(broken(format!(
                "a page from {} in steps of {step} s, where {} and {} s come next",
                page.start(),
                self.next,
                self.step
            )));
        }
        Grid::new((self.first, page.end()), step, config).map(drop)
    }
}

impl fmt::Display for Cursor<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            first,
            next,
            step,
            plugins,
        } = self;
        write!(f, "{first}:{next}:{step}:{plugins}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400_000;

    fn config() -> Config {
        Config::new("")
    }

    /// A page of some days by the hour.
    fn page(first: i64, last: i64) -> Grid {
        Grid::new((first * DAY, last * DAY - 3_600_000), 3600, &config()).unwrap()
    }

    #[test]
    fn a_cursor_is_read_back_with_the_plugins_own_in_it() {
        for plugins in ["", "1.60.0f", "a:b:c:d", "\u{e9}\n"] {
            let cursor = Cursor::after(&page(-1, 1), 3600, None, plugins).unwrap();
            assert_eq!(cursor.plugins, plugins);
            assert_eq!(Cursor::read(&cursor.to_string()), Some(cursor));
        }
        for foreign in ["", "1.60.0f", "1:2:3", "1:2:-3:x", "1::3:x"] {
            assert_eq!(Cursor::read(foreign), None, "{foreign}");
        }
    }

    #[test]
    fn a_page_begins_where_the_one_before_ended_and_has_its_step() {
        let first = page(0, 1);
        let cursor = Cursor::after(&first, 3600, None, "").unwrap();
        let check = |page, step| cursor.check(&page, step, &config()).is_ok();
        assert!(check(page(1, 2), 3600));
        for again in [first, page(2, 3), page(-1, 1)] {
            assert!(!check(again, 3600), "{again:?}");
        }
        assert!(!check(page(1, 2), 60));
    }

    #[test]
    fn pages_go_on_no_longer_than_a_range_may() {
        let mut before = None;
        for day in 0..7 {
            let page = page(day, day + 1);
            if let Some(before) = before {
                Cursor::check(&before, &page, 3600, &config()).unwrap();
            }
            before = Some(Cursor::after(&page, 3600, before, "").unwrap());
        }
        let eighth = page(7, 8);
        before.unwrap().check(&eighth, 3600, &config()).unwrap_err();
    }
}
