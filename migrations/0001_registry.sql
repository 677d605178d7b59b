-- The log, its head, and what is kept beside it. Rows of `entry` are only ever inserted.

create table entry (
  index   bigint primary key check (index >= 0),
  time_us bigint not null,             -- microseconds since 1970 UTC; never going back
  bytes   bytea  not null check (octet_length(bytes) between 1 and 65535)
);
comment on table entry is 'The append-only Merkle log: one row a leaf. Everything else can be recomputed from here.';
alter table entry alter column bytes set storage external;

create table log_head (
  only_row       boolean primary key default true check (only_row),
  origin         text   not null,
  verifier_key   text   not null,
  size           bigint not null check (size >= 0),
  time_us        bigint not null,      -- of the last entry
  edge           bytea  not null,      -- right edge of the tree, 32 bytes a node, largest subtree first
  checkpoint     text   not null,      -- signed note of exactly this size
  record_version bigint not null,      -- of the newest row in `record`
  batch          uuid   not null       -- the batch that wrote this head
) with (fillfactor = 10);
comment on table log_head is 'One row. A writer locks it, and so orders all servers'' batches.';

create table batch (
  id        uuid primary key,
  size      bigint not null,           -- log size after the batch
  committed timestamptz not null default clock_timestamp()
);
create index batch_committed on batch using brin (committed);
comment on table batch is 'Which batches were committed: decides an unknown outcome. Rows older than a day are deleted.';

create table reply (
  account     bigint not null,
  request_id  uuid   not null,
  fingerprint bytea  not null check (octet_length(fingerprint) = 32),
  response    bytea  not null,         -- serialised message
  created     timestamptz not null default clock_timestamp(),
  primary key (account, request_id)
);
create index reply_created on reply using brin (created);
comment on table reply is 'Stored replies to a request_id, for 7 days.';

create table record (
  key     text   primary key,
  value   jsonb  not null,
  version bigint not null
);
create index record_version on record (version);
comment on table record is 'State beside the log, private or withdrawable: accounts, token hashes, members, requests, blobs'' facts. Servers follow it by version.';

create table free_text (
  digest    bytea primary key check (octet_length(digest) = 32),
  salt      bytea,                     -- null once withdrawn
  body      text check (octet_length(body) <= 4096),
  withdrawn timestamptz
);
comment on table free_text is 'Reasons and the like: an entry names SHA-256(salt || body); the text itself can be withdrawn.';

create sequence blob_upload;
create table blob_chunk (
  upload   bigint not null,
  sequence integer not null check (sequence >= 0),
  digest   bytea check (octet_length(digest) = 32),  -- null until the upload is whole
  bytes    bytea not null check (octet_length(bytes) <= 1048576),
  created  timestamptz not null default clock_timestamp(),
  primary key (upload, sequence)
);
create index blob_chunk_digest on blob_chunk (digest, sequence) where digest is not null;
create index blob_chunk_unfinished on blob_chunk (created) where digest is null;
alter table blob_chunk alter column bytes set storage external;
comment on table blob_chunk is 'Manifests and licence texts by content, in pieces of at most 1 MiB.';
