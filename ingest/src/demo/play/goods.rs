//! Goods: received, on their way, arrived or missing, sent back, and what becomes of the claims.

use chrono::NaiveDate;
use shpunt_domain::access::Scope;
use shpunt_domain::batches::returns::{Landed, commands as returns};
use shpunt_domain::batches::{commands as batches, transit::commands as transit};
use shpunt_domain::command::Ctx;
use shpunt_domain::purchasing::receipts::afar;
use shpunt_domain::settlements::read::{self as settlements, Filter, Kind};
use shpunt_domain::treasury::claims;
use shpunt_domain::{Error, Result};

use super::Player;
use crate::demo::script::{Act, Claim, Receipt, Thing};

impl Player<'_> {
    pub(super) async fn play_goods(&mut self, ctx: &Ctx, on: NaiveDate, act: &Act) -> Result<()> {
        let db = self.db;
        match act {
            Act::Receive(receipt) => {
                let input = self.receipt(on, receipt)?;
                let done = batches::receive(db, ctx, &input).await?.value;
                self.ids.insert(Thing::Batch(receipt.batch), done.batch_id);
                Ok(())
            }
            Act::ReceiveAfar { receipt, expected_on } => {
                let input = afar::ReceiveInTransit {
                    receipt: self.receipt(on, receipt)?,
                    expected_on: *expected_on,
                    supplier_order_line_id: 0,
                    preliminary: false,
                };
                let done = afar::receive_in_transit(db, ctx, &input).await?.value;
                self.ids.insert(Thing::Afar(receipt.batch), done.batch_id);
                Ok(())
            }
            Act::Arrive { batch, pieces, warehouse } => {
                let input = transit::Arrive {
                    batch_id: self.id(Thing::Afar(*batch))?,
                    pieces: *pieces,
                    warehouse_id: self.id(Thing::Warehouse(*warehouse))?,
                    on,
                    number: None,
                };
                let done = transit::arrive(db, ctx, &input).await?.value;
                self.ids.insert(Thing::Batch(*batch), done.batch_id);
                Ok(())
            }
            Act::Miss { claim, pieces } => {
                let input = transit::Miss {
                    batch_id: self.id(Thing::Afar(claim.batch))?,
                    pieces: *pieces,
                    on,
                    to: Landed::Claim,
                    reason: "Недостача при приёмке, акт подписан перевозчиком".to_owned(),
                };
                transit::miss(db, ctx, &input).await?;
                self.raised(on, claim).await
            }
            Act::SendBack { claim, pieces } => {
                let input = returns::ReturnToSupplier {
                    company_id: self.id(Thing::Company(claim.company))?,
                    party_id: self.id(Thing::Party(claim.party))?,
                    contract_id: self.id(Thing::Contract(claim.party))?,
                    returned_on: on,
                    number: String::new(),
                    reason: "Брак: трещины в замках".to_owned(),
                    landed: Landed::Claim,
                    lines: vec![returns::Pieces { batch_id: self.id(Thing::Batch(claim.batch))?, pieces: *pieces }],
                };
                returns::return_to_supplier(db, ctx, &input).await?;
                self.raised(on, claim).await
            }
            Act::SettleClaim { batch, amount, given_up } => {
                let article_id = given_up.then(|| self.article("claim_refused")).transpose()?;
                let input = claims::SettleClaim { claim_id: self.id(Thing::Claim(*batch))?, on, amount: *amount, article_id };
                claims::settle(db, ctx, &input).await.map(drop)
            }
            _ => Err(Error::internal("a step of the demo has no player")),
        }
    }

    fn receipt(&self, on: NaiveDate, receipt: &Receipt) -> Result<batches::Receive> {
        Ok(batches::Receive {
            company_id: self.id(Thing::Company(receipt.company))?,
            party_id: self.id(Thing::Party(receipt.party))?,
            contract_id: self.id(Thing::Contract(receipt.contract))?,
            warehouse_id: self.id(Thing::Warehouse(receipt.warehouse))?,
            product_id: self.id(Thing::Goods(receipt.goods))?,
            number: receipt.number.clone(),
            received_on: on,
            pieces: receipt.pieces,
            tonnes_weighed: receipt.weighed,
            net: receipt.net,
            vat: receipt.vat,
        })
    }

    /// Looks the claim up in the list a user looks at; a settled one too, for a demo that goes on after it.
    async fn raised(&mut self, on: NaiveDate, claim: &Claim) -> Result<()> {
        let filter = Filter {
            kind: Some(Kind::Claim),
            company_id: Some(self.id(Thing::Company(claim.company))?),
            party_id: Some(self.id(Thing::Party(claim.party))?),
            closed: true,
            ..Filter::default()
        };
        let rows = settlements::list(self.db, &Scope::All, &filter, None, i64::MAX).await?;
        let known = rows.iter().find(|row| row.opened_on == on && row.amount == claim.amount);
        let known = known.ok_or_else(|| Error::internal("the demo knows another sum of a claim than the books"))?;
        self.ids.insert(Thing::Claim(claim.batch), known.item_id);
        Ok(())
    }
}
