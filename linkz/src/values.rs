//! What observers see of the faults that are on.

use sockets::{Context, Value};

use crate::{fault::Fault, faults::Faults};

/// How many faults are on, and of each its number; one that is off has none.
#[derive(Debug)]
pub(crate) struct Values {
    faults: Value,
    /// By their names.
    each: [(&'static str, Value); 6],
}

impl Values {
    pub(crate) fn of(context: &Context) -> Self {
        let units = [
            ("latency", "ms"),
            ("bandwidth", "bytes/s"),
            ("slicer", "bytes"),
            ("down", ""),
            ("timeout", ""),
            ("reset", ""),
        ];
        let faults = context.value("faults", "");
        Self { faults, each: units.map(|(name, unit)| (name, context.value(name, unit))) }
    }

    pub(crate) fn show(&self, faults: &Faults) {
        self.faults.set(faults.count() as f64);
        for (name, value) in &self.each {
            let on = faults.iter().map(|fault| (fault.name(), number(fault)));
            value.set(on.filter(|(on, _)| on == name).map(|(_, number)| number).next().unwrap_or(f64::NAN));
        }
    }
}

/// What a fault is set to; 1 if it is only on.
fn number(fault: Fault) -> f64 {
    match fault {
        Fault::Latency { latency, .. } => latency.as_secs_f64() * 1_000.0,
        Fault::Bandwidth(bytes) => bytes as f64,
        Fault::Slicer(bytes) => f64::from(bytes),
        Fault::Down | Fault::Timeout | Fault::Reset => 1.0,
    }
}
