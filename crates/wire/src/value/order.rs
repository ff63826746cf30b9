//! An order: a position to be valued.

use super::Tail;
use crate::{
    DecodeError, Fault, Frames, Symbol,
    describe::{Description, Place, fields::Fields, words},
    fields::{fixed, frame, positive},
};

/// The direction of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// 0: the position grows.
    Buy,
    /// 1: the position shrinks.
    Sell,
}

/// A position to be valued.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// The stock.
    pub symbol: Symbol,
    /// The direction.
    pub action: Action,
    /// The number of shares, above zero.
    pub shares: i32,
    /// The price of one share, finite and above zero.
    pub price: f64,
    /// The frames that the result must carry back.
    pub tail: Tail,
}

impl Order {
    /// Replaces `frames` by the order.
    #[inline]
    pub fn encode(&self, frames: &mut Frames) {
        frames.clear();
        frames.push(self.symbol.as_bytes());
        frames.push(&[self.action as u8]);
        frames.push(&self.shares.to_le_bytes());
        frames.push(&self.price.to_le_bytes());
        self.tail.push_to(frames);
    }

    /// Reads an order.
    ///
    /// # Errors
    /// The first of `symbol`, `action`, `shares`, `price`, `tail` that is missing or out of its range.
    #[inline]
    pub fn decode(frames: &Frames) -> Result<Self, DecodeError> {
        let symbol = Symbol::decode(frame(frames, 0, "symbol")?)?;
        let action = match fixed(frames, 1, "action")? {
            [0] => Action::Buy,
            [1] => Action::Sell,
            [value] => return Err(Fault::Unknown { value }.of("action")),
        };
        let shares = i32::from_le_bytes(fixed(frames, 2, "shares")?);
        if shares <= 0 {
            return Err(Fault::NotPositive.of("shares"));
        }
        let price = positive(frames, 3, "price")?;
        Ok(Self { symbol, action, shares, price, tail: Tail::decode(frames, 4)? })
    }

    pub(super) fn describe(mut fields: Fields<'_>) -> Description {
        fields.frame("symbol", 0, |bytes| words::decoded(Symbol::decode(bytes)));
        fields.frame("action", 1, |bytes| match *bytes {
            [0] => Ok("BUY".to_owned()),
            [1] => Ok("SELL".to_owned()),
            [value] => Err(Fault::Unknown { value }),
            _ => Err(Fault::Length { expected: 1, got: bytes.len() }),
        });
        fields.fixed("shares", 2, |bytes| i32::from_le_bytes(bytes).to_string());
        fields.float("price", 3, words::price);
        Tail::describe(&mut fields, 4);
        fields.describe("order", Place { page: "valuz", section: "order" }, Self::decode)
    }
}
