//! SQL of goods shipped at our risk.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::command::Run;
use crate::error::Result;
use crate::ledger::{CostElement, Sale, Stock};

/// What goods of a line cost that are on their way, by the day it was there.
pub(super) struct Cost {
    /// The day of delivery, or the later day the cost is dated.
    pub(super) on: NaiveDate,
    /// As they were shipped.
    pub(super) sale: Sale,
    pub(super) stock: Stock,
    pub(super) value: Decimal,
    /// The VAT that belongs to it (memo).
    pub(super) vat: Decimal,
}

/// The cost of what is on its way of an order, by day: first, as of `on`, all that was there by then.
pub(super) async fn costs_in_tx(run: &mut Run<'_>, order_id: i64, on: NaiveDate) -> Result<Vec<Cost>> {
    let rows = sqlx::query!(
        r#"select greatest(effective_on, $2::date) as "on!", deal_id, order_line_id, product_id, party_id, contract_id, employee_id, channel_id,
             batch_id, warehouse_id, cost_element, sum(amount) as "amount!", sum(vat) as "vat!", sum(pieces)::bigint as "pieces!",
             sum(metres) as "metres!", sum(tonnes_theoretical) as "tonnes_theoretical!", sum(tonnes_weighed) as "tonnes_weighed!"
           from ledger_entry where order_id = $1 and account = 'goods_shipped' and batch_id > 0
           group by greatest(effective_on, $2::date), deal_id, order_line_id, product_id, party_id, contract_id, employee_id, channel_id,
             batch_id, warehouse_id, cost_element
           order by 1, order_line_id, min(entry_id)"#,
        order_id,
        on
    )
    .fetch_all(&mut *run.tx)
    .await?;
    let costs = rows.into_iter().map(|row| Cost {
        on: row.on,
        sale: Sale {
            deal_id: row.deal_id,
            order_id,
            order_line_id: row.order_line_id,
            product_id: row.product_id,
            party_id: row.party_id,
            contract_id: row.contract_id,
            employee_id: row.employee_id,
            channel_id: row.channel_id,
        },
        stock: Stock {
            batch_id: row.batch_id,
            product_id: row.product_id,
            warehouse_id: row.warehouse_id,
            cost_element: CostElement::parse(&row.cost_element),
            pieces: row.pieces,
            metres: row.metres,
            tonnes_theoretical: row.tonnes_theoretical,
            tonnes_weighed: row.tonnes_weighed,
        },
        value: row.amount,
        vat: row.vat,
    });
    Ok(costs.collect())
}

/// The last day goods of an order came back.
pub(super) async fn returned_on_in_tx(run: &mut Run<'_>, order_id: i64) -> Result<Option<NaiveDate>> {
    let last = sqlx::query_scalar!("select max(returned_on) from order_returns where order_id = $1", order_id);
    Ok(last.fetch_one(&mut *run.tx).await?)
}
