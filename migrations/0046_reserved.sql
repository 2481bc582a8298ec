-- What is reserved of a batch is asked for under the lock of its balance: by the few orders that are confirmed, not by all its lines that were ever sold.
create index orders_confirmed on orders (order_id) where status = 'confirmed' and deleted_at is null;
