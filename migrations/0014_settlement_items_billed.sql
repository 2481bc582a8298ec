-- Whether a party ever billed a deal or its orders is asked at every payment to a carrier, of closed items too: the indexes
-- of open items cannot answer it.

create index settlement_items_billed on settlement_items (deal_id, party_id);
