-- What people look for: names with typing errors, words in any form, numbers and phones by any part of their digits.

create extension if not exists pg_trgm;

-- Cyrillic written in Latin letters, one for one: trigrams then work whatever the locale of the server, and Л5 is found by L5.
create function search_key(words text) returns text language sql immutable strict parallel safe
return translate(lower(words),
    'абвгдеёжзийклмнопрстуфхцчшщыэюяАБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЫЭЮЯъьЪЬ',
    'abvgdeejziiklmnoprstufhcqwwyeuaabvgdeejziiklmnoprstufhcqwwyeua');

create function search_digits(words text) returns text language sql immutable strict parallel safe
return regexp_replace(words, '\D', '', 'g');

create index parties_search_names on parties using gin (search_key(name) gin_trgm_ops);
create index parties_search_digits on parties using gin ((inn || ' ' || search_digits(phone)) gin_trgm_ops);
create index contacts_search_names on contacts using gin (search_key(name) gin_trgm_ops);
create index contacts_search_digits on contacts using gin (search_digits(phone) gin_trgm_ops);
create index deals_search_names on deals using gin (search_key(title || ' ' || contact_name) gin_trgm_ops);
create index deals_search_digits on deals using gin ((search_digits(number) || ' ' || search_digits(contact_phone)) gin_trgm_ops);
create index deals_search_words on deals using gin (to_tsvector('russian', title));
create index orders_search_names on orders using gin (search_key(vehicle) gin_trgm_ops);
create index orders_search_digits on orders using gin (search_digits(number) gin_trgm_ops);
