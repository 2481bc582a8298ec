-- Sheet-pile profiles with their weight, and what is sold: goods (profile x length x condition) and services.

create table profiles (
    profile  text primary key,
    width_mm integer not null,
    kg_per_m numeric(8, 3) not null constraint profiles_weight check (kg_per_m > 0),
    source   text not null
);
-- Public tables contradict each other, so every weight names its source.
insert into profiles (profile, width_mm, kg_per_m, source) values
    ('Л4', 400, 74.0, 'ТУ 14-2-879-89'),
    ('Л5', 420, 100.0, 'ТУ 14-2-879-89'),
    ('Л5-УМ', 500, 113.88, 'ТУ, 227.8 кг/м²'),
    ('VL 606A', 600, 86.2, 'Vítkovice'),
    ('Larssen 604n', 600, 73.8, 'Larssen'),
    ('Larssen 606', 600, 94.2, 'Larssen'),
    ('Larssen 607n', 600, 114.0, 'Larssen'),
    ('AU 18', 750, 88.5, 'ArcelorMittal'),
    ('AU 20', 750, 96.9, 'ArcelorMittal'),
    ('AU 23', 750, 102.1, 'ArcelorMittal'),
    ('AU 25', 750, 110.4, 'ArcelorMittal'),
    ('PU 12', 600, 66.1, 'ArcelorMittal'),
    ('PU 18', 600, 76.9, 'ArcelorMittal'),
    ('PU 22', 600, 86.1, 'ArcelorMittal'),
    ('PU 28', 600, 101.8, 'ArcelorMittal'),
    ('PU 32', 600, 114.1, 'ArcelorMittal'),
    ('GU 16N', 600, 72.6, 'ArcelorMittal'),
    ('GU 22N', 600, 86.1, 'ArcelorMittal'),
    ('AZ 18', 630, 74.4, 'ArcelorMittal'),
    ('AZ 26', 630, 97.8, 'ArcelorMittal'),
    ('AZ 18-700', 700, 76.5, 'ArcelorMittal 2024'),
    ('AZ 26-700', 700, 102.9, 'ArcelorMittal 2024'),
    ('AZ 36-700N', 700, 118.6, 'ArcelorMittal 2024');

create table products (
    product_id bigint generated always as identity primary key,
    kind       text not null constraint products_kind_known check (kind in ('goods', 'service')),
    sku        text not null constraint products_sku_length check (length(sku) between 1 and 60),
    name       text not null constraint products_name_length check (length(name) between 1 and 200),
    profile    text not null default '' constraint products_profile_length check (length(profile) <= 40),
    condition  text not null default '' constraint products_condition_known check (condition in ('', 'new', 'used', 'restored')),
    length_m   numeric(8, 3) not null default 0,
    kg_per_m   numeric(8, 3) not null default 0,
    version    integer not null default 1,
    constraint products_sku_unique unique (sku),
    constraint products_goods_complete check (
        (kind = 'goods' and profile <> '' and condition <> '' and length_m > 0 and kg_per_m > 0)
        or (kind = 'service' and profile = '' and condition = '' and length_m = 0 and kg_per_m = 0))
);
alter table products alter column kind set storage plain, alter column sku set storage plain, alter column name set storage plain,
    alter column profile set storage plain, alter column condition set storage plain;
