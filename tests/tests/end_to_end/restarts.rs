//! A Prometheus that is killed and comes back while many ask, through a network that breaks connections.

use std::time::Duration;

use metric_tests::soak::Soak;

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_callers_see_right_answers_or_errors_and_recover() {
    let outcome = Soak {
        callers: 64,
        time: Duration::from_secs(12),
        pause: Duration::from_millis(50),
        restarts: (Duration::from_secs(3), Duration::from_secs(1)),
        mischief: 0.3,
        serve: true,
    }
    .run()
    .await
    .unwrap();
    println!("{outcome}");
    assert_eq!(outcome.complaints(), [""; 0], "{outcome}");
    assert!(outcome.restarts > 0 && outcome.broken_connections > 0);
    // Each way was taken, and the crashes next door were met.
    assert_eq!(outcome.calls.len(), 9, "{outcome}");
    assert!(outcome.crashes > 0 && outcome.left > 0, "{outcome}");
}
