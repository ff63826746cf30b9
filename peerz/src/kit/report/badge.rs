//! A badge: two words on a grey and a coloured ground.

/// The width of a character of the font at its size, about.
const CHARACTER: usize = 7;

/// The space before and after a word.
const SPACE: usize = 8;

const GREEN: &str = "#2e7d32";
const RED: &str = "#c62828";

/// A badge as SVG.
pub(super) fn svg(name: &str, verdict: &str, is_passed: bool) -> String {
    let [left, right] = [name, verdict].map(|word| word.chars().count() * CHARACTER + 2 * SPACE);
    let (width, colour) = (left + right, if is_passed { GREEN } else { RED });
    let (middle_left, middle_right) = (left / 2, left + right / 2);
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" role="img" aria-label="{name}: {verdict}">
  <title>{name}: {verdict}</title>
  <rect width="{width}" height="20" rx="3" fill="#424242"/>
  <path d="M{left} 0h{inner}a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3H{left}z" fill="{colour}"/>
  <g fill="#ffffff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">
    <text x="{middle_left}" y="14">{name}</text>
    <text x="{middle_right}" y="14">{verdict}</text>
  </g>
</svg>
"##,
        inner = right - 3,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_badge_has_room_for_its_words_and_shows_a_failure_in_red() {
        let passed = svg("worker", "24 of 24", true);
        assert!(
            passed.contains(r#"width="130""#) && passed.contains(">24 of 24<") && passed.contains(GREEN),
            "{passed}"
        );
        let failed = svg("worker", "9 of 24", false);
        assert!(failed.contains("aria-label=\"worker: 9 of 24\"") && failed.contains(RED) && !failed.contains(GREEN));
    }
}
