//! Many deals, straight into the tables: copies of one that commands made.

use anyhow::Result;
use serde_json::{Value, json};
use shpunt_domain::Db;

use super::graphql::GraphQl;
use super::trade::{Trade, number_of};

/// Orders of a deal, lines of an order, payments of a deal.
pub const EACH: i64 = 5;

/// Makes `deals` deals with [`EACH`] orders of as many lines each, and as many payments.
///
/// # Errors
/// A command is refused, or a row.
pub async fn fill(db: &Db, client: &mut GraphQl, deals: i64) -> Result<()> {
    let trade = Trade::begin(client, "Bench", "9900000002").await?;
    let mut lane = trade.lane(client, 1).await?;
    let order = number_of(&lane.step().await?.order)?;
    let account = json!({ "companyId": trade.company(), "kind": "BANK", "name": "Расчётный счёт" });
    let document = "mutation($input: CashAccountOpenInput!) {
        cashAccountOpen(input: $input) { cashAccount { id } userErrors { code message } } }";
    let opened: Value = client.change("cashAccountOpen", document, account).await?;
    let account = number_of(opened["cashAccount"]["id"].as_str().unwrap_or_default())?;
    let parties = "insert into parties (name, phone, is_customer, created_at)
        select 'ООО «Мостострой-' || n || '»', '+7 900 ' || n, true, now() from generate_series(1, 1000) n";
    let made = "insert into deals (company_id, number, title, party_id, channel_id, stage, stage_entered_at, need_tonnes, need_gross,
            contact_name, contact_phone, opened_at)
        select company_id, 'В-' || n, 'Шпунт на причал № ' || n, (select max(party_id) from parties) - n % 1000, channel_id, 'in_supply', now(), 40,
            4800000, 'Иван Петров', '+7 900 000-00-00', now() - n * interval '1 minute'
        from deals, generate_series(1, $1) n where deal_id = (select deal_id from orders where order_id = $2)";
    let orders = "insert into orders (company_id, deal_id, party_id, number, status, planned_on, vehicle, net, vat, gross, created_at, updated_at)
        select d.company_id, d.deal_id, d.party_id, d.number || '/' || n, 'confirmed', o.planned_on, 'А' || 100 + n || 'ВС77', 5 * o.net, 5 * o.vat,
            5 * o.gross, d.opened_at, d.opened_at
        from deals d, generate_series(1, $1) n, orders o where o.order_id = $2 and d.number like 'В-%'";
    let lines = "insert into order_lines (order_id, line, kind, product_id, batch_id, pieces, metres, tonnes_theoretical, unit, quantity, price,
            price_includes_vat, vat_percent, net, vat, gross)
        select o.order_id, n, l.kind, l.product_id, l.batch_id, l.pieces, l.metres, l.tonnes_theoretical, l.unit, l.quantity, l.price,
            l.price_includes_vat, l.vat_percent, l.net, l.vat, l.gross
        from orders o, generate_series(1, $1) n, order_lines l where l.order_id = $2 and o.number like 'В-%'";
    let payments = "with paper as (
            insert into documents (company_id, kind, number, issued_on, party_id, created_at)
            select d.company_id, 'payment_in', d.number || '/' || n, current_date, d.party_id, now() from deals d, generate_series(1, $1) n
            where d.number like 'В-%' returning document_id, number, party_id)
        insert into payments (company_id, cash_account_id, direction, article_id, party_id, target, deal_id, document_id, paid_on, amount, purpose, created_at)
        select d.company_id, $2, 'in', (select min(article_id) from articles), d.party_id, 'deal', d.deal_id, p.document_id, current_date, 960000,
            'Оплата по счёту ' || p.number || ', в том числе НДС', now()
        from paper p join deals d on d.number = split_part(p.number, '/', 1)";
    sqlx::raw_sql(parties).execute(db).await?;
    sqlx::query(made).bind(deals).bind(order).execute(db).await?;
    for statement in [orders, lines] {
        sqlx::query(statement).bind(EACH).bind(order).execute(db).await?;
    }
    sqlx::query(payments).bind(EACH).bind(account).execute(db).await?;
    // The one that commands made is not among the newest.
    sqlx::raw_sql("update deals set opened_at = opened_at - interval '1 year' where number not like 'В-%'").execute(db).await?;
    sqlx::raw_sql("vacuum analyze").execute(db).await?;
    Ok(())
}
