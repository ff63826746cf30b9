//! Numbers that a program wants observers to see.

use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use wire::report::{Label, NamedValue};

/// A number that observers see; clones share it. Setting it costs one store.
#[derive(Clone, Default)]
pub struct Value(Arc<AtomicU64>);

impl Value {
    /// Sets the number; one that is not finite is shown as none.
    pub fn set(&self, value: f64) {
        self.0.store(value.to_bits(), Relaxed);
    }

    fn get(&self) -> Option<f64> {
        Some(f64::from_bits(self.0.load(Relaxed))).filter(|value| value.is_finite())
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Value({:?})", self.get())
    }
}

/// The values of a process, in the order in which they were declared; clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Values(Arc<Mutex<Vec<Declared>>>);

#[derive(Debug)]
struct Declared {
    name: &'static str,
    unit: &'static str,
    value: Value,
}

impl Values {
    /// The value with this name; a new one, zero, if there is none.
    pub(crate) fn value(&self, name: &'static str, unit: &'static str) -> Value {
        let mut values = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(declared) = values.iter().find(|declared| declared.name == name) {
            return declared.value.clone();
        }
        let value = Value::default();
        values.push(Declared { name, unit, value: value.clone() });
        value
    }

    pub(super) fn report(&self) -> Vec<NamedValue> {
        let values = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let report = |declared: &Declared| NamedValue {
            name: Label::cut(declared.name),
            value: declared.value.get(),
            unit: Some(Label::cut(declared.unit)).filter(|unit| !unit.as_str().is_empty()),
        };
        values.iter().map(report).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_known_by_its_name_and_reported_as_it_is_now() {
        let values = Values::default();
        values.value("lost", "ticks").set(3.0);
        values.value("rate", "").set(f64::NAN);
        values.value("lost", "ticks");
        let report: Vec<_> = values
            .report()
            .into_iter()
            .map(|value| (value.name.as_str().to_owned(), value.value, value.unit.map(|unit| unit.as_str().to_owned())))
            .collect();
        assert_eq!(report, [("lost".to_owned(), Some(3.0), Some("ticks".to_owned())), ("rate".to_owned(), None, None)]);
    }
}
