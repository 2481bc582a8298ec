-- An order is one truck of a deal. Lines are goods of a named batch, or services.

create table orders (
    order_id     bigint generated always as identity primary key,
    company_id   bigint not null constraint orders_company references companies,
    deal_id      bigint not null constraint orders_deal references deals,
    contract_id  bigint not null default 0,
    party_id     bigint not null constraint orders_party references parties,
    number       text not null constraint orders_number_length check (length(number) between 1 and 60),
    status       text not null constraint orders_status_known check (status in ('draft', 'confirmed', 'shipped', 'delivered', 'cancelled')),
    planned_on   date not null,
    shipped_on   date,
    delivered_on date,
    vehicle      text not null default '' constraint orders_vehicle_length check (length(vehicle) <= 60),
    document_id  bigint not null default 0,
    net          numeric(18, 2) not null default 0,
    vat          numeric(18, 2) not null default 0,
    gross        numeric(18, 2) not null default 0,
    created_at   timestamptz not null,
    updated_at   timestamptz not null,
    version      integer not null default 1,
    deleted_at   timestamptz,
    constraint orders_number_unique unique (company_id, number),
    constraint orders_shipped check ((shipped_on is not null) = (status in ('shipped', 'delivered'))),
    constraint orders_delivered check ((delivered_on is not null) = (status = 'delivered'))
);
alter table orders alter column number set storage plain, alter column status set storage plain, alter column vehicle set storage plain;
create index orders_deal_id on orders (deal_id);
create index orders_created_at on orders (created_at desc, order_id desc);

create table order_lines (
    order_line_id      bigint generated always as identity primary key,
    order_id           bigint not null constraint order_lines_order references orders,
    line               integer not null,
    kind               text not null constraint order_lines_kind_known check (kind in ('goods', 'service')),
    product_id         bigint not null constraint order_lines_product references products,
    batch_id           bigint not null default 0,
    pieces             bigint not null default 0,
    metres             numeric(18, 3) not null default 0,
    tonnes_theoretical numeric(18, 6) not null default 0,
    tonnes_weighed     numeric(18, 6) not null default 0,
    -- т, м, шт or усл (a service), and the quantity in it that the price is for.
    unit               text not null constraint order_lines_unit_known check (unit in ('т', 'м', 'шт', 'усл')),
    quantity           numeric(18, 6) not null constraint order_lines_quantity check (quantity > 0),
    price              numeric(18, 2) not null constraint order_lines_price check (price >= 0),
    -- A price says "gross fixed" or "net + VAT": they differ when the rate changes before shipping.
    price_includes_vat boolean not null,
    vat_percent        numeric(5, 2) not null,
    net                numeric(18, 2) not null,
    vat                numeric(18, 2) not null,
    gross              numeric(18, 2) not null,
    deleted_at         timestamptz,
    constraint order_lines_sum check (net + vat = gross),
    constraint order_lines_goods check (
        (kind = 'goods' and batch_id > 0 and pieces > 0 and metres > 0)
        or (kind = 'service' and batch_id = 0 and pieces = 0 and metres = 0))
);
create unique index order_lines_line_unique on order_lines (order_id, line) where deleted_at is null;
alter table order_lines alter column kind set storage plain, alter column unit set storage plain;
create index order_lines_batch_id on order_lines (batch_id) where batch_id > 0;

-- Direct expenses of an order: freight to the customer and the like.
create table order_expenses (
    order_expense_id bigint generated always as identity primary key,
    order_id         bigint not null constraint order_expenses_order references orders,
    article_id       bigint not null constraint order_expenses_article references articles,
    party_id         bigint not null constraint order_expenses_party references parties,
    document_id      bigint not null constraint order_expenses_document references documents,
    effective_on     date not null,
    net              numeric(18, 2) not null constraint order_expenses_net check (net > 0),
    vat              numeric(18, 2) not null constraint order_expenses_vat check (vat >= 0)
);
create index order_expenses_order_id on order_expenses (order_id);
