-- Records of repositories that come together lie together: a row of a few hundred costs a fraction of a few hundred rows, and is
-- compressed as one, which finds what they have in common. Those of before stay where they are, in hub_record, as do single ones.

create table hub_bundle (
  index bigint primary key check (index > 0),
  bytes bytea  not null
);
comment on table hub_bundle is 'Records of repositories, one behind the other, as the record hub-records/<index> lists them. Those that are gone are overwritten with zeros.';

-- LZ4, where PostgreSQL was built with it: pglz costs more time than the bytes that it saves.
do $$ begin
  alter table hub_bundle alter column bytes set compression lz4;
  alter table reply alter column response set compression lz4;
  alter table record alter column value set compression lz4;
exception when feature_not_supported then
  alter table hub_bundle alter column bytes set storage external;
end $$;
