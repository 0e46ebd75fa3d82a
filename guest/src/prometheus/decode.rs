//! Decodes Prometheus's answers in one pass over the bytes as they come in: no tree, no body kept.
//!
//! Keys may come in any order, unknown ones are passed over. The machine stands in one of few known
//! objects and arrays ([`JsonContext`]) and expects one thing there ([`Expecting`]); unknown values are skipped.
//! A token that the end of a piece cuts in two is carried over to the next piece.

use super::budget::{Budget, SAMPLE_BYTES, SERIES_BYTES};
use super::cursor::{Cursor, Stop};
use super::error::DecodeError;
use super::fast_path::{self, TimestampPrefix};
use super::json_context::JsonContext;
use super::number;
use super::protocol::Protocol;
use super::skip::Skip;
use crate::domain::{Grid, head};

/// Names, label values and messages are short. More than this is an attack on our memory.
const LONGEST_STRING: usize = 256 * 1024;
/// The bytes of a new piece that are first put behind a token that was cut: most tokens are shorter.
const CARRY_STEP: usize = 256;
/// Prometheus gives no series more points.
const MOST_POINTS: usize = 11_001;
/// The cost of a text besides its length: its entry in a list.
const STRING_BYTES: u64 = 16;

/// The values of `resultType`. The series themselves show which it is, so it may come late or not at all.
const RESULT_TYPES: [&str; 4] = ["matrix", "vector", "scalar", "string"];

/// One series, in columns: `timestamps[i]` belongs to `values[i]`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Series {
    /// All labels, in the order in which they came.
    pub labels: Vec<(String, String)>,
    /// Unix milliseconds.
    pub timestamps: Vec<i64>,
    /// The samples.
    pub values: Vec<f64>,
}

/// The kind of `data` in an answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Data {
    /// There was none.
    #[default]
    Nothing,
    /// An object without a `result`.
    Object,
    /// `null`, as Go writes what is empty.
    Null,
    /// An object with a `result`, be it empty.
    Result,
    /// A list of texts.
    Names,
}

/// A decoded answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Decoded {
    /// The series, in the order in which they came.
    pub series: Vec<Series>,
    /// The label values, where `data` is a list of them, in the order in which they came.
    pub names: Vec<String>,
    /// The kind of `data`.
    pub data: Data,
    /// Prometheus's warnings.
    pub warnings: Vec<String>,
    /// Prometheus's remarks.
    pub infos: Vec<String>,
    /// `errorType` and `error`, where `status` is not `success`.
    pub refusal: Option<(Option<String>, String)>,
    /// The number of series with native histograms, which are left out.
    pub histograms: usize,
    /// True if the server says that it did not see all data.
    pub partial: bool,
}

/// The token that comes next.
#[derive(Debug, Clone)]
enum Expecting {
    /// The `{` of the answer.
    Opening,
    /// The first member, or the end.
    FirstMember,
    /// A member, after a comma.
    Member,
    /// The value of a key.
    Value(String),
    /// The end of a value that is passed over.
    Skipped(Skip),
    /// A comma, or the end.
    Comma,
    /// Nothing more.
    Over,
}

/// The state machine. [`feed`](Self::feed) it the body in pieces of any size, then [`finish`](Self::finish).
#[derive(Debug)]
pub struct Decoder {
    context: JsonContext,
    expecting: Expecting,
    /// The bytes of a token that is not complete yet.
    carried: Vec<u8>,
    /// The number of bytes that have been taken.
    taken: u64,
    budget: Budget,
    series: Series,
    prefix: TimestampPrefix,
    /// The number of samples of a series, as far as is known.
    expected: usize,
    has_labels: bool,
    has_histograms: bool,
    protocol: Option<Protocol>,
    status: Option<String>,
    error_type: Option<String>,
    error: Option<String>,
    result_type: Option<String>,
    decoded: Decoded,
}

impl Decoder {
    /// A machine at the start of an answer.
    pub fn new(budget: Budget) -> Self {
        Self {
            context: JsonContext::Answer,
            expecting: Expecting::Opening,
            carried: Vec::new(),
            taken: 0,
            budget,
            series: Series::default(),
            prefix: TimestampPrefix::default(),
            expected: 0,
            has_labels: false,
            has_histograms: false,
            protocol: None,
            status: None,
            error_type: None,
            error: None,
            result_type: None,
            decoded: Decoded::default(),
        }
    }

    /// A series has at most so many samples: its columns need not grow as they come in.
    pub fn reserve(&mut self, samples: usize) {
        self.expected = samples.min(MOST_POINTS);
    }

    /// Its series have points on this grid, in the order of time, and each labels of its own.
    pub fn hold_to(&mut self, grid: &Grid) {
        self.protocol = Some(Protocol::new(grid));
    }

    /// Takes the next piece of the body.
    ///
    /// # Errors
    /// As soon as the bytes cannot be an answer any more, or cost more than the budget. Feed no more then.
    pub fn feed(&mut self, mut piece: &[u8]) -> Result<(), DecodeError> {
        let mut step = CARRY_STEP;
        while !self.carried.is_empty() && !piece.is_empty() {
            let (more, later) = piece.split_at(piece.len().min(step));
            let mut joined = std::mem::take(&mut self.carried);
            let before = joined.len();
            joined.extend_from_slice(more);
            let consumed = self.run(&joined)?;
            if let Some(into_piece) = consumed.checked_sub(before) {
                // The token is complete: go on in the piece itself.
                piece = piece.get(into_piece..).unwrap_or_default();
            } else {
                joined.drain(..consumed);
                self.carry(joined)?;
                piece = later;
                step = step.saturating_mul(2);
            }
        }
        if !piece.is_empty() {
            let consumed = self.run(piece)?;
            self.carry(piece.get(consumed..).unwrap_or_default().to_vec())?;
        }
        Ok(())
    }

    /// The cost of the answer so far, of the budget.
    pub fn spent(&self) -> u64 {
        self.budget.spent()
    }

    /// Takes out what there is of the series, so that an answer of any size goes through a bounded memory. One that
    /// is still coming in goes on later under the same labels. The budget is whole again.
    ///
    /// # Errors
    /// Samples that break the protocol.
    pub fn take(&mut self) -> Result<Vec<Series>, DecodeError> {
        if self.context == JsonContext::Samples {
            self.check_samples()?;
        }
        let mut series = std::mem::take(&mut self.decoded.series);
        if self.has_labels {
            series.push(Series {
                labels: self.series.labels.clone(),
                timestamps: std::mem::take(&mut self.series.timestamps),
                values: std::mem::take(&mut self.series.values),
            });
        }
        // Without labels it has to wait for them, and to be paid for.
        if self.has_labels || self.series.timestamps.is_empty() {
            self.budget.refill();
        }
        Ok(series)
    }

    /// The body is over: gives what it said.
    ///
    /// # Errors
    /// A body that is empty, stops half-way, or lacks what an answer must have.
    pub fn finish(mut self) -> Result<Decoded, DecodeError> {
        if !matches!(self.expecting, Expecting::Over) {
            let at = self.taken + self.carried.len() as u64;
            if matches!(self.expecting, Expecting::Opening) {
                return Err(DecodeError::Empty);
            }
            return Err(DecodeError::Truncated {
                expected: self.context.members(),
                at,
            });
        }
        match self.status.as_deref() {
            Some("success") => match self.result_type {
                Some(other) if !RESULT_TYPES.contains(&other.as_str()) => {
                    Err(DecodeError::UnknownResultType(head(&other)))
                }
                _ => Ok(self.decoded),
            },
            Some("error") => {
                self.decoded.refusal = Some((self.error_type, self.error.unwrap_or_default()));
                Ok(self.decoded)
            }
            _ => Err(DecodeError::Missing("`status` of `success` or `error`")),
        }
    }

    fn carry(&mut self, rest: Vec<u8>) -> Result<(), DecodeError> {
        if rest.len() > LONGEST_STRING {
            return Err(DecodeError::LongString {
                at: self.taken,
                most: LONGEST_STRING,
            });
        }
        self.carried = rest;
        Ok(())
    }

    /// Takes tokens until the piece is used up or ends within one; says how many bytes were taken.
    fn run(&mut self, piece: &[u8]) -> Result<usize, DecodeError> {
        let mut cursor = Cursor::new(piece);
        let taken_before = self.taken;
        loop {
            let stop = match self.token(&mut cursor) {
                Ok(()) => None,
                Err(TokenError::Stop(stop)) => Some(stop),
                Err(TokenError::Decode(error)) => return Err(error),
            };
            let consumed = piece.len() - cursor.rest().len();
            self.taken = taken_before + consumed as u64;
            match stop {
                None => {}
                Some(Stop::Incomplete(_)) => return Ok(consumed),
                Some(Stop::Unexpected(expected)) => {
                    return Err(DecodeError::Unexpected {
                        expected,
                        at: self.taken,
                    });
                }
            }
        }
    }

    /// Takes one token, or a run of samples.
    fn token(&mut self, cursor: &mut Cursor<'_>) -> Result<(), TokenError> {
        match &mut self.expecting {
            Expecting::Opening => {
                cursor.byte(b'{', "the JSON object of a Prometheus answer")?;
                self.enter(JsonContext::Answer);
            }
            Expecting::Over => {
                cursor.peek("nothing more")?;
                return Err(Stop::Unexpected("nothing after the answer").into());
            }
            Expecting::Skipped(skip) => {
                let (passed, over) = skip.pass(cursor.rest());
                cursor.advance(passed);
                if !over {
                    return Err(Stop::Incomplete("the end of a value").into());
                }
                self.expecting = Expecting::Comma;
            }
            Expecting::Comma => match cursor.peek(self.context.next())? {
                b',' => {
                    cursor.advance(1);
                    self.expecting = Expecting::Member;
                }
                found if found == self.context.close() => self.close(cursor)?,
                _ => return Err(Stop::Unexpected(self.context.next()).into()),
            },
            Expecting::FirstMember
                if cursor.peek(self.context.members())? == self.context.close() =>
            {
                self.close(cursor)?;
            }
            Expecting::FirstMember | Expecting::Member => match self.context {
                JsonContext::Samples => self.samples(cursor)?,
                JsonContext::Result => self.result_member(cursor)?,
                JsonContext::Names | JsonContext::Warnings | JsonContext::Infos => {
                    self.text(cursor)?;
                }
                JsonContext::Answer
                | JsonContext::Data
                | JsonContext::Series
                | JsonContext::Labels => {
                    let mut ahead = *cursor;
                    let key = ahead.string(self.context.members())?;
                    ahead.byte(b':', "`:` after a key")?;
                    *cursor = ahead;
                    self.expecting = Expecting::Value(key);
                }
            },
            Expecting::Value(_) => self.value(cursor)?,
        }
        Ok(())
    }

    fn enter(&mut self, context: JsonContext) {
        self.context = context;
        self.expecting = Expecting::FirstMember;
    }

    fn close(&mut self, cursor: &mut Cursor<'_>) -> Result<(), TokenError> {
        match self.context {
            JsonContext::Samples => self.check_samples()?,
            JsonContext::Series => self.end_series()?,
            JsonContext::Labels => {
                if let Some(protocol) = &self.protocol {
                    protocol.check_labels(&self.series.labels)?;
                }
                self.has_labels = true;
            }
            _ => {}
        }
        cursor.advance(1);
        match self.context.outer() {
            None => self.expecting = Expecting::Over,
            Some(outer) => {
                self.context = outer;
                self.expecting = Expecting::Comma;
            }
        }
        Ok(())
    }

    /// The value of the key that was just read.
    fn value(&mut self, cursor: &mut Cursor<'_>) -> Result<(), TokenError> {
        let Expecting::Value(key) = &self.expecting else {
            return Ok(());
        };
        let text = "a string";
        if self.context == JsonContext::Labels {
            let value = cursor.string("the value of a label, a string")?;
            self.budget.spend((key.len() + value.len()) as u64)?;
            self.series.labels.push((key.clone(), value));
            self.expecting = Expecting::Comma;
            return Ok(());
        }
        // Go writes a nil slice or map as `null`.
        if cursor.null("a value")? {
            match (self.context, key.as_str()) {
                (JsonContext::Answer, "data") => self.decoded.data = Data::Null,
                (JsonContext::Data, "result") => self.decoded.data = Data::Result,
                _ => {}
            }
            self.expecting = Expecting::Comma;
            return Ok(());
        }
        let inner = match (self.context, key.as_str()) {
            (JsonContext::Answer, "status") => {
                self.status = Some(cursor.string(text)?);
                None
            }
            (JsonContext::Answer, "errorType") => {
                self.error_type = Some(cursor.string(text)?);
                None
            }
            (JsonContext::Answer, "error") => {
                self.error = Some(cursor.string(text)?);
                None
            }
            (JsonContext::Data, "resultType") => {
                self.result_type = Some(cursor.string(text)?);
                None
            }
            (JsonContext::Series, "value") => {
                let (millis, value) = number::sample(cursor)?;
                self.push(millis, value)?;
                None
            }
            (JsonContext::Answer, "isPartial") => {
                let expected = "`isPartial`, `true` or `false`";
                if cursor.word(b"true", expected)? {
                    self.decoded.partial = true;
                } else if !cursor.word(b"false", expected)? {
                    return Err(Stop::Unexpected(expected).into());
                }
                None
            }
            (JsonContext::Answer, "data") if cursor.peek("`data`")? == b'[' => {
                Some((b'[', "`data`, an array", JsonContext::Names))
            }
            (JsonContext::Answer, "data") => Some((b'{', "`data`, an object", JsonContext::Data)),
            (JsonContext::Answer, "warnings") => {
                Some((b'[', "`warnings`, an array", JsonContext::Warnings))
            }
            (JsonContext::Answer, "infos") => Some((b'[', "`infos`, an array", JsonContext::Infos)),
            (JsonContext::Data, "result") => {
                Some((b'[', "`result`, an array", JsonContext::Result))
            }
            (JsonContext::Series, "metric") => {
                Some((b'{', "`metric`, an object", JsonContext::Labels))
            }
            (JsonContext::Series, "values") => {
                Some((b'[', "`values`, an array", JsonContext::Samples))
            }
            (_, key) => {
                self.has_histograms |= self.context == JsonContext::Series
                    && matches!(key, "histogram" | "histograms");
                self.expecting = Expecting::Skipped(Skip::default());
                return Ok(());
            }
        };
        match inner {
            None => self.expecting = Expecting::Comma,
            Some((opening, expected, context)) => {
                cursor.byte(opening, expected)?;
                match context {
                    JsonContext::Data => self.decoded.data = Data::Object,
                    JsonContext::Result => self.decoded.data = Data::Result,
                    JsonContext::Names => self.decoded.data = Data::Names,
                    JsonContext::Samples => self.make_room(),
                    _ => {}
                }
                self.enter(context);
            }
        }
        Ok(())
    }

    /// A series; or, where the result is a scalar, its only sample, whose brackets are the array's.
    fn result_member(&mut self, cursor: &mut Cursor<'_>) -> Result<(), TokenError> {
        match cursor.peek(JsonContext::Result.members())? {
            b'{' => {
                cursor.advance(1);
                self.enter(JsonContext::Series);
            }
            b'0'..=b'9' | b'-' if self.result_type.as_deref() == Some("string") => {
                return Err(DecodeError::StringResult.into());
            }
            b'0'..=b'9' | b'-' if matches!(self.expecting, Expecting::FirstMember) => {
                let mut ahead = *cursor;
                let (millis, value) = number::pair(&mut ahead)?;
                *cursor = ahead;
                self.push(millis, value)?;
                self.end_series()?;
                self.context = JsonContext::Data;
                self.expecting = Expecting::Comma;
            }
            _ => return Err(Stop::Unexpected(JsonContext::Result.members()).into()),
        }
        Ok(())
    }

    /// Series of one answer are mostly equally long. Room is made for no more than the last one had, so that an answer
    /// of many short ones takes no more memory than it is worth.
    fn make_room(&mut self) {
        let Series {
            timestamps, values, ..
        } = &mut self.series;
        if timestamps.is_empty() {
            let samples = self.expected.min(self.budget.samples());
            timestamps.reserve_exact(samples);
            values.reserve_exact(samples);
        }
    }

    /// Reads as many samples as the piece holds: nearly all bytes of a large answer pass here.
    fn samples(&mut self, cursor: &mut Cursor<'_>) -> Result<(), TokenError> {
        loop {
            if !self.usual_samples(cursor)? {
                self.expecting = Expecting::Comma;
                return Ok(());
            }
            let (millis, value) = number::sample(cursor)?;
            self.push(millis, value)?;
            match cursor.rest() {
                [b',', ..] => {
                    cursor.advance(1);
                    self.expecting = Expecting::Member;
                }
                _ => {
                    self.expecting = Expecting::Comma;
                    return Ok(());
                }
            }
        }
    }

    /// Reads as many samples of the usual form as follow each other. Returns true if there should be another one: after
    /// a comma.
    fn usual_samples(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, DecodeError> {
        let mut prefix = self.prefix;
        let mut rest = cursor.rest();
        let most = self.budget.samples();
        let mut count = 0;
        let mut goes_on = true;
        let Series {
            timestamps, values, ..
        } = &mut self.series;
        while goes_on
            && count < most
            && let Some((millis, value, end)) = fast_path::sample(rest, &mut prefix)
        {
            timestamps.push(millis);
            values.push(value);
            count += 1;
            goes_on = rest.get(end) == Some(&b',');
            rest = rest.get(end + usize::from(goes_on)..).unwrap_or_default();
        }
        cursor.advance(cursor.rest().len() - rest.len());
        self.prefix = prefix;
        if count > 0 {
            self.expecting = Expecting::Member;
            self.budget.spend(Budget::cost_of_samples(count))?;
        }
        Ok(goes_on)
    }

    fn text(&mut self, cursor: &mut Cursor<'_>) -> Result<(), TokenError> {
        let text = cursor.string("a string")?;
        self.budget.spend(STRING_BYTES + text.len() as u64)?;
        match self.context {
            JsonContext::Names => self.decoded.names.push(text),
            JsonContext::Warnings => self.decoded.warnings.push(text),
            _ => self.decoded.infos.push(text),
        }
        self.expecting = Expecting::Comma;
        Ok(())
    }

    #[inline]
    fn push(&mut self, millis: i64, value: f64) -> Result<(), DecodeError> {
        self.budget.spend(SAMPLE_BYTES)?;
        self.series.timestamps.push(millis);
        self.series.values.push(value);
        Ok(())
    }

    /// Checks the samples of a series with `values`.
    fn check_samples(&mut self) -> Result<(), DecodeError> {
        match &mut self.protocol {
            None => Ok(()),
            Some(protocol) => protocol.check_samples(&self.series.timestamps),
        }
    }

    fn end_series(&mut self) -> Result<(), DecodeError> {
        self.budget.spend(SERIES_BYTES)?;
        if let Some(protocol) = &mut self.protocol {
            protocol.end_series(&self.series.labels)?;
        }
        self.has_labels = false;
        if std::mem::take(&mut self.has_histograms) {
            self.decoded.histograms += 1;
        }
        self.expected = self.series.timestamps.len();
        let labels = Vec::with_capacity(self.series.labels.len());
        let next = Series {
            labels,
            ..Series::default()
        };
        self.decoded
            .series
            .push(std::mem::replace(&mut self.series, next));
        Ok(())
    }
}

/// The reason why a token was not taken.
enum TokenError {
    Stop(Stop),
    Decode(DecodeError),
}

impl From<Stop> for TokenError {
    fn from(stop: Stop) -> Self {
        Self::Stop(stop)
    }
}

impl From<DecodeError> for TokenError {
    fn from(error: DecodeError) -> Self {
        Self::Decode(error)
    }
}

#[cfg(test)]
mod tests;
