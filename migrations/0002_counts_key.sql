-- Which key signs count certificates: the same for all servers of the log.

create table counts_key (
  only_row     boolean primary key default true check (only_row),
  verifier_key text not null
);
comment on table counts_key is 'One row: the verifier key of the first server that signed a certificate. The others get its counts.key from the operator.';
