-- Prices: customer groups and price lists, limits of discounts and margins, commercial offers; and where the weights of profiles are from.

-- `area_cm2_per_m` is steel of a metre of wall, 0 = not known; `edition` is that of the source. A changed row is another version, and the
-- earlier ones stay: who bought by an old table can be answered.
alter table profiles
    add column family text not null default '' constraint profiles_family_length check (length(family) <= 40),
    add column area_cm2_per_m numeric(8, 3) not null default 0 constraint profiles_area check (area_cm2_per_m >= 0),
    add column edition text not null default '' constraint profiles_edition_length check (length(edition) <= 60),
    add column version integer not null default 1;

-- Verified by kg/m2 = k / width within the source, and AZ 26-700 by its area: 0.785 * 187.2 * 0.7 = 102.87.
insert into profiles (profile, width_mm, kg_per_m, source) values
    ('AZ 12-770', 770, 72.6, 'ArcelorMittal 2024'),
    ('AZ 13-770', 770, 76.1, 'ArcelorMittal 2024'),
    ('AZ 14-770', 770, 79.5, 'ArcelorMittal 2024'),
    ('AZ 17-700', 700, 73.1, 'ArcelorMittal 2024'),
    ('AZ 19-700', 700, 80.0, 'ArcelorMittal 2024'),
    ('AZ 20-700', 700, 83.5, 'ArcelorMittal 2024'),
    ('AZ 24-700', 700, 95.7, 'ArcelorMittal 2024'),
    ('AZ 28-700', 700, 110.0, 'ArcelorMittal 2024')
    on conflict do nothing;
update profiles set area_cm2_per_m = 187.2 where profile = 'AZ 26-700';
update profiles set edition = '2024', source = 'ArcelorMittal' where source = 'ArcelorMittal 2024';
-- The letters a designation begins with: piles of one family have interlocks that fit.
update profiles set family = substring(profile from '^[^0-9 ]+');

create table profile_versions (
    profile        text not null constraint profile_versions_profile references profiles,
    version        integer not null,
    width_mm       integer not null,
    kg_per_m       numeric(8, 3) not null,
    area_cm2_per_m numeric(8, 3) not null,
    family         text not null,
    source         text not null,
    edition        text not null,
    primary key (profile, version)
);
insert into profile_versions select profile, version, width_mm, kg_per_m, area_cm2_per_m, family, source, edition from profiles;

create table customer_groups (
    customer_group_id bigint generated always as identity primary key,
    name              text not null constraint customer_groups_name_length check (length(name) between 1 and 200),
    constraint customer_groups_name_unique unique (name)
);

-- A customer without a row is of no group (0).
create table party_groups (
    party_id          bigint primary key constraint party_groups_party references parties,
    customer_group_id bigint not null constraint party_groups_group references customer_groups
);

-- One list per company and group; group 0 is for everybody.
create table price_lists (
    price_list_id     bigint generated always as identity primary key,
    company_id        bigint not null constraint price_lists_company references companies,
    customer_group_id bigint not null default 0,
    name              text not null constraint price_lists_name_length check (length(name) between 1 and 200),
    constraint price_lists_group_unique unique (company_id, customer_group_id)
);

create table price_list_prices (
    price_list_id bigint not null constraint price_list_prices_list references price_lists,
    product_id    bigint not null constraint price_list_prices_product references products,
    unit          text not null constraint price_list_prices_unit_known check (unit in ('т', 'м', 'шт')),
    valid_from    date not null,
    price         numeric(18, 2) not null constraint price_list_prices_price check (price > 0),
    includes_vat  boolean not null,
    primary key (price_list_id, product_id, unit, valid_from)
);

-- How far below the list a role may offer without being asked, percent. A role without a row: not at all.
create table discount_limits (
    role    text primary key constraint discount_limits_role_length check (length(role) between 1 and 40),
    percent numeric(5, 2) not null constraint discount_limits_percent check (percent between 0 and 100)
);
insert into discount_limits (role, percent) values ('director', 100), ('head_of_sales', 10), ('manager', 3);

-- The margin below which a price is under the floor, percent of revenue; '' = any role, 0 = any group. The closest row counts.
create table margin_minimums (
    role              text not null constraint margin_minimums_role_length check (length(role) <= 40),
    customer_group_id bigint not null,
    percent           numeric(5, 2) not null constraint margin_minimums_percent check (percent between 0 and 90),
    primary key (role, customer_group_id)
);
insert into margin_minimums (role, customer_group_id, percent) values ('', 0, 5);

-- What a quote and a request assume unless it is said otherwise. One row.
create table price_settings (
    only_row              boolean primary key default true constraint price_settings_one check (only_row),
    target_margin_percent numeric(5, 2) not null default 15 constraint price_settings_target_margin check (target_margin_percent between 0 and 90),
    commission_percent    numeric(5, 2) not null default 1 constraint price_settings_commission check (commission_percent between 0 and 90),
    step_tonne            numeric(18, 2) not null default 100 constraint price_settings_step_tonne check (step_tonne > 0),
    step_metre            numeric(18, 2) not null default 10 constraint price_settings_step_metre check (step_metre > 0),
    step_piece            numeric(18, 2) not null default 100 constraint price_settings_step_piece check (step_piece > 0),
    analogue_percent      numeric(5, 2) not null default 10 constraint price_settings_analogue check (analogue_percent between 0 and 100),
    truck_tonnes          numeric(8, 3) not null default 20 constraint price_settings_truck_tonnes check (truck_tonnes > 0),
    truck_length_m        numeric(8, 3) not null default 13.6 constraint price_settings_truck_length check (truck_length_m > 0),
    offcut_min_m          numeric(8, 3) not null default 2 constraint price_settings_offcut_min check (offcut_min_m > 0),
    cutting_days          integer not null default 2 constraint price_settings_cutting_days check (cutting_days between 0 and 365),
    purchase_days         integer not null default 14 constraint price_settings_purchase_days check (purchase_days between 0 and 365)
);
insert into price_settings default values;

-- Commercial offers. A line keeps what its goods cost when it was computed, and of which batches.
create table offers (
    offer_id         bigint generated always as identity primary key,
    company_id       bigint not null constraint offers_company references companies,
    deal_id          bigint not null constraint offers_deal references deals,
    party_id         bigint not null constraint offers_party references parties,
    number           text not null constraint offers_number_length check (length(number) between 1 and 60),
    state            text not null constraint offers_state_known check (state in ('draft', 'approval', 'approved', 'sent', 'refused')),
    issued_on        date not null,
    -- When it would ship: decides stock, VAT and list.
    planned_on       date not null,
    valid_until      date not null,
    delivery_address text not null default '' constraint offers_delivery_address_length check (length(delivery_address) <= 300),
    -- The users; 0 = the system, or nobody yet.
    author_id        bigint not null,
    decided_by       bigint not null default 0,
    decision_note    text not null default '' constraint offers_decision_note_length check (length(decision_note) <= 300),
    needs_approval   boolean not null,
    net              numeric(18, 2) not null,
    vat              numeric(18, 2) not null,
    gross            numeric(18, 2) not null,
    cost             numeric(18, 2) not null,
    expenses         numeric(18, 2) not null,
    commission       numeric(18, 2) not null,
    created_at       timestamptz not null,
    version          integer not null default 1,
    constraint offers_number_unique unique (company_id, number),
    constraint offers_valid_until check (valid_until >= issued_on),
    constraint offers_sent_when_allowed check (state <> 'sent' or not needs_approval or decided_by > 0),
    constraint offers_four_eyes check (decided_by = 0 or decided_by <> author_id)
);
create index offers_deal_id on offers (deal_id);

create table offer_lines (
    offer_line_id      bigint generated always as identity primary key,
    offer_id           bigint not null constraint offer_lines_offer references offers,
    line               integer not null,
    product_id         bigint not null constraint offer_lines_product references products,
    pieces             bigint not null constraint offer_lines_pieces check (pieces > 0),
    metres             numeric(18, 3) not null,
    tonnes_theoretical numeric(18, 6) not null,
    unit               text not null constraint offer_lines_unit_known check (unit in ('т', 'м', 'шт')),
    quantity           numeric(18, 6) not null,
    price              numeric(18, 2) not null constraint offer_lines_price check (price > 0),
    price_includes_vat boolean not null,
    vat_percent        numeric(5, 2) not null,
    net                numeric(18, 2) not null,
    vat                numeric(18, 2) not null,
    gross              numeric(18, 2) not null,
    basis              text not null,
    cost               numeric(18, 2) not null,
    expenses           numeric(18, 2) not null,
    -- With VAT, per unit; the list price is 0 where there is none.
    floor              numeric(18, 2) not null,
    list_price         numeric(18, 2) not null default 0,
    discount_percent   numeric(18, 2) not null default 0,
    under_floor        boolean not null,
    over_limit         boolean not null,
    constraint offer_lines_line_unique unique (offer_id, line),
    constraint offer_lines_sum check (net + vat = gross)
);

-- Batch 0 = to be bought.
create table offer_line_batches (
    offer_line_id bigint not null constraint offer_line_batches_line references offer_lines,
    batch_id      bigint not null,
    pieces        bigint not null constraint offer_line_batches_pieces check (pieces > 0),
    cost          numeric(18, 2) not null,
    primary key (offer_line_id, batch_id)
);
