//! The name that was probably meant.

/// `: did you mean … ?` if one of the names is close to `written`; otherwise the names themselves if they are few.
pub(crate) fn suggestion<'a>(written: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    let distance = |name: &str| strsim::osa_distance(written, name);
    let nearest = names.iter().min_by_key(|name| distance(name));
    if let Some(nearest) = nearest.filter(|name| distance(name) <= (name.len() / 3).max(1)) {
        return format!(": did you mean `{nearest}`?");
    }
    match names.as_slice() {
        [] => String::new(),
        [only] => format!(": there is only `{only}`"),
        [first @ .., last] if names.len() <= LISTED_MAX => format!(": there are `{}` and `{last}`", first.join("`, `")),
        _ => String::new(),
    }
}

/// The most names that a message lists.
const LISTED_MAX: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_close_name_is_suggested_and_few_are_listed() {
        assert_eq!(suggestion("lat", ["early", "late"]), ": did you mean `late`?");
        assert_eq!(suggestion("publish", ["early", "late", "prices"]), ": there are `early`, `late` and `prices`");
        assert_eq!(suggestion("x", ["early"]), ": there is only `early`");
        assert_eq!(suggestion("x", []), "");
        assert_eq!(suggestion("publisher", ["early"; 13]), "");
    }
}
