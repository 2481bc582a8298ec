//! What every field of the graph asks of its caller: the table itself.
//!
//! A type is declared once for all its fields; a field that asks for something else, and every root field, by name. What is in neither
//! table is refused to everybody, and a test names it.

use shpunt_domain::access::Due;
use shpunt_domain::access::Permission::{
    self, AddExpenses, ApproveOffers, ApprovePayments, ApprovePurchases, ClosePeriods, DeleteParties, EditDeals, EditOffers,
    EditOrders, EditParties, EditProducts, EditPurchases, HandOverDeals, ManageChannels, ManagePeople, ManageSettings,
    ManageTokens, MoveStock, PostBooks, ReceiveGoods, RecordMoney, RequestPayments, SeeAudit, SeeCost, SeeDeals, SeeDocuments,
    SeeEntries, SeeExpenses, SeeFunnel, SeeMargin, SeeMoney, SeeOrders, SeeParties, SeePaymentRequests, SeePayments, SeePrices,
    SeePurchases, SeeReference, SeeResults, SeeSettlements, SeeStock, SeeUsers, SetPrices, ShipOrders, ShipTransit,
};

/// What a field asks of its caller (требование поля).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Nothing (доступно всем).
    Public,
    /// A session or a token (вход).
    Login,
    /// A session, that is a person who signed in (вход человека).
    Session,
    /// A permission of the user's role (право).
    Of(Permission),
}

use Need::{Login, Of, Public, Session};

/// The need of all fields of these types, and of whoever is led to them.
pub(super) const TYPES: &[(Need, &str)] = &[
    (Login, "AsOf Money PageInfo User Employee Node DocumentSubject ReportChange"),
    (Login, "UserError InputError NotFoundError RuleError ConflictError VersionConflictError"),
    (
        Login,
        "SessionCreatePayload SessionDeletePayload UserAddPayload UserUpdatePayload UserPasswordResetPayload EmployeeAddPayload",
    ),
    (Login, "Session SessionRevokePayload PasswordChangePayload SessionContinuePayload SignInProvider"),
    (Login, "UserIdentityAddPayload UserIdentityRemovePayload"),
    (Session, "ApiTokenCreatePayload ApiTokenRevokePayload"),
    (Of(ManageTokens), "ApiToken"),
    // What people are told is for themselves, not for their programs.
    (Session, "Notification NotificationConnection NotificationEdge NotificationChange NotificationsReadPayload"),
    (Login, "NotificationKind NotificationKindUpdatePayload"),
    (
        Login,
        "TotpEnrolPayload TotpConfirmPayload TotpRemovePayload UserTotpRemovePayload RoleSettingUpdatePayload DutyConflictUpdatePayload",
    ),
    (Of(SeeUsers), "RoleSetting DutyConflict Team TeamMember UserIdentity"),
    (Login, "TeamCreatePayload TeamUpdatePayload TeamDeletePayload"),
    (Of(SeeAudit), "AuditRecord AuditRecordConnection AuditRecordEdge"),
    (Login, "CompanyCreatePayload CompanyRegimeAddPayload WarehouseCreatePayload ChannelCreatePayload ProductCreatePayload"),
    (
        Login,
        "PartyCreatePayload PartyUpdatePayload PartyDeletePayload ContactAddPayload ContractCreatePayload ContractUpdatePayload",
    ),
    (
        Login,
        "DealCreatePayload DealUpdatePayload DealStageMovePayload DealHandOverPayload DealsStageMovePayload DealsHandOverPayload",
    ),
    (Login, "BatchDescribePayload OrderKeepPayload OrderBuyBackPayload"),
    (Login, "DealTaskAddPayload DealTaskUpdatePayload DealTaskFinishPayload CallRecordPayload"),
    (Login, "OrderCreatePayload OrderRevisePayload OrderConfirmPayload OrderCancelPayload OrderShipPayload OrderDeliverPayload"),
    (Login, "OrderExpenseAddPayload BatchReceivePayload ExpenseAccruePayload"),
    (Login, "PlannedExpenseAddPayload PlannedExpenseChangePayload PlannedExpenseDropPayload"),
    (
        Login,
        "DirectExpensePostPayload DirectExpenseReversePayload JointBillPostPayload JointBillReversePayload AdditionalExpenseEstimatePayload AdditionalExpenseSettlePayload",
    ),
    (
        Login,
        "AdditionalExpensePostPayload AdditionalExpenseReversePayload CustomerGroupCreatePayload PartyGroupSetPayload PriceListCreatePayload PriceListPricesSetPayload",
    ),
    (Login, "OrderReturnPayload OrderCorrectPayload PriceSettingsSetPayload DiscountLimitSetPayload MarginMinimumSetPayload"),
    (Login, "OfferCreatePayload OfferRevisePayload OfferSubmitPayload OfferApprovePayload OfferRefusePayload OfferSendPayload"),
    (
        Login,
        "BatchTransferPayload BatchConvertPayload BatchCutPayload BatchWriteOffPayload BatchSurplusPayload StockCountRecordPayload",
    ),
    (
        Login,
        "PaymentRequestCreatePayload PaymentRequestApprovePayload PaymentRequestRefusePayload PaymentRequestWithdrawPayload PaymentRuleSetPayload",
    ),
    (Login, "CashAccountOpenPayload PaymentRecordPayload TransferRecordPayload SettlementOffsetPayload"),
    (
        Login,
        "SupplierReturnRecordPayload SupplierReturnReversePayload BatchMissReversePayload BatchReceiveInCurrencyPayload BatchReceiveInTransitPayload BatchExpectPayload BatchArrivePayload BatchMissPayload SupplierOrderCreatePayload SupplierOrderRevisePayload SupplierOrderApprovePayload SupplierOrderSendPayload SupplierOrderConfirmPayload",
    ),
    (
        Login,
        "ExchangeRateSetPayload CurrencyPaymentRecordPayload CurrencyRevaluePayload CurrencyRevaluationReversePayload ClaimSettlePayload",
    ),
    (Of(SeeReference), "ExchangeRate"),
    (Of(SeeResults), "CurrencyRevaluation"),
    (Of(SeeCost), "SupplierReturn SupplierReturnConnection SupplierReturnEdge SupplierReturnLine"),
    (Login, "SupplierOrderClosePayload SupplierOrderCancelPayload BatchPriceFinalisePayload TransitShipPayload"),
    (Login, "PurchaseRequestCreatePayload PurchaseRequestClosePayload SupplierAnswerAddPayload SupplierAnswersChoosePayload"),
    (
        Login,
        "CompanyUpdatePayload ProductUpdatePayload ChannelUpdatePayload WarehouseUpdatePayload CashAccountUpdatePayload EmployeeUpdatePayload",
    ),
    (Login, "ContactUpdatePayload ContactDeletePayload CustomerGroupUpdatePayload OrderReschedulePayload"),
    (Login, "PeriodClosePayload PeriodReopenPayload"),
    (Login, "VehicleCreatePayload VehicleUpdatePayload DriverCreatePayload DriverUpdatePayload"),
    (
        Login,
        "OrderTruckAssignPayload OrderLoadPayload FreightRequestCreatePayload FreightQuoteRecordPayload FreightQuoteChoosePayload",
    ),
    (Login, "CarrierClaimRaisePayload CarrierClaimDecidePayload CarrierClaimReversePayload"),
    (Of(SeeReference), "Article Channel Company TaxRegime LedgerAccount Warehouse"),
    (Of(SeeReference), "CustomerGroup GoodsQuantity"),
    (Of(SeeReference), "Product ProductConnection ProductEdge Profile"),
    (Of(SeeParties), "PartyGroup"),
    (Of(SeeParties), "Party PartyConnection PartyEdge Contact Contract ContractConnection ContractEdge"),
    (
        Of(SeeStock),
        "Batch BatchBalance BatchConnection BatchEdge BatchMovement BatchMovementConnection BatchMovementEdge StockReport StockRow StockMeasures BatchPassport BatchReservation BatchBuyBack",
    ),
    (Of(SeeStock), "BatchCut StockCount StockCountConnection StockCountEdge StockCountLine"),
    (Of(SeeDeals), "Deal DealConnection DealEdge StageMove DealChange DealTask DealTaskConnection DealTaskEdge"),
    (Of(SeeDeals), "Call CallConnection CallEdge"),
    (Of(SeeOrders), "OrderCustody OrderCustodyConnection OrderCustodyEdge"),
    (Of(SeeOrders), "Order OrderConnection OrderEdge OrderLine OrderChange"),
    (Of(SeeOrders), "OrderReturn OrderReturnLine OrderCorrection OrderCorrectionLine"),
    (Of(SeeParties), "Vehicle Driver"),
    (Of(SeeOrders), "OrderTruck OrderLoad OrderFile OrderDelivery OrderShortage"),
    (Of(SeeExpenses), "FreightRequest FreightQuote FreightRate FreightRateConnection FreightRateEdge CarrierClaim"),
    (Of(SeeExpenses), "OrderExpense PlannedExpense"),
    (Of(SeeExpenses), "DirectExpense DirectExpenseConnection DirectExpenseEdge DirectExpenseShare DirectExpensePart"),
    (Of(SeeCost), "JointBill JointBillConnection JointBillEdge"),
    (Of(SeeCost), "AdditionalExpense AdditionalExpenseConnection AdditionalExpenseEdge AdditionalExpenseShare"),
    (
        Of(SeePurchases),
        "SupplierOrder SupplierOrderConnection SupplierOrderEdge SupplierOrderLine SupplierOrderDelivery BatchSupply SupplierScore",
    ),
    // What is short tells what was paid by no word, but stands with what does.
    (Of(SeePurchases), "PurchaseNeed PurchaseDemand"),
    (
        Of(SeeCost),
        "PurchaseRequest PurchaseRequestConnection PurchaseRequestEdge PurchaseRequestLine SupplierAnswer SupplierPrice SupplierPriceConnection SupplierPriceEdge",
    ),
    (Of(SeeDocuments), "Document DocumentConnection DocumentEdge"),
    (Of(SeeSettlements), "SettlementItem SettlementItemConnection SettlementItemEdge"),
    (Of(SeePayments), "Payment PaymentConnection PaymentEdge"),
    (Of(SeePaymentRequests), "PaymentRequest PaymentRequestConnection PaymentRequestEdge PaymentRule"),
    (Of(SeeMoney), "CashAccount CashFlowReport CashFlowAccount CashFlowMonth CashFlowRow"),
    (Of(SeeEntries), "LedgerEntry LedgerEntryConnection LedgerEntryEdge"),
    (Of(SeeResults), "BalanceReport BalanceRow IncomeExpenseReport IncomeExpenseMonth IncomeExpenseRow"),
    (Of(SeeResults), "Period PeriodChange PeriodClose PeriodTotal"),
    (Of(ClosePeriods), "PeriodCheck PeriodCheckExample"),
    (Of(SeeFunnel), "FunnelReport FunnelStage FunnelGroupRow"),
    (Of(SeePrices), "ActiveDealsReport ActiveDealRow ActiveDealOrder ActiveDealsTotal"),
    (Of(SeeMargin), "GrossProfitReport GrossProfitRow GrossProfitBridge GrossProfitPart PriceResult PriceSettings MarginMinimum"),
    // With the permission of their question, both.
    (Of(SeeCost), "MarginChanges MarginChange MarginTotals DealCompletion OrderCompletion MarginDrift MarginDriftChange"),
    (Of(SeeMargin), "OrderMargin OrderLineMargin"),
    (Of(SeePrices), "GoodsPrice JudgedPrice PriceQuote ServedPieces UnitPriceRow"),
    (Of(SeePrices), "PriceList PriceListPrice PriceListPriceConnection PriceListPriceEdge DiscountLimit"),
    (Of(SeePrices), "RequestSolution RequestVariant RequestPart RequestOffcut TruckLoad"),
    (Of(SeePrices), "Offer OfferConnection OfferEdge OfferLine"),
];

/// Whatever needs one of these is recorded when it is read: cost and margin, and what suppliers are paid and owed, which tells the cost, too.
pub(super) const AUDITED: &[Permission] =
    &[SeeCost, SeeMargin, SeeEntries, SeeResults, SeeAudit, SeeSettlements, SeePayments, SeePaymentRequests];

/// Whatever is of one of these types is recorded when it is read, too: personal data of others, and papers, those of suppliers among them.
pub(super) const AUDITED_TYPES: &str = "Contact Call Driver Document";

/// The root fields that are open to a person who has something else to do first.
pub(super) const OPEN_WHILE_DUE: &[(Due, &str)] = &[
    (Due::PasswordChange, "viewer signInProvider passwordChange sessionDelete"),
    (Due::SecondFactor, "viewer signInProvider totpEnrol totpConfirm passwordChange sessionDelete"),
];

/// The need of single fields, which stands in place of their type's.
pub(super) const FIELDS: &[(Need, &str, &str)] = &[
    (Public, "Query", "signInProvider viewer"),
    (Login, "Query", "frontier"),
    (Session, "Query", "sessions"),
    // One's own, each as far as one may see what it tells of.
    (Session, "Query", "notifications notificationsUnread"),
    (Of(ManageSettings), "Query", "notificationKinds"),
    // What is found decides; see `node` and `search`.
    (Login, "Query", "node nodes search"),
    (
        Of(SeeReference),
        "Query",
        "articles channels companies customerGroups employees ledgerAccounts product products profiles quantityConvert warehouses",
    ),
    (Of(SeeParties), "Query", "contract contracts drivers parties party vehicles"),
    (Of(SeeStock), "Query", "batch batches batchesInTransit stockCounts"),
    (Of(SeeCost), "Query", "additionalExpenses jointBills purchaseNeeds stockReport supplierReturns"),
    (Of(SeeDeals), "Query", "activeDealsReport calls deal dealTasks deals"),
    (Of(SeeOrders), "Query", "keptGoods order orders"),
    (Of(SeeReference), "Query", "exchangeRates"),
    (Of(SeeExpenses), "Query", "directExpenses freightRates"),
    (Of(SeePurchases), "Query", "purchaseRequest purchaseRequests supplierOrder supplierOrders supplierPrices supplierScores"),
    (Of(SeeDocuments), "Query", "document documents"),
    (Of(SeeSettlements), "Query", "settlementItems"),
    (Of(SeePayments), "Query", "payments"),
    (Of(SeePaymentRequests), "Query", "paymentRequest paymentRequests paymentRules"),
    (Of(SeeMoney), "Query", "cashAccounts cashFlowReport"),
    (Of(SeeEntries), "Query", "ledgerEntries"),
    (Of(SeeResults), "Query", "balanceReport incomeExpenseReport periods"),
    (Of(SeeFunnel), "Query", "funnelReport"),
    (Of(SeeMargin), "Query", "dealCompletion grossProfitReport marginChanges marginDrift marginMinimums priceSettings"),
    (Of(SeeUsers), "Query", "dutyConflicts roleSettings teams userIdentities users"),
    (Of(ClosePeriods), "Query", "periodChecklist"),
    (Of(SeePrices), "Query", "discountLimits offer offers priceListPrices priceLists priceQuote requestSolve"),
    (Of(SeeAudit), "Query", "auditLog"),
    (Of(ManageTokens), "Query", "apiTokens"),
    (Public, "Mutation", "sessionContinue sessionCreate"),
    (Session, "Mutation", "passwordChange sessionDelete sessionRevoke totpConfirm totpEnrol totpRemove"),
    (Session, "Mutation", "notificationsRead"),
    (Of(DeleteParties), "Mutation", "partyDelete"),
    (
        Of(EditParties),
        "Mutation",
        "contactAdd contactDelete contactUpdate contractCreate contractUpdate driverCreate driverUpdate partyCreate partyUpdate vehicleCreate vehicleUpdate",
    ),
    (Of(EditProducts), "Mutation", "productCreate productUpdate"),
    (
        Of(EditDeals),
        "Mutation",
        "callRecord dealCreate dealStageMove dealTaskAdd dealTaskFinish dealTaskUpdate dealUpdate dealsStageMove",
    ),
    (Of(HandOverDeals), "Mutation", "dealHandOver dealsHandOver"),
    (Of(EditOrders), "Mutation", "orderCancel orderConfirm orderCreate orderReschedule orderRevise"),
    (Of(ShipOrders), "Mutation", "orderDeliver orderKeep orderLoad orderReturn orderShip orderTruckAssign"),
    (Of(MoveStock), "Mutation", "batchConvert batchCut batchDescribe batchTransfer stockCountRecord"),
    (Of(EditOffers), "Mutation", "offerCreate offerRevise offerSend offerSubmit"),
    (Of(ApproveOffers), "Mutation", "offerApprove offerRefuse"),
    (
        Of(SetPrices),
        "Mutation",
        "customerGroupCreate customerGroupUpdate discountLimitSet marginMinimumSet partyGroupSet priceListCreate priceListPricesSet priceSettingsSet",
    ),
    (
        Of(AddExpenses),
        "Mutation",
        "carrierClaimDecide carrierClaimRaise carrierClaimReverse directExpensePost directExpenseReverse freightQuoteChoose freightQuoteRecord freightRequestCreate orderExpenseAdd plannedExpenseAdd plannedExpenseChange plannedExpenseDrop",
    ),
    (
        Of(ReceiveGoods),
        "Mutation",
        "additionalExpenseEstimate additionalExpensePost additionalExpenseReverse additionalExpenseSettle batchArrive batchExpect batchMiss batchMissReverse batchPriceFinalise batchReceive batchReceiveInCurrency batchReceiveInTransit batchSurplus batchWriteOff orderBuyBack supplierReturnRecord supplierReturnReverse",
    ),
    (Of(RequestPayments), "Mutation", "paymentRequestCreate paymentRequestWithdraw"),
    (Of(ApprovePayments), "Mutation", "paymentRequestApprove paymentRequestRefuse"),
    (Of(RecordMoney), "Mutation", "cashAccountOpen cashAccountUpdate currencyPaymentRecord paymentRecord transferRecord"),
    (
        Of(PostBooks),
        "Mutation",
        "claimSettle currencyRevaluationReverse currencyRevalue exchangeRateSet expenseAccrue jointBillPost jointBillReverse orderCorrect settlementOffset",
    ),
    (
        Of(EditPurchases),
        "Mutation",
        "purchaseRequestClose purchaseRequestCreate supplierAnswerAdd supplierAnswersChoose supplierOrderCancel supplierOrderClose supplierOrderConfirm supplierOrderCreate supplierOrderRevise supplierOrderSend",
    ),
    (Of(ApprovePurchases), "Mutation", "supplierOrderApprove"),
    (Of(ShipTransit), "Mutation", "transitShip"),
    (Of(ClosePeriods), "Mutation", "periodClose periodReopen"),
    (Of(ManageChannels), "Mutation", "channelCreate channelUpdate"),
    (
        Of(ManageSettings),
        "Mutation",
        "companyCreate companyRegimeAdd companyUpdate notificationKindUpdate paymentRuleSet warehouseCreate warehouseUpdate",
    ),
    (Of(ManageTokens), "Mutation", "apiTokenCreate apiTokenRevoke"),
    (
        Of(ManagePeople),
        "Mutation",
        "dutyConflictUpdate employeeAdd employeeUpdate roleSettingUpdate teamCreate teamDelete teamUpdate userAdd userIdentityAdd userIdentityRemove userPasswordReset userTotpRemove userUpdate",
    ),
    (Of(SeeDeals), "Subscription", "dealChanged"),
    (Of(SeeOrders), "Subscription", "orderChanged"),
    (Session, "Subscription", "notificationAdded"),
    // The report listened to decides, as it does when it is asked.
    (Login, "Subscription", "reportChanged"),
    // What commands were asked tells what goods were bought for.
    (Of(SeeCost), "AuditRecord", "input result"),
    (Of(SeeCost), "Batch", "additionalExpenses cost vat"),
    (Of(SeeCost), "BatchBalance", "value"),
    (Of(SeeCost), "BatchMovement", "costElement value valueAfter"),
    (Of(SeeCost), "StockCountLine", "cost"),
    (Of(SeeCost), "GrossProfitRow", "cogs cogsWithVat"),
    (Of(SeeCost), "GrossProfitPart", "cogs"),
    (Of(SeeCost), "OrderMargin", "cogs"),
    (Of(SeeMargin), "Order", "margin"),
    (Of(SeeCost), "OrderReturnLine", "cost"),
    (Of(SeeCost), "StockMeasures", "value"),
    (Of(SeeCost), "SupplierOrder", "advance debt gross net prepayment vat"),
    (Of(SeeCost), "SupplierOrderLine", "gross net price vat"),
    (Of(SeeCost), "SupplierOrderDelivery", "net"),
    (Of(SeeCost), "BatchSupply", "correction finalNet finalVat net vat"),
    (Of(SeeCost), "Offer", "cost"),
    (Of(SeeCost), "OfferLine", "cost"),
    (Of(SeeCost), "PriceQuote", "goodsCost"),
    (Of(SeeCost), "RequestOffcut", "value"),
    (Of(SeeCost), "RequestPart", "cost"),
    (Of(SeeCost), "RequestVariant", "goodsCost"),
    (Of(SeeCost), "ServedPieces", "cost"),
    (Of(SeeExpenses), "OrderTruck", "freightNet freightVat"),
    (Of(SeeMargin), "Offer", "commission contribution"),
    (Of(SeeMargin), "ActiveDealRow", "marginEarned marginPlanned"),
    (Of(SeeMargin), "ActiveDealsTotal", "marginEarned marginPlanned"),
    (Of(SeeMargin), "Deal", "plannedMargin"),
    (Of(SeePrices), "Document", "gross"),
    (Of(SeePrices), "Party", "customerGroup"),
    (Of(SeePrices), "Order", "gross net vat"),
    (Of(SeePrices), "OrderLine", "gross net price priceIncludesVat vat vatPercent"),
    (Of(SeePrices), "OrderReturn", "gross net vat"),
    (Of(SeePrices), "OrderReturnLine", "gross net vat"),
    (Of(SeePrices), "OrderCorrection", "gross net vat"),
    (Of(SeePrices), "OrderCorrectionLine", "gross net price vat"),
];
