//! Makes Prometheus blocks of a data set, by way of OpenMetrics files and `promtool`.
//!
//! promtool reads its file once for every block that it makes, and a block spans two hours: a day in one
//! file is read a dozen times. So each block gets a file of its own, and as many are made at once as there are cores.

use std::fs::{self, File};
use std::io::BufWriter;
use std::ops::Range;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::dataset::Dataset;
use crate::error::{TestbedError, file_error};
use crate::openmetrics::write_between;

/// Seconds that a block spans, from a multiple of it on: promtool's, and Prometheus's own.
const BLOCK: i64 = 7200;

impl Dataset {
    /// Writes Prometheus blocks into `folder`, which must exist.
    ///
    /// # Errors
    /// [`TestbedError::File`] or [`TestbedError::Run`] if the folder or promtool cannot be used,
    /// [`TestbedError::Failed`] with promtool's own words if it refuses the data.
    pub fn create_blocks(&self, promtool: &Path, folder: &Path) -> Result<(), TestbedError> {
        let scratch = tempfile::Builder::new()
            .prefix(".blocks-")
            .tempdir_in(folder)
            .map_err(file_error("write to", folder))?;
        let spans = self.block_spans();
        let next = AtomicUsize::new(0);
        let work = || {
            while let Some(span) = spans.get(next.fetch_add(1, Ordering::Relaxed)) {
                self.create_block(promtool, span, scratch.path(), folder)?;
            }
            Ok(())
        };
        let workers = std::thread::available_parallelism().map_or(1, usize::from);
        std::thread::scope(|scope| {
            let handles: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
            handles.into_iter().try_for_each(|handle| {
                handle
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            })
        })
    }

    /// The spans of two hours (Unix seconds) from the first sample to the last.
    fn block_spans(&self) -> Vec<Range<i64>> {
        let times = || {
            self.series()
                .iter()
                .flat_map(|series| series.timestamps.iter().copied())
        };
        let (Some(first), Some(last)) = (times().min(), times().max()) else {
            return Vec::new();
        };
        (first.div_euclid(BLOCK)..=last.div_euclid(BLOCK))
            .map(|number| number * BLOCK..(number + 1) * BLOCK)
            .collect()
    }

    fn create_block(
        &self,
        promtool: &Path,
        span: &Range<i64>,
        scratch: &Path,
        folder: &Path,
    ) -> Result<(), TestbedError> {
        let text = scratch.join(format!("{}.om", span.start));
        let blocks = scratch.join(span.start.to_string());
        let written = File::create(&text)
            .and_then(|file| write_between(self.series(), span.clone(), BufWriter::new(file)))
            .map_err(file_error("write", &text))?;
        if written == 0 {
            return Ok(());
        }
        run_promtool(promtool, &text, &blocks)?;
        fs::remove_file(&text).map_err(file_error("remove", &text))?;
        move_all(&blocks, folder).map_err(file_error("move", &blocks))
    }
}

fn run_promtool(promtool: &Path, text: &Path, blocks: &Path) -> Result<(), TestbedError> {
    let output = Command::new(promtool)
        .args(["tsdb", "create-blocks-from", "openmetrics", "--quiet"])
        .args([text, blocks])
        .stdin(Stdio::null())
        .output()
        .map_err(|source| TestbedError::Run {
            program: promtool.display().to_string(),
            source,
        })?;
    if output.status.success() {
        return Ok(());
    }
    Err(TestbedError::Failed {
        program: "promtool tsdb create-blocks-from openmetrics".to_owned(),
        status: output.status,
        output: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
    })
}

fn move_all(from: &Path, to: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        fs::rename(entry.path(), to.join(entry.file_name()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::Series;
    use crate::shape::Shape;

    #[test]
    fn the_spans_cover_every_sample_once() {
        let dataset = Dataset::generate(&Shape::bench());
        let spans = dataset.block_spans();
        // Ten minutes before midnight to ten minutes after the next.
        assert_eq!(spans.len(), 14);
        let covered: usize = spans
            .into_iter()
            .map(|span| write_between(dataset.series(), span, std::io::sink()).unwrap())
            .sum();
        assert_eq!(covered, dataset.sample_count());
    }

    #[test]
    fn refused_data_is_reported_in_promtools_words() {
        let mut dataset = Dataset::generate(&Shape::one_series());
        dataset.push(Series {
            labels: vec![("not a name".to_owned(), "x".to_owned())],
            timestamps: vec![Shape::fixed_start()],
            values: vec![1.0],
        });
        let folder = tempfile::tempdir().unwrap();
        let tools = crate::Finder::new().prometheus().unwrap();
        let error = dataset
            .create_blocks(&tools.promtool, folder.path())
            .unwrap_err();
        let words = matches!(&error, TestbedError::Failed { output, .. } if !output.is_empty());
        assert!(words, "{error}");
        assert_eq!(folder.path().read_dir().unwrap().count(), 0);
    }
}
