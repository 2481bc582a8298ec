//! Tables of profiles from outside (сортамент): which rows are to be believed, and what an import did.
//!
//! Public tables contradict each other, so a row must prove itself: steel weighs 7850 kg/m³, hence a metre of a pile `b` wide in a wall of
//! area `A` weighs `k = 0.785 · A (cm²/m) · b (m)` kg. A row that is off by more than [`TOLERANCE_KG`] is refused with the reason, because
//! its columns belong to different profiles. What was bought by an earlier version keeps its weight: products copied it.

use std::collections::{HashMap, HashSet};

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Profile, store};
use crate::access::Permission;
use crate::command::{self, Ctx, Outcome};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::text;

/// How far the weight of a metre may be from what the area says, kg.
pub const TOLERANCE_KG: Decimal = Decimal::from_parts(3, 0, 0, false, 1);

/// Rows of one import at most.
pub const ROWS_MAX: usize = 10_000;

/// A row of a table (строка сортамента).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Where it stands in the file, from 1.
    pub line: usize,
    /// Обозначение.
    pub profile: String,
    /// Piles of one family have interlocks that fit; may be empty.
    #[serde(default)]
    pub family: String,
    /// Useful width, mm.
    pub width_mm: i32,
    /// Weight of a metre, kg.
    pub kg_per_m: Decimal,
    /// Steel of a metre of wall, cm².
    pub area_cm2_per_m: Decimal,
    /// The table it is from.
    pub source: String,
    /// Which edition of it.
    pub edition: String,
}

/// A row that was not taken, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejected {
    /// Where it stands in the file.
    pub line: usize,
    /// What it called itself.
    pub profile: String,
    /// What is wrong with it.
    pub reason: String,
}

/// What an import did: added + changed + unchanged + rejected are all rows.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Imported {
    /// Profiles that were not known.
    pub added: Vec<String>,
    /// Profiles that are another version now.
    pub changed: Vec<String>,
    /// Profiles that are as they were.
    pub unchanged: Vec<String>,
    /// Rows that were not taken, by line.
    pub rejected: Vec<Rejected>,
}

/// What the area says a metre weighs, kg: `k = 0.785 · A · b / 1000` with A in cm² per metre of wall and b in mm.
pub fn kg_of_area(area_cm2_per_m: Decimal, width_mm: i32) -> Decimal {
    area_cm2_per_m * Decimal::from(width_mm) * Decimal::new(785, 6)
}

/// The row as a profile, or why it is not to be believed.
fn check(row: &Row) -> Result<Profile, String> {
    let told = |error: Error| error.to_string();
    let profile = text::required(&row.profile, "profile", 40).map_err(told)?;
    let family = text::optional(&row.family, "family", 40).map_err(told)?;
    let source = text::required(&row.source, "source", 200).map_err(told)?;
    let edition = text::required(&row.edition, "edition", 60).map_err(told)?;
    if !(100..=2000).contains(&row.width_mm) {
        return Err(format!("a width of {} mm is none of a sheet pile (100 to 2000)", row.width_mm));
    }
    if row.kg_per_m < Decimal::TEN || row.kg_per_m > Decimal::from(500) || row.kg_per_m.normalize().scale() > 3 {
        return Err(format!("a weight of {} kg/m is none of a sheet pile (10 to 500, three places)", row.kg_per_m));
    }
    if row.area_cm2_per_m <= Decimal::ZERO
        || row.area_cm2_per_m > Decimal::ONE_THOUSAND
        || row.area_cm2_per_m.normalize().scale() > 3
    {
        return Err(format!("an area of {} cm²/m proves no weight; give that of a metre of wall", row.area_cm2_per_m));
    }
    let by_area = kg_of_area(row.area_cm2_per_m, row.width_mm);
    if (row.kg_per_m - by_area).abs() > TOLERANCE_KG {
        return Err(format!(
            "{} kg/m contradicts its area: 0.785 · {} · {} / 1000 = {} kg/m; the columns are of different profiles",
            row.kg_per_m,
            row.area_cm2_per_m,
            row.width_mm,
            by_area.round_dp(2)
        ));
    }
    let (width_mm, kg_per_m, area_cm2_per_m) = (row.width_mm, row.kg_per_m, row.area_cm2_per_m);
    Ok(Profile { profile, width_mm, kg_per_m, area_cm2_per_m, family, source, edition, version: 1 })
}

/// What to write, and the report of it; a profile that stands twice is taken from its first line.
fn decide(rows: &[Row], known: &[Profile]) -> (Vec<Profile>, Imported) {
    let known: HashMap<&str, &Profile> = known.iter().map(|profile| (profile.profile.as_str(), profile)).collect();
    let (mut done, mut save, mut seen) = (Imported::default(), Vec::new(), HashSet::new());
    for row in rows {
        let first = |profile: Profile| {
            if seen.insert(profile.profile.clone()) {
                Ok(profile)
            } else {
                Err("the profile stands in an earlier line too".to_owned())
            }
        };
        let mut new = match check(row).and_then(first) {
            Ok(new) => new,
            Err(reason) => {
                done.rejected.push(Rejected { line: row.line, profile: row.profile.clone(), reason });
                continue;
            }
        };
        match known.get(new.profile.as_str()) {
            None => {
                done.added.push(new.profile.clone());
                save.push(new);
            }
            Some(old) => {
                new.version = old.version;
                // A table that says nothing of the family takes nothing back.
                if new.family.is_empty() {
                    new.family.clone_from(&old.family);
                }
                if new == **old {
                    done.unchanged.push(new.profile);
                } else {
                    new.version += 1;
                    done.changed.push(new.profile.clone());
                    save.push(new);
                }
            }
        }
    }
    (save, done)
}

/// Takes over a table of profiles (загрузить сортамент): good rows are written, the others reported with the reason.
///
/// Errors: `INVALID_INPUT` (no rows, or too many), `FORBIDDEN`.
pub async fn import(db: &Db, ctx: &Ctx, rows: Vec<Row>) -> Result<Outcome<Imported>> {
    if rows.is_empty() || rows.len() > ROWS_MAX {
        return Err(Error::invalid("rows", format!("a table has 1 to {ROWS_MAX} rows; split it")));
    }
    command::run(db, ctx, "catalog.profiles_import", Permission::EditProducts, &rows, async |run, rows| {
        let known = store::lock_profiles(run).await?;
        let (save, done) = decide(rows, &known);
        for profile in &save {
            store::save_profile_in_tx(run, profile).await?;
        }
        Ok(done)
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn row(line: usize, profile: &str, width_mm: i32, kg: &str, area: &str) -> Row {
        Row {
            line,
            profile: profile.to_owned(),
            family: "AZ".to_owned(),
            width_mm,
            kg_per_m: d(kg),
            area_cm2_per_m: d(area),
            source: "Producer".to_owned(),
            edition: "2024".to_owned(),
        }
    }

    #[test]
    fn the_area_proves_the_weight() {
        assert_eq!(kg_of_area(d("187.2"), 700), d("102.8664"));
        assert!(check(&row(1, "AZ 26-700", 700, "102.9", "187.2")).is_ok());
        // What two public sites print for the same pile: one is another profile's weight, the other the old 26-700N.
        for kg in ["112", "96.9"] {
            let reason = check(&row(1, "AZ 26-700", 700, kg, "187.2")).unwrap_err();
            assert!(reason.contains("contradicts its area") && reason.contains("102.87"), "{reason}");
        }
        for (kg, fits) in [("103.1664", false), ("103.166", true), ("102.567", true), ("102.566", false)] {
            assert_eq!(check(&row(1, "AZ 26-700", 700, kg, "187.2")).is_ok(), fits, "{kg}");
        }
        for (width, kg, area) in [(0, "100", "180"), (700, "0", "180"), (700, "102.9", "0"), (70, "10.3", "187.2")] {
            assert!(check(&row(1, "X", width, kg, area)).is_err(), "{width} {kg} {area}");
        }
    }

    #[test]
    fn every_row_is_counted_once_and_a_repetition_changes_nothing() {
        let rows = [
            row(2, "AZ 26-700", 700, "102.9", "187.2"),
            row(3, "AZ 26-700", 700, "102.9", "187.2"),
            row(4, "AZ 99", 700, "75.0", "187.2"),
            row(5, " ", 700, "102.9", "187.2"),
        ];
        let (save, done) = decide(&rows, &[]);
        assert_eq!((done.added.as_slice(), done.rejected.len()), (["AZ 26-700".to_owned()].as_slice(), 3));
        assert_eq!(done.rejected.iter().map(|row| row.line).collect::<Vec<_>>(), [3, 4, 5]);
        let (again, done) = decide(&rows[..1], &save);
        assert_eq!((again.len(), done.unchanged.len()), (0, 1));
        let newer = Row { edition: "2026".to_owned(), family: String::new(), ..rows[0].clone() };
        let (save, done) = decide(&[newer], &save);
        assert_eq!((save[0].version, save[0].family.as_str(), done.changed.len()), (2, "AZ", 1));
    }
}
