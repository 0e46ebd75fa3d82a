//! The cache against answers that come as the test says.

use super::*;
use http::StatusCode;
use std::{
    collections::VecDeque,
    future::Future,
    sync::atomic::AtomicBool,
    task::{Wake, Waker},
    time::{Duration, Instant},
};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::JoinHandle,
};

/// The time of day when a test begins, Unix seconds.
const NOW: u64 = 1_700_000_000;
/// An end that was final ten minutes before.
const OLD: u64 = NOW - 1200;

const BODY: &str = r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"a":"b"},"values":[[1,"2"]]}]}}"#;
const EMPTY: &str = r#"{"status":"success","data":{"resultType":"matrix","result":[]}}"#;

/// A Prometheus whose answers are written by hand.
#[derive(Clone, Default)]
struct Script(Arc<Mutex<Scripted>>);

#[derive(Default)]
struct Scripted {
    /// The answers to come; none left: the last one again.
    answers: VecDeque<Reply>,
    /// One for each request: what its body is made of, until it is dropped.
    sent: Vec<UnboundedSender<Piece>>,
    /// True if the answers begin again after the last one.
    goes_round: bool,
}

#[derive(Clone)]
enum Reply {
    /// At once.
    Whole(u16, &'static str),
    /// No answer at all.
    Fails,
    /// As the test goes on, head and body.
    AsSent,
    /// In little ones, each after others have had their turn.
    InPieces(&'static str),
}

/// A piece that the test lets come.
enum Piece {
    Head,
    Body(&'static str),
    Breaks,
}

struct Coming(UnboundedReceiver<Piece>);

impl Body for Coming {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>>>> {
        self.0.poll_recv(cx).map(|piece| match piece {
            None => None,
            Some(Piece::Body(text)) => Some(Ok(Frame::data(Bytes::from_static(text.as_bytes())))),
            Some(Piece::Head | Piece::Breaks) => Some(Err(Error::HttpResponseIncomplete)),
        })
    }
}

struct InPieces {
    rest: &'static [u8],
    is_next: bool,
}

impl Body for InPieces {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>>>> {
        self.is_next = !self.is_next;
        if self.is_next {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let (piece, rest) = self.rest.split_at(self.rest.len().min(90));
        self.rest = rest;
        let piece = (!piece.is_empty()).then(|| Ok(Frame::data(Bytes::from_static(piece))));
        Poll::Ready(piece)
    }
}

impl Script {
    fn of(answers: &[Reply]) -> Self {
        let script = Self::default();
        script.0.lock().unwrap().answers = answers.iter().cloned().collect();
        script
    }

    fn requests(&self) -> usize {
        self.0.lock().unwrap().sent.len()
    }

    fn send(&self) -> impl Future<Output = Result<Response<WasiBody>>> + Send + use<> {
        let (sender, mut pieces) = unbounded_channel();
        let reply = {
            let mut script = self.0.lock().unwrap();
            script.sent.push(sender);
            let reply = script.answers.front().cloned().unwrap();
            if script.goes_round {
                script.answers.rotate_left(1);
            } else if script.answers.len() > 1 {
                script.answers.pop_front();
            }
            reply
        };
        async move {
            let response = |status, body| {
                let mut response = Response::new(body);
                *response.status_mut() = StatusCode::from_u16(status).unwrap();
                response
            };
            match reply {
                Reply::Fails => Err(Error::ConnectionRefused),
                Reply::Whole(status, text) => {
                    let body = http_body_util::Full::new(Bytes::from_static(text.as_bytes()));
                    let body = body.map_err(|never| match never {}).boxed_unsync();
                    Ok(response(status, body))
                }
                Reply::InPieces(text) => {
                    tokio::task::yield_now().await;
                    let body = InPieces {
                        rest: text.as_bytes(),
                        is_next: false,
                    };
                    Ok(response(200, body.boxed_unsync()))
                }
                Reply::AsSent => match pieces.recv().await {
                    Some(Piece::Head) => Ok(response(200, Coming(pieces).boxed_unsync())),
                    _ => Err(Error::ConnectionTerminated),
                },
            }
        }
    }

    /// Lets pieces of the answer to a request come.
    fn give(&self, request: usize, pieces: impl IntoIterator<Item = Piece>) {
        let sender = self.0.lock().unwrap().sent[request].clone();
        for piece in pieces {
            assert!(sender.send(piece).is_ok(), "nobody is there any more");
        }
    }

    /// The answer to a request is over.
    fn end(&self, request: usize) {
        let (nobody, _) = unbounded_channel();
        self.0.lock().unwrap().sent[request] = nobody;
    }

    /// Returns true if nobody waits for the answer any more.
    fn is_given_up(&self, request: usize) -> bool {
        self.0.lock().unwrap().sent[request].is_closed()
    }
}

/// A clock that is set by hand.
#[derive(Clone)]
struct Clock(Arc<Mutex<Now>>);

impl Clock {
    fn new() -> Self {
        Self(Arc::new(Mutex::new(Now {
            wall: Duration::from_secs(NOW),
            steady: Instant::now(),
        })))
    }

    /// Lets so many seconds pass.
    fn pass(&self, seconds: u64) {
        let mut now = self.0.lock().unwrap();
        now.wall += Duration::from_secs(seconds);
        now.steady += Duration::from_secs(seconds);
    }

    fn set_back(&self, seconds: u64) {
        self.0.lock().unwrap().wall -= Duration::from_secs(seconds);
    }
}

#[derive(Clone)]
struct Bench {
    cache: Arc<Cache>,
    clock: Clock,
    script: Script,
}

impl Bench {
    fn new(answers: &[Reply]) -> Self {
        Self::with(answers, &CacheOptions::default())
    }

    fn with(answers: &[Reply], options: &CacheOptions) -> Self {
        let clock = Clock::new();
        let shown = clock.clone();
        let metrics = Arc::new(Metrics::new());
        let time = move || *shown.0.lock().unwrap();
        let cache = Cache::with_clock(options, &metrics, time).unwrap();
        Self {
            cache: Arc::new(cache),
            clock,
            script: Script::of(answers),
        }
    }

    async fn ask_as(
        &self,
        scope: Option<&str>,
        keep: CacheHint,
        request: &Request<Bytes>,
    ) -> Result<Response<WasiBody>> {
        let question = Lookup {
            request,
            identity: CredentialsGeneration::default(),
            scope: scope.map(str::to_owned),
            keep,
            timeouts: TimeoutKey::default(),
        };
        self.cache.answer(question, || self.script.send()).await
    }

    /// Asks for a range, of which the plugin says that it is final.
    async fn ask(&self, end: u64) -> Result<Response<WasiBody>> {
        self.ask_as(None, CacheHint::FinalAt(0), &range(end)).await
    }

    /// Asks, and reads to the end.
    async fn read(&self, end: u64) -> Result<String> {
        text(self.ask(end).await?).await
    }

    /// The same in a task of its own.
    fn reading(&self, end: u64) -> JoinHandle<Result<String>> {
        let bench = self.clone();
        tokio::spawn(async move { bench.read(end).await })
    }

    /// Only the head, likewise.
    fn asking(&self, end: u64) -> JoinHandle<Result<Response<WasiBody>>> {
        let bench = self.clone();
        tokio::spawn(async move { bench.ask(end).await })
    }

    fn statistics(&self) -> CacheStatistics {
        self.cache.statistics()
    }

    /// Until so many requests follow.
    async fn followed_by(&self, followers: u64) {
        while self.statistics().followers < followers {
            tokio::task::yield_now().await;
        }
    }

    /// Until so many have been sent.
    async fn sent(&self, requests: usize) {
        while self.script.requests() < requests {
            tokio::task::yield_now().await;
        }
    }
}

fn range(end: u64) -> Request<Bytes> {
    range_of("up", end, 30)
}

fn range_of(query: &str, end: u64, step: u32) -> Request<Bytes> {
    let body = format!("query={query}&start=1600000000&end={end}&step={step}");
    Request::post("http://prometheus:9090/api/v1/query_range")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Bytes::from(body))
        .unwrap()
}

async fn text(response: Response<WasiBody>) -> Result<String> {
    let body = response.into_body().collect().await?.to_bytes();
    Ok(String::from_utf8(body.to_vec()).unwrap())
}

/// [`BODY`] in two pieces.
fn halves() -> (&'static str, &'static str) {
    BODY.split_at(90)
}

#[tokio::test]
async fn a_final_answer_is_asked_for_once() {
    let bench = Bench::new(&[Reply::Whole(200, BODY)]);
    for _ in 0..3 {
        assert_eq!(bench.read(OLD).await.unwrap(), BODY);
        bench.clock.pass(60);
    }
    assert_eq!(bench.script.requests(), 1);
    let statistics = bench.statistics();
    assert_eq!((statistics.hits, statistics.misses), (2, 1));
    assert_eq!((statistics.kept, statistics.entries), (1, 1));
    assert_eq!(statistics.received_bytes, BODY.len() as u64);
    assert_eq!(statistics.saved_bytes, 2 * BODY.len() as u64);
    bench.clock.pass(26 * 3600);
    assert_eq!(bench.read(OLD).await.unwrap(), BODY);
    assert_eq!(bench.script.requests(), 2, "a day later it is too old");
}

#[tokio::test]
async fn what_is_newer_than_the_freshness_limit_is_asked_for_each_time() {
    let bench = Bench::new(&[Reply::Whole(200, BODY)]);
    // The plugin says that it is final, but data may still come.
    for _ in 0..3 {
        bench.read(NOW - 599).await.unwrap();
    }
    assert_eq!(bench.script.requests(), 3);
    bench.read(NOW - 600).await.unwrap();
    bench.read(NOW - 600).await.unwrap();
    assert_eq!(bench.script.requests(), 4);
    // And not before the plugin's own instant either.
    for _ in 0..2 {
        let later = CacheHint::FinalAt(i64::try_from(NOW).unwrap() + 1);
        let answer = bench.ask_as(None, later, &range_of("down", OLD, 30)).await;
        text(answer.unwrap()).await.unwrap();
    }
    assert_eq!(bench.script.requests(), 6);
}

#[tokio::test]
async fn data_that_came_late_are_seen() {
    const LATER: &str = r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"a":"b"},"values":[[1,"2"],[2,"3"]]}]}}"#;
    let bench = Bench::new(&[Reply::Whole(200, BODY), Reply::Whole(200, LATER)]);
    let end = NOW - 300;
    assert_eq!(bench.read(end).await.unwrap(), BODY);
    bench.clock.pass(301);
    assert_eq!(bench.read(end).await.unwrap(), LATER);
    assert_eq!(bench.read(end).await.unwrap(), LATER);
    assert_eq!(bench.script.requests(), 2);
}

#[tokio::test]
async fn errors_are_not_kept() {
    for (status, body) in [
        (422, BODY),
        (503, BODY),
        (
            400,
            r#"{"status":"error","errorType":"bad_data","error":"x"}"#,
        ),
        (
            200,
            r#"{"status":"error","errorType":"timeout","error":"x"}"#,
        ),
        (200, "<html>"),
        (204, ""),
    ] {
        let bench = Bench::new(&[Reply::Whole(status, body), Reply::Whole(200, BODY)]);
        assert_eq!(bench.read(OLD).await.unwrap(), body);
        assert_eq!(bench.read(OLD).await.unwrap(), BODY, "{status} {body}");
    }
    let bench = Bench::new(&[Reply::Fails, Reply::Whole(200, BODY)]);
    assert!(matches!(
        bench.read(OLD).await,
        Err(Error::ConnectionRefused)
    ));
    assert_eq!(bench.read(OLD).await.unwrap(), BODY);
}

#[tokio::test]
async fn answers_with_warnings_and_partial_ones_are_not_kept() {
    const WARNED: &str = r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"a":"b"},"values":[[1,"2"]]}]},"warnings":["x"]}"#;
    const PARTIAL: &str = r#"{"status":"success","isPartial":true,"data":{"resultType":"matrix","result":[{"metric":{"a":"b"},"values":[[1,"2"]]}]}}"#;
    const EMPTY_PARTIAL: &str =
        r#"{"status":"success","isPartial":true,"data":{"resultType":"matrix","result":[]}}"#;
    for body in [WARNED, PARTIAL, EMPTY_PARTIAL, EMPTY] {
        let bench = Bench::new(&[Reply::Whole(200, body), Reply::Whole(200, BODY)]);
        assert_eq!(bench.read(OLD).await.unwrap(), body);
        assert_eq!(bench.read(OLD).await.unwrap(), BODY, "after {body}");
        assert_eq!(bench.read(OLD).await.unwrap(), BODY);
        assert_eq!(bench.script.requests(), 2);
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_is_not_kept() {
    let bench = Bench::new(&[Reply::AsSent, Reply::Whole(200, BODY)]);
    let first = bench.reading(OLD);
    bench.sent(1).await;
    // All of it, as it happens; but that was not its end.
    bench
        .script
        .give(0, [Piece::Head, Piece::Body(BODY), Piece::Breaks]);
    assert!(first.await.unwrap().is_err());
    assert_eq!(bench.read(OLD).await.unwrap(), BODY);
    assert_eq!(bench.script.requests(), 2);
}

#[tokio::test]
async fn a_body_that_nobody_read_to_its_end_is_not_kept() {
    let bench = Bench::new(&[Reply::AsSent, Reply::Whole(200, BODY)]);
    let asking = bench.asking(OLD);
    bench.sent(1).await;
    bench.script.give(0, [Piece::Head, Piece::Body(BODY)]);
    let mut body = asking.await.unwrap().unwrap().into_body();
    assert!(body.frame().await.is_some());
    drop(body);
    assert!(bench.script.is_given_up(0));
    bench.read(OLD).await.unwrap();
    assert_eq!(bench.script.requests(), 2);
}

#[tokio::test]
async fn what_is_too_large_passes_through_and_is_not_kept() {
    let small = CacheOptions {
        bytes: 8 * 64,
        ..CacheOptions::default()
    };
    let bench = Bench::with(&[Reply::AsSent], &small);
    let first = bench.asking(OLD);
    bench.sent(1).await;
    let follower = bench.reading(OLD);
    bench.followed_by(1).await;
    bench.script.give(
        0,
        [Piece::Head, Piece::Body("0123456789"), Piece::Body(BODY)],
    );
    bench.script.end(0);
    // The follower asks alone, and is answered alone.
    bench.sent(2).await;
    bench.script.give(1, [Piece::Head, Piece::Body("alone")]);
    bench.script.end(1);
    assert_eq!(follower.await.unwrap().unwrap(), "alone");
    let whole = text(first.await.unwrap().unwrap()).await.unwrap();
    assert_eq!(whole, format!("0123456789{BODY}"));
    assert_eq!(bench.statistics().kept, 0);
    assert_eq!(bench.cache.inner.budget.0.load(Ordering::Relaxed), 8 * 64);
}

#[tokio::test]
async fn two_tenants_with_one_query_share_nothing() {
    let bench = Bench::new(&[Reply::Whole(200, BODY)]);
    let request = range(OLD);
    for _ in 0..3 {
        for tenant in [None, Some("{user=\"a\"}"), Some("{user=\"b\"}")] {
            let answer = bench.ask_as(tenant, CacheHint::FinalAt(0), &request).await;
            assert_eq!(text(answer.unwrap()).await.unwrap(), BODY);
        }
    }
    assert_eq!(bench.script.requests(), 3);
    // Nor do they wait for the same answer.
    let bench = Bench::new(&[Reply::AsSent]);
    for (number, tenant) in [Some("{user=\"a\"}"), Some("{user=\"b\"}")]
        .into_iter()
        .enumerate()
    {
        let (bench_, request) = (bench.clone(), range(OLD));
        tokio::spawn(async move { bench_.ask_as(tenant, CacheHint::FinalAt(0), &request).await });
        bench.sent(number + 1).await;
    }
    assert_eq!(bench.statistics().followers, 0);
}

#[tokio::test]
async fn another_step_window_or_end_is_another_request() {
    let bench = Bench::new(&[Reply::Whole(200, BODY)]);
    let requests = [
        range_of("rate(x[5m])", OLD, 60),
        // A finer step, from a coarser extent.
        range_of("rate(x[5m])", OLD, 30),
        // Unaligned, after aligned.
        range_of("rate(x[5m])", OLD + 7, 60),
        // A changed window.
        range_of("rate(x[10m])", OLD, 60),
    ];
    for request in requests.iter().chain(&requests) {
        let answer = bench.ask_as(None, CacheHint::FinalAt(0), request).await;
        text(answer.unwrap()).await.unwrap();
    }
    assert_eq!(bench.script.requests(), 4);
}

#[tokio::test]
async fn time_going_backwards_asks_again() {
    let bench = Bench::new(&[Reply::Whole(200, BODY)]);
    // The clock was an hour ahead: this was not final, but young.
    bench.read(OLD).await.unwrap();
    bench.clock.set_back(3600);
    bench.read(OLD).await.unwrap();
    assert_eq!(bench.script.requests(), 2);
    // It was not kept either: by the clock of now it is not final.
    bench.read(OLD).await.unwrap();
    assert_eq!(bench.script.requests(), 3);
    bench.clock.pass(3600);
    bench.read(OLD).await.unwrap();
    bench.read(OLD).await.unwrap();
    assert_eq!(bench.script.requests(), 4);
}

#[tokio::test]
async fn lists_of_names_live_shortly() {
    const NAMES: &str = r#"{"status":"success","data":["cpu_util","mem"]}"#;
    let bench = Bench::new(&[Reply::Whole(200, NAMES)]);
    let request = Request::get("http://prometheus:9090/api/v1/label/x/values?match[]=up");
    let request = request.body(Bytes::new()).unwrap();
    for (passes, requests) in [(29, 1), (1, 1), (0, 2), (30, 2), (0, 3)] {
        let answer = bench.ask_as(None, CacheHint::MaxAge(30), &request).await;
        assert_eq!(text(answer.unwrap()).await.unwrap(), NAMES);
        assert_eq!(bench.script.requests(), requests);
        bench.clock.pass(passes);
    }
}

#[tokio::test]
async fn those_who_ask_the_same_at_once_ask_it_once() {
    let bench = Bench::new(&[Reply::AsSent]);
    // Also what cannot be kept.
    for end in [OLD, NOW] {
        let before = bench.script.requests();
        let callers: Vec<_> = (0..20).map(|_| bench.reading(end)).collect();
        let followers = bench.statistics().followers + 19;
        bench.followed_by(followers).await;
        bench.script.give(before, [Piece::Head, Piece::Body(BODY)]);
        bench.script.end(before);
        for caller in callers {
            assert_eq!(caller.await.unwrap().unwrap(), BODY);
        }
        assert_eq!(bench.script.requests(), before + 1);
    }
    assert_eq!(bench.statistics().kept, 1);
}

#[tokio::test]
async fn the_first_who_asks_has_the_body_as_it_comes() {
    let bench = Bench::new(&[Reply::AsSent]);
    let (one, two) = halves();
    let asking = bench.asking(OLD);
    bench.sent(1).await;
    bench.script.give(0, [Piece::Head]);
    let mut body = asking.await.unwrap().unwrap().into_body();
    for half in [one, two] {
        bench.script.give(0, [Piece::Body(half)]);
        let piece = body.frame().await.unwrap().unwrap().into_data().unwrap();
        assert_eq!(piece, half);
    }
    bench.script.end(0);
    assert!(body.frame().await.is_none());
    assert_eq!(bench.read(OLD).await.unwrap(), BODY);
    assert_eq!(bench.script.requests(), 1);
}

#[tokio::test]
async fn a_first_one_that_is_dropped_takes_nothing_with_it() {
    let (one, two) = halves();
    // Before the head has come, and in the middle of the body.
    for head_came in [false, true] {
        let bench = Bench::new(&[Reply::AsSent]);
        let leader = bench.reading(OLD);
        bench.sent(1).await;
        let followers = [bench.reading(OLD), bench.reading(OLD)];
        bench.followed_by(2).await;
        if head_came {
            bench.script.give(0, [Piece::Head, Piece::Body(one)]);
            tokio::task::yield_now().await;
        }
        leader.abort();
        assert!(leader.await.unwrap_err().is_cancelled());
        if !head_came {
            bench.script.give(0, [Piece::Head, Piece::Body(one)]);
        }
        bench.script.give(0, [Piece::Body(two)]);
        bench.script.end(0);
        for follower in followers {
            assert_eq!(follower.await.unwrap().unwrap(), BODY);
        }
        assert_eq!(bench.script.requests(), 1);
        assert_eq!(bench.statistics().kept, 1);
    }
}

#[tokio::test]
async fn a_first_one_that_reads_slowly_holds_up_nobody() {
    let bench = Bench::new(&[Reply::AsSent]);
    let (one, two) = halves();
    let asking = bench.asking(OLD);
    bench.sent(1).await;
    let follower = bench.reading(OLD);
    bench.followed_by(1).await;
    bench.script.give(0, [Piece::Head]);
    let leader = asking.await.unwrap().unwrap();
    // It reads nothing.
    bench.script.give(0, [Piece::Body(one), Piece::Body(two)]);
    bench.script.end(0);
    assert_eq!(follower.await.unwrap().unwrap(), BODY);
    assert_eq!(text(leader).await.unwrap(), BODY);
}

#[tokio::test]
async fn followers_of_a_failure_ask_again_and_once() {
    let bench = Bench::new(&[Reply::AsSent]);
    let leader = bench.reading(OLD);
    bench.sent(1).await;
    let followers: Vec<_> = (0..5).map(|_| bench.reading(OLD)).collect();
    bench.followed_by(5).await;
    bench.script.give(0, [Piece::Breaks]);
    assert!(leader.await.unwrap().is_err());
    // One of them leads now.
    bench.followed_by(9).await;
    assert_eq!(bench.script.requests(), 2);
    bench.script.give(1, [Piece::Head, Piece::Body(BODY)]);
    bench.script.end(1);
    for follower in followers {
        assert_eq!(follower.await.unwrap().unwrap(), BODY);
    }
    assert_eq!(bench.script.requests(), 2);
}

#[tokio::test]
async fn a_failure_is_over_with_its_flight() {
    let bench = Bench::new(&[Reply::Fails, Reply::Whole(200, BODY)]);
    assert!(bench.read(OLD).await.is_err());
    assert_eq!(bench.read(OLD).await.unwrap(), BODY);
    assert!(bench.cache.inner.flights().is_empty());
}

#[tokio::test]
async fn who_fails_as_a_follower_twice_asks_alone() {
    let bench = Bench::new(&[Reply::AsSent]);
    let callers: Vec<_> = (0..4).map(|_| bench.reading(OLD)).collect();
    bench.followed_by(3).await;
    bench.script.give(0, [Piece::Breaks]);
    bench.followed_by(5).await;
    bench.script.give(1, [Piece::Breaks]);
    // Two are left, and each asks for itself.
    bench.sent(4).await;
    bench.script.give(2, [Piece::Breaks]);
    bench.script.give(3, [Piece::Breaks]);
    for caller in callers {
        assert!(caller.await.unwrap().is_err());
    }
    assert_eq!(bench.script.requests(), 4);
}

#[tokio::test]
async fn who_leaves_before_the_end_closes_the_door_and_leaves_the_others_in_peace() {
    let bench = Bench::new(&[Reply::AsSent]);
    let leader = bench.reading(OLD);
    bench.sent(1).await;
    let follower = bench.reading(OLD);
    bench.followed_by(1).await;
    leader.abort();
    let _ = leader.await;
    // A server that does not answer is not waited for by all who ever come.
    let newcomer = bench.reading(OLD);
    bench.sent(2).await;
    for request in [0, 1] {
        bench.script.give(request, [Piece::Head, Piece::Body(BODY)]);
        bench.script.end(request);
    }
    assert_eq!(follower.await.unwrap().unwrap(), BODY);
    assert_eq!(newcomer.await.unwrap().unwrap(), BODY);
}

#[tokio::test]
async fn when_all_have_gone_the_request_is_given_up() {
    let bench = Bench::new(&[Reply::AsSent]);
    let callers = [bench.reading(OLD), bench.reading(OLD)];
    bench.followed_by(1).await;
    for caller in callers {
        assert!(!bench.script.is_given_up(0));
        caller.abort();
        let _ = caller.await;
    }
    assert!(bench.script.is_given_up(0));
    assert!(bench.cache.inner.flights().is_empty());
}

#[tokio::test]
async fn what_is_under_way_holds_no_more_than_is_granted() {
    let options = CacheOptions {
        bytes: 8 * 200,
        ..CacheOptions::default()
    };
    let bench = Bench::with(&[Reply::AsSent], &options);
    let mut callers = Vec::new();
    for number in 0..30 {
        callers.push(bench.reading(OLD - number));
        bench.sent(usize::try_from(number).unwrap() + 1).await;
    }
    for request in 0..30 {
        bench.script.give(request, [Piece::Head, Piece::Body(BODY)]);
    }
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    let left = bench.cache.inner.budget.0.load(Ordering::Relaxed);
    let cost = pieces::Pieces::cost_of(&Bytes::from_static(BODY.as_bytes()));
    assert_eq!(left, (8 * 200) % cost, "as many as fit are shared");
    for request in 0..30 {
        bench.script.end(request);
    }
    for caller in callers {
        assert_eq!(caller.await.unwrap().unwrap(), BODY);
    }
    let left = bench.cache.inner.budget.0.load(Ordering::Relaxed);
    assert_eq!(left, 8 * 200);
}

/// Notes that it was woken.
#[derive(Default)]
struct Bell(AtomicBool);

impl Bell {
    fn rang(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn a_follower_is_woken_by_what_comes_whoever_was_polled_last() {
    let bench = Bench::new(&[Reply::AsSent]);
    let (mut leader, mut follower) = (Box::pin(bench.ask(OLD)), Box::pin(bench.ask(OLD)));
    let bells = [Arc::<Bell>::default(), Arc::default()];
    let wakers = bells.clone().map(Waker::from);
    let mut contexts = [
        Context::from_waker(&wakers[0]),
        Context::from_waker(&wakers[1]),
    ];
    for _ in 0..2 {
        assert!(still_waits(&mut leader, &mut contexts[0]));
        assert!(still_waits(&mut follower, &mut contexts[1]));
    }
    assert!(still_waits(&mut leader, &mut contexts[0]));
    assert!(!bells[0].rang() && !bells[1].rang());
    bench.script.give(0, [Piece::Head]);
    assert!(bells[0].rang() && bells[1].rang());
}

/// Returns true if it still waits.
fn still_waits<F: Future>(asking: &mut Pin<Box<F>>, context: &mut Context<'_>) -> bool {
    asking.as_mut().poll(context).is_pending()
}

/// Callers on two threads, a third of whom leave at some time; answers that come in pieces, as it happens.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_stays_has_the_whole_answer() {
    let bench = Bench::new(&[
        Reply::Whole(200, BODY),
        Reply::InPieces(BODY),
        Reply::InPieces(BODY),
    ]);
    bench.script.0.lock().unwrap().goes_round = true;
    let callers: Vec<_> = (0..3000_u64)
        .map(|number| {
            let bench = bench.clone();
            let caller = tokio::spawn(async move {
                // Half of what is asked for is not kept.
                let end = if number % 2 == 0 { OLD } else { NOW } - number / 100;
                bench.read(end).await
            });
            (number, caller)
        })
        .collect();
    let mut whole = 0;
    for (number, caller) in callers {
        if number % 3 == 0 {
            caller.abort();
        }
        if let Ok(answer) = caller.await {
            assert_eq!(answer.unwrap(), BODY);
            whole += 1;
        }
    }
    assert!(whole >= 2000, "{whole}");
    assert!(bench.cache.inner.flights().is_empty());
    let left = bench.cache.inner.budget.0.load(Ordering::Relaxed);
    assert_eq!(left as u64, CacheOptions::default().bytes);
}
