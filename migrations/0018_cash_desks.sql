-- What an account holds on every day is summed whenever money leaves a cash desk.

create index ledger_entry_cash on ledger_entry (cash_account_id, effective_on) include (amount) where account = 'cash';
