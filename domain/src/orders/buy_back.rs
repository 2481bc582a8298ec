//! Buying used piles back from a customer (обратный выкуп): a purchase that knows which sale it is of.
//!
//! It undoes nothing: the sale keeps its revenue and cost, the piles come in at the price agreed on now, as goods of another condition.
//! Invariant: of a line no more is bought back than the customer still has of it.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{store, title};
use crate::access::Permission;
use crate::batches::commands::{Receive, receive_in_tx};
use crate::batches::{Batch, countable};
use crate::command::{self, Ctx, Outcome, Run};
use crate::db::Db;
use crate::error::{Code, Error, Result};

/// Piles to buy back.
#[derive(Debug, Clone, Serialize)]
pub struct BuyBack {
    /// The order they were sold with.
    pub order_id: i64,
    /// The line.
    pub order_line_id: i64,
    /// What they are now: the same profile, another condition; their length may have changed.
    pub product_id: i64,
    /// Where they go.
    pub warehouse_id: i64,
    /// Number of the new batch.
    pub number: String,
    /// Business date.
    pub on: NaiveDate,
    /// How many.
    pub pieces: i64,
    /// Price of the whole, net of VAT, roubles.
    pub net: Decimal,
    /// VAT as printed by the customer; 0 of those who pay none.
    pub vat: Decimal,
}

/// What was bought back of which sale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoughtBack {
    /// The batch they came in as.
    pub batch_id: i64,
    /// The line they were sold with.
    pub order_line_id: i64,
    /// Its order.
    pub order_id: i64,
    /// The batch they were sold from.
    pub sold_batch_id: i64,
    /// How many.
    pub pieces: i64,
}

/// Buys piles back: a batch of used ones and the debt to the customer, who must also be a supplier.
///
/// Errors: `NOT_FOUND`, `ORDER_STATUS`, `TITLE_NOT_PASSED`, `RETURN_EXCEEDED`, `PRODUCT_MISMATCH`, `DATE_TOO_EARLY` and those of a receipt.
pub async fn buy_back(db: &Db, ctx: &Ctx, input: &BuyBack) -> Result<Outcome<Batch>> {
    command::run(db, ctx, "orders.buy_back", Permission::ReceiveGoods, input, buy_back_in_tx).await
}

async fn buy_back_in_tx(run: &mut Run<'_>, input: &BuyBack) -> Result<Batch> {
    let pieces = countable(input.pieces)?;
    let order = store::lock_in_tx(run, input.order_id).await?;
    title::passed(&order, "they are not bought back: record their return (orderReturn)")?;
    let Some(shipped_on) = order.sold_on() else {
        return Err(Error::rejected(
            Code::OrderStatus,
            format!("order {} was not shipped; there is nothing to buy back", order.number),
        ));
    };
    if input.on < shipped_on {
        let message =
            format!("order {} was sold on {shipped_on}; what was sold then is bought back that day or later", order.number);
        return Err(Error::rejected(Code::DateTooEarly, message));
    }
    let line = order.lines.iter().find(|line| line.is_goods() && line.order_line_id == input.order_line_id);
    let line = line.ok_or_else(|| Error::not_found("goods line", input.order_line_id))?;
    let known = sqlx::query!(
        r#"select sold.profile, sold.condition, used.profile as used_profile, used.condition as used_condition,
               coalesce((select sum(r.pieces) from order_return_lines r where r.order_line_id = $3), 0)::bigint as "returned!"
           from products sold, products used
           where sold.product_id = $1 and used.product_id = $2 and used.kind = 'goods'"#,
        line.product_id,
        input.product_id,
        line.order_line_id
    )
    .fetch_optional(&mut *run.tx)
    .await?
    .ok_or_else(|| Error::not_found("goods", input.product_id))?;
    if known.profile != known.used_profile || known.condition == known.used_condition {
        let message =
            format!("choose a product of {} that is not {}: it was sold so, and comes back used", known.profile, known.condition);
        return Err(Error::Invalid { code: Code::ProductMismatch, path: "productId".to_owned(), message });
    }
    let bought = bought_in_tx(run, line.order_line_id).await?;
    let left = line.pieces - known.returned - bought;
    if pieces > left {
        let message = format!(
            "of line {} of order {} the customer has {left} pieces ({} came back, {} were bought back), {pieces} are asked for",
            line.line, order.number, known.returned, bought
        );
        return Err(Error::rejected(Code::ReturnExceeded, message));
    }
    let receipt = Receive {
        company_id: order.company_id,
        party_id: order.party_id,
        contract_id: 0,
        warehouse_id: input.warehouse_id,
        product_id: input.product_id,
        number: input.number.clone(),
        received_on: input.on,
        pieces,
        tonnes_weighed: None,
        net: input.net,
        vat: input.vat,
    };
    let batch = receive_in_tx(run, &receipt).await?;
    sqlx::query!(
        "insert into batch_buy_backs (batch_id, order_line_id, pieces) values ($1, $2, $3)",
        batch.batch_id,
        line.order_line_id,
        pieces
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(batch)
}

/// Pieces of a line that were bought back.
pub(super) async fn bought_in_tx(run: &mut Run<'_>, order_line_id: i64) -> Result<i64> {
    let bought = sqlx::query_scalar!(
        r#"select coalesce(sum(pieces), 0)::bigint as "pieces!" from batch_buy_backs where order_line_id = $1"#,
        order_line_id
    );
    Ok(bought.fetch_one(&mut *run.tx).await?)
}

/// Which sales these batches were bought back of.
pub async fn list_by_batches(db: &Db, batch_ids: &[i64]) -> Result<Vec<BoughtBack>> {
    Ok(sqlx::query_as!(
        BoughtBack,
        "select b.batch_id, b.order_line_id, l.order_id, l.batch_id as sold_batch_id, b.pieces
         from batch_buy_backs b join order_lines l using (order_line_id) where b.batch_id = any($1)",
        batch_ids
    )
    .fetch_all(db)
    .await?)
}
