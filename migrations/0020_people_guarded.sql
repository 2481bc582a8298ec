-- What keeps people's access safe: passwords that others gave.

-- Somebody else gave the password: until it is changed nothing else is open.
alter table users add column must_change_password boolean not null default false;
