//! The verb `preset-execute-batch`: many presets at once, each at an instant or over a range, each with its own outcome.
//! Equal questions are asked once.

use super::ask::{Ask, Requests};
use super::preset::{ExecutePreset, InstantResult};
use crate::codec::{
    Batch, BatchReceiver, CacheHint, Config, ConfigInput, Failure, QueryRange, RangeFailure,
    RangeResult, Receiver, RequestId,
};
use crate::domain::RangeOptions;
use crate::domain::preset::{ArgumentsInput, PresetInput, PresetRange};
use crate::prometheus::{Decoded, HttpRequest, RangeDecoder, ResponseDecoder as _};

/// A preset of a batch.
#[derive(Debug, Clone, Default)]
pub struct RunInput {
    /// The preset.
    pub preset: PresetInput,
    /// The arguments of the preset.
    pub arguments: ArgumentsInput,
    /// Over a range; none: at an instant.
    pub range: Option<PresetRange>,
    /// The instant, Unix milliseconds; none: the present.
    pub at: Option<i64>,
}

/// The answer to one preset of a batch.
#[derive(Debug, Clone, PartialEq)]
pub enum RunResult {
    /// At an instant, or over a range that was asked for in one request.
    Instant(InstantResult),
    /// Over a range, in chunks.
    Range(Box<RangeResult>),
}

/// The presets of a call, and their requests.
#[derive(Debug)]
pub struct PresetBatch<'a> {
    alone: Alone<'a>,
    ranges: Batch<'a>,
    runs: Vec<Run>,
}

/// The source of the answer to a preset.
#[derive(Debug)]
enum Run {
    Refused(Failure),
    /// From the query with this number.
    Alone(Box<ExecutePreset>, usize),
    /// From the next range.
    Range,
}

impl<'a> PresetBatch<'a> {
    /// Checks and renders; ranges are asked for in chunks.
    pub fn new(config: &'a Config, runs: &[RunInput], options: &RangeOptions) -> Self {
        let mut accepted = config.clone();
        accepted.settings.partial |= options.partial;
        let mut alone = Alone::new(config);
        let mut ranges = Vec::new();
        let mut place = |run: &RunInput| -> Result<Run, Failure> {
            let (preset, arguments) = (run.preset.clone(), &run.arguments);
            let Some(range) = &run.range else {
                let call = ExecutePreset::checked(accepted.clone(), preset, arguments, run.at)?;
                let number = alone.add(call.ask());
                return Ok(Run::Alone(Box::new(call), number));
            };
            ranges.push(QueryRange::of_preset(
                config, preset, arguments, range, options,
            )?);
            Ok(Run::Range)
        };
        let runs = runs
            .iter()
            .map(|run| place(run).unwrap_or_else(Run::Refused));
        Self {
            runs: runs.collect(),
            alone,
            ranges: Batch::new(config, ranges),
        }
    }

    /// The outcomes, in the order of the presets.
    pub fn results(self) -> Vec<Result<RunResult, RangeFailure>> {
        let Self {
            alone,
            ranges,
            runs,
        } = self;
        let mut ranges = ranges.results();
        let result = |run| match run {
            Run::Refused(failure) => Err(failure.into()),
            Run::Alone(call, number) => Ok(RunResult::Instant(alone.result(&call, number)?)),
            Run::Range => ranges
                .next()
                .unwrap_or_else(|| Err(Failure::no_answer().into()))
                .map(|range| RunResult::Range(Box::new(range))),
        };
        runs.into_iter().map(result).collect()
    }
}

/// The presets of a batch without I/O, a range in one request: for hosts that send them themselves.
#[derive(Debug)]
pub struct ExecutePresets {
    config: Config,
    runs: Vec<Result<ExecutePreset, Failure>>,
}

impl ExecutePresets {
    /// Checks and renders.
    ///
    /// # Errors
    /// Fails if the configuration is invalid. An invalid preset is the outcome of that preset alone.
    pub fn new(mut config: ConfigInput, runs: &[RunInput], partial: bool) -> Result<Self, Failure> {
        config.partial |= partial;
        let config = Config::try_from(config)?;
        let call = |run: &RunInput| {
            let (config, preset) = (config.clone(), run.preset.clone());
            match &run.range {
                Some(range) => ExecutePreset::checked_over(config, preset, &run.arguments, range),
                None => ExecutePreset::checked(config, preset, &run.arguments, run.at),
            }
        };
        Ok(Self {
            runs: runs.iter().map(call).collect(),
            config,
        })
    }

    /// The requests to send, what is the same once.
    pub fn requests(&self) -> Vec<HttpRequest> {
        let (alone, _) = self.asked();
        let request = |asked: &Asked| asked.ask.request(&self.config);
        alone.asked.iter().map(request).collect()
    }

    /// The outcomes, of the responses' statuses and bodies in the order of the requests.
    ///
    /// # Errors
    /// Another number of responses than of requests.
    pub fn read(
        &self,
        responses: &[(u16, &str)],
    ) -> Result<Vec<Result<RunResult, RangeFailure>>, Failure> {
        let (mut alone, numbers) = self.asked();
        super::check_count(responses.len(), alone.asked.len())?;
        for (asked, (status, body)) in alone.asked.iter_mut().zip(responses) {
            let decoder = asked.ask.decoder(&self.config, *status);
            asked.outcome = Some(decoder.read(body.as_bytes()).map_err(Failure::from));
        }
        let result = |(run, number): (&Result<ExecutePreset, Failure>, usize)| {
            let call = run.as_ref().map_err(Clone::clone)?;
            Ok(RunResult::Instant(alone.result(call, number)?))
        };
        Ok(self.runs.iter().zip(numbers).map(result).collect())
    }

    /// The queries, and for each preset the number of its own.
    fn asked(&self) -> (Alone<'_>, Vec<usize>) {
        let mut alone = Alone::new(&self.config);
        let mut number = |run: &Result<ExecutePreset, Failure>| {
            run.as_ref()
                .map_or(usize::MAX, |call| alone.add(call.ask()))
        };
        let numbers = self.runs.iter().map(&mut number).collect();
        (alone, numbers)
    }
}

/// Queries that are each one request, with an outcome each; what is the same is one.
#[derive(Debug)]
struct Alone<'a> {
    config: &'a Config,
    asked: Vec<Asked>,
    /// The number of those that have been given out.
    given_out: usize,
}

/// A query on its way.
#[derive(Debug)]
struct Asked {
    ask: Ask,
    decoder: Option<RangeDecoder>,
    outcome: Option<Result<Decoded, Failure>>,
}

impl<'a> Alone<'a> {
    fn new(config: &'a Config) -> Self {
        Self {
            config,
            asked: Vec::new(),
            given_out: 0,
        }
    }

    /// The number of a query, which is added where there is none like it.
    fn add(&mut self, ask: Ask) -> usize {
        if let Some(number) = self.asked.iter().position(|asked| asked.ask == ask) {
            return number;
        }
        self.asked.push(Asked {
            ask,
            decoder: None,
            outcome: None,
        });
        self.asked.len() - 1
    }

    fn result(&self, call: &ExecutePreset, number: usize) -> Result<InstantResult, Failure> {
        let asked = self.asked.get(number);
        let outcome = asked.and_then(|asked| asked.outcome.clone());
        call.result_of(outcome.unwrap_or_else(|| Err(Failure::no_answer()))?)
    }
}

/// A request of a batch of presets.
#[derive(Debug, Clone, Copy)]
pub enum RunRequest {
    /// Of the query with this number.
    Alone(usize),
    /// Of a chunk.
    Chunk(RequestId),
}

impl Requests for PresetBatch<'_> {
    type Id = RunRequest;

    fn number(id: RunRequest) -> usize {
        match id {
            RunRequest::Alone(number) => 2 * number,
            RunRequest::Chunk(id) => 2 * id.number() + 1,
        }
    }

    /// Instants first: they are what is waited for.
    fn next_request(&mut self) -> Option<(RunRequest, HttpRequest, CacheHint)> {
        let number = self.alone.given_out;
        if let Some(asked) = self.alone.asked.get(number) {
            self.alone.given_out += 1;
            let request = asked.ask.request(self.alone.config);
            return Some((RunRequest::Alone(number), request, asked.ask.cache_hint()));
        }
        let (id, request, cache_hint) = self.ranges.next_request()?;
        Some((RunRequest::Chunk(id), request, cache_hint))
    }

    fn is_wanted(&self, id: RunRequest) -> bool {
        match id {
            RunRequest::Alone(_) => true,
            RunRequest::Chunk(id) => self.ranges.is_wanted(id),
        }
    }

    fn receiver(&mut self, id: RunRequest) -> impl Receiver {
        match id {
            RunRequest::Alone(number) => {
                RunReceiver::Alone(self.alone.config, self.alone.asked.get_mut(number))
            }
            RunRequest::Chunk(id) => RunReceiver::Chunk(self.ranges.receiver(id)),
        }
    }

    fn fail(&mut self, id: RunRequest, failure: &Failure) {
        match id {
            RunRequest::Chunk(id) => self.ranges.fail(id, failure),
            RunRequest::Alone(number) => {
                if let Some(asked) = self.alone.asked.get_mut(number) {
                    asked.decoder = None;
                    asked.outcome = Some(Err(failure.clone()));
                }
            }
        }
    }
}

/// Receives the answer to one request.
enum RunReceiver<'a, 'b> {
    Alone(&'b Config, Option<&'a mut Asked>),
    Chunk(BatchReceiver<'a, 'b>),
}

impl Receiver for RunReceiver<'_, '_> {
    fn begin(&mut self, status: u16) {
        match self {
            Self::Alone(config, Some(asked)) => {
                asked.decoder = Some(asked.ask.decoder(config, status));
            }
            Self::Alone(_, None) => {}
            Self::Chunk(chunk) => chunk.begin(status),
        }
    }

    fn feed(&mut self, piece: &[u8]) -> Result<(), Failure> {
        match self {
            Self::Alone(_, asked) => {
                let decoder = asked.as_mut().and_then(|asked| asked.decoder.as_mut());
                Ok(decoder.ok_or_else(Failure::no_answer)?.feed(piece)?)
            }
            Self::Chunk(chunk) => chunk.feed(piece),
        }
    }

    fn finish(&mut self) -> Result<(), Failure> {
        match self {
            Self::Alone(_, asked) => {
                let asked = asked.as_mut().ok_or_else(Failure::no_answer)?;
                let decoder = asked.decoder.take().ok_or_else(Failure::no_answer)?;
                asked.outcome = Some(Ok(decoder.finish()?));
                Ok(())
            }
            Self::Chunk(chunk) => chunk.finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::RangeOptionsInput;

    fn run(template: &str, range: bool) -> RunInput {
        RunInput {
            preset: PresetInput {
                template: template.into(),
                ..PresetInput::default()
            },
            range: range.then(|| PresetRange {
                start: "0".into(),
                end: "120".into(),
                step: Some(60),
            }),
            at: Some(5000),
            ..RunInput::default()
        }
    }

    fn config() -> ConfigInput {
        ConfigInput {
            address: "h:1".into(),
            ..ConfigInput::default()
        }
    }

    const WRONG: &str = "m{a=\"${{labels}}\"}";

    fn vector(value: &str) -> String {
        format!(
            r#"{{"status":"success","data":{{"resultType":"vector","result":[{{"metric":{{}},"value":[5,"{value}"]}}]}}}}"#
        )
    }

    fn matrix(value: &str) -> String {
        format!(
            r#"{{"status":"success","data":{{"resultType":"matrix","result":[{{"metric":{{}},"values":[[60,"{value}"]]}}]}}}}"#
        )
    }

    fn value(outcome: &Result<RunResult, RangeFailure>) -> Option<f64> {
        let series = match outcome.as_ref().ok()? {
            RunResult::Instant(answer) => &answer.series,
            RunResult::Range(answer) => &answer.answer.series,
        };
        Some(series[0].values[0])
    }

    /// Sends all that is to be sent, and answers each request by its path and query.
    fn play(
        batch: &mut PresetBatch<'_>,
        answer: impl Fn(&HttpRequest) -> Result<String, Failure>,
    ) -> usize {
        let mut sent = 0;
        while let Some((id, request, _)) = batch.next_request() {
            sent += 1;
            match answer(&request) {
                Ok(body) => {
                    let mut receiver = batch.receiver(id);
                    receiver.begin(200);
                    receiver.feed(body.as_bytes()).unwrap();
                    receiver.finish().unwrap();
                }
                Err(failure) => batch.fail(id, &failure),
            }
        }
        sent
    }

    #[test]
    fn presets_that_ask_the_same_share_a_request_and_each_has_its_own_outcome() {
        let config = Config::try_from(config()).unwrap();
        let options = RangeOptions::try_from(RangeOptionsInput::default()).unwrap();
        let runs = [
            run("a", false),
            run("a", true),
            run(WRONG, false),
            run("a", false),
            run("a", true),
            run("b", false),
            run("b", true),
        ];
        let mut batch = PresetBatch::new(&config, &runs, &options);
        let sent = play(&mut batch, |request| {
            if request.body.starts_with("query=b") {
                return Err(Failure::TimedOut("late".into()));
            }
            Ok(match request.path_with_query.as_str() {
                "/api/v1/query" => vector("1"),
                _ => matrix("2"),
            })
        });
        assert_eq!(sent, 4);
        let results = batch.results();
        let values: Vec<_> = results.iter().map(value).collect();
        let expected = [Some(1.0), Some(2.0), None, Some(1.0), Some(2.0), None, None];
        assert_eq!(values, expected);
        let failure = |place: usize| &results[place].as_ref().unwrap_err().failure;
        assert!(matches!(failure(2), Failure::InvalidArgument { .. }));
        assert!(matches!(failure(5), Failure::TimedOut(_)));
        assert!(matches!(failure(6), Failure::TimedOut(_)));
    }

    #[test]
    fn a_partial_answer_fails_its_own_preset_alone_unless_it_is_accepted() {
        let partial = vector("1").replace(
            r#""status":"success""#,
            r#""status":"success","isPartial":true"#,
        );
        let config = Config::try_from(config()).unwrap();
        for accepted in [false, true] {
            let options = RangeOptions {
                partial: accepted,
                ..RangeOptions::try_from(RangeOptionsInput::default()).unwrap()
            };
            let runs = [run("a", false), run("b", false)];
            let mut batch = PresetBatch::new(&config, &runs, &options);
            play(&mut batch, |request| {
                Ok(match request.body.starts_with("query=a") {
                    true => partial.clone(),
                    false => vector("2"),
                })
            });
            let values: Vec<_> = batch.results().iter().map(value).collect();
            assert_eq!(values, [accepted.then_some(1.0), Some(2.0)]);
        }
    }

    #[test]
    fn without_io_the_requests_are_given_once_and_the_responses_are_read_apart() {
        let runs = [
            run("a", false),
            run(WRONG, false),
            run("a", true),
            run("a", false),
            run("b", false),
        ];
        let call = ExecutePresets::new(config(), &runs, false).unwrap();
        assert_eq!(call.requests().len(), 3);
        let (instant, range) = (vector("1"), matrix("2"));
        let responses = [(200, instant.as_str()), (200, &range), (404, "gone")];
        let results = call.read(&responses).unwrap();
        let values: Vec<_> = results.iter().map(value).collect();
        assert_eq!(values, [Some(1.0), None, Some(2.0), Some(1.0), None]);
        let refused = call.read(&responses[..2]).unwrap_err();
        assert!(matches!(refused, Failure::InvalidArgument { .. }));
    }
}
