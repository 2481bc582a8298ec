//! Batches of rows by id: however many fields of one level ask, one statement answers them.
//!
//! One set of loaders per request: it remembers what it has read, so the same row is read once, and shows it to nobody else. The scope of
//! the caller is part of every batch. A mutation and a change that is
//! listened to begin with a fresh set, because what was read before may have changed.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_graphql::Context;
use dataloader::BatchFn;
use dataloader::cached;
use futures::future::BoxFuture;
use shpunt_domain::access::Scope;
use shpunt_domain::{Db, Error};
use tokio::sync::Notify;

use super::error::{Fault, Result};
use super::{
    access, batches, catalog, communications, companies, deals, direct, documents, ledger, marketing, notifications, orders,
    parties, pricing, purchasing, settlements, teams, treasury,
};

/// The rows of some ids, or why not.
pub(super) type Batch<T> = BoxFuture<'static, shpunt_domain::Result<HashMap<i64, T>>>;

/// Reads the rows of some ids; those it does not return do not exist for the caller.
pub(super) type Fetch<T> = fn(Db, Scope, Vec<i64>) -> Batch<T>;

/// One loader for each way from a row to others.
pub(super) struct Loaders {
    pub(super) additional_expenses: Loader<batches::AdditionalExpense>,
    pub(super) answers_of_requests: Loader<Vec<shpunt_domain::purchasing::requests::Answer>>,
    pub(super) articles: Loader<ledger::Article>,
    pub(super) batches_of_lines: Loader<Vec<batches::Batch>>,
    pub(super) balances: Loader<batches::BatchBalance>,
    pub(super) batches: Loader<batches::Batch>,
    pub(super) buy_backs_of_batches: Loader<orders::BatchBuyBack>,
    pub(super) calls: Loader<communications::Call>,
    pub(super) cash_accounts: Loader<treasury::CashAccount>,
    pub(super) children_of_batches: Loader<Vec<batches::Batch>>,
    pub(super) channels: Loader<marketing::Channel>,
    pub(super) companies: Loader<companies::Company>,
    pub(super) carrier_claims: Loader<orders::CarrierClaim>,
    pub(super) claims_of_orders: Loader<Vec<orders::CarrierClaim>>,
    pub(super) contacts: Loader<parties::Contact>,
    pub(super) contacts_of_parties: Loader<Vec<parties::Contact>>,
    pub(super) customer_groups: Loader<pricing::CustomerGroup>,
    pub(super) groups_of_parties: Loader<pricing::CustomerGroup>,
    pub(super) contracts: Loader<parties::Contract>,
    pub(super) contracts_of_parties: Loader<Vec<parties::Contract>>,
    pub(super) corrections_of_orders: Loader<Vec<orders::OrderCorrection>>,
    pub(super) custody_of_orders: Loader<orders::OrderCustody>,
    pub(super) deal_tasks: Loader<deals::DealTask>,
    pub(super) deals: Loader<deals::Deal>,
    pub(super) deliveries_of_orders: Loader<orders::OrderDelivery>,
    pub(super) direct_expenses: Loader<direct::DirectExpense>,
    pub(super) joint_bills: Loader<direct::JointBill>,
    pub(super) documents: Loader<documents::Document>,
    pub(super) drivers: Loader<orders::Driver>,
    pub(super) employees: Loader<access::Employee>,
    pub(super) expenses_of_orders: Loader<Vec<orders::OrderExpense>>,
    pub(super) expected_batches: Loader<super::scalars::Day>,
    pub(super) files_of_orders: Loader<Vec<orders::OrderFile>>,
    pub(super) freight_requests: Loader<orders::FreightRequest>,
    pub(super) lines_of_counts: Loader<Vec<batches::StockCountLine>>,
    pub(super) lines_of_supplier_returns: Loader<Vec<batches::SupplierReturnLine>>,
    pub(super) margins_of_orders: Loader<orders::OrderMargin>,
    pub(super) money_of_supplier_orders: Loader<shpunt_domain::purchasing::orders::store::Money>,
    pub(super) notification_kinds: Loader<notifications::NotificationKind>,
    pub(super) notifications: Loader<notifications::Notification>,
    pub(super) offers: Loader<pricing::Offer>,
    pub(super) order_corrections: Loader<orders::OrderCorrection>,
    pub(super) order_expenses: Loader<orders::OrderExpense>,
    pub(super) order_files: Loader<orders::OrderFile>,
    pub(super) order_returns: Loader<orders::OrderReturn>,
    pub(super) orders: Loader<orders::Order>,
    pub(super) orders_of_deals: Loader<Vec<orders::Order>>,
    pub(super) origins_of_batches: Loader<i64>,
    pub(super) parents_of_batches: Loader<i64>,
    pub(super) parties: Loader<parties::Party>,
    pub(super) passports_of_batches: Loader<batches::BatchPassport>,
    pub(super) parts_of_direct: Loader<Vec<direct::DirectExpensePart>>,
    pub(super) payment_requests: Loader<treasury::PaymentRequest>,
    pub(super) payments: Loader<treasury::Payment>,
    pub(super) payments_of_deals: Loader<Vec<treasury::Payment>>,
    pub(super) payments_of_orders: Loader<Vec<treasury::Payment>>,
    pub(super) payments_of_requests: Loader<Vec<treasury::Payment>>,
    pub(super) period_changes: Loader<Vec<ledger::periods::PeriodChange>>,
    pub(super) period_totals: Loader<Vec<ledger::periods::PeriodTotal>>,
    pub(super) planned_expenses: Loader<direct::PlannedExpense>,
    pub(super) plans_of_orders: Loader<Vec<direct::PlannedExpense>>,
    pub(super) products: Loader<catalog::Product>,
    pub(super) purchase_requests: Loader<purchasing::PurchaseRequest>,
    pub(super) received_of_lines: Loader<shpunt_domain::purchasing::orders::Received>,
    pub(super) regimes: Loader<Vec<companies::TaxRegime>>,
    pub(super) reservations_of_batches: Loader<Vec<batches::BatchReservation>>,
    pub(super) requests_of_orders: Loader<Vec<orders::FreightRequest>>,
    pub(super) requests_of_payments: Loader<treasury::PaymentRequest>,
    pub(super) returned_pieces: Loader<i32>,
    pub(super) returns_of_orders: Loader<Vec<orders::OrderReturn>>,
    pub(super) settlements: Loader<settlements::SettlementItem>,
    pub(super) settlements_of_deals: Loader<Vec<settlements::SettlementItem>>,
    pub(super) settlements_of_orders: Loader<Vec<settlements::SettlementItem>>,
    pub(super) shares_of_batches: Loader<Vec<batches::AdditionalExpenseShare>>,
    pub(super) shares_of_direct: Loader<Vec<direct::DirectExpenseShare>>,
    pub(super) shares_of_expenses: Loader<Vec<batches::AdditionalExpenseShare>>,
    pub(super) stage_logs: Loader<Vec<deals::StageMove>>,
    pub(super) supplier_orders: Loader<purchasing::SupplierOrder>,
    pub(super) supplies_of_batches: Loader<purchasing::BatchSupply>,
    pub(super) teams: Loader<teams::Team>,
    pub(super) stock_counts: Loader<batches::StockCount>,
    pub(super) supplier_returns: Loader<batches::SupplierReturn>,
    pub(super) trucks_of_orders: Loader<orders::OrderTruck>,
    pub(super) users: Loader<access::User>,
    pub(super) vehicles: Loader<orders::Vehicle>,
    pub(super) warehouses: Loader<batches::Warehouse>,
}

impl Loaders {
    fn new(db: &Db, scope: &Scope) -> Self {
        Self {
            additional_expenses: Loader::new(db, scope, batches::expenses_by_ids),
            answers_of_requests: Loader::new(db, scope, purchasing::answers_of_requests),
            articles: Loader::new(db, scope, ledger::articles_by_ids),
            batches_of_lines: Loader::new(db, scope, purchasing::batches_of_lines),
            balances: Loader::new(db, scope, batches::balances),
            batches: Loader::new(db, scope, batches::by_ids),
            buy_backs_of_batches: Loader::new(db, scope, orders::buy_backs_of_batches),
            calls: Loader::new(db, scope, communications::by_ids),
            cash_accounts: Loader::new(db, scope, treasury::cash_accounts),
            children_of_batches: Loader::new(db, scope, batches::children_of_batches),
            channels: Loader::new(db, scope, marketing::by_ids),
            companies: Loader::new(db, scope, companies::by_ids),
            carrier_claims: Loader::new(db, scope, orders::claims_by_ids),
            claims_of_orders: Loader::new(db, scope, orders::claims_of_orders),
            contacts: Loader::new(db, scope, parties::contacts_by_ids),
            contacts_of_parties: Loader::new(db, scope, parties::contacts),
            customer_groups: Loader::new(db, scope, pricing::groups_by_ids),
            groups_of_parties: Loader::new(db, scope, pricing::groups_of_parties),
            contracts: Loader::new(db, scope, parties::contracts),
            contracts_of_parties: Loader::new(db, scope, parties::contracts_of_parties),
            corrections_of_orders: Loader::new(db, scope, orders::corrections_of_orders),
            custody_of_orders: Loader::new(db, scope, orders::custody_of_orders),
            deal_tasks: Loader::new(db, scope, deals::tasks_by_ids),
            deals: Loader::new(db, scope, deals::by_ids),
            deliveries_of_orders: Loader::new(db, scope, orders::deliveries_of_orders),
            direct_expenses: Loader::new(db, scope, direct::by_ids),
            joint_bills: Loader::new(db, scope, direct::joint_by_ids),
            documents: Loader::new(db, scope, documents::by_ids),
            drivers: Loader::new(db, scope, orders::drivers_by_ids),
            employees: Loader::new(db, scope, access::employees),
            expenses_of_orders: Loader::new(db, scope, orders::expenses_of_orders),
            expected_batches: Loader::new(db, scope, batches::expected_batches),
            files_of_orders: Loader::new(db, scope, orders::files_of_orders),
            freight_requests: Loader::new(db, scope, orders::requests_by_ids),
            lines_of_counts: Loader::new(db, scope, batches::lines_of_counts),
            lines_of_supplier_returns: Loader::new(db, scope, batches::lines_of_supplier_returns),
            margins_of_orders: Loader::new(db, scope, orders::margins_of_orders),
            money_of_supplier_orders: Loader::new(db, scope, purchasing::money_of_orders),
            notification_kinds: Loader::new(db, scope, notifications::kinds),
            notifications: Loader::new(db, scope, notifications::by_ids),
            offers: Loader::new(db, scope, pricing::offers_by_ids),
            order_corrections: Loader::new(db, scope, orders::corrections_by_ids),
            order_expenses: Loader::new(db, scope, orders::expenses_by_ids),
            order_files: Loader::new(db, scope, orders::files_by_ids),
            order_returns: Loader::new(db, scope, orders::returns_by_ids),
            orders: Loader::new(db, scope, orders::by_ids),
            orders_of_deals: Loader::new(db, scope, orders::of_deals),
            origins_of_batches: Loader::new(db, scope, batches::origins_of_batches),
            parents_of_batches: Loader::new(db, scope, batches::parents_of_batches),
            parties: Loader::new(db, scope, parties::by_ids),
            passports_of_batches: Loader::new(db, scope, batches::passports_of_batches),
            parts_of_direct: Loader::new(db, scope, direct::parts),
            payment_requests: Loader::new(db, scope, treasury::requests_by_ids),
            payments: Loader::new(db, scope, treasury::by_ids),
            payments_of_deals: Loader::new(db, scope, treasury::of_deals),
            payments_of_orders: Loader::new(db, scope, treasury::of_orders),
            payments_of_requests: Loader::new(db, scope, treasury::payments_of_requests),
            period_changes: Loader::new(db, scope, ledger::periods::changes),
            period_totals: Loader::new(db, scope, ledger::periods::totals),
            planned_expenses: Loader::new(db, scope, direct::plans_by_ids),
            plans_of_orders: Loader::new(db, scope, direct::plans_of_orders),
            products: Loader::new(db, scope, catalog::by_ids),
            purchase_requests: Loader::new(db, scope, purchasing::requests_by_ids),
            received_of_lines: Loader::new(db, scope, purchasing::received_of_lines),
            regimes: Loader::new(db, scope, companies::regimes),
            reservations_of_batches: Loader::new(db, scope, batches::reservations_of_batches),
            requests_of_orders: Loader::new(db, scope, orders::requests_of_orders),
            requests_of_payments: Loader::new(db, scope, treasury::requests_of_payments),
            returned_pieces: Loader::new(db, scope, orders::returned_pieces),
            returns_of_orders: Loader::new(db, scope, orders::returns_of_orders),
            settlements: Loader::new(db, scope, settlements::by_ids),
            settlements_of_deals: Loader::new(db, scope, settlements::of_deals),
            settlements_of_orders: Loader::new(db, scope, settlements::of_orders),
            shares_of_batches: Loader::new(db, scope, batches::shares_of_batches),
            shares_of_direct: Loader::new(db, scope, direct::shares),
            shares_of_expenses: Loader::new(db, scope, batches::shares_of_expenses),
            stage_logs: Loader::new(db, scope, deals::stage_logs),
            supplier_orders: Loader::new(db, scope, purchasing::orders_by_ids),
            supplies_of_batches: Loader::new(db, scope, purchasing::supplies_of_batches),
            teams: Loader::new(db, scope, teams::by_ids),
            stock_counts: Loader::new(db, scope, batches::counts_by_ids),
            supplier_returns: Loader::new(db, scope, batches::supplier_returns_by_ids),
            trucks_of_orders: Loader::new(db, scope, orders::trucks_of_orders),
            users: Loader::new(db, scope, access::users),
            vehicles: Loader::new(db, scope, orders::vehicles_by_ids),
            warehouses: Loader::new(db, scope, batches::warehouses),
        }
    }
}

/// The present loaders of a request, made when a field needs them: who only listens for changes needs none.
pub(super) struct Reading {
    db: Db,
    scope: Scope,
    present: Mutex<Option<Arc<Loaders>>>,
}

impl Reading {
    /// For rows that `scope` may see.
    pub(super) fn new(db: &Db, scope: Scope) -> Self {
        Self { db: db.clone(), scope, present: Mutex::default() }
    }

    /// Reads rows of some ids, in one statement or a fixed number of them.
    pub(super) async fn fetch<T>(&self, fetch: Fetch<T>, ids: Vec<i64>) -> shpunt_domain::Result<HashMap<i64, T>> {
        fetch(self.db.clone(), self.scope.clone(), ids).await
    }

    /// Forgets what was read.
    pub(super) fn forget(&self) {
        *self.present() = None;
    }

    fn present(&self) -> MutexGuard<'_, Option<Arc<Loaders>>> {
        self.present.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The loaders of this request.
pub(super) fn loaders(ctx: &Context<'_>) -> Arc<Loaders> {
    let reading: &Arc<Reading> = ctx.data_unchecked();
    Arc::clone(reading.present().get_or_insert_with(|| Arc::new(Loaders::new(&reading.db, &reading.scope))))
}

/// Forgets what was read before a mutation.
pub(super) fn forget(ctx: &Context<'_>) {
    let reading: &Arc<Reading> = ctx.data_unchecked();
    reading.forget();
}

/// One kind of rows by id.
///
/// The `dataloader` crate reads a batch and remembers its rows; when a batch is complete is decided here. A level of many rows is polled
/// little by little (a `FuturesUnordered` yields after two children that yielded), so a fixed number of yields would cut it into pieces.
pub(super) struct Loader<T: Clone> {
    known: cached::Loader<i64, Loaded<T>, Source<T>>,
    waiting: Mutex<HashSet<i64>>,
    taken: AtomicBool,
    read: Notify,
}

/// A batch is complete when nobody joined it during so many yields.
const CALM: u32 = 32;

/// An error is shared by all who waited for the batch.
type Loaded<T> = Result<Option<T>, Arc<Error>>;

struct Source<T> {
    db: Db,
    scope: Scope,
    fetch: Fetch<T>,
}

impl<T: Clone> BatchFn<i64, Loaded<T>> for Source<T> {
    async fn load(&mut self, ids: &[i64]) -> HashMap<i64, Loaded<T>> {
        match (self.fetch)(self.db.clone(), self.scope.clone(), ids.to_vec()).await {
            Ok(mut found) => ids.iter().map(|id| (*id, Ok(found.remove(id)))).collect(),
            Err(error) => {
                let error = Arc::new(error);
                ids.iter().map(|id| (*id, Err(Arc::clone(&error)))).collect()
            }
        }
    }
}

/// The turn of the one who reads for all; whoever waits is told when it ends, also when it is dropped half-way.
struct Turn<'a> {
    taken: &'a AtomicBool,
    read: &'a Notify,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.taken.store(false, Ordering::Release);
        self.read.notify_waiters();
    }
}

impl<T: Clone> Loader<T> {
    fn new(db: &Db, scope: &Scope, fetch: Fetch<T>) -> Self {
        let known = cached::Loader::new(Source { db: db.clone(), scope: scope.clone(), fetch });
        Self {
            known: known.with_yield_count(0).with_max_batch_size(usize::MAX),
            waiting: Mutex::default(),
            taken: AtomicBool::new(false),
            read: Notify::new(),
        }
    }

    /// The row, if it exists for the caller; 0 is no row.
    pub(super) async fn find(&self, id: i64) -> Result<Option<T>> {
        if id == 0 {
            return Ok(None);
        }
        self.waiting().insert(id);
        loop {
            let read = self.read.notified();
            if !self.waiting().contains(&id) {
                break;
            }
            if let Some(turn) = self.turn() {
                self.calm().await;
                let ids = std::mem::take(&mut *self.waiting());
                let _remembered = self.known.try_load_many(ids.into_iter().collect()).await;
                drop(turn);
                break;
            }
            read.await;
        }
        let loaded = self.known.try_load(id).await.map_err(|_| Fault::from(Error::internal("a batch lost an id")))?;
        Ok(loaded?)
    }

    /// The row another row refers to, which therefore exists.
    pub(super) async fn existing(&self, id: i64) -> Result<T> {
        self.find(id).await?.ok_or_else(|| Error::internal("a row refers to one that does not exist").into())
    }

    fn waiting(&self) -> MutexGuard<'_, HashSet<i64>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn turn(&self) -> Option<Turn<'_>> {
        let free = !self.taken.swap(true, Ordering::Acquire);
        free.then_some(Turn { taken: &self.taken, read: &self.read })
    }

    /// Waits until nobody joins the batch any more.
    async fn calm(&self) {
        let (mut seen, mut quiet) = (0, 0);
        while quiet < CALM {
            tokio::task::yield_now().await;
            let now = self.waiting().len();
            quiet = if now == seen { quiet + 1 } else { 0 };
            seen = now;
        }
    }
}

impl<T: Clone> Loader<Vec<T>> {
    /// The rows that belong to `id`; none is an empty list.
    pub(super) async fn of(&self, id: i64) -> Result<Vec<T>> {
        Ok(self.find(id).await?.unwrap_or_default())
    }
}

/// Rows by their id.
pub(super) fn by_id<R, T: From<R>>(rows: Vec<R>, id: impl Fn(&R) -> i64) -> HashMap<i64, T> {
    rows.into_iter().map(|row| (id(&row), row.into())).collect()
}

/// Rows by the id of what they belong to, in their order.
pub(super) fn grouped<R, T: From<R>>(rows: Vec<R>, id: impl Fn(&R) -> i64) -> HashMap<i64, Vec<T>> {
    let mut groups: HashMap<i64, Vec<T>> = HashMap::new();
    for row in rows {
        groups.entry(id(&row)).or_default().push(row.into());
    }
    groups
}
