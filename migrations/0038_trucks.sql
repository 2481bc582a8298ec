-- Trucks (машины): vehicles and drivers of carriers, which of them takes an order and when it is loaded, what it weighed, and what carriers
-- asked for the way.

create table vehicles (
    vehicle_id    bigint generated always as identity primary key,
    carrier_id    bigint not null constraint vehicles_carrier references parties,
    plate         text not null constraint vehicles_plate_length check (length(plate) between 1 and 20),
    trailer_plate text not null default '' constraint vehicles_trailer_plate_length check (length(trailer_plate) <= 20),
    -- What it may carry, tonnes, and the longest piece that does not stick out, metres.
    capacity_t    numeric(9, 3) not null constraint vehicles_capacity check (capacity_t > 0),
    body_length_m numeric(9, 3) not null constraint vehicles_body_length check (body_length_m > 0),
    version       integer not null default 1,
    constraint vehicles_plate_unique unique (carrier_id, plate, trailer_plate)
);

create table drivers (
    driver_id  bigint generated always as identity primary key,
    carrier_id bigint not null constraint drivers_carrier references parties,
    name       text not null constraint drivers_name_length check (length(name) between 1 and 200),
    phone      text not null default '' constraint drivers_phone_length check (length(phone) <= 40),
    version    integer not null default 1
);
create index drivers_carrier_id on drivers (carrier_id);

-- The truck of an order. Plates and capacity are those it was checked by: what the directory says later changes nothing here.
create table order_trucks (
    order_id           bigint primary key constraint order_trucks_order references orders,
    carrier_id         bigint not null constraint order_trucks_carrier references parties,
    -- 0 = the carrier is chosen and has not named it yet.
    vehicle_id         bigint not null default 0,
    driver_id          bigint not null default 0,
    plate              text not null default '' constraint order_trucks_plate_length check (length(plate) <= 20),
    trailer_plate      text not null default '' constraint order_trucks_trailer_plate_length check (length(trailer_plate) <= 20),
    capacity_t         numeric(9, 3) not null default 0,
    body_length_m      numeric(9, 3) not null default 0,
    -- Why it may carry more than its capacity, and how many tonnes somebody agreed to.
    overload_reason    text not null default '' constraint order_trucks_overload_reason_length check (length(overload_reason) <= 500),
    overload_t         numeric(18, 6) not null default 0,
    -- Where and when it is loaded.
    warehouse_id       bigint not null default 0,
    dock               text not null default '' constraint order_trucks_dock_length check (length(dock) <= 60),
    slot_from          timestamptz,
    slot_to            timestamptz,
    -- By the scales, kilograms; 0 = not weighed.
    gross_kg           bigint not null default 0,
    tare_kg            bigint not null default 0,
    loaded_at          timestamptz,
    -- What the chosen carrier asked for the way.
    freight_request_id bigint not null default 0,
    freight_net        numeric(18, 2) not null default 0,
    freight_vat        numeric(18, 2) not null default 0,
    constraint order_trucks_slot check ((slot_from is null) = (slot_to is null) and (slot_from is null or slot_to > slot_from)),
    constraint order_trucks_weights check ((gross_kg = 0 and tare_kg = 0) or (tare_kg > 0 and gross_kg > tare_kg))
);
create index order_trucks_slot_from on order_trucks (slot_from) where slot_from is not null;
create index order_trucks_vehicle_id on order_trucks (vehicle_id) where vehicle_id > 0;

-- What of a line is on the truck, and its share of what the scales showed.
create table order_loads (
    order_line_id  bigint primary key constraint order_loads_line references order_lines,
    pieces         bigint not null constraint order_loads_pieces check (pieces > 0),
    tonnes_weighed numeric(18, 6) not null constraint order_loads_weighed check (tonnes_weighed >= 0)
);

-- Requests for freight rates (запросы ставок) and what carriers answered (ставки).
create table freight_requests (
    freight_request_id bigint generated always as identity primary key,
    order_id           bigint not null constraint freight_requests_order references orders,
    warehouse_id       bigint not null constraint freight_requests_warehouse references warehouses,
    address            text not null constraint freight_requests_address_length check (length(address) between 1 and 300),
    region             text not null default '' constraint freight_requests_region_length check (length(region) <= 100),
    tonnes             numeric(18, 6) not null,
    needed_on          date not null,
    note               text not null default '' constraint freight_requests_note_length check (length(note) <= 500),
    -- Whose rate was taken, 0 = none yet.
    chosen_carrier_id  bigint not null default 0,
    -- The planned expense of the order that the choice made, 0 = none.
    planned_expense_id bigint not null default 0,
    created_at         timestamptz not null
);
create index freight_requests_order_id on freight_requests (order_id);

create table freight_quotes (
    freight_request_id bigint not null constraint freight_quotes_request references freight_requests,
    carrier_id         bigint not null constraint freight_quotes_carrier references parties,
    -- Null until the carrier has answered.
    net                numeric(18, 2) constraint freight_quotes_net check (net > 0),
    vat                numeric(18, 2) constraint freight_quotes_vat check (vat >= 0),
    conditions         text not null default '' constraint freight_quotes_conditions_length check (length(conditions) <= 500),
    quoted_at          timestamptz,
    primary key (freight_request_id, carrier_id),
    constraint freight_quotes_answered check ((net is null) = (quoted_at is null) and (vat is null) = (quoted_at is null))
);
create index freight_quotes_quoted_at on freight_quotes (quoted_at desc) where quoted_at is not null;
create index freight_quotes_carrier_id on freight_quotes (carrier_id);
