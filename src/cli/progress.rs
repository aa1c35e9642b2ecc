//! Progress of a synchronisation: a bar on a terminal, plain lines elsewhere.

use std::{
    fmt::Write as _,
    io::{self, IsTerminal, Write},
    time::{Duration, Instant},
};

use indicatif::{MultiProgress, ProgressBar, ProgressState, ProgressStyle};
use tokio::sync::watch;

use crate::{domain::business_time::DayRange, sync::Progress};

/// A writer that prints log lines above the bars instead of through them.
pub fn above(bars: MultiProgress) -> impl Fn() -> AboveBars + Send + Sync + 'static {
    move || AboveBars(bars.clone())
}

/// See [`above`].
pub struct AboveBars(MultiProgress);

impl Write for AboveBars {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.suspend(|| io::stderr().write(line))
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// Parts of a day that the bar tells apart.
const STEPS_A_DAY: u64 = 1_000;
/// How often lines come where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// Shows how far a run over `days` is, until the run drops its side of `progress`.
pub async fn show(
    title: &str,
    days: DayRange,
    bars: &MultiProgress,
    mut progress: watch::Receiver<Option<Progress>>,
) {
    let view = View::new(title, days, bars);
    let mut last_line = Instant::now();
    while progress.changed().await.is_ok() {
        let Some(now) = *progress.borrow_and_update() else {
            continue;
        };
        view.update(&now);
        if !view.is_terminal && last_line.elapsed() >= LINE_EVERY {
            last_line = Instant::now();
            view.print_line(&now);
        }
    }
    view.bar.finish_and_clear();
}

struct View {
    bar: ProgressBar,
    days: DayRange,
    title: String,
    started: Instant,
    is_terminal: bool,
}

impl View {
    fn new(title: &str, days: DayRange, bars: &MultiProgress) -> Self {
        let total = u64::try_from(days.days()).unwrap_or(1) * STEPS_A_DAY;
        let bar = bars.add(ProgressBar::new(total));
        let style =
            ProgressStyle::with_template("{prefix} [{bar:30}] {percent:>3}%  {msg}  {left}");
        if let Ok(style) = style {
            let style = style.progress_chars("=> ").with_key(
                "left",
                |state: &ProgressState, text: &mut dyn std::fmt::Write| {
                    // A closed pipe is no reason to stop counting.
                    let _ = write!(
                        text,
                        "{} left",
                        humantime::format_duration(Duration::from_secs(state.eta().as_secs()))
                    );
                },
            );
            bar.set_style(style);
        }
        bar.set_prefix(title.to_owned());
        bar.enable_steady_tick(Duration::from_millis(200));
        Self {
            bar,
            days,
            title: title.to_owned(),
            started: Instant::now(),
            is_terminal: io::stderr().is_terminal(),
        }
    }

    /// Days are read newest first, so those behind the present one are done.
    fn steps(&self, now: &Progress) -> u64 {
        let done = u64::try_from((self.days.to() - now.day).num_days()).unwrap_or(0);
        let part = match now.expected {
            Some(expected) if expected > 0 => now.seen.min(expected) * STEPS_A_DAY / expected,
            _ => 0,
        };
        done * STEPS_A_DAY + part
    }

    fn message(&self, now: &Progress) -> String {
        let mut text = format!("{}", now.day);
        let _ = match now.expected {
            Some(expected) => write!(text, "  {} of {expected} records", now.seen),
            None => write!(text, "  {} rows", now.seen),
        };
        let seconds = self.started.elapsed().as_secs().max(1);
        let rate = u64::try_from(now.counts.fetched).unwrap_or(0) / seconds;
        let _ = write!(text, "  {rate}/s");
        text
    }

    fn update(&self, now: &Progress) {
        self.bar.set_position(self.steps(now));
        self.bar.set_message(self.message(now));
    }

    fn print_line(&self, now: &Progress) {
        let days = u64::try_from(self.days.days()).unwrap_or(1).max(1);
        let percent = self.steps(now) / (days * STEPS_A_DAY / 100).max(1);
        eprintln!("{}: {percent}%  {}", self.title, self.message(now));
    }
}
