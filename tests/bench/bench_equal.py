#!/usr/bin/python3 -B
"""How long it takes to find the manifests that have a tensor or file of a new one's, among many: the statement of
registry/store/statements.def, over a table as migrations/ makes it, in a PostgreSQL of its own. Of the new manifest's keys one is had by a
single other manifest, one by twenty, and the rest by nobody. Prints the clock's milliseconds and the processor's.

Usage: tests/bench/bench_equal.py [--manifests N] [--keys N] [--asked N]
  --keys   each manifest's tensors and files (default 300; a million of these take some 15 GB of disk)
  --asked  the new one's (default 300)"""
import argparse
import os
import re
import shutil
import sys
import time

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [TESTS, os.path.join(TESTS, "support")]
from support.jokbo import ROOT, Cluster  # noqa: E402

TIMES = 200
TABLE = os.path.join(ROOT, "migrations", "0005_weighed_manifest.sql")
STATEMENTS = os.path.join(ROOT, "registry", "store", "statements.def")
COMMON = 50000  # twenty of a million manifests have the same one

FILL = """
insert into weighed_manifest (artifact, keys)
select sha256(g::text::bytea), array(select md5(g || ' ' || k)::uuid from generate_series(1, %(keys)d - 1) k) || md5('common ' || g %% %(common)d)::uuid
from generate_series(%(first)d, %(last)d) g"""

ASK = """
create function processor() returns bigint language sql as $$
  select words[13]::bigint + words[14]::bigint
  from (select string_to_array(regexp_replace(pg_read_file('/proc/self/stat'), '^.*\\) ', '0 '), ' ') words) found $$;
create function ask(times int) returns text language plpgsql as $$
declare begun timestamptz; spent bigint; found bigint; rows bigint := 0; asked uuid[];
begin
  for warm in 0..1 loop
    begun := clock_timestamp(); spent := processor(); rows := 0;
    for i in 1..times loop
      asked := (select array(select md5('new ' || i || ' ' || k)::uuid from generate_series(1, %(asked)d - 2) k)
                || md5(1 + i * 7 %% %(manifests)d || ' 1')::uuid || md5('common ' || i * 11 %% %(common)d)::uuid);
      execute 'select count(*) from (%(statement)s) of_these' into found using asked, 0::bigint, 1000::bigint;
      rows := rows + found;
    end loop;
  end loop;
  return rows || ' ' || extract(epoch from clock_timestamp() - begun) || ' ' || processor() - spent;
end $$"""


def statement():
    """The one that finds them, with its parameters."""
    with open(STATEMENTS, encoding="utf-8") as file:
        text = re.search(r"JK_STATEMENT\(WEIGHED_EQUAL,(.*?)\)\n\n|WEIGHED_EQUAL,(.*?)\)\n", file.read(), re.S)
    return "".join(re.findall(r'"([^"]*)"', text.group(1) or text.group(2)))


def fill(cluster, options):
    with open(TABLE, encoding="utf-8") as file:
        tables, indexes = [], []
        for part in file.read().split(";\n"):
            (indexes if "create index" in part else tables).append(part)
    cluster.sql(";\n".join(tables))
    for first in range(1, options.manifests + 1, 10000):
        cluster.sql(FILL % {"keys": options.keys, "common": COMMON, "first": first, "last": min(first + 9999, options.manifests)})
    for index in indexes:
        cluster.sql("set maintenance_work_mem = '1GB'; " + index, timeout=3600)
    cluster.sql("vacuum analyze weighed_manifest", timeout=3600)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--manifests", type=int, default=1000000)
    parser.add_argument("--keys", type=int, default=300)
    parser.add_argument("--asked", type=int, default=300)
    options = parser.parse_args()
    cluster = Cluster().start().create_database()
    try:
        begun = time.monotonic()
        fill(cluster, options)
        print("%d manifests of %d keys: made in %.0f s, %s" % (options.manifests, options.keys, time.monotonic() - begun, cluster.sql(
            "select pg_size_pretty(pg_total_relation_size('weighed_manifest'))").strip()))
        cluster.sql(ASK % {"asked": options.asked, "manifests": options.manifests, "common": COMMON, "statement": statement().replace("'", "''")})
        rows, seconds, ticks = cluster.sql("set jit = off; select ask(%d)" % TIMES, timeout=600).split()
        print("equal keys of %d: %.2f ms, %.2f ms of a processor, %.1f found  (promised 10)" % (
            options.asked, float(seconds) * 1000 / TIMES, int(ticks) * 1000 / os.sysconf("SC_CLK_TCK") / TIMES, int(rows) / TIMES))
    finally:
        cluster.close()


if __name__ == "__main__":
    main()
