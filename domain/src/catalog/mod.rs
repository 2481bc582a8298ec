//! What is sold: sheet piles (profile × length × condition) and services, and how т, м and шт turn into each other.
//!
//! Invariant: the weight of a product is copied from its profile when it is made, so a corrected table never changes the past.

pub mod commands;
pub mod profiles;
pub mod store;
pub mod units;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// Goods or a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Kind {
    /// Товар: taken from batches.
    Goods,
    /// Услуга: delivery, cutting, unloading; no batch.
    Service,
}

impl Kind {
    /// The code stored in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Goods => "goods",
            Self::Service => "service",
        }
    }
}

/// The state goods are in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Condition {
    /// A service has none.
    #[sqlx(rename = "")]
    None,
    /// Новый.
    New,
    /// Б/у.
    Used,
    /// Восстановленный.
    Restored,
    /// Лом: pieces of a short length, sold by weight.
    Scrap,
}

impl Condition {
    /// The code stored in the database.
    pub const fn as_str(self) -> &'static str {
        self.row().0
    }

    const fn row(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::None => ("", "", ""),
            Self::New => ("new", "новый", "Н"),
            Self::Used => ("used", "б/у", "БУ"),
            Self::Restored => ("restored", "восстановленный", "В"),
            Self::Scrap => ("scrap", "лом", "Л"),
        }
    }
}

/// A sheet-pile profile with its weight and where the weight is from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Its name, for example `AZ 18-700`.
    pub profile: String,
    /// Useful width, mm.
    pub width_mm: i32,
    /// Weight of a metre, kg.
    pub kg_per_m: Decimal,
    /// Steel of a metre of wall, cm²; 0 = not known.
    pub area_cm2_per_m: Decimal,
    /// Piles of one family have interlocks that fit; empty = fits no other.
    pub family: String,
    /// The table the weight is from.
    pub source: String,
    /// Which edition of it; empty = not known.
    pub edition: String,
    /// Grows with every import that changes the row.
    pub version: i32,
}

/// A product (номенклатура).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    /// Its id.
    pub product_id: i64,
    /// Goods or service.
    pub kind: Kind,
    /// Артикул, unique.
    pub sku: String,
    /// Its name.
    pub name: String,
    /// The profile; empty for a service.
    pub profile: String,
    /// The condition; none for a service.
    pub condition: Condition,
    /// Length of a piece, metres; 0 for a service.
    pub length_m: Decimal,
    /// Weight of a metre, kg; 0 for a service.
    pub kg_per_m: Decimal,
    /// Optimistic lock.
    pub version: i32,
    /// New documents may name it.
    #[serde(default = "crate::command::in_use")]
    pub active: bool,
}

/// Артикул of goods: `AZ18-700-12-БУ`.
pub fn sku_of(profile: &str, length_m: Decimal, condition: Condition) -> String {
    let profile: String = profile.chars().filter(|letter| !letter.is_whitespace()).collect();
    format!("{profile}-{}-{}", length_m.normalize(), condition.row().2)
}

/// Name of goods: `Шпунт AZ 18-700, 12 м, б/у`.
pub fn name_of(profile: &str, length_m: Decimal, condition: Condition) -> String {
    format!("Шпунт {profile}, {} м, {}", length_m.normalize(), condition.row().1)
}

/// Metres in `pieces` of `length_m` (шт → м), exact.
pub fn metres(pieces: Decimal, length_m: Decimal) -> Decimal {
    pieces * length_m
}

/// Theoretical tonnes in `metres` at `kg_per_m` (м → т), exact: `м · кг/м / 1000`.
pub fn tonnes(metres: Decimal, kg_per_m: Decimal) -> Decimal {
    metres * kg_per_m * Decimal::new(1, 3)
}

/// Metres in `tonnes` at `kg_per_m` (т → м), to six places; `None` where nothing is weighed.
pub fn metres_of_tonnes(tonnes: Decimal, kg_per_m: Decimal) -> Option<Decimal> {
    (tonnes * Decimal::ONE_THOUSAND).checked_div(kg_per_m).map(|metres| metres.round_dp(6))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_exact() {
        let length: Decimal = "11.75".parse().unwrap();
        let weight: Decimal = "113.88".parse().unwrap();
        let m = metres(Decimal::from(18), length);
        assert_eq!(m, "211.5".parse().unwrap());
        let t = tonnes(m, weight);
        assert_eq!(t, "24.08562".parse().unwrap());
        assert_eq!(metres_of_tonnes(t, weight), Some(m));
        assert_eq!(metres_of_tonnes(t, Decimal::ZERO), None);
    }

    #[test]
    fn names_of_goods() {
        let length: Decimal = "12.000".parse().unwrap();
        assert_eq!(sku_of("AZ 18-700", length, Condition::Used), "AZ18-700-12-БУ");
        assert_eq!(name_of("Л5-УМ", length, Condition::New), "Шпунт Л5-УМ, 12 м, новый");
    }
}
