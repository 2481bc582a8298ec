// Derived from the *.graphql documents and the SDL by `npm run codegen`; not edited by hand.

export type ErrorCode = 'NOT_FOUND' | 'INVALID_INPUT' | 'AMOUNT_NOT_POSITIVE' | 'VERSION_CONFLICT' | 'IDEMPOTENCY_CONFLICT' | 'ALREADY_EXISTS' | 'CREDENTIALS_WRONG' | 'TOO_MANY_ATTEMPTS' | 'SECOND_FACTOR_NEEDED' | 'SECOND_FACTOR_WRONG' | 'SIGN_IN_EXPIRED' | 'FOUR_EYES' | 'ROLE_ABOVE_OWN' | 'POSTING_UNBALANCED' | 'DATE_IN_FUTURE' | 'DATE_BEFORE_FIRST_DAY' | 'PERIOD_CLOSED' | 'PERIOD_CHECKS_OPEN' | 'PERIOD_ORDER' | 'BATCH_SHORT' | 'BATCH_RESERVED' | 'CASH_SHORT' | 'BATCH_MISMATCH' | 'PARTY_MISMATCH' | 'COMPANY_MISMATCH' | 'ORDER_STATUS' | 'RETURN_EXCEEDED' | 'NOTHING_TO_CORRECT' | 'DATE_TOO_EARLY' | 'DEAL_CLOSED' | 'OFFER_STATUS' | 'PAYMENT_REQUEST_NEEDED' | 'PAYMENT_REQUEST_STATUS' | 'PAYMENT_REQUEST_MISMATCH' | 'APPROVAL_REQUIRED' | 'SUPPLIER_ORDER_STATUS' | 'DATE_BEFORE_ORDER' | 'PRICE_FINAL' | 'PURCHASE_REQUEST_STATUS' | 'STILL_IN_USE' | 'NOT_ACTIVE' | 'STAGE_UNKNOWN' | 'PARTY_REQUIRED' | 'LOST_REASON_REQUIRED' | 'ARTICLE_MISMATCH' | 'TAX_REGIME_MISSING' | 'NOTHING_TO_OFFSET' | 'ALREADY_REVERSED' | 'NOTHING_TO_ALLOCATE' | 'DATE_BEFORE_RECEIPT' | 'BATCH_VALUE_SHORT' | 'LENGTH_MISMATCH' | 'PRODUCT_MISMATCH' | 'NOTHING_TO_CLAIM' | 'RATE_MISSING' | 'CURRENCY_MISMATCH' | 'BATCH_IN_TRANSIT' | 'TITLE_NOT_PASSED' | 'OVERLOADED' | 'SLOT_TAKEN' | 'TRUCK_REQUIRED' | 'LOAD_MISMATCH' | 'CLAIM_STATUS';

export interface NotificationsReadInput {
  all?: boolean | null;
  ids?: string[] | null;
}

export type Role = 'DIRECTOR' | 'HEAD_OF_SALES' | 'MANAGER' | 'LOGISTICS' | 'PURCHASING' | 'WAREHOUSE' | 'TREASURER' | 'ACCOUNTANT' | 'PAYROLL_CLERK' | 'EMPLOYEE' | 'MARKETER' | 'INTEGRATION' | 'ADMINISTRATOR';

export type Permission = 'SEE_REFERENCE' | 'SEE_PARTIES' | 'SEE_STOCK' | 'SEE_COST' | 'SEE_DEALS' | 'SEE_ORDERS' | 'SEE_PRICES' | 'SEE_MARGIN' | 'SEE_EXPENSES' | 'SEE_DOCUMENTS' | 'SEE_SETTLEMENTS' | 'SEE_PAYMENTS' | 'SEE_MONEY' | 'SEE_ENTRIES' | 'SEE_RESULTS' | 'SEE_FUNNEL' | 'SEE_USERS' | 'SEE_AUDIT' | 'EDIT_PARTIES' | 'DELETE_PARTIES' | 'EDIT_PRODUCTS' | 'EDIT_DEALS' | 'HAND_OVER_DEALS' | 'EDIT_OFFERS' | 'APPROVE_OFFERS' | 'SET_PRICES' | 'IMPORT_DEALS' | 'EDIT_ORDERS' | 'SHIP_ORDERS' | 'ADD_EXPENSES' | 'MOVE_STOCK' | 'SEE_PURCHASES' | 'EDIT_PURCHASES' | 'APPROVE_PURCHASES' | 'SHIP_TRANSIT' | 'RECEIVE_GOODS' | 'SEE_PAYMENT_REQUESTS' | 'REQUEST_PAYMENTS' | 'APPROVE_PAYMENTS' | 'RECORD_MONEY' | 'POST_BOOKS' | 'CLOSE_PERIODS' | 'MANAGE_CHANNELS' | 'MANAGE_SETTINGS' | 'MANAGE_PEOPLE' | 'MANAGE_TOKENS';

export type SecondFactor = 'OFF' | 'DUE' | 'ON';

export interface SessionContinueInput {
  code: string;
}

export interface SessionCreateInput {
  code?: string | null;
  login: string;
  password: string;
}

export interface PasswordChangeInput {
  new: string;
  present: string;
}

export interface TotpEnrolInput {
  password: string;
}

export interface TotpConfirmInput {
  code: string;
}

export type DealStage = 'NEW_LEAD' | 'QUALIFIED' | 'NEED_DEFINED' | 'OFFER_SENT' | 'CONTRACT' | 'IN_SUPPLY' | 'WON' | 'LOST';

export type OrderStatus = 'DRAFT' | 'CONFIRMED' | 'SHIPPED' | 'DELIVERED' | 'CANCELLED';

export interface ReportScopeInput {
  channelId?: string | null;
  companyId?: string | null;
  managerId?: string | null;
}

export type BalanceSection = 'ASSET' | 'LIABILITY' | 'EQUITY';

export type CashActivity = 'OPERATING' | 'INVESTING' | 'FINANCING' | 'TRANSFER' | 'NONE';

export interface PeriodInput {
  from: string;
  to: string;
}

export type FunnelGroup = 'CHANNEL' | 'MANAGER' | 'MONTH';

export type GrossProfitGroup = 'DEAL' | 'ORDER' | 'ORDER_LINE' | 'BATCH' | 'PRODUCT' | 'CUSTOMER' | 'MANAGER' | 'MONTH';

export type ReportBasis = 'POSTED' | 'SHIPPED';

export type IncomeExpenseSection = 'INCOME' | 'EXPENSE';

export type DocumentKind = 'RECEIPT' | 'SHIPMENT' | 'PAYMENT_IN' | 'PAYMENT_OUT' | 'TRANSFER' | 'ORDER_EXPENSE' | 'EXPENSE' | 'PAYROLL' | 'OFFSET' | 'STORNO' | 'OPENING' | 'ADDITIONAL_EXPENSE' | 'ORDER_RETURN' | 'ORDER_CORRECTION' | 'BATCH_TRANSFER' | 'BATCH_CUT' | 'BATCH_CONVERT' | 'BATCH_WRITE_OFF' | 'BATCH_SURPLUS' | 'STOCK_COUNT' | 'SUPPLIER_RETURN' | 'CLAIM' | 'REVALUATION' | 'BATCH_ARRIVAL' | 'BATCH_SHORTAGE' | 'JOINT_BILL';

export interface LedgerEntryFilter {
  accounts?: string[] | null;
  articleId?: string | null;
  basis?: ReportBasis;
  batchId?: string | null;
  cashAccountId?: string | null;
  channelId?: string | null;
  companyId?: string | null;
  dealId?: string | null;
  employeeId?: string | null;
  knownAt?: string | null;
  orderId?: string | null;
  orderLineId?: string | null;
  partyId?: string | null;
  period?: PeriodInput | null;
  productId?: string | null;
}

/** api/bell.graphql */
export type Unread = {
  notificationsUnread: number;
};

export type UnreadVariables = Record<string, never>;

/** api/bell.graphql */
export type Told = {
  notifications: {
    nodes: {
      id: string;
      text: string;
      createdAt: string;
      readAt: string | null;
      kind: {
        title: string;
      };
    }[];
  };
  notificationsUnread: number;
};

export type ToldVariables = Record<string, never>;

/** api/bell.graphql */
export type NotificationsRead = {
  notificationsRead: {
    unread: number;
    userErrors: {
      code: ErrorCode;
    }[];
  };
};

export interface NotificationsReadVariables {
  input: NotificationsReadInput;
}

/** api/choices.graphql */
export type Choices = {
  companies: {
    id: string;
    name: string;
  }[];
  channels: {
    id: string;
    name: string;
  }[];
  employees: {
    id: string;
    name: string;
  }[];
};

export type ChoicesVariables = Record<string, never>;

/** api/frontier.graphql */
export type Frontier = {
  frontier: {
    lsn: string;
    committedAt: string;
    lagMs: number;
  };
};

export type FrontierVariables = Record<string, never>;

export type SignedIn = {
  login: string;
  role: Role;
  permissions: Permission[];
  mustChangePassword: boolean;
  secondFactor: SecondFactor;
  employee: {
    name: string;
  };
};

/** api/session.graphql */
export type CurrentViewer = {
  viewer: SignedIn | null;
  signInProvider: {
    label: string;
    path: string;
  } | null;
};

export type CurrentViewerVariables = Record<string, never>;

/** api/session.graphql */
export type SessionContinue = {
  sessionContinue: {
    viewer: SignedIn | null;
    userErrors: {
      code: ErrorCode;
    }[];
  };
};

export interface SessionContinueVariables {
  input: SessionContinueInput;
}

/** api/session.graphql */
export type SessionCreate = {
  sessionCreate: {
    viewer: SignedIn | null;
    userErrors: {
      message: string;
      code: ErrorCode;
    }[];
  };
};

export interface SessionCreateVariables {
  input: SessionCreateInput;
}

/** api/session.graphql */
export type SessionDelete = {
  sessionDelete: {
    userErrors: {
      code: ErrorCode;
    }[];
  };
};

export type SessionDeleteVariables = Record<string, never>;

/** api/session.graphql */
export type PasswordChange = {
  passwordChange: {
    viewer: SignedIn | null;
    userErrors: {
      code: ErrorCode;
    }[];
  };
};

export interface PasswordChangeVariables {
  input: PasswordChangeInput;
}

/** api/session.graphql */
export type TotpEnrol = {
  totpEnrol: {
    secret: string | null;
    uri: string | null;
    userErrors: {
      code: ErrorCode;
    }[];
  };
};

export interface TotpEnrolVariables {
  input: TotpEnrolInput;
}

/** api/session.graphql */
export type TotpConfirm = {
  totpConfirm: {
    recoveryCodes: string[];
    userErrors: {
      code: ErrorCode;
    }[];
  };
};

export interface TotpConfirmVariables {
  input: TotpConfirmInput;
}

/** panels/active-deals.graphql */
export type ActiveDeals = {
  report: {
    rows: {
      dealId: string;
      number: string;
      title: string;
      customer: string;
      manager: string;
      channel: string;
      stage: DealStage;
      openedAt: string;
      daysInStage: number;
      daysWithoutMovement: number;
      needTonnes: string;
      orderedTonnes: string;
      shippedTonnes: string;
      paidTonnes: string;
      needAmount: string;
      orderedAmount: string;
      shippedAmount: string;
      paidAmount: string;
      marginPlanned?: string;
      marginEarned?: string;
      debt: string;
      advance: string;
      orders: {
        orderId: string;
        number: string;
        status: OrderStatus;
        plannedOn: string;
        shippedOn: string | null;
        tonnes: string;
        amount: string;
      }[];
    }[];
    total: {
      deals: number;
      needAmount: string;
      orderedAmount: string;
      shippedAmount: string;
      paidAmount: string;
      marginPlanned?: string;
      marginEarned?: string;
      debt: string;
      advance: string;
    };
  } | null;
};

export interface ActiveDealsVariables {
  filter?: ReportScopeInput | null;
  margin?: boolean | null;
}

/** panels/balance.graphql */
export type Balance = {
  report: {
    at: string;
    assets: string;
    liabilities: string;
    equity: string;
    check: string;
    rows: {
      section: BalanceSection;
      account: string;
      label: string;
      amount: string;
    }[];
  } | null;
};

export interface BalanceVariables {
  at: string;
  filter?: ReportScopeInput | null;
  knownAt?: string | null;
}

/** panels/cash-flow.graphql */
export type CashFlow = {
  report: {
    accounts: {
      cashAccountId: string;
      name: string;
      opening: string;
      received: string;
      paid: string;
      closing: string;
    }[];
    rows: {
      articleId: string;
      article: string;
      activity: CashActivity;
      month: string;
      received: string;
      paid: string;
      net: string;
    }[];
    months: {
      month: string;
      opening: string;
      received: string;
      paid: string;
      closing: string;
    }[];
  } | null;
};

export interface CashFlowVariables {
  period: PeriodInput;
  filter?: ReportScopeInput | null;
  knownAt?: string | null;
}

/** panels/funnel.graphql */
export type Funnel = {
  report: {
    leads: number;
    won: number;
    lost: number;
    open: number;
    stages: {
      stage: DealStage;
      current: number;
      currentAmount: string;
      reached: number;
      conversionFromPrevious: string | null;
      conversionFromFirst: string | null;
      medianHours: string | null;
      p90Hours: string | null;
    }[];
    groups: {
      key: string;
      label: string;
      leads: number;
      qualified: number;
      won: number;
      lost: number;
      open: number;
      winPercent: string | null;
      wonAmount: string;
    }[];
  } | null;
};

export interface FunnelVariables {
  period: PeriodInput;
  groupBy: FunnelGroup;
  filter?: ReportScopeInput | null;
}

export type GrossProfitFields = {
  key: string;
  label: string;
  revenue: string;
  revenueWithVat: string;
  cogs: string;
  cogsWithVat: string;
  grossProfit: string;
  grossProfitWithVat: string;
  directExpenses: string;
  contribution: string;
  marginPercent: string | null;
  markupPercent: string | null;
  tonnes: string;
  grossProfitPerTonne: string;
};

/** panels/gross-profit.graphql */
export type GrossProfit = {
  report: {
    rows: GrossProfitFields[];
    total: GrossProfitFields;
  } | null;
};

export interface GrossProfitVariables {
  period: PeriodInput;
  groupBy: GrossProfitGroup;
  basis: ReportBasis;
  filter?: ReportScopeInput | null;
  knownAt?: string | null;
}

/** panels/income-expense.graphql */
export type IncomeExpense = {
  report: {
    rows: {
      section: IncomeExpenseSection;
      account: string;
      articleId: string | null;
      label: string;
      month: string;
      amount: string;
    }[];
    months: {
      month: string;
      income: string;
      expense: string;
      profit: string;
    }[];
  } | null;
};

export interface IncomeExpenseVariables {
  period: PeriodInput;
  filter?: ReportScopeInput | null;
  knownAt?: string | null;
}

/** panels/ledger-entries.graphql */
export type LedgerEntries = {
  report: {
    nodes: {
      id: string;
      account: string;
      accountLabel: string;
      amount: string;
      vat: string;
      effectiveOn: string;
      originOn: string;
      document: {
        id: string;
        number: string;
        kind: DocumentKind;
        issuedOn: string;
      } | null;
    }[];
    pageInfo: {
      hasNextPage: boolean;
      endCursor: string | null;
    };
  } | null;
};

export interface LedgerEntriesVariables {
  filter: LedgerEntryFilter;
  first: number;
  after?: string | null;
}
