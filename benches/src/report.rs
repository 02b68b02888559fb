//! The table: each figure beside the yardstick of the same run, its ratio, target and verdict.
use comfy_table::Table;

/// How large a figure may be.
#[derive(Clone, Copy)]
pub(crate) enum Target {
    /// At most this value.
    AtMost(f64),
    /// At least this value.
    AtLeast(f64),
    /// At most this many times the yardstick.
    RatioAtMost(f64),
    /// Less than this many times the median of the same figure, which is given in its unit.
    TimesMedian(f64, f64),
    /// The yardstick is at least this many times the figure.
    TimesLess(f64),
    /// Shown for its own sake.
    None,
}

/// One figure.
pub(crate) struct Row {
    name: String,
    unit: &'static str,
    signalbox: Option<f64>,
    yardstick: Option<f64>,
    target: Target,
}

impl Row {
    /// A figure in `unit` with nothing measured yet.
    pub(crate) fn new(name: impl Into<String>, unit: &'static str, target: Target) -> Self {
        Self { name: name.into(), unit, signalbox: None, yardstick: None, target }
    }

    /// What Signalbox had.
    pub(crate) fn signalbox(mut self, value: Option<f64>) -> Self {
        self.signalbox = value;
        self
    }

    /// What the floor or the peer had.
    pub(crate) fn yardstick(mut self, value: Option<f64>) -> Self {
        self.yardstick = value;
        self
    }

    fn ratio(&self) -> Option<f64> {
        let yardstick = self.yardstick.filter(|yardstick| *yardstick > 0.0)?;
        Some(self.signalbox? / yardstick)
    }

    fn met(&self) -> Option<bool> {
        match self.target {
            Target::AtMost(limit) => Some(self.signalbox? <= limit),
            Target::AtLeast(limit) => Some(self.signalbox? >= limit),
            Target::RatioAtMost(limit) => Some(self.ratio()? <= limit),
            Target::TimesMedian(times, median) => Some(self.signalbox? < times * median),
            Target::TimesLess(times) => Some(self.ratio()? * times <= 1.0),
            Target::None => None,
        }
    }

    fn target(&self) -> String {
        match self.target {
            Target::AtMost(limit) => format!("≤ {}", shown(limit)),
            Target::AtLeast(limit) => format!("≥ {}", shown(limit)),
            Target::RatioAtMost(limit) => format!("≤ {}×", shown(limit)),
            Target::TimesMedian(times, _) => format!("< {}× p50", shown(times)),
            Target::TimesLess(times) => format!("≤ 1/{}", shown(times)),
            Target::None => String::new(),
        }
    }

    fn verdict(&self) -> &'static str {
        match self.met() {
            Some(true) => "ok",
            Some(false) => "MISS",
            None => "",
        }
    }

    fn cells(&self) -> Vec<String> {
        vec![
            self.name.clone(),
            self.unit.to_owned(),
            self.signalbox.map(shown).unwrap_or_default(),
            self.yardstick.map(shown).unwrap_or_default(),
            self.ratio().map(|ratio| format!("{ratio:.2}×")).unwrap_or_default(),
            self.target(),
            self.verdict().to_owned(),
        ]
    }
}

/// The rows of one scenario as text; `yardstick` heads the column of what was run beside Signalbox.
pub(crate) fn table(yardstick: &str, rows: &[Row]) -> String {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::ASCII_MARKDOWN);
    table.set_header(["figure", "unit", "signalbox", yardstick, "ratio", "target", ""]);
    for row in rows {
        table.add_row(row.cells());
    }
    table.to_string()
}

/// A number with as many digits as it can be trusted for.
pub(crate) fn shown(value: f64) -> String {
    match value.abs() {
        size if value.fract() == 0.0 && size < 1e6 => format!("{value:.0}"),
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Row, Target};

    #[track_caller]
    fn check(target: Target, signalbox: f64, yardstick: Option<f64>, verdict: &str) {
        let row = Row::new("x", "ms", target).signalbox(Some(signalbox)).yardstick(yardstick);
        assert_eq!(row.verdict(), verdict);
    }

    #[test]
    fn verdicts() {
        check(Target::AtMost(2.0), 2.0, None, "ok");
        check(Target::AtMost(2.0), 2.1, None, "MISS");
        check(Target::AtLeast(250.0), 249.0, Some(400.0), "MISS");
        check(Target::RatioAtMost(3.0), 2.9, Some(1.0), "ok");
        check(Target::RatioAtMost(3.0), 2.9, None, "");
        check(Target::TimesLess(3.0), 10.0, Some(30.0), "ok");
        check(Target::TimesLess(4.0), 10.0, Some(39.0), "MISS");
        check(Target::TimesMedian(10.0, 0.1), 0.9, Some(1.0), "ok");
        check(Target::TimesMedian(10.0, 0.1), 1.1, Some(1.0), "MISS");
        check(Target::None, 10.0, Some(39.0), "");
    }
}
