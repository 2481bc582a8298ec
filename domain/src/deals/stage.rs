//! The one funnel (воронка): which stages there are and which moves between them are allowed.

use serde::{Deserialize, Serialize};

use crate::error::{Code, Error, Result};

/// Stage of a deal (этап сделки), in the order of the funnel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Stage {
    /// Новый лид.
    NewLead,
    /// Квалифицирован.
    Qualified,
    /// Потребность определена.
    NeedDefined,
    /// КП отправлено.
    OfferSent,
    /// Договор.
    Contract,
    /// В поставке.
    InSupply,
    /// Успешно.
    Won,
    /// Проиграна.
    Lost,
}

impl Stage {
    /// Every stage, in order.
    pub const ALL: [Self; 8] = [
        Self::NewLead,
        Self::Qualified,
        Self::NeedDefined,
        Self::OfferSent,
        Self::Contract,
        Self::InSupply,
        Self::Won,
        Self::Lost,
    ];

    const fn row(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::NewLead => ("new_lead", "Новый лид", "New lead"),
            Self::Qualified => ("qualified", "Квалифицирован", "Qualified"),
            Self::NeedDefined => ("need_defined", "Потребность определена", "Need defined"),
            Self::OfferSent => ("offer_sent", "КП отправлено", "Offer sent"),
            Self::Contract => ("contract", "Договор", "Contract"),
            Self::InSupply => ("in_supply", "В поставке", "In supply"),
            Self::Won => ("won", "Успешно", "Won"),
            Self::Lost => ("lost", "Проиграна", "Lost"),
        }
    }

    /// The code stored in the database.
    pub const fn as_str(self) -> &'static str {
        self.row().0
    }

    /// The Russian name.
    pub const fn name_ru(self) -> &'static str {
        self.row().1
    }

    /// The English name.
    pub const fn name_en(self) -> &'static str {
        self.row().2
    }

    /// Place in the funnel, from 0; lost comes after won.
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The stage of a code, or `STAGE_UNKNOWN`.
    pub fn parse(code: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|stage| stage.as_str() == code).ok_or_else(|| {
            let known: Vec<_> = Self::ALL.iter().map(|stage| stage.as_str()).collect();
            Error::rejected(Code::StageUnknown, format!("there is no stage {code:?}; use one of {}", known.join(", ")))
        })
    }

    /// The deal is won or lost.
    pub const fn is_closed(self) -> bool {
        matches!(self, Self::Won | Self::Lost)
    }

    /// From the contract on a deal needs its customer.
    pub const fn needs_party(self) -> bool {
        matches!(self, Self::Contract | Self::InSupply | Self::Won)
    }
}

/// What a move depends on besides the stages.
#[derive(Debug, Clone, Copy, Default)]
pub struct Facts<'a> {
    /// The customer is known.
    pub has_party: bool,
    /// Why the deal is lost; may be empty.
    pub lost_reason: &'a str,
    /// Number of an order of the deal that is confirmed, shipped or delivered.
    pub live_order: Option<&'a str>,
}

/// Whether a deal at `from` may go to `to`: any open stage to any other; won and lost are final.
///
/// Errors: `DEAL_CLOSED`, `STAGE_UNKNOWN` (no move at all), `PARTY_REQUIRED`, `LOST_REASON_REQUIRED`, `ORDER_STATUS` (lost with a live order).
pub fn decide_move(from: Stage, to: Stage, facts: Facts<'_>) -> Result<()> {
    if from.is_closed() {
        return Err(Error::rejected(Code::DealClosed, "the deal is won or lost; open a new one"));
    }
    if from == to {
        return Err(Error::rejected(Code::StageUnknown, format!("the deal is at {} already; choose another stage", to.as_str())));
    }
    if to.needs_party() && !facts.has_party {
        return Err(Error::rejected(Code::PartyRequired, "name the customer on the deal before this stage"));
    }
    if to != Stage::Lost {
        return Ok(());
    }
    if facts.lost_reason.is_empty() {
        return Err(Error::rejected(Code::LostReasonRequired, "say why the deal is lost"));
    }
    facts.live_order.map_or(Ok(()), |number| {
        Err(Error::rejected(
            Code::OrderStatus,
            format!("order {number} of the deal is confirmed or shipped; cancel it while it is not shipped, or win the deal"),
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(result: Result<()>) -> Option<Code> {
        result.err().map(|error| error.code())
    }

    #[test]
    fn moves() {
        let facts = Facts { has_party: true, lost_reason: "цена", live_order: None };
        for from in Stage::ALL {
            for to in Stage::ALL {
                let expected = if from.is_closed() {
                    Some(Code::DealClosed)
                } else if from == to {
                    Some(Code::StageUnknown)
                } else {
                    None
                };
                assert_eq!(code(decide_move(from, to, facts)), expected, "{from:?} -> {to:?}");
            }
        }
        assert_eq!(code(decide_move(Stage::OfferSent, Stage::Contract, Facts::default())), Some(Code::PartyRequired));
        assert_eq!(code(decide_move(Stage::OfferSent, Stage::Lost, Facts::default())), Some(Code::LostReasonRequired));
        let going = Facts { live_order: Some("З-000001"), ..facts };
        assert_eq!(code(decide_move(Stage::InSupply, Stage::Lost, going)), Some(Code::OrderStatus));
        assert_eq!(code(decide_move(Stage::InSupply, Stage::Won, going)), None);
    }

    #[test]
    fn codes_round_trip() {
        for (index, stage) in Stage::ALL.into_iter().enumerate() {
            assert_eq!(Stage::parse(stage.as_str()).unwrap(), stage);
            assert_eq!(stage.index(), index);
        }
        assert_eq!(Stage::parse("dreaming").unwrap_err().code(), Code::StageUnknown);
    }
}
