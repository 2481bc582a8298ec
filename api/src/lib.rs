//! GraphQL over the domain and the reports.

pub mod graphql;
