//! The reports on real engines: a small business made by the commands, the change stream, and figures worked out by hand or summed in
//! PostgreSQL.

mod balances;
mod bridge;
mod crossing;
mod deals;
mod documented;
mod graphql;
mod imported;
mod known;
mod listening;
mod office;
mod profit;
mod refusals;
mod returned;
mod risk;
mod stages;
mod stock;
mod story;
mod whole;
mod why;
