-- Which manifests have been read for comparing, and by what others find them: models with an equal tensor or weight file, and models
-- whose signature is alike. Everything here follows from the manifests; a row goes with its manifest's bytes.

create sequence weighed_manifest_number;
create table weighed_manifest (
  number    bigint primary key default nextval('weighed_manifest_number'),
  artifact  bytea not null unique check (octet_length(artifact) = 32),
  keys      uuid[] not null,
  shape     text,
  signature bit(256),
  check ((shape is null) = (signature is null))
);
comment on table weighed_manifest is 'Manifests by what they have: keys of considered tensors and weight files, and the signature.';
create index weighed_manifest_keys on weighed_manifest using gin (keys) with (fastupdate = off);
create index weighed_manifest_shape on weighed_manifest (shape, number) where shape is not null;
