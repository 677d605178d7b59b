-- What accounts upload a day; and bytes that no record speaks of any more.

create table blob_day (
  account bigint  not null,
  day     integer not null,            -- days since 1970 in UTC, by the log's clock
  bytes   bigint  not null check (bytes >= 0),
  changed timestamptz not null default clock_timestamp(),
  primary key (account, day)
);
comment on table blob_day is 'Bytes of manifests and licence texts that an account brought on a day: its quota. Rows of days gone by are deleted.';

-- From here on chunks get their digest in the transaction that records the blob. What was named before and never recorded, or
-- was withdrawn meanwhile, is an unfinished upload, and goes like one.
update blob_chunk set digest = null
 where digest is not null and created < clock_timestamp() - interval '1 day'
   and not exists (select 1 from record
                    where record.key = 'blob/' || encode(blob_chunk.digest, 'hex') and record.value ->> 'state' is null);
