-- The roles people have today; what each permits is data of the program.

alter table users drop constraint users_role_known;
alter table users add constraint users_role_known check (role in (
    'director', 'head_of_sales', 'manager', 'logistics', 'purchasing', 'warehouse', 'treasurer', 'accountant', 'payroll_clerk',
    'employee', 'marketer', 'integration', 'administrator'
));
