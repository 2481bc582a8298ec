//! Permissions as data: what can be permitted, and which role gives what.
//!
//! Invariants: what [`GRANTS`] does not list is denied; every command names its permission when it is run, every field of the graph in the
//! table of the graph's layer. Whoever sees the amounts of the whole business sees its cost too, because purchases are among them.

use super::{Permissions, Role};

coded! {
    /// One thing that can be permitted (право).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
    pub enum Permission;

    /// Справочники: companies, channels, products, warehouses, articles, accounts, people.
    SeeReference = "see_reference",
    /// Контрагенты, контакты и договоры.
    SeeParties = "see_parties",
    /// Склад: batches in pieces, metres and tonnes.
    SeeStock = "see_stock",
    /// Себестоимость: what goods cost, in batches, reports and entries.
    SeeCost = "see_cost",
    /// Сделки и их этапы.
    SeeDeals = "see_deals",
    /// Заказы: what goes where and when, without money.
    SeeOrders = "see_orders",
    /// Цены и суммы заказов, сделок и документов.
    SeePrices = "see_prices",
    /// Маржа: margins and gross profit.
    SeeMargin = "see_margin",
    /// Прямые расходы заказов.
    SeeExpenses = "see_expenses",
    /// Документы.
    SeeDocuments = "see_documents",
    /// Взаиморасчёты: debts and advances.
    SeeSettlements = "see_settlements",
    /// Платежи.
    SeePayments = "see_payments",
    /// Счета и кассы, движение денег.
    SeeMoney = "see_money",
    /// Проводки; without cost, only those of sales accounts.
    SeeEntries = "see_entries",
    /// Финансовый результат и баланс.
    SeeResults = "see_results",
    /// Воронка продаж.
    SeeFunnel = "see_funnel",
    /// Пользователи и их роли.
    SeeUsers = "see_users",
    /// Журнал действий и просмотров; what was asked and answered, only with cost.
    SeeAudit = "see_audit",
    /// Вести контрагентов, контакты и договоры.
    EditParties = "edit_parties",
    /// Удалять контрагентов.
    DeleteParties = "delete_parties",
    /// Вести номенклатуру.
    EditProducts = "edit_products",
    /// Вести сделки.
    EditDeals = "edit_deals",
    /// Передавать сделки другому менеджеру.
    HandOverDeals = "hand_over_deals",
    /// Вести коммерческие предложения.
    EditOffers = "edit_offers",
    /// Согласовывать чужие коммерческие предложения: under the floor, beyond a discount limit.
    ApproveOffers = "approve_offers",
    /// Вести прайс-листы, группы покупателей и правила цен.
    SetPrices = "set_prices",
    /// Загружать лиды и продажи из файлов.
    ImportDeals = "import_deals",
    /// Вести заказы.
    EditOrders = "edit_orders",
    /// Отгружать и доставлять заказы.
    ShipOrders = "ship_orders",
    /// Перемещать, резать и пересчитывать товар, вести паспорта серий.
    MoveStock = "move_stock",
    /// Записывать прямые расходы заказов.
    AddExpenses = "add_expenses",
    /// Закупки: supplier orders, what is expected and what came; sums only with cost.
    SeePurchases = "see_purchases",
    /// Вести заказы поставщикам и запросы цен.
    EditPurchases = "edit_purchases",
    /// Согласовывать чужие заказы поставщикам.
    ApprovePurchases = "approve_purchases",
    /// Отгружать транзитом: from the supplier's gate to the customer, in one step.
    ShipTransit = "ship_transit",
    /// Приходовать товар.
    ReceiveGoods = "receive_goods",
    /// Заявки на оплату: what is to be paid, when, and who approved it.
    SeePaymentRequests = "see_payment_requests",
    /// Подавать и отзывать заявки на оплату.
    RequestPayments = "request_payments",
    /// Согласовывать чужие заявки на оплату.
    ApprovePayments = "approve_payments",
    /// Проводить платежи и переводы, открывать счета и кассы.
    RecordMoney = "record_money",
    /// Начислять расходы периода и зачитывать авансы.
    PostBooks = "post_books",
    /// Закрывать и открывать месяцы.
    ClosePeriods = "close_periods",
    /// Вести каналы рекламы.
    ManageChannels = "manage_channels",
    /// Настройки: own companies, tax regimes, warehouses.
    ManageSettings = "manage_settings",
    /// Сотрудники и пользователи.
    ManagePeople = "manage_people",
    /// Токены программ.
    ManageTokens = "manage_tokens",
}

/// How far a role sees among the rows it may see at all (охват).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Все строки.
    All,
    /// Свои сделки: those whose present manager one is, and what hangs on them.
    Own,
}

/// What a role gives (состав роли).
#[derive(Debug, Clone, Copy)]
pub struct Grant {
    /// The role.
    pub role: Role,
    /// Whose rows.
    pub reach: Reach,
    /// Everything it permits.
    pub permissions: &'static [Permission],
}

#[rustfmt::skip]
mod table {
    use super::Permission::{
        AddExpenses, ApproveOffers, ApprovePayments, ApprovePurchases, ClosePeriods, DeleteParties, EditDeals, EditOffers, EditOrders, EditParties,
        EditProducts, EditPurchases, HandOverDeals, ImportDeals, ManageChannels,
        ManagePeople, ManageSettings, ManageTokens, MoveStock, PostBooks, ReceiveGoods, RecordMoney, RequestPayments, SeeAudit, SeeCost, SeeDeals, SeeDocuments,
        SeeEntries,
        SeeExpenses, SeeFunnel, SeeMargin, SeeMoney, SeeOrders, SeeParties, SeePaymentRequests, SeePayments, SeePrices, SeePurchases, SeeReference, SeeResults,
        SeeSettlements, SeeStock, SeeUsers, SetPrices, ShipOrders, ShipTransit,
    };
    use super::{Grant, Permission, Reach, Role};

    /// One row for each role (матрица прав).
    pub static GRANTS: [Grant; Role::ALL.len()] = [
        Grant { role: Role::Director, reach: Reach::All, permissions: &Permission::ALL },
        Grant { role: Role::HeadOfSales, reach: Reach::All, permissions: &[
            SeeReference, SeeParties, SeeStock, SeeCost, SeeDeals, SeeOrders, SeePrices, SeeMargin, SeeExpenses, SeeDocuments,
            SeeSettlements, SeePayments, SeeEntries, SeeFunnel,
            EditParties, DeleteParties, EditProducts, EditDeals, HandOverDeals, EditOffers, ApproveOffers, SetPrices, ImportDeals,
            EditOrders, ShipOrders, AddExpenses, SeePurchases, ApprovePurchases, ShipTransit, SeePaymentRequests, RequestPayments,
        ] },
        Grant { role: Role::Manager, reach: Reach::Own, permissions: &[
            SeeReference, SeeParties, SeeStock, SeeDeals, SeeOrders, SeePrices, SeeExpenses, SeeDocuments,
            SeeSettlements, SeePayments, SeeEntries, SeeFunnel,
            EditParties, EditProducts, EditDeals, HandOverDeals, EditOffers, EditOrders, ShipOrders, AddExpenses, SeePurchases,
        ] },
        Grant { role: Role::Logistics, reach: Reach::All, permissions: &[
            SeeReference, SeeParties, SeeStock, SeeOrders, SeeExpenses, SeeDocuments,
            EditParties, ShipOrders, MoveStock, AddExpenses, SeePurchases,
        ] },
        Grant { role: Role::Purchasing, reach: Reach::All, permissions: &[
            SeeReference, SeeParties, SeeStock, SeeCost, SeeOrders, SeeDocuments,
            EditParties, EditProducts, MoveStock, SeePurchases, EditPurchases, ReceiveGoods, SeePaymentRequests, RequestPayments,
        ] },
        Grant { role: Role::Warehouse, reach: Reach::All, permissions: &[
            SeeReference, SeeParties, SeeStock, SeeOrders, SeeDocuments,
            ShipOrders, MoveStock, SeePurchases,
        ] },
        Grant { role: Role::Treasurer, reach: Reach::All, permissions: &[
            SeeReference, SeeParties, SeeCost, SeeDeals, SeeOrders, SeePrices, SeeDocuments, SeeSettlements, SeePayments, SeeMoney, SeeEntries,
            SeePurchases, SeePaymentRequests, RequestPayments, RecordMoney,
        ] },
        Grant { role: Role::Accountant, reach: Reach::All, permissions: &[
            SeeReference, SeeParties, SeeStock, SeeCost, SeeDeals, SeeOrders, SeePrices, SeeMargin, SeeExpenses, SeeDocuments,
            SeeSettlements, SeePayments, SeeMoney, SeeEntries, SeeResults,
            EditParties, AddExpenses, SeePurchases, SeePaymentRequests, RequestPayments, ApprovePayments, PostBooks, ClosePeriods,
        ] },
        Grant { role: Role::PayrollClerk, reach: Reach::Own, permissions: &[SeeReference] },
        Grant { role: Role::Employee, reach: Reach::Own, permissions: &[] },
        Grant { role: Role::Marketer, reach: Reach::All, permissions: &[
            SeeReference, SeeFunnel,
            ManageChannels,
        ] },
        Grant { role: Role::Integration, reach: Reach::All, permissions: &[
            SeeReference, SeeParties, SeeDeals,
            EditParties, EditDeals, ImportDeals,
        ] },
        Grant { role: Role::Administrator, reach: Reach::Own, permissions: &[
            SeeReference, SeeUsers, SeeAudit,
            ManageSettings, ManagePeople, ManageTokens,
        ] },
    ];
}

pub use table::GRANTS;

impl Role {
    /// What the role gives (состав роли).
    pub fn grant(self) -> &'static Grant {
        &GRANTS[self as usize]
    }

    /// Whether the role permits it (есть ли право).
    pub fn permits(self, permission: Permission) -> bool {
        self.grant().permissions.contains(&permission)
    }

    /// All that the role permits.
    pub fn permissions(self) -> Permissions {
        self.grant().permissions.iter().copied().collect()
    }

    /// Whether who has this role may give the `other` one and take over logins that have it (кем может управлять): those who manage
    /// people, among each other, only where the other may do nothing more.
    pub fn administers(self, other: Self) -> bool {
        let more = || other.grant().permissions.iter().any(|permission| !self.permits(*permission));
        self.permits(Permission::ManagePeople) && !(other.permits(Permission::ManagePeople) && more())
    }
}

#[cfg(test)]
mod tests {
    use super::Permission::SeeCost;
    use super::*;

    #[test]
    fn every_role_has_its_row_and_nothing_twice() {
        for role in Role::ALL {
            assert_eq!(role.grant().role, role, "the rows stand in the order of the roles");
            let mut permissions = role.grant().permissions.to_vec();
            permissions.sort();
            permissions.dedup();
            assert_eq!(permissions.len(), role.grant().permissions.len(), "{}", role.as_str());
        }
        assert!(Role::Employee.grant().permissions.is_empty());
    }

    #[test]
    fn nobody_takes_over_whoever_manages_people_and_may_do_more() {
        for role in Role::ALL {
            assert!(Role::Director.administers(role), "{}", role.as_str());
            assert_eq!(Role::Administrator.administers(role), role != Role::Director, "{}", role.as_str());
            let manages = [Role::Director, Role::Administrator].contains(&role);
            assert_eq!(role.administers(Role::Employee), manages, "{}", role.as_str());
        }
    }

    #[test]
    fn no_amount_tells_the_cost_to_those_who_may_not_see_it() {
        for grant in &GRANTS {
            let tells = grant.role.permissions().tells_cost(grant.reach);
            assert!(!tells || grant.role.permits(SeeCost), "{}", grant.role.as_str());
        }
    }
}
