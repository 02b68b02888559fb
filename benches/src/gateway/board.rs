//! The figures of all gateways of a run, and the table of them.
use std::collections::BTreeMap;

use comfy_table::Table;

use super::figure::{Figure, Goal, Shape};
use super::subject::Name;
use crate::report::shown;

/// What was measured, a value a round.
#[derive(Default)]
pub(crate) struct Board {
    values: BTreeMap<(Figure, Name), Vec<f64>>,
    notes: Vec<String>,
}

impl Board {
    /// Adds what one round had.
    pub(crate) fn add(&mut self, figure: Figure, name: Name, value: f64) {
        self.values.entry((figure, name)).or_default().push(value);
    }

    /// Adds a line that is shown below the table.
    pub(crate) fn note(&mut self, text: String) {
        self.notes.push(text);
    }

    /// The median of the rounds; for what is added, of the differences from the same round without
    /// a gateway.
    fn value(&self, figure: Figure, name: Name) -> Option<f64> {
        let values = self.values.get(&(figure, name))?;
        if !figure.shape().added {
            return median(values.clone());
        }
        let direct = self.values.get(&(figure, Name::Direct))?;
        median(values.iter().zip(direct).map(|(value, direct)| value - direct).collect())
    }

    /// The table, with what did not work below it.
    pub(crate) fn table(&self, names: &[Name]) -> String {
        let mut table = Table::new();
        table.load_style(comfy_table::presets::ASCII_MARKDOWN);
        let heads = names.iter().map(|name| name.text());
        table
            .set_header(["figure", "unit"].into_iter().chain(heads).chain(["ratio", "target", ""]));
        for figure in Figure::ALL {
            table.add_row(self.row(figure, names));
        }
        let lines: Vec<_> = std::iter::once(table.to_string()).chain(self.notes.clone()).collect();
        lines.join("\n")
    }

    fn row(&self, figure: Figure, names: &[Name]) -> Vec<String> {
        let Shape { name, unit, added, goals } = figure.shape();
        let mut cells = vec![name.to_owned(), unit.to_owned()];
        for name in names {
            let direct = added && *name == Name::Direct;
            let value = match direct {
                true => self.values.get(&(figure, *name)).cloned().and_then(median),
                false => self.value(figure, *name),
            };
            let text = value.map(shown).unwrap_or_default();
            cells.push(if direct && !text.is_empty() { format!("({text})") } else { text });
        }
        let judged: Vec<_> = goals.iter().filter_map(|goal| self.judge(figure, *goal)).collect();
        let joined = |part: fn(&Judged) -> &String| {
            let parts: Vec<_> = judged.iter().map(part).map(String::as_str).collect();
            parts.join("; ").trim_start_matches("; ").to_owned()
        };
        cells.extend([joined(|it| &it.ratio), joined(|it| &it.target), joined(|it| &it.verdict)]);
        cells
    }

    fn judge(&self, figure: Figure, goal: Goal) -> Option<Judged> {
        let value = self.value(figure, Name::Signalbox)?;
        let (limit, target) = match goal {
            Goal::AtMost(limit) => {
                let verdict = verdict(value <= limit);
                return Some(Judged {
                    ratio: String::new(),
                    target: format!("≤ {}", shown(limit)),
                    verdict,
                });
            }
            Goal::TimesHaproxy(times) => (times, format!("≤ {times}× haproxy")),
            Goal::AtLeastTimesHaproxy(times) => (times, format!("≥ {times}× haproxy")),
            Goal::AtLeastTimesPeer(times) => (times, format!("≥ {times}× peer")),
        };
        let ratio = value / self.yardstick(figure, goal)?;
        let met = match goal {
            Goal::AtMost(_) | Goal::TimesHaproxy(_) => ratio <= limit,
            Goal::AtLeastTimesHaproxy(_) | Goal::AtLeastTimesPeer(_) => ratio >= limit,
        };
        Some(Judged { ratio: format!("{ratio:.2}×"), target, verdict: verdict(met) })
    }

    fn yardstick(&self, figure: Figure, goal: Goal) -> Option<f64> {
        match goal {
            Goal::AtMost(_) => None,
            Goal::TimesHaproxy(_) | Goal::AtLeastTimesHaproxy(_) => {
                self.value(figure, Name::Haproxy).filter(|value| *value > 0.0)
            }
            Goal::AtLeastTimesPeer(_) => {
                let peers = [Name::Crabllm, Name::LiterLlm];
                peers.into_iter().filter_map(|peer| self.value(figure, peer)).reduce(f64::max)
            }
        }
    }
}

/// What became of one goal.
struct Judged {
    ratio: String,
    target: String,
    verdict: String,
}

fn verdict(met: bool) -> String {
    (if met { "ok" } else { "MISS" }).to_owned()
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() % 2 {
        0 => Some((values.get(middle.checked_sub(1)?)? + values.get(middle)?) / 2.0),
        _ => values.get(middle).copied(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Board, Figure, Name, median};

    #[test]
    fn medians() {
        assert_eq!(median(vec![]), None);
        assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![4.0, 1.0]), Some(2.5));
    }

    #[test]
    fn what_is_added_is_judged_round_by_round() {
        let mut board = Board::default();
        for (direct, haproxy, signalbox) in [(1.0, 1.1, 1.3), (9.0, 9.1, 9.19)] {
            board.add(Figure::Paced200, Name::Direct, direct);
            board.add(Figure::Paced200, Name::Haproxy, haproxy);
            board.add(Figure::Paced200, Name::Signalbox, signalbox);
        }
        let row = board.row(Figure::Paced200, &[Name::Direct, Name::Signalbox]);
        assert_eq!(row[2..], ["(5)", "0.245", "2.45×", "≤ 2× haproxy", "MISS"]);
    }

    #[test]
    fn two_goals_have_two_verdicts() {
        let mut board = Board::default();
        board.add(Figure::Throughput, Name::Haproxy, 30_000.0);
        board.add(Figure::Throughput, Name::Crabllm, 10_000.0);
        board.add(Figure::Throughput, Name::Signalbox, 20_000.0);
        let row = board.row(Figure::Throughput, &[]);
        assert_eq!(row[2..], ["0.67×; 2.00×", "≥ 0.7× haproxy; ≥ 1.4× peer", "MISS; ok"]);
    }
}
