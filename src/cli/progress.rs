//! Progress of a synchronisation, and of what else takes long: a bar on a terminal, plain lines elsewhere.

use std::{
    fmt::Write as _,
    io::{self, IsTerminal, Write},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use indicatif::{MultiProgress, ProgressBar, ProgressState, ProgressStyle};
use tokio::sync::watch;

use crate::{
    domain::{business_time::DayRange, counting::counted},
    sync::Progress,
};

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

/// How far something is that has a number of parts: a bar on a terminal, plain lines elsewhere.
pub struct Counter {
    bar: ProgressBar,
    title: String,
    started: Instant,
    last_line: Mutex<Instant>,
    is_terminal: bool,
}

impl Counter {
    /// One of `parts` parts, of which none is done.
    pub fn new(title: &str, parts: u64, bars: &MultiProgress) -> Self {
        let started = Instant::now();
        Self {
            bar: bar(title, parts, bars),
            title: title.to_owned(),
            started,
            last_line: Mutex::new(started),
            is_terminal: io::stderr().is_terminal(),
        }
    }

    /// So many parts are done; `noun` is what one of them is. There may be more than were known of.
    pub fn update(&self, done: u64, noun: &str) {
        let parts = self.bar.length().unwrap_or_default().max(done);
        let message = format!("{done} of {}", counted(parts, noun));
        self.bar.set_position(done);
        let mut last = self
            .last_line
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if !self.is_terminal && last.elapsed() >= LINE_EVERY {
            *last = Instant::now();
            let line = line(done, parts, self.started.elapsed());
            eprintln!("{}: {line}  {message}", self.title);
        }
        self.bar.set_message(message);
    }

    /// It is over.
    pub fn end(&self) {
        self.bar.finish_and_clear();
    }
}

fn bar(title: &str, parts: u64, bars: &MultiProgress) -> ProgressBar {
    let bar = bars.add(ProgressBar::new(parts));
    let style = ProgressStyle::with_template("{prefix} [{bar:30}] {percent:>3}%  {msg}  {left}");
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
    bar
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
        Self {
            bar: bar(title, all_steps(days), bars),
            days,
            title: title.to_owned(),
            started: Instant::now(),
            is_terminal: io::stderr().is_terminal(),
        }
    }

    /// Days are read newest first, so those behind the present one are done.
    fn steps(&self, now: &Progress) -> u64 {
        let done = u64::try_from((self.days.to() - now.day).num_days()).unwrap_or(0);
        done * STEPS_A_DAY + part(now)
    }

    fn message(&self, now: &Progress) -> String {
        let mut text = format!("{}", now.day);
        if now.slices > 1 {
            let done = now.slices_done.min(now.slices);
            let _ = write!(text, "  {done} of {} slices", now.slices);
        }
        let _ = match now.expected {
            Some(expected) if now.slices <= 1 => {
                let expected = counted(expected.max(now.seen), "record");
                write!(text, "  {} of {expected}", now.seen)
            }
            _ => write!(text, "  {}", counted(now.seen, "record")),
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
        let line = line(
            self.steps(now),
            all_steps(self.days),
            self.started.elapsed(),
        );
        eprintln!("{}: {line}  {}", self.title, self.message(now));
    }
}

/// How much of its day is read: by slices, and by records where there is one slice only.
fn part(now: &Progress) -> u64 {
    let (done, of) = match (now.slices, now.expected) {
        (2.., _) => (now.slices_done as u64, now.slices as u64),
        (_, Some(expected)) => (now.seen, expected),
        (_, None) => (0, 0),
    };
    if of == 0 {
        return 0;
    }
    done.min(of) * STEPS_A_DAY / of
}

fn all_steps(days: DayRange) -> u64 {
    u64::try_from(days.days()).unwrap_or(1).max(1) * STEPS_A_DAY
}

/// How much is done, and how long the rest may take at this pace, once that can be said.
fn line(steps: u64, of: u64, elapsed: Duration) -> String {
    let mut text = format!("{}%", steps.min(of) * 100 / of.max(1));
    if steps > 0 && elapsed >= Duration::from_secs(1) {
        let left = elapsed.as_secs() * of.saturating_sub(steps) / steps;
        let left = humantime::format_duration(Duration::from_secs(left));
        let _ = write!(text, "  {left} left");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_as_far_as_its_slices_are() {
        let at = |slices_done, slices, seen, expected| Progress {
            day: "2026-11-20".parse().unwrap(),
            expected,
            seen,
            slices_done,
            slices,
            counts: crate::store::sync_runs::RunCounts::default(),
        };
        // What is expected are only the slices that were begun.
        assert_eq!(part(&at(3, 12, 900, Some(900))), 250);
        assert_eq!(part(&at(0, 1, 150, Some(300))), 500);
        assert_eq!(part(&at(0, 0, 0, None)), 0);
        assert_eq!(part(&at(0, 1, 0, Some(0))), 0);
    }

    #[test]
    fn what_is_done_is_never_more_than_all_there_is() {
        let days = DayRange::day("2026-11-20".parse().unwrap());
        let view = View::new("calls", days, &MultiProgress::new());
        let said = |slices_done, slices, seen, expected| {
            let now = Progress {
                day: days.to(),
                expected,
                seen,
                slices_done,
                slices,
                counts: crate::store::sync_runs::RunCounts::default(),
            };
            view.message(&now)
        };
        assert_eq!(
            said(22, 4, 900, Some(900)),
            "2026-11-20  4 of 4 slices  900 records  0/s"
        );
        assert_eq!(
            said(1, 1, 302, Some(300)),
            "2026-11-20  302 of 302 records  0/s"
        );
        assert_eq!(said(0, 1, 0, Some(1)), "2026-11-20  0 of 1 record  0/s");
        assert_eq!(said(0, 1, 1, None), "2026-11-20  1 record  0/s");
    }

    #[test]
    fn a_line_says_how_much_is_done_and_how_long_the_rest_takes() {
        let days = DayRange::new("2026-11-19".parse().unwrap(), "2026-11-20".parse().unwrap());
        let of = all_steps(days.unwrap());
        // A quarter in 30 s: three more take 90 s.
        assert_eq!(line(500, of, Duration::from_secs(30)), "25%  1m 30s left");
        assert_eq!(line(of, of, Duration::from_mins(1)), "100%  0s left");
        assert_eq!(line(0, of, Duration::from_secs(30)), "0%");
        // Nothing can be said at once.
        assert_eq!(line(500, of, Duration::from_millis(400)), "25%");
    }
}
