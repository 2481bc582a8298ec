-- Own legal entities with a dated tax regime, the dated VAT rate, departments.

create table companies (
    company_id         bigint generated always as identity primary key,
    name               text not null constraint companies_name_length check (length(name) between 1 and 200),
    inn                text not null constraint companies_inn_form check (inn ~ '^([0-9]{10}|[0-9]{12})$'),
    first_day          date not null,
    utc_offset_minutes integer not null default 180,
    version            integer not null default 1,
    constraint companies_inn_unique unique (inn)
);
alter table companies alter column name set storage plain, alter column inn set storage plain;

create table company_tax_regimes (
    company_id bigint not null constraint company_tax_regimes_company references companies,
    valid_from date not null,
    regime     text not null constraint company_tax_regimes_known check (regime in ('osno', 'usn_exempt', 'usn_5', 'usn_7')),
    primary key (company_id, valid_from)
);

-- The standard rate in percent (НК РФ ст. 164; 22 % from 2026: 425-ФЗ of 28.11.2025).
create table vat_rates (
    valid_from date primary key,
    percent    numeric(5, 2) not null constraint vat_rates_percent check (percent between 0 and 100)
);
insert into vat_rates (valid_from, percent) values ('2004-01-01', 18), ('2019-01-01', 20), ('2026-01-01', 22);

create table departments (
    department_id bigint generated always as identity primary key,
    name          text not null constraint departments_name_length check (length(name) between 1 and 200),
    constraint departments_name_unique unique (name)
);
alter table departments alter column name set storage plain;
