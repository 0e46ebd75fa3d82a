//! The layout of a table: the place of its sparklines, and the columns that give way on a narrow terminal. Widths only,
//! in columns.
//!
//! Numbers are never broken over lines. Identifiers (36 columns a UUID) stay whole as long as the row
//! fits the terminal, and are broken in two when that makes it fit. When not even that helps, the terminal
//! breaks the lines: what is copied out of it is still whole.

use super::Screen;
use super::table::PADDING;

/// The least that shows a shape.
const LEAST: usize = 8;
/// The widest table that is taken in at a glance.
const MOST: usize = 40;

/// The layout of a table.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    /// The label column that is broken over two lines, and its width then.
    pub(crate) broken: Option<(usize, usize)>,
    pub(crate) sparkline: Place,
}

/// The place of a series' sparkline.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Nowhere: not wanted.
    Nowhere,
    /// Into a column of its own, so wide.
    Beside(usize),
    /// Under the label in this column, so wide.
    Under(usize, usize),
}

/// Lays a table out whose label columns and number columns are so wide.
pub(crate) fn plan(labels: &[usize], numbers: &[usize], screen: &Screen) -> Layout {
    let Some(screen_width) = screen.width.map(usize::from) else {
        let sparkline = if screen.sparkline {
            Place::Beside(MOST)
        } else {
            Place::Nowhere
        };
        return Layout {
            broken: None,
            sparkline,
        };
    };
    let widths = labels.iter().chain(numbers);
    let whole = widths
        .map(|width| width + PADDING)
        .sum::<usize>()
        .saturating_sub(PADDING);
    let (column, widest) = labels
        .iter()
        .copied()
        .enumerate()
        .max_by_key(|(_, width)| *width)
        .unwrap_or_default();
    let half = widest.div_ceil(2).max(LEAST);
    let broken = Some((column, half)).filter(|_| half < widest);
    let whole_when_broken = whole - widest + half.min(widest);

    if !screen.sparkline {
        let broken = broken.filter(|_| whole > screen_width && whole_when_broken <= screen_width);
        return Layout {
            broken,
            sparkline: Place::Nowhere,
        };
    }
    let beside = |taken: usize| {
        screen_width
            .checked_sub(taken + PADDING)
            .filter(|room| *room >= LEAST)
    };
    let under = |width: usize| Place::Under(column, width.clamp(LEAST, MOST));
    if let Some(room) = beside(whole) {
        return Layout {
            broken: None,
            sparkline: Place::Beside(room.min(MOST)),
        };
    }
    if labels.is_empty() {
        return Layout {
            broken: None,
            sparkline: Place::Beside(LEAST),
        };
    }
    if whole > screen_width && whole_when_broken <= screen_width {
        let sparkline = beside(whole_when_broken)
            .map_or_else(|| under(half), |room| Place::Beside(room.min(MOST)));
        return Layout { broken, sparkline };
    }
    Layout {
        broken: None,
        sparkline: under(widest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UUID: usize = 36;
    /// `12.4 GiB` four times.
    const NUMBERS: [usize; 4] = [8; 4];

    fn on(width: u16, labels: &[usize]) -> Layout {
        plan(
            labels,
            &NUMBERS,
            &Screen {
                width: Some(width),
                sparkline: true,
            },
        )
    }

    #[test]
    fn where_there_is_room_the_sparkline_stands_beside() {
        assert_eq!(
            on(120, &[UUID]),
            Layout {
                broken: None,
                sparkline: Place::Beside(40)
            }
        );
        assert_eq!(
            on(90, &[UUID]),
            Layout {
                broken: None,
                sparkline: Place::Beside(12)
            }
        );
        assert_eq!(
            on(60, &[]),
            Layout {
                broken: None,
                sparkline: Place::Beside(20)
            }
        );
    }

    #[test]
    fn at_80_columns_a_uuid_stays_whole_and_the_sparkline_goes_under_it() {
        assert_eq!(
            on(80, &[UUID]),
            Layout {
                broken: None,
                sparkline: Place::Under(0, UUID)
            }
        );
    }

    #[test]
    fn a_uuid_is_broken_when_that_makes_the_row_fit() {
        assert_eq!(
            on(72, &[UUID]),
            Layout {
                broken: Some((0, 18)),
                sparkline: Place::Beside(12)
            }
        );
        assert_eq!(
            on(60, &[UUID]),
            Layout {
                broken: Some((0, 18)),
                sparkline: Place::Under(0, 18)
            }
        );
        assert_eq!(
            on(80, &[10, UUID]),
            Layout {
                broken: Some((1, 18)),
                sparkline: Place::Beside(8)
            }
        );
        let plain = Screen {
            width: Some(60),
            sparkline: false,
        };
        assert_eq!(
            plan(&[UUID], &NUMBERS, &plain),
            Layout {
                broken: Some((0, 18)),
                sparkline: Place::Nowhere
            }
        );
    }

    #[test]
    fn where_nothing_helps_the_terminal_breaks_the_lines() {
        assert_eq!(
            on(40, &[UUID, UUID]),
            Layout {
                broken: None,
                sparkline: Place::Under(1, UUID)
            }
        );
        assert_eq!(
            on(1, &[]),
            Layout {
                broken: None,
                sparkline: Place::Beside(8)
            }
        );
    }

    #[test]
    fn a_file_has_no_width() {
        let file = Screen {
            width: None,
            sparkline: true,
        };
        assert_eq!(
            plan(&[UUID; 4], &NUMBERS, &file),
            Layout {
                broken: None,
                sparkline: Place::Beside(40)
            }
        );
    }
}
