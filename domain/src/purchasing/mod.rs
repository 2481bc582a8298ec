//! Purchasing (закупки): what is ordered from suppliers, what came of it and at what price.
//!
//! Orders to suppliers post nothing: receipts do, through `batches`. What a receipt, a payment or a correction has to do with an order is
//! told by its document (`settlements::ties`), so the ledger needs no dimension for it.

pub mod needs;
pub mod orders;
pub mod prices;
pub mod receipts;
pub mod requests;
pub mod transit;
