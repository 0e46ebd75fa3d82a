//! Pictures as SVG, for a report or a page: one file, several pictures under each other. Lines are told apart by dashes
//! and markers as well as by colours, so that a print in black and white says as much.

use std::fmt::Display;
use std::io;
use std::ops::Range;

use chrono::TimeZone;
use metric_host::{MetricQuery, RangeAnswer};
use plotters::chart::{ChartBuilder, ChartContext};
use plotters::coord::cartesian::Cartesian2d;
use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};
use plotters::coord::{CoordTranslate, Shift};
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind, IntoDrawingArea};
use plotters::element::{
    Circle, Cross, DashedPathElement, PathElement, Rectangle, Text, TriangleMarker,
};
use plotters::prelude::SVGBackend;
use plotters::style::{BLACK, Color, FontStyle, IntoFont, RGBColor, ShapeStyle, WHITE};

use super::axis::{Axis, part_of};
use super::{Line, NoPicture, Picture, Room};
use crate::exit::Exit;
use crate::failure::Failure;

/// Pixels.
const WIDTH: u32 = 960;
const CHART: u32 = 400;
const ROW: u32 = 18;
const TITLE: u32 = 28;
const MARGIN: u32 = 16;
/// Pixels for a mark on the axis of values: `1023.9 MiB/s`, and some.
const VALUES_WIDTH: u32 = 100;
const TIMES_HEIGHT: u32 = 30;
const LEGEND_COLUMNS: u32 = 2;
/// Characters of a name that have room in the legend, and of a remark in a line.
const NAME: usize = 56;
const REMARK: usize = 130;
/// Markers on a line, about.
const MARKERS: usize = 8;

const ROOM: Room = Room {
    times: 9,
    values: 6,
};

/// Okabe's and Ito's, which people tell apart who see few colours. Seven, so that none meets the same dashes and the
/// same marker again before all combinations were there.
const COLOURS: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(0, 0, 0),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
];

/// Pixels of a dash, and of what is between two. None: a line without.
const DASHES: [Option<(u32, u32)>; 4] = [None, Some((9, 5)), Some((2, 4)), Some((16, 4))];

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<Scale, Scale>>;
type Drawn = Result<(), DrawingAreaErrorKind<io::Error>>;

/// The pictures of the answers, in one document.
pub(crate) fn document<'a, Tz>(
    answers: impl IntoIterator<Item = (&'a MetricQuery, &'a RangeAnswer)>,
    zone: &Tz,
) -> Result<String, Failure>
where
    Tz: TimeZone<Offset: Display>,
{
    let pictures = answers
        .into_iter()
        .map(|(query, answer)| Picture::of(query, answer, zone, ROOM))
        .collect::<Result<Vec<_>, NoPicture>>()?;
    let mut text = String::new();
    draw(&pictures, &mut text)
        .map_err(|error| Failure::new(Exit::Other, format!("cannot draw the picture: {error}")))?;
    Ok(text)
}

fn draw(pictures: &[Picture], text: &mut String) -> Drawn {
    let height = pictures.iter().map(Picture::height).sum::<u32>().max(1);
    let root = SVGBackend::with_string(text, (WIDTH, height)).into_drawing_area();
    root.fill(&WHITE)?;
    let mut rest = root.clone();
    for picture in pictures {
        let (area, below) = rest.split_vertically(picture.height());
        picture.draw_on(&area)?;
        rest = below;
    }
    root.present()
}

impl Picture {
    fn head_height(&self) -> u32 {
        MARGIN + TITLE + ROW * count(self.under.len() + self.remarks.len())
    }

    fn height(&self) -> u32 {
        let rows = count(self.lines.len()).div_ceil(LEGEND_COLUMNS);
        self.head_height() + CHART + ROW * rows + 2 * MARGIN
    }

    fn draw_on(&self, area: &Area<'_>) -> Drawn {
        let left = i32::try_from(MARGIN).unwrap_or_default();
        let mut y = left;
        let bold = FontStyle::Bold;
        let title = ("sans-serif", 18).into_font().style(bold);
        area.draw(&Text::new(xml(&self.title), (left, y), title))?;
        y += i32::try_from(TITLE).unwrap_or_default();
        let plain = || ("sans-serif", 14).into_font();
        let under = self.under.iter().map(|text| (text.as_str(), plain()));
        let remarks = self.remarks.iter();
        let remarks = remarks.map(|text| (text.as_str(), plain().style(bold)));
        for (text, font) in under.chain(remarks) {
            let text: String = text.chars().take(REMARK).collect();
            area.draw(&Text::new(xml(&text), (left, y), font))?;
            y += i32::try_from(ROW).unwrap_or_default();
        }
        let (_, below) = area.split_vertically(self.head_height());
        let (chart, legend) = below.split_vertically(CHART);
        self.draw_chart(&chart)?;
        self.draw_legend(&legend)
    }

    fn draw_chart(&self, area: &Area<'_>) -> Drawn {
        let (times, values) = (&self.times, &self.values);
        let mut chart = ChartBuilder::on(area)
            .margin_top(MARGIN / 2)
            .margin_right(2 * MARGIN)
            .y_label_area_size(VALUES_WIDTH)
            .x_label_area_size(TIMES_HEIGHT)
            .build_cartesian_2d(
                Scale::of(times, |time| *time as f64),
                Scale::of(values, |value| *value),
            )?;
        chart
            .configure_mesh()
            .x_labels(times.marks.len())
            .y_labels(values.marks.len())
            .bold_line_style(BLACK.mix(0.15))
            .light_line_style(BLACK.mix(0.0))
            .label_style(("sans-serif", 13).into_font())
            .draw()?;
        for (from, to) in &self.missing {
            let corner = |time: &i64, value| ((*time).clamp(times.from, times.to) as f64, value);
            let band = [corner(from, values.from), corner(to, values.to)];
            let shade = BLACK.mix(0.12).filled();
            chart.plotting_area().draw(&Rectangle::new(band, shade))?;
        }
        let lines = self.lines.iter().enumerate();
        lines
            .rev()
            .try_for_each(|(number, line)| draw_line(&chart, line, &Look::of(number)))
    }

    fn draw_legend(&self, area: &Area<'_>) -> Drawn {
        for (number, line) in self.lines.iter().enumerate() {
            let (row, column) = (
                count(number) / LEGEND_COLUMNS,
                count(number) % LEGEND_COLUMNS,
            );
            let left = MARGIN + column * (WIDTH - 2 * MARGIN) / LEGEND_COLUMNS;
            let middle = MARGIN + row * ROW;
            let (left, middle) = (
                i32::try_from(left).unwrap_or_default(),
                i32::try_from(middle).unwrap_or_default(),
            );
            let look = Look::of(number);
            look.line(area, vec![(left, middle), (left + 46, middle)])?;
            look.mark(area, (left + 23, middle))?;
            let name: String = line.name.chars().take(NAME).collect();
            let font = ("sans-serif", 13).into_font();
            area.draw(&Text::new(xml(&name), (left + 56, middle - 6), font))?;
        }
        Ok(())
    }
}

fn draw_line(chart: &Chart<'_, '_>, line: &Line, look: &Look) -> Drawn {
    let area = chart.plotting_area();
    let all: usize = line.runs.iter().map(Vec::len).sum();
    let every = (all / MARKERS).max(1);
    // Those of lines that lie upon each other stand beside each other.
    let mut until_marker = look.number * every / MARKERS % every;
    for run in &line.runs {
        let points: Vec<(f64, f64)> = run.iter().map(|&(at, value)| (at as f64, value)).collect();
        match &points[..] {
            // A point by itself is no line, and is seen all the same.
            [only] => area.draw(&Circle::new(*only, 2, look.colour.filled()))?,
            several => look.line(area, several.to_vec())?,
        }
        for point in points {
            if until_marker == 0 {
                look.mark(area, point)?;
            }
            until_marker = until_marker.checked_sub(1).unwrap_or(every - 1);
        }
    }
    Ok(())
}

/// An axis, as plotters asks for it: with our marks and what they say.
struct Scale {
    range: Range<f64>,
    marks: Vec<(f64, String)>,
}

impl Scale {
    fn of<T>(axis: &Axis<T>, number: impl Fn(&T) -> f64) -> Self {
        let mark = |(place, text): &(T, String)| (number(place), text.clone());
        Self {
            range: number(&axis.from)..number(&axis.to),
            marks: axis.marks.iter().map(mark).collect(),
        }
    }
}

impl Ranged for Scale {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (from, to): (i32, i32)) -> i32 {
        let part = part_of(*value, self.range.start, self.range.end);
        #[allow(clippy::cast_possible_truncation, reason = "a pixel of the picture")]
        let pixels = (part * f64::from(to - from)).round() as i32;
        from + pixels
    }

    fn key_points<H: KeyPointHint>(&self, _: H) -> Vec<f64> {
        self.marks.iter().map(|(place, _)| *place).collect()
    }

    fn range(&self) -> Range<f64> {
        self.range.clone()
    }
}

impl ValueFormatter<f64> for Scale {
    fn format_ext(&self, value: &f64) -> String {
        let mark = self.marks.iter().find(|(place, _)| place == value);
        mark.map(|(_, text)| text.clone()).unwrap_or_default()
    }
}

/// The look that tells a series from the others.
struct Look {
    number: usize,
    colour: RGBColor,
    /// Pixels of a dash, and of what is between two. None: a line without.
    dashes: Option<(u32, u32)>,
    marker: Marker,
}

#[derive(Clone, Copy)]
enum Marker {
    Dot,
    Ring,
    Triangle,
    Cross,
}

impl Look {
    /// Neighbours differ in all three; colour aside, the first sixteen are all different.
    fn of(number: usize) -> Self {
        let (mut colours, mut dashes) = (COLOURS.into_iter().cycle(), DASHES.into_iter().cycle());
        let turn = number / DASHES.len();
        Self {
            number,
            colour: colours.nth(number).unwrap_or(BLACK),
            dashes: dashes.nth(number).flatten(),
            marker: match (number + turn) % 4 {
                0 => Marker::Dot,
                1 => Marker::Ring,
                2 => Marker::Triangle,
                _ => Marker::Cross,
            },
        }
    }

    fn stroke(&self) -> ShapeStyle {
        self.colour.stroke_width(2)
    }

    fn line<C>(&self, area: &DrawingArea<SVGBackend<'_>, C>, points: Vec<C::From>) -> Drawn
    where
        C: CoordTranslate<From: Clone>,
    {
        match self.dashes {
            None => area.draw(&PathElement::new(points, self.stroke())),
            Some((dash, space)) => {
                area.draw(&DashedPathElement::new(points, dash, space, self.stroke()))
            }
        }
    }

    fn mark<C>(&self, area: &DrawingArea<SVGBackend<'_>, C>, at: C::From) -> Drawn
    where
        C: CoordTranslate<From: Clone>,
    {
        match self.marker {
            Marker::Dot => area.draw(&Circle::new(at, 4, self.colour.filled())),
            Marker::Ring => area.draw(&Circle::new(at, 4, self.stroke())),
            Marker::Triangle => area.draw(&TriangleMarker::new(at, 5, self.colour.filled())),
            Marker::Cross => area.draw(&Cross::new(at, 4, self.stroke())),
        }
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// XML knows no such characters, however they are written.
fn xml(text: &str) -> String {
    text.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::super::MOST_SERIES;
    use super::super::tests::{answer, gone, series};
    use super::*;
    use chrono::Utc;

    fn text(answers: &[RangeAnswer]) -> String {
        let query = MetricQuery::new("mem", "", "");
        document(answers.iter().map(|answer| (&query, answer)), &Utc).unwrap()
    }

    /// The corners of each line without dashes, colour by colour.
    fn polylines(svg: &str, colour: &str) -> Vec<usize> {
        let lines = svg.lines().filter(|line| line.starts_with("<polyline"));
        let lines = lines.filter(|line| line.contains(&format!("stroke=\"{colour}\"")));
        lines.map(|line| line.matches(',').count()).collect()
    }

    #[test]
    fn a_gap_is_a_gap() {
        let points: Vec<(i64, f64)> = (0..=60)
            .filter(|minute| !(20..40).contains(minute) && *minute != 50)
            .map(|minute| (minute, 1.0))
            .collect();
        let svg = text(&[answer(vec![series("a", &points)])]);
        // The runs of the series, and its line in the legend.
        assert_eq!(polylines(&svg, "#0072B2"), [20, 10, 10, 2]);
    }

    #[test]
    fn the_picture_says_what_it_shows_and_what_is_doubtful() {
        let gib = f64::from(1 << 30);
        let mut answer = answer(vec![series("a", &[(0, gib), (60, 2.0 * gib)])]);
        answer.answer.partial = true;
        answer.missing = vec![gone(10, 20)];
        let svg = text(&[answer]);
        for part in [
            "mem  gauge  bytes",
            "1970-01-01 00:00:00 to 01:00:00 +00:00  step 1m",
            "value_type=current",
            "partial: the server did not see all data",
            "missing 1970-01-01 00:10:00 to 00:20:00",
            "1.0 GiB",
            "00:10",
        ] {
            assert!(svg.contains(part), "{part}\n{svg}");
        }
        // White, and what is missing.
        assert_eq!(svg.matches("<rect").count(), 2);
    }

    #[test]
    fn sixteen_series_are_told_apart_without_colours_and_all_with_them() {
        let looks: Vec<_> = (0..MOST_SERIES).map(Look::of).collect();
        let grey = |look: &Look| (look.dashes, look.marker as u8);
        let whole = |look: &Look| (grey(look), look.colour.rgb());
        for (at, look) in looks.iter().enumerate() {
            let mut before = looks[..at].iter();
            assert!(!before.any(|other| whole(other) == whole(look)), "{at}");
            let mut before = looks[..at].iter();
            assert!(
                at >= 16 || !before.any(|other| grey(other) == grey(look)),
                "{at}"
            );
        }
    }

    #[test]
    fn no_label_breaks_out_of_the_text() {
        let evil = "</text><script>alert(1)</script>&\"'\u{ffff}\u{0}";
        let svg = text(&[answer(vec![
            series(evil, &[(0, 1.0)]),
            series("b", &[(0, 1.0)]),
        ])]);
        assert!(!svg.contains("<script") && !svg.contains(['\u{ffff}', '\u{0}']));
        assert!(svg.contains("&lt;script&gt;"), "{svg}");
    }

    #[test]
    fn several_pictures_stand_under_each_other() {
        let one = || answer(vec![series("a", &[(0, 1.0), (1, 2.0)])]);
        let height = |svg: &str| -> u32 {
            let height = svg.split("height=\"").nth(1).unwrap();
            height.split('"').next().unwrap().parse().unwrap()
        };
        let (alone, both) = (text(&[one()]), text(&[one(), one()]));
        assert_eq!(height(&both), 2 * height(&alone));
        assert_eq!(both.matches("mem  gauge").count(), 2);
        assert!(both.trim_end().ends_with("</svg>"));
    }

    #[test]
    fn an_answer_of_nothing_and_one_of_extremes_are_pictures_too() {
        assert!(text(&[answer(vec![])]).contains("no series"));
        let extremes = [(0, f64::MAX), (1, f64::MIN), (2, f64::NAN), (3, 5e-324)];
        let mut instant = answer(vec![series("a", &extremes)]);
        assert!(text(&[instant.clone()]).contains("polyline"));
        instant.answer.end = instant.answer.start;
        assert!(text(&[instant]).contains("</svg>"));
    }
}
