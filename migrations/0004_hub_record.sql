-- What hubs said of repositories, as censuses bring it: many small blobs with each request, in the transaction that records them.

create table hub_record (
  digest bytea primary key check (octet_length(digest) = 32),
  bytes  bytea not null check (octet_length(bytes) <= 65536)
);
alter table hub_record alter column bytes set storage external;
comment on table hub_record is 'Records of repositories by content: blobs like those of blob_chunk, but small, and one row each.';
