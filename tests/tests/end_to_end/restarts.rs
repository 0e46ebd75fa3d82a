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
    }
    .run()
    .await
    .unwrap();
    println!("{outcome}");
    assert_eq!(outcome.wrong, 0);
    assert!(outcome.right > 0 && outcome.restarts > 0 && outcome.broken_connections > 0);
    assert!(outcome.recovered);
    // The plugin ends by itself, after its 3 s; nothing hangs, nothing crashes.
    for class in ["ended by the host", "trapped", "other"] {
        assert!(!outcome.errors.contains_key(class), "{outcome}");
    }
    assert!(outcome.longest_call < Duration::from_secs(30));
}
