-- Claims given up (претензии, от которых отказались), and who may accept what they claimed.

-- A claim on a supplier that was given up to a loss. What it was of may be taken back later: then the loss is, and he is owed nothing.
create table claim_losses (
    claim_loss_id bigint generated always as identity primary key,
    item_id       bigint not null constraint claim_losses_item references settlement_items,
    document_id   bigint not null constraint claim_losses_document references documents,
    article_id    bigint not null constraint claim_losses_article references articles,
    given_up_on   date not null,
    amount        numeric(18, 2) not null constraint claim_losses_amount check (amount > 0),
    -- What of it was not taken back since.
    remaining     numeric(18, 2) not null constraint claim_losses_remaining check (remaining between 0 and amount)
);
create index claim_losses_item_id on claim_losses (item_id);

insert into claim_losses (item_id, document_id, article_id, given_up_on, amount, remaining)
select i.item_id, e.document_id, e.article_id, e.effective_on, e.amount, e.amount
from ledger_entry e join ledger_transaction t using (transaction_id)
    join settlement_offsets o on o.document_id = e.document_id join settlement_items i on i.item_id = o.debt_id and i.account = 'claims'
where t.kind = 'claim' and e.account = 'write_offs'
order by e.entry_id;

-- Whoever raised a claim on a carrier does not accept it for him, where that is asked for.
insert into duty_conflicts (first_command, second_command, active) values ('orders.raise_claim', 'orders.decide_claim', false);
create index command_log_claim_raised on command_log ((result ->> 'carrier_claim_id')) where name = 'orders.raise_claim';
