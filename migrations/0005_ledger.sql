-- The append-only double-entry ledger: every movement of goods, money and obligations.
-- The table is wide from its first day because an append-only table is never widened afterwards.
-- Dimensions are bigint with 0 = none, and carry no foreign keys: commands read or lock the rows they name.

-- Cash-flow and expense articles (статьи). `contra_account` is where a payment without a settlement target goes.
create table articles (
    article_id     bigint generated always as identity primary key,
    code           text not null constraint articles_code_length check (length(code) between 1 and 40),
    name_ru        text not null constraint articles_name_ru_length check (length(name_ru) between 1 and 120),
    name_en        text not null constraint articles_name_en_length check (length(name_en) between 1 and 120),
    activity       text not null constraint articles_activity_known check (activity in ('operating', 'investing', 'financing', 'transfer', 'none')),
    contra_account text not null default '',
    version        integer not null default 1,
    constraint articles_code_unique unique (code)
);
alter table articles alter column code set storage plain, alter column name_ru set storage plain,
    alter column name_en set storage plain, alter column activity set storage plain, alter column contra_account set storage plain;
-- `contra_account` of an article that settles a debt or an advance is empty: the target decides.
insert into articles (code, name_ru, name_en, activity, contra_account) values
    ('customer_payment',  'Поступления от покупателей',       'Receipts from customers',     'operating', ''),
    ('supplier_payment',  'Оплата поставщикам за товар',      'Payments to suppliers',       'operating', ''),
    ('freight',           'Доставка до покупателя',           'Freight to the customer',     'operating', 'order_expenses'),
    ('cutting',           'Резка и подготовка',               'Cutting and preparation',     'operating', 'order_expenses'),
    ('crane',             'Погрузка и разгрузка',             'Loading and unloading',       'operating', 'order_expenses'),
    ('agent_bonus',       'Агентское вознаграждение',         'Agent bonus',                 'operating', 'order_expenses'),
    ('salary',            'Заработная плата',                 'Salaries',                    'operating', 'payroll_payable'),
    ('contributions',     'Страховые взносы',                 'Employer contributions',      'operating', 'contributions'),
    ('vat_payment',       'Уплата НДС',                       'VAT paid',                    'operating', 'vat_output'),
    ('income_tax',        'Налог на прибыль / УСН',           'Income tax',                  'operating', 'taxes_payable'),
    ('rent',              'Аренда',                           'Rent',                        'operating', 'overheads'),
    ('office',            'Офис и связь',                     'Office and communications',   'operating', 'overheads'),
    ('bank_fee',          'Услуги банка',                     'Bank fees',                   'operating', 'overheads'),
    ('advertising',       'Реклама',                          'Advertising',                 'operating', 'advertising'),
    ('storage',           'Хранение',                         'Storage',                     'operating', 'overheads'),
    ('other_income',      'Прочие доходы',                    'Other income',                'operating', 'other_income'),
    ('equipment',         'Покупка оборудования',             'Equipment',                   'investing', 'fixed_assets'),
    ('loan_received',     'Получение кредитов и займов',      'Loans received',              'financing', 'loans'),
    ('loan_repaid',       'Погашение кредитов и займов',      'Loans repaid',                'financing', 'loans'),
    ('interest',          'Проценты по кредитам',             'Interest paid',               'operating', 'interest_expense'),
    ('capital_in',        'Взносы собственников',             'Owners'' contributions',      'financing', 'capital'),
    ('drawings',          'Выплаты собственникам',            'Drawings',                    'financing', 'drawings'),
    ('transfer',          'Перевод между своими счетами',     'Transfer between accounts',   'transfer',  'cash_in_transit');

create table periods (
    company_id bigint not null constraint periods_company references companies,
    month      date not null constraint periods_month_first check (extract(day from month) = 1),
    closed_at  timestamptz,
    primary key (company_id, month)
);

create table ledger_transaction (
    transaction_id bigint generated always as identity primary key,
    company_id     bigint not null constraint ledger_transaction_company references companies,
    kind           text not null,
    document_id    bigint not null,
    effective_on   date not null,
    booked_at      timestamptz not null,
    reverses       bigint constraint ledger_transaction_reverses references ledger_transaction,
    command_id     uuid not null,
    entries        integer not null constraint ledger_transaction_entries check (entries >= 2)
);
create index ledger_transaction_document_id on ledger_transaction (document_id);
create unique index ledger_transaction_reversed_once on ledger_transaction (reverses) where reverses is not null;

create table ledger_entry (
    entry_id           bigint generated always as identity primary key,
    transaction_id     bigint not null,
    line               integer not null,
    account            text not null,
    amount             numeric(18, 2) not null,
    effective_on       date not null,
    origin_on          date not null,
    booked_at          timestamptz not null,
    company_id         bigint not null,
    contract_id        bigint not null default 0,
    document_id        bigint not null default 0,
    deal_id            bigint not null default 0,
    order_id           bigint not null default 0,
    order_line_id      bigint not null default 0,
    batch_id           bigint not null default 0,
    product_id         bigint not null default 0,
    warehouse_id       bigint not null default 0,
    party_id           bigint not null default 0,
    employee_id        bigint not null default 0,
    channel_id         bigint not null default 0,
    article_id         bigint not null default 0,
    cost_element       text not null default '',
    cash_account_id    bigint not null default 0,
    department_id      bigint not null default 0,
    pieces             bigint not null default 0,
    metres             numeric(18, 3) not null default 0,
    tonnes_theoretical numeric(18, 6) not null default 0,
    tonnes_weighed     numeric(18, 6) not null default 0,
    currency           text not null default 'RUB',
    currency_amount    numeric(18, 2) not null default 0,
    vat                numeric(18, 2) not null default 0,
    constraint ledger_entry_line_unique unique (transaction_id, line),
    constraint ledger_entry_amount_present check (amount <> 0 or vat <> 0 or pieces <> 0 or tonnes_weighed <> 0 or tonnes_theoretical <> 0),
    constraint ledger_entry_currency_form check (currency ~ '^[A-Z]{3}$'),
    constraint ledger_entry_cost_element_known check (cost_element in ('', 'purchase', 'freight_in', 'unloading', 'cutting', 'customs', 'late', 'weight')),
    constraint ledger_entry_account_known check (account in (
        'cash', 'cash_in_transit', 'inventory', 'goods_in_transit', 'goods_shipped', 'receivables', 'supplier_advances',
        'vat_input', 'vat_on_customer_advances', 'accountable_persons', 'claims', 'deferred_costs', 'loans_given',
        'fixed_assets', 'accumulated_depreciation',
        'payables', 'accrued_costs', 'customer_advances', 'payroll_payable', 'contributions', 'taxes_payable', 'vat_output',
        'vat_on_supplier_advances', 'loans', 'interest_payable',
        'capital', 'drawings', 'opening_balances',
        'revenue', 'other_income', 'cogs', 'order_expenses', 'payroll', 'advertising', 'overheads', 'write_offs',
        'depreciation', 'interest_expense', 'exchange_differences', 'penalties', 'income_tax', 'rounding')),
    -- Which dimensions an account cannot do without.
    constraint ledger_entry_company_required check (company_id > 0),
    constraint ledger_entry_cash_required check (account <> 'cash' or (cash_account_id > 0 and article_id > 0)),
    constraint ledger_entry_inventory_required check (account <> 'inventory' or (batch_id > 0 and product_id > 0 and warehouse_id > 0)),
    constraint ledger_entry_party_required check (
        account not in ('receivables', 'customer_advances', 'payables', 'supplier_advances') or party_id > 0),
    constraint ledger_entry_sale_required check (
        account not in ('revenue', 'cogs') or (deal_id > 0 and order_id > 0 and order_line_id > 0 and product_id > 0)),
    constraint ledger_entry_cogs_batch_required check (account <> 'cogs' or (batch_id > 0 and cost_element <> '')),
    constraint ledger_entry_expense_required check (
        account not in ('order_expenses', 'advertising', 'overheads') or article_id > 0),
    constraint ledger_entry_order_expense_required check (account <> 'order_expenses' or order_id > 0)
);
alter table ledger_entry alter column account set storage plain, alter column cost_element set storage plain,
    alter column currency set storage plain;
create index ledger_entry_inventory on ledger_entry (batch_id, effective_on) where account = 'inventory';
create index ledger_entry_order on ledger_entry (order_id) where order_id > 0;
create index ledger_entry_document on ledger_entry (document_id);

-- The database is the second witness of balance: one statement, one pass, whatever the number of lines.
create function ledger_entry_check() returns trigger language plpgsql as $$
declare
    bad record;
begin
    select n.transaction_id into bad
    from (select transaction_id, sum(amount) as total, count(*) as entries,
                 min(company_id) as company_min, max(company_id) as company_max,
                 min(effective_on) as effective_min, max(effective_on) as effective_max
          from inserted group by transaction_id) n
    left join ledger_transaction t on t.transaction_id = n.transaction_id
    where t.transaction_id is null or n.total <> 0 or n.entries <> t.entries
        or n.company_min <> t.company_id or n.company_max <> t.company_id
        or n.effective_min <> t.effective_on or n.effective_max <> t.effective_on
        or n.entries <> (select count(*) from ledger_entry e where e.transaction_id = n.transaction_id)
    limit 1;
    if found then
        raise exception 'ledger transaction % is unbalanced or incomplete', bad.transaction_id
            using errcode = 'integrity_constraint_violation', constraint = 'ledger_entry_balanced';
    end if;
    return null;
end $$;
create trigger ledger_entry_balanced after insert on ledger_entry
    referencing new table as inserted for each statement execute function ledger_entry_check();

-- A header without its entries is refused at commit.
create function ledger_transaction_check() returns trigger language plpgsql as $$
begin
    if not exists (select from ledger_entry where transaction_id = new.transaction_id) then
        raise exception 'ledger transaction % has no entries', new.transaction_id
            using errcode = 'integrity_constraint_violation', constraint = 'ledger_transaction_complete';
    end if;
    return null;
end $$;
create constraint trigger ledger_transaction_complete after insert on ledger_transaction
    deferrable initially deferred for each row execute function ledger_transaction_check();

create function ledger_is_append_only() returns trigger language plpgsql as $$
begin
    raise exception 'the ledger is append-only: post a reversal instead'
        using errcode = 'integrity_constraint_violation', constraint = 'ledger_append_only';
end $$;
create trigger ledger_entry_append_only before update or delete or truncate on ledger_entry
    for each statement execute function ledger_is_append_only();
create trigger ledger_transaction_append_only before update or delete or truncate on ledger_transaction
    for each statement execute function ledger_is_append_only();
revoke update, delete, truncate on ledger_entry, ledger_transaction from public;
