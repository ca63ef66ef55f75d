//! What was measured, for people and for programs, and what it says of the budgets.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::rustc::Stage;
use super::{BUDGETED, CHECK_BUDGET, GROWTH_BUDGET, MACROS_BUDGET, RELEASE_BUDGET};

pub(super) struct Table {
    /// By stage.
    pub(super) empty: Vec<Duration>,
    /// The work of as many operators as have budgets, written by hand; by stage.
    pub(super) by_hand: Vec<Duration>,
    /// By operators, then stage.
    rows: BTreeMap<usize, Vec<Duration>>,
    pub(super) bytes_per_operator: f64,
    /// On the wall, and the processor's.
    pub(super) macros: Option<(Duration, Duration)>,
}

impl Table {
    pub(super) fn new() -> Self {
        let (empty, by_hand) = (Vec::new(), Vec::new());
        Self { empty, by_hand, rows: BTreeMap::new(), bytes_per_operator: 0.0, macros: None }
    }

    /// Adds a measurement; stages come in their order.
    pub(super) fn add(&mut self, operators: usize, _: Stage, time: Duration) {
        self.rows.entry(operators).or_default().push(time);
    }

    /// Milliseconds over the empty crate.
    fn over_empty(&self, operators: usize, stage: Stage) -> Option<f64> {
        self.more_than_empty(self.rows.get(&operators)?, stage)
    }

    /// The same of what was written by hand.
    fn by_hand_over_empty(&self, stage: Stage) -> Option<f64> {
        self.more_than_empty(&self.by_hand, stage)
    }

    fn more_than_empty(&self, times: &[Duration], stage: Stage) -> Option<f64> {
        let at = Stage::ALL.iter().position(|s| *s == stage)?;
        Some(milliseconds(*times.get(at)?) - milliseconds(*self.empty.get(at)?))
    }

    /// An operator's milliseconds between two sizes.
    fn per_operator(&self, from: usize, to: usize, stage: Stage) -> Option<f64> {
        let more = self.over_empty(to, stage)? - self.over_empty(from, stage)?;
        Some(more / (to - from) as f64)
    }

    /// A sentence for each budget that does not hold.
    pub(super) fn broken_budgets(&self) -> Vec<String> {
        let mut broken = Vec::new();
        for (stage, budget) in [(Stage::Check, CHECK_BUDGET), (Stage::Release, RELEASE_BUDGET)] {
            let (name, budget) = (stage.name(), milliseconds(budget));
            let over = self.over_empty(BUDGETED, stage).unwrap_or_default();
            if over > budget {
                broken.push(format!(
                    "{name} of {BUDGETED} operators takes {over:.0} ms more than an empty crate (by hand {:.0} ms); the \
                     budget is {budget} ms",
                    self.by_hand_over_empty(stage).unwrap_or_default()
                ));
            }
        }
        for stage in Stage::ALL {
            let early = self.per_operator(10, 100, stage).unwrap_or_default();
            let late = self.per_operator(100, 300, stage).unwrap_or_default();
            if early > 0.0 && late / early > GROWTH_BUDGET {
                broken.push(format!(
                    "{} grows faster than the topology: an operator takes {early:.2} ms up to 100 and {late:.2} ms \
                     up to 300",
                    stage.name()
                ));
            }
        }
        if let Some((wall, _)) = self.macros.filter(|(wall, _)| *wall > MACROS_BUDGET) {
            broken.push(format!(
                "the macro's crates take {:.1} s to build; the budget is {} s",
                wall.as_secs_f64(),
                MACROS_BUDGET.as_secs()
            ));
        }
        broken
    }

    pub(super) fn json(&self) -> String {
        let stages = |times: &[Duration]| {
            let named = Stage::ALL.iter().zip(times);
            named
                .map(|(s, t)| format!("\"{}_ms\":{:.0}", s.name(), milliseconds(*t)))
                .collect::<Vec<_>>()
        };
        let mut rows = vec![format!("\"empty\":{{{}}}", stages(&self.empty).join(","))];
        for (operators, times) in &self.rows {
            rows.push(format!("\"{operators}\":{{{}}}", stages(times).join(",")));
        }
        rows.push(format!("\"by_hand\":{{{}}}", stages(&self.by_hand).join(",")));
        rows.push(format!("\"bytes_per_operator\":{:.0}", self.bytes_per_operator));
        if let Some((wall, processor)) = self.macros {
            rows.push(format!("\"macros_wall_ms\":{:.0}", milliseconds(wall)));
            rows.push(format!("\"macros_processor_ms\":{:.0}", milliseconds(processor)));
        }
        format!("{{{}}}", rows.join(","))
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "processor time of rustc, ms      check   debug release")?;
        let row = |f: &mut fmt::Formatter<'_>, name: &str, times: &[f64]| {
            write!(f, "{name:<29}")?;
            times.iter().try_for_each(|ms| write!(f, "{ms:>8.1}"))?;
            writeln!(f)
        };
        let all = |times: &[Duration]| times.iter().map(|t| milliseconds(*t)).collect::<Vec<_>>();
        row(f, "an empty crate", &all(&self.empty))?;
        for (operators, times) in &self.rows {
            row(f, &format!("{operators} operators"), &all(times))?;
        }
        let over = Stage::ALL.map(|stage| self.over_empty(BUDGETED, stage).unwrap_or_default());
        row(f, "100 operators over empty", &over)?;
        let by_hand = Stage::ALL.map(|stage| self.by_hand_over_empty(stage).unwrap_or_default());
        row(f, "the same by hand", &by_hand)?;
        for (from, to) in [(10, 100), (100, 300)] {
            let each =
                Stage::ALL.map(|stage| self.per_operator(from, to, stage).unwrap_or_default());
            write!(f, "{:<29}", format!("an operator, {from} to {to}"))?;
            each.iter().try_for_each(|ms| write!(f, "{ms:>8.2}"))?;
            writeln!(f)?;
        }
        writeln!(f, "machine code of an operator: {:.0} bytes", self.bytes_per_operator)?;
        if let Some((wall, processor)) = self.macros {
            let (wall, processor) = (wall.as_secs_f64(), processor.as_secs_f64());
            writeln!(
                f,
                "the macro's crates, from nothing: {wall:.1} s, {processor:.1} s of processors"
            )?;
        }
        Ok(())
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
