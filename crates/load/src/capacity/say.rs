//! The figures of a run as people read them.

use units::Span;

use super::report::{CapacityReport, End, State, StepReport};

/// A latency, with as many digits as mean something.
#[must_use]
pub(crate) fn latency(span: Span) -> String {
    let micros = span.as_micros();
    let (whole, thousandths) = (micros / 1_000, micros % 1_000);
    match micros {
        0..10_000 => format!("{whole}.{:02} ms", thousandths / 10),
        10_000..1_000_000 => format!("{whole} ms"),
        _ => format!("{}.{:02} s", whole / 1_000, whole % 1_000 / 10),
    }
}

/// A share of so many millionths.
#[must_use]
pub(crate) fn percent(millionths: u64) -> String {
    match millionths {
        0 => "0 %".to_owned(),
        1..100 => "< 0.01 %".to_owned(),
        1_000_000 => "100 %".to_owned(),
        _ => format!("{}.{:02} %", millionths / 10_000, millionths % 10_000 / 100),
    }
}

/// What stands above the rows.
#[must_use]
pub fn header() -> String {
    let columns = [
        "step",
        "offered/s",
        "sent/s",
        "answered/s",
        "goodput",
        "p50",
        "p95",
        "p99",
        "p99.9",
        "max",
        "shed",
        "failed",
    ];
    row(&columns.map(str::to_owned))
}

fn row(cells: &[String; 12]) -> String {
    let [step, offered, sent, answered, goodput, latencies @ .., shed, failed] = cells;
    let latencies: String = latencies.iter().map(|it| format!(" {it:>9}")).collect();
    format!(
        "{step:>5} {offered:>10} {sent:>9} {answered:>11} {goodput:>9}{latencies} {shed:>9} {failed:>9}\n"
    )
}

impl StepReport {
    /// A row of the table, and beneath it how what failed has failed, and whether the step counts.
    #[must_use]
    pub fn row(&self) -> String {
        let figures = &self.figures;
        let share = |part| figures.share(part).map_or_else(|| "–".to_owned(), percent);
        let took = |quantile| figures.latency(quantile).map_or_else(|| "–".to_owned(), latency);
        let cells = [
            format!("{}x", self.times),
            self.per_second(figures.offered),
            self.per_second(figures.sent),
            self.per_second(figures.answered_by_end),
            share(figures.good),
            took(0.5),
            took(0.95),
            took(0.99),
            took(0.999),
            took(1.0),
            share(figures.shed),
            share(figures.failed()),
        ];
        let mut text = row(&cells);
        let unsent = (figures.unsent > 0)
            .then(|| format!("not sent for want of a free connection {}", figures.unsent));
        let late = (figures.late > 0).then(|| format!("answered too late {}", figures.late));
        let faults = figures.faults.iter().map(|(fault, count)| format!("{fault} {count}"));
        let what: Vec<String> = faults.chain(unsent).chain(late).collect();
        if !what.is_empty() {
            text += &format!("{:>5} {}\n", "", what.join(", "));
        }
        if let Some(why) = &self.void {
            text += &format!("{:>5} void: {why}\n", "");
        } else if self.is_broken_off {
            text += &format!("{:>5} broken off\n", "");
        }
        text
    }

    /// So many in a second, with a digit behind the point where they are few.
    fn per_second(&self, count: u64) -> String {
        let millis = self.lasted.as_millis().max(1);
        let tenths = count.saturating_mul(10_000) / millis;
        if tenths < 1_000 {
            format!("{}.{}", tenths / 10, tenths % 10)
        } else {
            format!("{}", tenths / 10)
        }
    }
}

impl CapacityReport {
    /// What stands below the table: a line a threshold, the capacity, and how the run ended where it is not whole.
    #[must_use]
    pub fn verdict(&self) -> String {
        let mut text = String::new();
        for verdict in &self.verdicts {
            let (word, what) = match &verdict.state {
                State::Held { last } => ("held", last.clone()),
                State::Crossed(at) => {
                    let at: Vec<String> = at
                        .iter()
                        .map(|(times, measured)| format!("{measured} at {times}x"))
                        .collect();
                    ("crossed", at.join(", "))
                }
                State::NotReached => ("not reached", String::new()),
            };
            let line = format!("{word:<12} {:<20} {what}", verdict.threshold.to_string());
            text += line.trim_end();
            text.push('\n');
        }
        text += &match self.capacity {
            Some(times) => format!(
                "capacity     {times}x, {} requests a second: the highest step up to which every threshold held\n",
                self.rate.saturating_mul(times)
            ),
            None if self.steps.iter().any(StepReport::is_judged) => {
                "capacity     below the lowest step\n".to_owned()
            }
            None => "capacity     not known: no step was judged\n".to_owned(),
        };
        match &self.end {
            End::Whole => {}
            End::Stopped(why) => text += &format!("stopped      {why}\n"),
            End::Void(times, why) => {
                text += &format!(
                    "void         at {times}x {why}, so that the step says nothing of the target; take a machine of its own for the \
                     load, or a lower rate\n"
                );
            }
            End::BrokenOff => {
                text += "broken off   before the last step was over; what was not whole is not judged\n";
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_written_with_the_right_unit() {
        // A report that is wrong by a factor of a thousand is believed all the same.
        let shown = |micros| latency(Span::from_micros(micros));
        assert_eq!(shown(7), "0.00 ms");
        assert_eq!(shown(1_239), "1.23 ms");
        assert_eq!(shown(12_900), "12 ms");
        assert_eq!(shown(1_234_000), "1.23 s");
        assert_eq!(shown(60_000_000), "60.00 s");
        assert_eq!(percent(0), "0 %");
        assert_eq!(percent(99), "< 0.01 %");
        assert_eq!(percent(12_345), "1.23 %");
        assert_eq!(percent(999_999), "99.99 %");
        assert_eq!(percent(1_000_000), "100 %");
    }
}
