//! A real Prometheus for tests in other languages: prints one line of JSON that says where it is and what
//! is in it, and runs until its standard input is closed.

use std::io::Read as _;

use metric_testbed::{Dataset, Prometheus, PrometheusOptions, Shape};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let shape = Shape::four_hours();
    let dataset = Dataset::generate(&shape);
    let server = Prometheus::start_with(PrometheusOptions::default(), &dataset)?;
    let kernels: Vec<_> = dataset
        .fleet()
        .kernels
        .iter()
        .map(|kernel| format!("{:?}", kernel.kernel_id))
        .collect();
    println!(
        r#"{{"address":{:?},"start":{},"end":{},"kernels":[{}]}}"#,
        server.address(),
        shape.from,
        shape.to,
        kernels.join(",")
    );
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
