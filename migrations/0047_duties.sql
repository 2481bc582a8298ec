-- Whoever enters a bill of any kind does not pay it, whoever took goods in in a currency does not pay in one, and delivery at our risk, which
-- opens the debt, is as shipment is elsewhere. Off, as all pairs are at first, unless the pair they are like is on.
insert into duty_conflicts (first_command, second_command, active)
select of.command, c.second_command, c.active
from duty_conflicts c, (values ('batches.post_expense'), ('batches.settle_estimate'), ('direct.post'), ('direct.post_joint')) of (command)
where (c.first_command, c.second_command) = ('treasury.accrue', 'treasury.pay')
union all
select 'orders.deliver', 'treasury.pay', active from duty_conflicts where (first_command, second_command) = ('orders.ship', 'treasury.pay')
union all
select first_command, 'treasury.pay_in_currency', active from duty_conflicts
where (first_command, second_command) = ('batches.receive_in_currency', 'treasury.pay');
