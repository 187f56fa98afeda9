"""What PostgreSQL is asked: a query a kind of thing, none of them a table's own.

What belongs to an extension is left out, and so is what the server makes for itself: the index behind a constraint, the
trigger behind a foreign key, the functions of a range type, and a partition's copies of its parent's indexes and
constraints.

Source: PostgreSQL documentation, "System Catalogs" and "System Information Functions and Operators".
"""
# ruff: noqa: S608 - the parts that are put together are constants of this file

_OURS = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
_NAME = "CASE WHEN n.nspname = current_schema() THEN {0} ELSE n.nspname || '.' || {0} END"


def _own(catalog: str, alias: str, deptypes: str = "'e'") -> str:
    return (
        f"NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = '{catalog}'::regclass"
        f" AND d.objid = {alias}.oid AND d.deptype IN ({deptypes}))"
    )


SEARCH_PATH = "SELECT set_config('search_path', quote_ident(current_schema()), true)"
"""Unqualified names then mean the same to the functions that write definitions, until the transaction ends."""

SERVER = "SELECT current_setting('server_version'), current_schema()::text"

RELATIONS = f"""
SELECT c.oid::bigint, {_NAME.format("c.relname")}, c.relkind::text, c.relpersistence::text,
  c.relrowsecurity, c.relforcerowsecurity, c.relispopulated,
  CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END,
  pg_get_expr(c.relpartbound, c.oid),
  CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END,
  CASE WHEN c.relkind IN ('v', 'm') THEN array_to_string(c.reloptions, chr(10)) END,
  (SELECT string_agg({_NAME.format("p.relname")}, chr(10) ORDER BY i.inhseqno)
     FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent JOIN pg_namespace n ON n.oid = p.relnamespace
     WHERE i.inhrelid = c.oid)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'c', 'f') AND {_OURS} AND {_own("pg_class", "c")}
  AND (c.relkind <> 'c' OR NOT EXISTS (SELECT FROM pg_type t JOIN pg_depend d
    ON d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e' WHERE t.typrelid = c.oid))
"""

COLUMNS = f"""
SELECT a.attrelid::bigint, a.attname::text, format_type(a.atttypid, a.atttypmod), a.attnotnull,
  pg_get_expr(ad.adbin, ad.adrelid), a.attidentity::text, a.attgenerated::text,
  CASE WHEN a.attcollation <> t.typcollation THEN l.collname::text END
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef ad ON ad.adrelid = a.attrelid AND ad.adnum = a.attnum
LEFT JOIN pg_collation l ON l.oid = a.attcollation
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'c', 'f') AND {_OURS}
ORDER BY a.attrelid, a.attnum
"""

CONSTRAINTS = f"""
SELECT r.conrelid::bigint, r.conname::text, r.contype::text, pg_get_constraintdef(r.oid),
  ARRAY(SELECT a.attname::text FROM unnest(r.conkey) WITH ORDINALITY k (num, place)
    JOIN pg_attribute a ON a.attrelid = r.conrelid AND a.attnum = k.num ORDER BY k.place)
FROM pg_constraint r JOIN pg_class c ON c.oid = r.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE r.contype IN ('p', 'u', 'f', 'c', 'x') AND r.conislocal AND r.conparentid = 0 AND {_OURS}
"""

INDEXES = f"""
SELECT i.indrelid::bigint, c.relname::text, m.amname::text, i.indisunique, i.indisvalid,
  pg_get_indexdef(i.indexrelid), pg_get_expr(i.indpred, i.indrelid),
  ARRAY(SELECT a.attname::text FROM unnest(i.indkey::int[]) WITH ORDINALITY k (num, place)
    JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.num ORDER BY k.place)
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_am m ON m.oid = c.relam
WHERE {_OURS} AND NOT EXISTS (SELECT FROM pg_constraint r WHERE r.conindid = c.oid AND r.contype IN ('p', 'u', 'x'))
  AND NOT EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = c.oid)
"""

TRIGGERS = f"""
SELECT t.tgrelid::bigint, t.tgname::text, pg_get_triggerdef(t.oid, true), t.tgenabled::text
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT t.tgisinternal AND t.tgparentid = 0 AND {_OURS} AND {_own("pg_trigger", "t")}
"""

POLICIES = f"""
SELECT p.polrelid::bigint, p.polname::text, p.polpermissive, p.polcmd::text,
  ARRAY(SELECT CASE WHEN u.id = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(u.id)) END
    FROM unnest(p.polroles) u (id) ORDER BY 1),
  pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)
FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE {_OURS}
"""

SEQUENCES = f"""
SELECT {_NAME.format("c.relname")}, format_type(s.seqtypid, NULL), s.seqstart, s.seqincrement, s.seqmin, s.seqmax,
  s.seqcache, s.seqcycle, o.owner, o.deptype::text
FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN LATERAL (SELECT d.deptype, {_NAME.format("w.relname")} || '.' || a.attname AS owner
  FROM pg_depend d JOIN pg_class w ON w.oid = d.refobjid JOIN pg_namespace n ON n.oid = w.relnamespace
  JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.refclassid = 'pg_class'::regclass
    AND d.deptype IN ('a', 'i')) o ON true
WHERE {_OURS} AND {_own("pg_class", "c")}
"""

TYPES = f"""
SELECT {_NAME.format("t.typname")}, t.typtype::text,
  ARRAY(SELECT e.enumlabel::text FROM pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder),
  format_type(t.typbasetype, t.typtypmod), t.typnotnull, t.typdefault,
  CASE WHEN t.typcollation <> b.typcollation THEN l.collname::text END,
  ARRAY(SELECT 'CONSTRAINT ' || quote_ident(r.conname) || ' ' || pg_get_constraintdef(r.oid) FROM pg_constraint r
    WHERE r.contypid = t.oid AND r.contype = 'c' ORDER BY r.conname)
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
LEFT JOIN pg_type b ON b.oid = t.typbasetype LEFT JOIN pg_collation l ON l.oid = t.typcollation
WHERE t.typtype IN ('e', 'd') AND {_OURS} AND {_own("pg_type", "t")}
"""

ROUTINES = f"""
SELECT {_NAME.format("p.proname")} || '(' || oidvectortypes(p.proargtypes) || ')', p.prokind::text,
  CASE WHEN p.prokind <> 'a' THEN pg_get_functiondef(p.oid) ELSE (SELECT concat_ws(' ',
    'SFUNC', g.aggtransfn, 'STYPE', format_type(g.aggtranstype, NULL), 'FINALFUNC', g.aggfinalfn,
    'INITCOND', quote_nullable(g.agginitval)) FROM pg_aggregate g WHERE g.aggfnoid = p.oid) END,
  CASE WHEN n.nspname = current_schema() THEN quote_ident(n.nspname) || '.' ELSE '' END
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE {_OURS} AND {_own("pg_proc", "p", "'e', 'i'")}
"""

EXTENSIONS = "SELECT extname::text, extversion FROM pg_extension"
