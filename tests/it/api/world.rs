//! A small business, made by mutations only.

use serde_json::{Value, json};
use shpunt_domain::access::User;
use shpunt_tests::db::TestDb;

use super::Api;

/// The business and the ids of its parts, as the API gave them.
pub(crate) struct World {
    pub(crate) api: Api,
    pub(crate) company: Value,
    pub(crate) channel: Value,
    pub(crate) customer: Value,
    pub(crate) supplier: Value,
    pub(crate) carrier: Value,
    pub(crate) contract: Value,
    pub(crate) goods: Value,
    pub(crate) service: Value,
    pub(crate) warehouse: Value,
    pub(crate) cash_account: Value,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::in_api(Api::new().await).await
    }

    pub(crate) async fn in_api(api: Api) -> Self {
        let company = json!({
            "name": "ООО «Шпунт»", "inn": "7701000001", "firstDay": "2025-01-01", "regime": "OSNO"
        });
        let company = api.done("companyCreate", company, "company", "id").await["id"].clone();
        let channel = json!({ "code": "site", "name": "Сайт" });
        let channel = api.done("channelCreate", channel, "channel", "id").await["id"].clone();
        let party = async |name: &str, role: &str| {
            let input = json!({ "name": name, role: true });
            api.done("partyCreate", input, "party", "id").await["id"].clone()
        };
        let customer = party("Мостострой", "isCustomer").await;
        let supplier = party("Металлург", "isSupplier").await;
        let carrier = party("Грузовоз", "isCarrier").await;
        let contract = json!({
            "companyId": company, "partyId": customer, "kind": "SALE", "number": "П-1", "signedOn": "2026-01-15", "paymentDays": 10
        });
        let contract = api.done("contractCreate", contract, "contract", "id").await["id"].clone();
        let product =
            async |product: Value| api.done("productCreate", json!({ "product": product }), "product", "id").await["id"].clone();
        let goods = product(json!({ "goods": { "profile": "Л5", "lengthM": "12", "condition": "NEW" } })).await;
        let service = product(json!({ "service": { "sku": "DELIVERY", "name": "Доставка" } })).await;
        let warehouse = json!({ "name": "Электросталь" });
        let warehouse = api.done("warehouseCreate", warehouse, "warehouse", "id").await["id"].clone();
        let account = json!({ "companyId": company, "kind": "BANK", "name": "Расчётный счёт" });
        let cash_account = api.done("cashAccountOpen", account, "cashAccount", "id").await["id"].clone();
        Self { api, company, channel, customer, supplier, carrier, contract, goods, service, warehouse, cash_account }
    }

    pub(crate) fn test(&self) -> &TestDb {
        &self.api.test
    }

    /// The id of an article by its code.
    pub(crate) async fn article(&self, code: &str) -> Value {
        let articles = self.api.get(&self.api.director, "{ articles { id code } }").await;
        let found = articles["articles"].as_array().unwrap().iter().find(|article| article["code"] == code);
        found.unwrap()["id"].clone()
    }

    /// Twenty pieces of 1.2 t each for 1,200,000 roubles without VAT.
    pub(crate) fn receipt(&self, number: &str) -> Value {
        json!({
            "companyId": self.company, "supplierId": self.supplier, "warehouseId": self.warehouse, "productId": self.goods,
            "number": number, "receivedOn": "2026-02-01", "pieces": 20, "net": "1200000.00", "vat": "264000.00"
        })
    }

    pub(crate) async fn batch(&self, number: &str) -> Value {
        self.api.done("batchReceive", self.receipt(number), "batch", "id").await["id"].clone()
    }

    /// An open deal with its customer.
    pub(crate) async fn deal(&self, title: &str, manager: Option<&Value>) -> Value {
        let input = json!({
            "companyId": self.company, "title": title, "channelId": self.channel, "customerId": self.customer,
            "contractId": self.contract, "managerId": manager
        });
        self.api.done("dealCreate", input, "deal", "id").await["id"].clone()
    }

    pub(crate) fn goods_line(&self, batch: &Value, pieces: i32, price: &str, includes_vat: bool) -> Value {
        json!({
            "productId": self.goods, "batchId": batch, "pieces": pieces, "unit": "TONNE", "price": price,
            "priceIncludesVat": includes_vat
        })
    }

    pub(crate) fn service_line(&self, price: &str) -> Value {
        json!({ "productId": self.service, "quantity": "1", "unit": "SERVICE", "price": price, "priceIncludesVat": true })
    }

    /// A draft of an order of a deal.
    pub(crate) async fn draft(&self, deal: &Value, lines: Vec<Value>) -> Value {
        let input = json!({ "dealId": deal, "plannedOn": "2026-02-10", "vehicle": "А123ВС77", "lines": lines });
        self.api.done("orderCreate", input, "order", "id").await["id"].clone()
    }

    /// A confirmed order of a deal.
    pub(crate) async fn order(&self, deal: &Value, lines: Vec<Value>) -> Value {
        let order = self.draft(deal, lines).await;
        self.api.done("orderConfirm", json!({ "orderId": order }), "order", "id").await;
        order
    }

    /// Money of the customer.
    pub(crate) async fn payment(&self, target: Value, paid_on: &str, amount: &str) -> Value {
        json!({
            "direction": "IN", "cashAccountId": self.cash_account, "articleId": self.article("customer_payment").await,
            "partyId": self.customer, "target": target, "paidOn": paid_on, "amount": amount
        })
    }

    /// What a carrier is owed for an order, without and of VAT.
    pub(crate) async fn freight(&self, order: &Value, on: &str, net: &str, vat: &str) -> Value {
        json!({
            "orderId": order, "articleId": self.article("freight").await, "partyId": self.carrier, "effectiveOn": on,
            "net": net, "vat": vat
        })
    }

    /// A deal of a manager with its order: paid in part, with freight, shipped.
    pub(crate) async fn shipped_deal(
        &self,
        manager: &User,
        title: &str,
        batch: &Value,
        price: &str,
        paid: &str,
    ) -> (Value, Value) {
        let deal = self.deal(title, Some(&json!(format!("employee_{}", manager.employee_id)))).await;
        let order = self.order(&deal, vec![self.goods_line(batch, 2, price, true)]).await;
        let pay = self.payment(json!({ "dealId": deal }), "2026-02-05", paid).await;
        self.api.done("paymentRecord", pay, "payment", "id").await;
        let freight = self.freight(&order, "2026-02-06", "40000.00", "8800.00").await;
        self.api.done("orderExpenseAdd", freight, "orderExpense", "id").await;
        self.api.done("orderShip", json!({ "orderId": order, "shippedOn": "2026-02-10" }), "order", "id").await;
        (deal, order)
    }

    /// How many rows there are of what mutations write, to see that nothing changed.
    pub(crate) async fn rows(&self) -> Vec<i64> {
        let mut counts = Vec::new();
        for table in [
            "command_log",
            "ledger_transaction",
            "ledger_entry",
            "documents",
            "payments",
            "settlement_items",
            "settlement_offsets",
            "batches",
            "additional_expenses",
            "additional_expense_shares",
            "batch_moves",
            "stock_counts",
            "stock_count_lines",
            "deals",
            "stage_transitions",
            "orders",
            "order_lines",
            "order_expenses",
            "order_returns",
            "order_return_lines",
            "order_corrections",
            "order_correction_lines",
            "parties",
            "contracts",
            "products",
        ] {
            let count = sqlx::AssertSqlSafe(format!("select count(*) from {table}"));
            counts.push(sqlx::query_scalar(count).fetch_one(&self.test().db).await.unwrap());
        }
        let versions =
            "select (select sum(version) from deals) + (select sum(version) from orders) + (select sum(version) from parties)";
        counts.push(sqlx::query_scalar::<_, Option<i64>>(versions).fetch_one(&self.test().db).await.unwrap().unwrap_or_default());
        counts
    }
}
