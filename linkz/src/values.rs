//! What observers see of the faults that are on.

use sockets::{Context, Value};
use wire::report::DeclaredValue;

use crate::{fault::Fault, faults::Faults};

/// How many faults are on, and of each its number; one that is off has none.
#[derive(Debug)]
pub(crate) struct Values {
    faults: Value,
    each: [(&'static str, Value); 6],
}

/// How many are on.
const FAULTS: DeclaredValue = DeclaredValue { name: "faults", unit: "" };

/// How often the text that is looked for has passed.
pub(crate) const FOUND: DeclaredValue = DeclaredValue { name: "found", unit: "" };

/// Each by its name.
const EACH: [DeclaredValue; 6] = [
    DeclaredValue { name: "latency", unit: "ms" },
    DeclaredValue { name: "bandwidth", unit: "bytes/s" },
    DeclaredValue { name: "slicer", unit: "bytes" },
    DeclaredValue { name: "down", unit: "" },
    DeclaredValue { name: "timeout", unit: "" },
    DeclaredValue { name: "reset", unit: "" },
];

impl Values {
    pub(crate) fn of(context: &Context) -> Self {
        let each = EACH.map(|value| (value.name, context.declared(value)));
        Self { faults: context.declared(FAULTS), each }
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
