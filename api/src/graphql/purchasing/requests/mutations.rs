//! Changes of requests for prices: asked, answered, chosen, closed.

use async_graphql::{Context, InputObject, Object};
use rust_decimal::Decimal;
use shpunt_domain::purchasing::requests::{choose, commands, read};

use super::{PurchaseRequest, PurchaseRequestLine, SupplierAnswer};
use crate::graphql::batches::Warehouse;
use crate::graphql::caller::{command, db};
use crate::graphql::catalog::Product;
use crate::graphql::companies::Company;
use crate::graphql::deals::Deal;
use crate::graphql::error::Result;
use crate::graphql::ids::{Id, or_zero};
use crate::graphql::parties::{Contract, Party};
use crate::graphql::pricing::GoodsPriceInput;
use crate::graphql::purchasing::SupplierOrder;
use crate::graphql::scalars::{Day, Number, Uuid};
use crate::graphql::user_error::{payload, then};

/// Goods to ask for (строка запроса цен).
#[derive(InputObject)]
pub(crate) struct PurchaseRequestLineInput {
    /// Goods (номенклатура).
    product_id: Id<Product>,
    /// Pieces (штуки), more than zero.
    pieces: i32,
}

/// A request for prices to several suppliers (новый запрос цен).
#[derive(InputObject)]
pub(crate) struct PurchaseRequestCreateInput {
    /// Who buys (своя организация).
    company_id: Id<Company>,
    /// When the goods are needed at the base (нужно к).
    needed_on: Day,
    /// Where prices are compared at (база сравнения), at most 200 characters.
    base: String,
    /// Free text, at most 500 characters (примечание).
    #[graphql(default)]
    note: String,
    /// Who is asked, 1 to 50, each once (поставщики).
    supplier_ids: Vec<Id<Party>>,
    /// 1 to 100 (строки).
    lines: Vec<PurchaseRequestLineInput>,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// What a supplier answered (ответ поставщика).
#[derive(InputObject)]
pub(crate) struct SupplierAnswerAddInput {
    /// The line it is for (строка запроса цен).
    purchase_request_line_id: Id<PurchaseRequestLine>,
    /// Who answered (поставщик): one of those asked.
    supplier_id: Id<Party>,
    /// The price (цена).
    price: GoodsPriceInput,
    /// The supplier's VAT rate, percent; 0 = without VAT (ставка НДС).
    vat_percent: Number,
    /// Freight to the base, roubles per tonne; with VAT where the price is (доставка за тонну).
    freight: Option<Number>,
    /// When the goods would be at the base (срок).
    delivers_on: Day,
    /// Last day it holds (действует до).
    valid_until: Day,
    /// The supplier's terms, at most 300 characters (условия).
    #[graphql(default)]
    terms: String,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// Answers that become an order (выбор ответа).
#[derive(InputObject)]
pub(crate) struct SupplierAnswersChooseInput {
    /// Answers of one supplier to one request, each for another line (ответы).
    answer_ids: Vec<Id<SupplierAnswer>>,
    /// Under which contract (договор поставки).
    contract_id: Option<Id<Contract>>,
    /// The open deal the goods are for (сделка); left out, they are for stock.
    deal_id: Option<Id<Deal>>,
    /// Where the goods are expected (склад).
    warehouse_id: Id<Warehouse>,
    /// What is paid before the goods come, percent of the sum with VAT (доля предоплаты).
    prepayment_percent: Option<Number>,
    /// Days after the order until that is due, 0 to 365 (срок предоплаты, дней).
    #[graphql(default)]
    prepayment_days: i32,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// A request of which no more answers are awaited (закрытие запроса цен).
#[derive(InputObject)]
pub(crate) struct PurchaseRequestCloseInput {
    /// Which (запрос цен): an open one.
    purchase_request_id: Id<PurchaseRequest>,
    /// The version it was read at (версия).
    expected_version: i32,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

payload! {
    /// What `purchaseRequestCreate` did.
    PurchaseRequestCreatePayload {
        /// The new request (запрос цен); null when nothing was done.
        purchase_request: PurchaseRequest
    }
}

payload! {
    /// What `supplierAnswerAdd` did.
    SupplierAnswerAddPayload {
        /// The request as it is now (запрос цен); null when nothing was done.
        purchase_request: PurchaseRequest
    }
}

payload! {
    /// What `supplierAnswersChoose` did.
    SupplierAnswersChoosePayload {
        /// The draft that was made (заказ поставщику); null when nothing was done.
        supplier_order: SupplierOrder
    }
}

payload! {
    /// What `purchaseRequestClose` did.
    PurchaseRequestClosePayload {
        /// The request as it is now (запрос цен); null when nothing was done.
        purchase_request: PurchaseRequest
    }
}

/// Changes of requests for prices.
#[derive(Default)]
pub(crate) struct RequestsMutation;

#[Object]
impl RequestsMutation {
    /// Asks several suppliers for prices (создать запрос цен). Codes: `NOT_FOUND`, `PARTY_MISMATCH`, `INVALID_INPUT`, `AMOUNT_NOT_POSITIVE`.
    async fn purchase_request_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new request (новый запрос).")] input: PurchaseRequestCreateInput,
    ) -> Result<PurchaseRequestCreatePayload> {
        let line =
            |line: PurchaseRequestLineInput| commands::NewLine { product_id: line.product_id.number, pieces: line.pieces.into() };
        let ask = commands::Ask {
            company_id: input.company_id.number,
            needed_on: input.needed_on.0,
            base: input.base,
            note: input.note,
            lines: input.lines.into_iter().map(line).collect(),
            party_ids: input.supplier_ids.into_iter().map(|id| id.number).collect(),
        };
        PurchaseRequestCreatePayload::of(commands::ask(db(ctx), &command(ctx, input.idempotency_key)?, &ask).await)
    }

    /// Writes a supplier's answer down (записать ответ); it takes the place of the earlier one for the line, which stays in the history of
    /// prices. Codes: `NOT_FOUND`, `PARTY_MISMATCH`, `PURCHASE_REQUEST_STATUS`, `INVALID_INPUT`, `AMOUNT_NOT_POSITIVE`.
    async fn supplier_answer_add(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The answer (ответ).")] input: SupplierAnswerAddInput,
    ) -> Result<SupplierAnswerAddPayload> {
        let tell = commands::Tell {
            purchase_request_line_id: input.purchase_request_line_id.number,
            party_id: input.supplier_id.number,
            price: input.price.into(),
            vat_percent: input.vat_percent.0,
            freight: input.freight.map_or(Decimal::ZERO, |freight| freight.0),
            delivers_on: input.delivers_on.0,
            valid_until: input.valid_until.0,
            terms: input.terms,
        };
        let done = commands::answer(db(ctx), &command(ctx, input.idempotency_key)?, &tell).await;
        let done = then(done, async |answer| {
            let of = read::list_requests_of_lines(db(ctx), &[answer.purchase_request_line_id]).await?;
            let ids: Vec<i64> = of.into_iter().map(|(_, request)| request).collect();
            let request = read::list_by_ids(db(ctx), &ids).await?.pop();
            Ok(request.ok_or_else(|| shpunt_domain::Error::internal("an answer is for no request"))?)
        })
        .await?;
        SupplierAnswerAddPayload::of(done)
    }

    /// Makes a draft of a supplier order of chosen answers (выбрать ответы); when every line was ordered, the request is closed. Codes:
    /// `NOT_FOUND`, `PURCHASE_REQUEST_STATUS`, `PARTY_MISMATCH`, `COMPANY_MISMATCH`, `DEAL_CLOSED`, `PARTY_REQUIRED`, `INVALID_INPUT`.
    async fn supplier_answers_choose(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which, and on what terms (какие).")] input: SupplierAnswersChooseInput,
    ) -> Result<SupplierAnswersChoosePayload> {
        let chosen = choose::Choose {
            supplier_answer_ids: input.answer_ids.into_iter().map(|id| id.number).collect(),
            contract_id: or_zero(input.contract_id),
            deal_id: or_zero(input.deal_id),
            warehouse_id: input.warehouse_id.number,
            prepayment_percent: input.prepayment_percent.map_or(Decimal::ZERO, |percent| percent.0),
            prepayment_days: input.prepayment_days,
        };
        SupplierAnswersChoosePayload::of(choose::choose(db(ctx), &command(ctx, input.idempotency_key)?, &chosen).await)
    }

    /// Closes a request (закрыть запрос цен). Codes: `NOT_FOUND`, `VERSION_CONFLICT`, `PURCHASE_REQUEST_STATUS`.
    async fn purchase_request_close(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which (какой).")] input: PurchaseRequestCloseInput,
    ) -> Result<PurchaseRequestClosePayload> {
        let close =
            commands::Close { purchase_request_id: input.purchase_request_id.number, expected_version: input.expected_version };
        PurchaseRequestClosePayload::of(commands::close(db(ctx), &command(ctx, input.idempotency_key)?, &close).await)
    }
}
