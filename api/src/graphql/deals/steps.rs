//! What plans answer of deals.

use super::{Deal, StageMove};
use crate::graphql::plan::{Field, Step, Steps, Word};
use crate::graphql::{access, companies, marketing, orders, parties, settlements, treasury};

impl Steps for Deal {
    fn step(field: &Field<'_>) -> Option<Step<Self>> {
        match field.name {
            "id" => field.leaf(|deal: &Self| &deal.id),
            "number" => field.leaf(|deal: &Self| &deal.number),
            "title" => field.leaf(|deal: &Self| &deal.title),
            "stage" => field.value(|deal: &Self| Word(deal.stage)),
            "stageEnteredAt" => field.leaf(|deal: &Self| &deal.stage_entered_at),
            "needTonnes" => field.leaf(|deal: &Self| &deal.need_tonnes),
            "needAmount" => field.inside(|deal: &Self| &deal.need_amount),
            "plannedMargin" => field.inside(|deal: &Self| &deal.planned_margin),
            "contactName" => field.leaf(|deal: &Self| &deal.contact_name),
            "contactPhone" => field.leaf(|deal: &Self| &deal.contact_phone),
            "lostReason" => field.leaf(|deal: &Self| &deal.lost_reason),
            "openedAt" => field.leaf(|deal: &Self| &deal.opened_at),
            "closedAt" => field.leaf(|deal: &Self| &deal.closed_at),
            "externalId" => field.leaf(|deal: &Self| &deal.external_id),
            "version" => field.leaf(|deal: &Self| &deal.version),
            "company" => field.existing(|deal: &Self| deal.refers.company, companies::by_ids),
            "customer" => field.one(|deal: &Self| deal.refers.party, parties::by_ids),
            "contract" => field.one(|deal: &Self| deal.refers.contract, parties::contracts),
            "manager" => field.one(|deal: &Self| deal.refers.employee, access::employees),
            "channel" => field.existing(|deal: &Self| deal.refers.channel, marketing::by_ids),
            "stageLog" => field.many(|deal: &Self| deal.refers.deal, super::stage_logs),
            "orders" => field.many(|deal: &Self| deal.refers.deal, orders::of_deals),
            "payments" => field.many(|deal: &Self| deal.refers.deal, treasury::of_deals),
            "settlements" => field.many(|deal: &Self| deal.refers.deal, settlements::of_deals),
            _ => None,
        }
    }
}

impl Steps for StageMove {
    fn step(field: &Field<'_>) -> Option<Step<Self>> {
        match field.name {
            "from" => field.value(|moved: &Self| moved.from.map(Word)),
            "to" => field.value(|moved: &Self| Word(moved.to)),
            "at" => field.leaf(|moved: &Self| &moved.at),
            _ => None,
        }
    }
}
