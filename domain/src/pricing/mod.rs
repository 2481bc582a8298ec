//! Prices (ценообразование): from cost to price and floor, price lists by customer group, commercial offers, and the request solver.
//!
//! Invariants: a price, a floor and a margin come from one set of formulas (`price`), whoever asks; an offer keeps what its goods cost when
//! it was made; one under the floor or beyond the discount limit of its author's role is not sent unless somebody else approved it.
//!
//! **What those see who may not see cost** (managers): the price, the floor, whether a typed price lies under it or needs approval, and which
//! batches would serve. Cost does not follow from that: target, commission and minimal margin are settings they are not shown and may not
//! choose; both amounts are rounded up to the price step; and the expenses they type are passed on at what they are
//! ([`price::Passing::AtCost`]) and rounded by themselves, so that no two questions tell the margin between cost and price, nor where within
//! its step a price lies.

pub mod groups;
pub mod lists;
pub mod offers;
pub mod price;
pub mod quote;
pub mod serve;
pub mod settings;
pub mod solver;
pub mod store;
