//! The secret in the link of a page that is served to the network: a client with the link has access.

use std::{fmt, str::FromStr};

use rand::{TryRng as _, rngs::SysRng};

/// A secret that can stand in a link and in a cookie as it is.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// A new one, of 128 bits.
    ///
    /// # Errors
    /// The system has no random numbers.
    pub(crate) fn random() -> anyhow::Result<Self> {
        let mut bytes = [0; 16];
        SysRng.try_fill_bytes(&mut bytes)?;
        Ok(Self(format!("{:032x}", u128::from_be_bytes(bytes))))
    }

    /// Whether `shown` is this one. It takes as long for one that differs early as for one that differs late.
    pub(crate) fn is(&self, shown: &str) -> bool {
        let (own, shown) = (self.0.as_bytes(), shown.as_bytes());
        own.len() == shown.len() && own.iter().zip(shown).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
    }

    /// To put into a link or a cookie.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Token {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        if plain && (16..=128).contains(&text.len()) {
            Ok(Self(text.to_owned()))
        } else {
            Err("not 16 to 128 of letters, digits, - and _")
        }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_itself_and_nothing_else() {
        let token = Token::random().unwrap();
        assert_eq!(token.as_str().len(), 32);
        assert!(token.is(token.as_str()) && token.as_str().parse::<Token>().is_ok());
        assert!(!token.is("") && !token.is(&token.as_str()[1..]) && !token.is(Token::random().unwrap().as_str()));
    }

    #[test]
    fn what_could_not_stand_in_a_link_is_refused() {
        for bad in ["", "short", "sixteen characters!", "with;semicolon;;;;;;", &"x".repeat(129)] {
            assert!(bad.parse::<Token>().is_err(), "{bad}");
        }
    }
}
