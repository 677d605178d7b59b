-- The counts of derivatives, anew from the text of the log's entries alone: from registry/formats/entry.md and
-- lineage.md and the rules of counting, with no table but `entry` and nothing of the server's own reckoning.
-- Usage: psql -X --csv -v sizes='{100,200}' -f recount.sql
-- One row for each size n and scope: each base model listed at n (by its name at n), each team, and all.
begin transaction isolation level repeatable read read only;
set local jit = off;
set local enable_nestloop = off; -- what the planner knows of parts of a query is little: hashes are never bad here

with recursive
size as (
    select unnest(:'sizes'::bigint[]) as n
),

-- ---- entries and their lines

line as materialized (
    select index, part[1] as kind, part[2]::timestamptz as time, part[3] as body
      from entry,
           regexp_match(convert_from(bytes, 'UTF8'),
                        '^jokbo/entry/v1\nkind ([a-z-]+)\ntime ([^\n]+)\nactor [^\n]+\n(.*)$') as part
),
release as materialized (
    select index, kind, time, body,
           encode(sha256(convert_to(body, 'UTF8')), 'hex') as hash,
           substring(body from '(?n)^model (.*)$') as name,
           substring(body from '(?n)^relation (.*)$') as relation,
           nullif(substring(body from '(?n)^weights (.*)$'), 'none') as weights
      from line where kind in ('register', 'release')
),
edge as materialized ( -- of a release to a release (hash), or to an external model (host/id without regard to case)
    select release.index as child, part[1] as hash,
           case when part[2] is not null then lower(regexp_replace(part[3], '@[^@]*$', '')) end as external
      from release, regexp_matches(body, '(?n)^parent ([0-9a-f]{64}) (external )?(.*)$', 'g') as part
),
fact as materialized ( -- of the kinds where a later entry with the same key replaces the earlier one
    select index, kind,
           substring(body from '(?n)^team (.*)$') as team,
           substring(body from '(?n)^institution (.*)$') as institution,
           lower(substring(body from '(?n)^publisher (.*)$')) as publisher,
           lower(substring(body from '(?n)^model (.*)$')) as model,
           substring(body from '(?n)^listed (.*)$') as listed,
           nullif(substring(body from '(?n)^joined (.*)$'), 'none')::timestamptz as joined,
           nullif(substring(body from '(?n)^from (.*)$'), 'none')::timestamptz as since,
           nullif(substring(body from '(?n)^until (.*)$'), 'none')::timestamptz as until
      from line where kind in ('team', 'team-publisher', 'affiliation', 'operates', 'base')
),

-- ---- names: a model is the index of its registration; a name once given resolves for ever

moved as (
    select index, lower(substring(body from '(?n)^model (.*)$')) as model, substring(body from '(?n)^to (.*)$') as name
      from line where kind in ('rename', 'transfer')
),
called as (
    select index as model, name, index as since from release where kind = 'register'
    union
    select called.model, moved.name, moved.index
      from called join moved on moved.model = lower(called.name) and moved.index > called.since
),
known as (
    select distinct lower(name) as name, model from called
),
present as materialized (
    select distinct on (n, model) n, model, name
      from size, called where since < n
     order by n, model, since desc
),

-- ---- releases: the newest that is not yanked stands for its model, else the newest

owned as materialized (
    select release.index, hash, relation, weights, known.model
      from release join known on known.name = lower(release.name)
),
switched as (
    select distinct on (n, hash) n, hash, kind = 'yank' as yanked
      from size, (select index, kind, substring(body from '(?n)^release (.*)$') as hash
                    from line where kind in ('yank', 'unyank')) as switch
     where index < n
     order by n, hash, index desc
),
standing as materialized (
    select distinct on (size.n, model) size.n, model, index as release, relation, weights, coalesce(yanked, false) as yanked
      from (size join owned on index < size.n) left join switched on switched.n = size.n and switched.hash = owned.hash
     order by size.n, model, coalesce(yanked, false), index desc
),

-- ---- the roster at n

team as materialized (
    select distinct on (n, team) n, team, joined
      from size join fact on kind = 'team' and index < n
     order by n, team, index desc
),
base as materialized (
    select n, model, team
      from (select distinct on (n, known.model) n, known.model, team, listed
              from (size join fact on kind = 'base' and index < n) join known on known.name = fact.model
             order by n, known.model, index desc) as newest
     where listed = 'yes'
),
adopted as (
    select n, known.model, external
      from (select distinct on (n, external) n, kind, external, name
              from size join (select index, kind, lower(substring(body from '(?n)^external (.*)$')) as external,
                                     lower(substring(body from '(?n)^model (.*)$')) as name
                                from line where kind in ('adopt', 'unadopt')) as adoption on index < n
             order by n, external, index desc) as newest
           join known on known.name = newest.name
     where kind = 'adopt'
),

-- ---- roots: a path ends at the first base model that it meets; a declared one goes through no adoption

step as materialized (
    select n, child, target.index as release, target.model, true as declared
      from (size join edge on child < n) join owned as target on target.hash = edge.hash
     where external is null
    union
    select adopted.n, child, standing.release, standing.model, false
      from edge join adopted on adopted.external = edge.external and child < adopted.n
           join standing on standing.n = adopted.n and standing.model = adopted.model
),
climb as (
    select standing.n, standing.model, release, 0 as depth, null::bigint as root, true as declared
      from standing left join base on base.n = standing.n and base.model = standing.model
     where base.model is null
    union
    select climb.n, climb.model, step.release, climb.depth + 1, base.model, climb.declared and step.declared
      from climb join step on step.n = climb.n and step.child = climb.release and climb.root is null
           left join base on base.n = step.n and base.model = step.model
),
rooted as materialized (
    select climb.n, climb.model, climb.root, base.team, min(depth) as depth, bool_or(declared) as declared
      from climb join base on base.n = climb.n and base.model = climb.root
     group by 1, 2, 3, 4
),

-- ---- self and affiliate: by the publisher and the moment of the registration, as known at n

birth as (
    select index as model, time, lower(split_part(name, '/', 1)) as publisher from release where kind = 'register'
),
membership as (
    select distinct on (n, team, publisher) n, team, publisher, since, until
      from size join fact on kind = 'team-publisher' and index < n
     order by n, team, publisher, index desc
),
affiliation as (
    select distinct on (size.n, fact.team, institution) size.n, fact.team, institution, coalesce(since, team.joined) as since, until
      from size join fact on kind = 'affiliation' and index < size.n
           join team on team.n = size.n and team.team = fact.team
     order by size.n, fact.team, institution, index desc
),
operation as (
    select distinct on (n, institution, publisher) n, institution, publisher, since, until
      from size join fact on kind = 'operates' and index < n
     order by n, institution, publisher, index desc
),
bond as (
    select n, team, publisher, since, until from membership
    union
    select affiliation.n, team, publisher, greatest(affiliation.since, operation.since),
           least(affiliation.until, operation.until)
      from affiliation join operation on operation.n = affiliation.n and operation.institution = affiliation.institution
),
bound as materialized (
    select distinct rooted.n, rooted.model, rooted.team
      from rooted join birth using (model)
           join bond on bond.n = rooted.n and bond.team = rooted.team and bond.publisher = birth.publisher
                        and birth.time >= coalesce(bond.since, '-infinity') and birth.time < coalesce(bond.until, 'infinity')
),

-- ---- scopes, and each derivative's share in them: once, at the least depth, whatever the number of its roots

share as (
    select rooted.*, bound.model is null as independent
      from rooted left join bound on bound.n = rooted.n and bound.model = rooted.model and bound.team = rooted.team
),
scope as (
    select base.n, 'base' as kind, present.name as scope, base.model as root, null as team
      from base join present on present.n = base.n and present.model = base.model
    union all
    select n, 'team', team, null, team from team
    union all
    select n, 'all', '', null, null from size
),
scoped as (
    select n, 'base' as kind, root, null as team, model, depth, independent, declared from share
    union all
    select n, 'team', null, team, model, min(depth), bool_or(independent), bool_or(declared) from share group by n, team, model
    union all
    select n, 'all', null, null, model, min(depth), bool_or(independent), bool_or(declared) from share group by n, model
),
counted as (
    select scoped.*, standing.relation, standing.weights, standing.yanked,
           lower(split_part(present.name, '/', 1)) as publisher
      from scoped join standing on standing.n = scoped.n and standing.model = scoped.model
           join present on present.n = scoped.n and present.model = scoped.model
)
select scope.n, scope.kind, scope.scope,
       count(counted.model) as registered,
       count(*) filter (where yanked) as yanked,
       count(*) filter (where not yanked) as counted,
       count(*) filter (where not yanked and depth = 1) as direct,
       count(*) filter (where not yanked and depth > 1) as transitive,
       coalesce(sum(least(depth, 16)) filter (where not yanked), 0) as depth_sum, -- 16 and deeper are one group
       count(*) filter (where not yanked and independent) as independent,
       count(distinct publisher) filter (where not yanked) as distinct_publishers,
       count(distinct weights) filter (where not yanked) + count(*) filter (where not yanked and weights is null)
           as distinct_weights,
       count(*) filter (where not yanked and not declared) as adopted, -- every root hangs on an adoption
       count(*) filter (where not yanked and relation = 'finetune') as finetune,
       count(*) filter (where not yanked and relation = 'adapter') as adapter,
       count(*) filter (where not yanked and relation = 'quantized') as quantized,
       count(*) filter (where not yanked and relation = 'merge') as merge,
       count(*) filter (where not yanked and relation = 'distill') as distill,
       count(*) filter (where not yanked and relation = 'convert') as convert,
       count(*) filter (where not yanked and relation = 'prune') as prune,
       count(*) filter (where not yanked and relation = 'draft') as draft
  from scope left join counted on counted.n = scope.n and counted.kind = scope.kind
                                  and coalesce(counted.root, -1) = coalesce(scope.root, -1)
                                  and coalesce(counted.team, '') = coalesce(scope.team, '')
 group by scope.n, scope.kind, scope.scope
 order by scope.n, scope.kind, scope.scope;

commit;
